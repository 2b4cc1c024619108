"""What the documents page shows: a folder's listing, who put the files there, who sees the folder."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import abort
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import collaborators_of, contacts_of, visible_clients
from portal.files.models import Folder
from portal.files.order import Sort, sort_of
from portal.files.policies import can_change_folder, can_set_rights, can_upload
from portal.files.queries import Crumb, Listing, breadcrumbs, listing, own_levels_of, set_levels_of
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Grant
from portal.permissions.queries import Why, whys

ROWS = 100


@dataclass(frozen=True)
class FolderPage:
    """Everything that one folder's page shows to one viewer."""

    client: Client
    folder: Folder
    crumbs: list[Crumb]
    listing: Listing
    people: dict[uuid.UUID, Person]
    may_upload: bool
    may_change: bool
    may_set_rights: bool
    sort: Sort

    @property
    def level(self) -> Level:
        """The viewer's level on the folder."""
        return self.listing.level

    @property
    def is_empty(self) -> bool:
        """Neither sub-folders nor files that the viewer sees."""
        return not self.listing.folders.items and not self.listing.files.items


def folder_page(
    viewer: Viewer,
    folder: Folder,
    *,
    sort: Sort | None = None,
    size: int = ROWS,
    folders_place: str | None = None,
    files_place: str | None = None,
) -> FolderPage:
    """The page of a folder that the viewer may open.

    :param sort: the order of the rows; None for the one that the viewer chose last.
    :param size: as many sub-folders at most, and as many files.
    :raises NotFound: the right to it, or the client, went away since the door looked.
    """
    sort = sort_of(viewer) if sort is None else sort
    seen: Any = visible_clients(viewer)
    client: Client | None = db.session.scalars(seen.where(Client.id == folder.client_id)).one_or_none()
    if client is None:
        abort(404)
    found = listing(viewer, folder, size=size, sort=sort, folders_place=folders_place, files_place=files_place)
    return FolderPage(
        client=client, folder=folder, crumbs=breadcrumbs(viewer, folder), listing=found,
        people=people_by_id({file.uploaded_by_id for file in found.files.items}),
        may_upload=can_upload(viewer, folder), may_change=can_change_folder(viewer, folder),
        may_set_rights=can_set_rights(viewer, folder), sort=sort,
    )  # fmt: skip


def people_by_id(ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, Person]:
    """People by their ids, in one statement."""
    wanted = [ident for ident in ids if ident is not None]
    if not wanted:
        return {}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(wanted))).unique()}


@dataclass(frozen=True)
class Access:
    """A person's level on a folder and how it came about."""

    person: Person
    level: Level
    why: Why
    is_own: bool
    setter: str | None = None
    lifted: bool = False

    @property
    def origin(self) -> LazyString:
        """Where the level comes from, in words."""
        if self.lifted:
            return _l("sees all clients")
        if self.why.origin in ("nobody", "standing"):
            return _l("level on the client") if self.person.is_staff else _l("nothing set")
        if not self.is_own:
            return _l("from a folder above")
        return {"template": _l("from the template"), "pin": _l("kept from before")}.get(self.why.origin, _l("set here"))

    @property
    def is_usual(self) -> bool:
        """The level is what the person has on the whole client, or on the folder above: nothing to be said about it."""
        return not self.lifted and not self.is_own


def access_of(folder: Folder) -> list[Access]:
    """Every contact of the client, then every collaborator with a level on it, with their levels on this folder.

    A bounded number of statements, whatever the number of people.
    """
    people = [person for person, _ in contacts_of(folder.client_id)]
    for person, membership in collaborators_of(folder.client_id):
        if (membership is not None and membership.level > 0) or person.viewer.sees_all:
            people.append(person)
    ids = [person.id for person in people]
    levels = set_levels_of(folder, ids)
    own = own_levels_of(folder, ids)
    reasons = whys(folder.client_id, folder.scope_id, ids)
    setters = people_by_id({why.set_by_id for why in reasons.values()})
    found = []
    for person in people:
        why = reasons[person.id]
        level = levels[person.id]
        lifted = person.viewer.sees_all and level < Level.READ
        setter = setters.get(why.set_by_id) if why.set_by_id else None
        found.append(
            Access(
                person,
                Level.READ if lifted else level,
                why,
                person.id in own,
                setter.full_name if setter else None,
                lifted,
            )
        )
    return found


def opened_below(folder: Folder) -> dict[uuid.UUID, int]:
    """How many sub-folders were opened to a person by a level of their own, by person. One statement."""
    rows = db.session.execute(
        select(Grant.person_id, func.count(Folder.id))
        .join(Folder, Folder.scope_id == Grant.scope_id)
        .where(
            Folder.client_id == folder.client_id,
            func.starts_with(Folder.path, folder.path),
            Folder.id != folder.id,
            Folder.starts_scope,
            Folder.bin_id.is_(None),
            Grant.level > int(Level.NONE),
            or_(Grant.valid_until.is_(None), Grant.valid_until > func.statement_timestamp()),
        )
        .group_by(Grant.person_id)
    )
    return dict(rows.all())
