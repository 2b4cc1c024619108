"""Who may make a change of rights: asked again inside the transaction that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.files.commands.plans import Plan
from portal.files.models import Folder
from portal.files.queries.visible import visible_folders
from portal.files.refusals import MayNotSetRights, NotEverywhere, OwnRights
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.permissions.levels import Level


def viewer_of(actor: Any) -> Viewer:
    """The viewer behind an actor: views give viewers, other callers give people."""
    found: Viewer = actor if isinstance(actor, Viewer) else actor.viewer
    return found


def refuse_change(viewer: Viewer, client_id: uuid.UUID, plan: Plan, people: Mapping[uuid.UUID, Viewer]) -> None:
    """Refuse what the actor may not do. The rules are those of ``policies.can_set_rights``, for many at once.

    Somebody who sees all clients and may assign collaborators may change everything. Others need the role's
    permission for each kind of person and *full* on each folder; where a change reaches sub-folders, *full* on those
    too, which they may not even see. Nobody else changes their own rights.

    :param people: the viewers of those whose rights change, by id.
    :raises OwnRights: the actor's own rights are among them.
    :raises MayNotSetRights: the role does not allow it for this person, or the actor has not *full* on a folder.
    :raises NotEverywhere: a sub-folder is reached without *full*.
    """
    if viewer.sees_all and viewer.may(Feature.ASSIGN_COLLABORATORS):
        return
    if viewer.person_id in people:
        raise OwnRights()
    for person in people.values():
        if not _role_allows(viewer, person):
            raise MayNotSetRights(name=person.full_name)
    if _without_full(viewer, client_id, _named_folders(plan), below=False):
        raise MayNotSetRights(name=", ".join(sorted(person.full_name for person in people.values())))
    if _without_full(viewer, client_id, _reaching(plan), below=True):
        raise NotEverywhere()


def _role_allows(viewer: Viewer, person: Viewer) -> bool:
    assigns = viewer.may(Feature.ASSIGN_COLLABORATORS)
    return viewer.is_staff and (assigns or (not person.is_staff and viewer.may(Feature.MANAGE_CONTACTS)))


def _named_folders(plan: Plan) -> set[uuid.UUID]:
    """Folders on which *full* is needed. Taking back what only kept a folder as it was changes nothing there."""
    levels = {pair[0] for pair in plan.levels if pair not in plan.pins}
    return levels | {change.folder_id for change in plan.changes}


def _reaching(plan: Plan) -> set[uuid.UUID]:
    """Folders from which the change goes down to others."""
    levels = {pair[0] for pair in plan.levels} if plan.reaching is None else plan.reaching
    return {change.folder_id for change in plan.changes if change.cascade or change.level is None} | levels


def _without_full(viewer: Viewer, client_id: uuid.UUID, ids: set[uuid.UUID], *, below: bool) -> bool:
    """Whether there is a living folder among these, or also below them, on which the viewer has not *full*."""
    if not ids:
        return False
    top = aliased(Folder)
    mine = visible_folders(viewer, at_least=Level.FULL).with_only_columns(Folder.id)
    inside = and_(Folder.path >= top.path, Folder.path < func.concat(func.left(top.path, -1), "0"))
    rows = (
        select(Folder.id)
        .join(top, and_(top.client_id == Folder.client_id, inside if below else top.id == Folder.id))
        .where(
            Folder.client_id == client_id,
            Folder.bin_id.is_(None),
            top.id == any_ids(ids),
            Folder.id.not_in(mine.correlate(None)),
        )
    )
    return bool(db.session.execute(select(exists(rows))).scalar_one())
