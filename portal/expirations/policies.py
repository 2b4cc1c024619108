"""Who may see what ends, and who may let it go on."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Membership
from portal.expirations.sources import FILE, MEMBERSHIP
from portal.files.models import File, Folder
from portal.files.policies import can_change_file, can_change_folder, can_set_rights
from portal.files.queries import folder_levels
from portal.kit.db import db
from portal.permissions.levels import Level


def can_see_endings(viewer: Viewer) -> bool:
    """Every collaborator; the page holds what they see."""
    return viewer.is_staff


def can_renew_levels(viewer: Viewer, folder: Folder) -> bool:
    """Whoever may set levels on the folder; for which kind of person, :class:`Renewing` says."""
    return can_set_rights(viewer, folder)


def can_limit_file(viewer: Viewer, file: File) -> bool:
    """Staff who may change the file, or set rights where it is.

    Not contacts: it is they who no longer see it afterwards, and they could not take it back.
    """
    if not viewer.is_staff:
        return False
    return can_change_file(viewer, file) or can_set_rights(viewer, db.session.get_one(Folder, file.folder_id))


def can_limit_files(viewer: Viewer, folder: Folder) -> bool:
    """The same for the files of a folder."""
    return viewer.is_staff and (can_change_folder(viewer, folder) or can_set_rights(viewer, folder))


class Renewing:
    """Answers for many lines of a list what the doors ask for one, with two statements.

    The rules are those of ``clients.policies``, ``can_set_rights`` and :func:`can_limit_file`. Nobody lets their own
    access go on, except who could give it to themselves at any moment.
    """

    def __init__(self, viewer: Viewer, client_ids: Collection[uuid.UUID], folder_ids: Collection[uuid.UUID]) -> None:
        self.viewer = viewer
        self.assigns = viewer.may(Feature.ASSIGN_COLLABORATORS)
        self.everything = viewer.sees_all and self.assigns
        self.works_on = set(client_ids) if viewer.sees_all else _full_on(viewer, client_ids)
        levels = folder_levels(viewer, folder_ids) if folder_ids else {}
        self.full_in = {ident for ident, level in levels.items() if level == Level.FULL}

    def allowed(self, kind: str, client_id: uuid.UUID, person: Any, folder_id: uuid.UUID | None) -> bool:
        """May this line be renewed? ``person`` is None for a file."""
        if kind == FILE:
            return self.viewer.is_staff and (self.everything or folder_id in self.full_in)
        if person is None or (person.id == self.viewer.person_id and not self.everything):
            return False
        contacts = self.viewer.may(Feature.MANAGE_CONTACTS)
        if kind == MEMBERSHIP:
            return client_id in self.works_on and (self.assigns if person.is_staff else contacts)
        if self.everything:
            return True
        return folder_id in self.full_in and (self.assigns or (contacts and not person.is_staff))


def _full_on(viewer: Viewer, client_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the clients on which the viewer has *full* now."""
    if not client_ids or not viewer.is_staff:
        return set()
    rows = select(Membership.client_id).where(
        Membership.client_id.in_(client_ids),
        Membership.person_id == viewer.person_id,
        Membership.kind == "collaborator",
        Membership.level == int(Level.FULL),
        or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
    )
    return set(db.session.scalars(rows))
