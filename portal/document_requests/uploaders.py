"""Which contacts may hand something in, and into which folders."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, func, or_, select

from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.document_requests.queries import UPLOADS
from portal.files.models import Folder
from portal.files.queries import visible_folders
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective
from portal.permissions.queries import with_level

# A longer list could not be chosen from; the folder's own page leads here with any folder chosen.
MOST_FOLDERS = 300


def _uploading() -> Select[Any, Any]:
    """(folder, contact) pairs in which the contact may upload now, of living folders and open clients."""
    moment = func.statement_timestamp()
    return (
        select(Folder.id, Person)
        .join(Effective, Effective.scope_id == Folder.scope_id)
        .join(Person, Person.id == Effective.person_id)
        .join(Client, Client.id == Folder.client_id)
        .where(
            Effective.level.in_(UPLOADS),
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
            Person.kind == "contact",
            Person.disabled_at.is_(None),
            Client.binned_at.is_(None),
            Client.disabled_at.is_(None),
            Folder.bin_id.is_(None),
        )
    )


def uploaders_of(folder_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Person]]:
    """The contacts who may upload into each of these folders at this moment, by name. One statement."""
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    if folder_ids:
        rows = _uploading().where(Folder.id.in_(folder_ids)).order_by(Person.search_key, Person.id)
        for folder_id, person in db.session.execute(rows).unique():
            found[folder_id].append(person)
    return found


@dataclass(frozen=True)
class Choice:
    """A folder that a request may name: its path in words, and who may upload there."""

    folder: Folder
    label: str
    people: list[Person]


def folder_choices(viewer: Viewer, client: Client, *, root_name: str, also: uuid.UUID | None = None) -> list[Choice]:
    """Folders of the client that the viewer works in and into which some contact may upload, in the tree's order.

    A bounded number of statements. At most ``MOST_FOLDERS`` folders, those nearest to the top.

    :param root_name: what the top of the space is called.
    :param also: a folder that must be among them, where it can be.
    """
    moment = func.statement_timestamp()
    contacts = (
        select(Effective.scope_id)
        .join(Membership, Membership.person_id == Effective.person_id)
        .where(
            Membership.client_id == client.id,
            Membership.kind == "contact",
            Effective.level.in_(UPLOADS),
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
        )
    )
    wanted = workplaces(viewer).where(Folder.client_id == client.id, Folder.scope_id.in_(contacts))
    first = (Folder.id == also).desc() if also is not None else None
    order = [func.length(Folder.path), Folder.position, Folder.name_key, Folder.id]
    folders = list(
        db.session.scalars(wanted.order_by(*([first] if first is not None else []), *order).limit(MOST_FOLDERS))
    )
    labels = _labels(folders, root_name)
    people = uploaders_of([folder.id for folder in folders])
    choices = [Choice(folder, labels[folder.id], people[folder.id]) for folder in folders if people[folder.id]]
    return sorted(choices, key=lambda choice: choice.label.casefold())


def workplaces(viewer: Viewer) -> Select[Any]:
    """Folders in which this collaborator may send requests and decide: *full* or *deposit* there.

    Who sees all clients and may assign collaborators needs no level: they could give themselves one at any moment.
    """
    if not viewer.is_staff:
        return visible_folders(viewer).where(false())
    if viewer.sees_all and viewer.may(Feature.ASSIGN_COLLABORATORS):
        return visible_folders(viewer)
    selected, level = with_level(
        select(Folder),
        Viewer(
            viewer.person_id,
            viewer.kind,
            viewer.features - {Feature.VIEW_ALL_CLIENTS},
            viewer.full_name,
            viewer.only_client_id,
        ),
        scope_id=Folder.scope_id,
        client_id=Folder.client_id,
        at_least=Level.DEPOSIT,
    )
    return selected.where(Folder.bin_id.is_(None), level.in_(UPLOADS))


def _labels(folders: list[Folder], root_name: str) -> dict[uuid.UUID, str]:
    """ "Accounts / 2026 / Bank" for each; the top by its own name. One statement for the names above."""
    chains = {folder.id: [uuid.UUID(hex=part) for part in folder.path.strip("/").split("/")] for folder in folders}
    above = {ident for chain in chains.values() for ident in chain}
    rows = db.session.execute(select(Folder.id, Folder.name).where(Folder.id.in_(above), Folder.parent_id.is_not(None)))
    names = {row.id: row.name for row in rows}
    labels = {}
    for ident, chain in chains.items():
        labels[ident] = " / ".join(names[step] for step in chain if step in names) or root_name
    return labels


def may_request_anywhere(viewer: Viewer, client: Client) -> bool:
    """Is there a folder of this client in which the viewer may send requests?"""
    found = workplaces(viewer).where(
        Folder.client_id == client.id, or_(Folder.parent_id.is_(None), Folder.starts_scope)
    )
    return db.session.scalars(found.limit(1)).first() is not None
