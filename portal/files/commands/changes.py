"""Changes of rights as people make them: looked at first, made in one transaction, and taken back for 30 days."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal import activity
from portal.activity.commands import line, record_many
from portal.files.commands.carrying_out import carry_out
from portal.files.commands.differences import Difference, difference, entries_of, own_difference, place_of, preview_from
from portal.files.commands.outcomes import Somebody, people_of, read_outcome
from portal.files.commands.own_levels import OwnLevel, Pair, read_own_levels
from portal.files.commands.permitted import refuse_change, viewer_of
from portal.files.commands.plans import Change, LevelChange, Plan, same_rights, template_defaults
from portal.files.commands.pretend import pretend
from portal.files.commands.previews import FolderEffect, LostLevel, PersonEffect, Preview
from portal.files.models import Folder, RightsChange
from portal.files.refusals import CannotUndo, NotAMember, PreviewOutdated
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.permissions.commands import lock_client
from portal.permissions.levels import Level
from portal.permissions.snapshot import MEMBERSHIP

__all__ = [
    "FolderEffect",
    "LevelChange",
    "LostLevel",
    "PersonEffect",
    "Plan",
    "Preview",
    "apply_changes",
    "preview_changes",
    "preview_of",
    "preview_undo",
    "same_rights",
    "template_defaults",
    "undo_change",
]

UNDO_FOR = timedelta(days=30)


@transactional
def preview_changes(client: Any, changes: Change, *, actor: Any) -> Preview:
    """What these changes would do: done inside a savepoint, looked at, and taken back.

    :param changes: a sequence of :class:`LevelChange`, carried out from the top down whatever their order (of two for
        the same folder and person, the last counts), or a :class:`Plan`.
    :raises Refused: what :func:`apply_changes` would raise.
    """
    lock_client(client.id)
    return pretend(client.id, lambda: _looked_at(client, changes, actor)[1])


@transactional
def apply_changes(client: Any, changes: Change, *, actor: Any, expected: str | None = None) -> RightsChange:
    """Make the changes, all or none.

    :param expected: the fingerprint of the preview that was confirmed.
    :raises PreviewOutdated: the outcome would now be another one.
    :raises NotAMember: somebody does not belong to the client.
    :raises OwnRights: the actor's own rights are among them.
    :raises MayNotSetRights: the actor may not set somebody's rights on a folder.
    :raises NotEverywhere: a change reaches sub-folders in which the actor has not full access.
    :raises Gone: a folder was deleted meanwhile.
    """
    lock_client(client.id)
    return _confirmed(client, changes, actor, expected)


@transactional
def undo_change(change: RightsChange, *, actor: Any, expected: str | None = None) -> RightsChange:
    """Put the own levels back that the change found: level, end, origin, by whom and when.

    :raises CannotUndo: after 30 days, or when what it left is no longer there; with the reason.
    """
    lock_client(change.client_id)
    undoing = _undo_plan(change)
    change = db.session.get_one(RightsChange, change.id)
    made = _confirmed(_Client(change.client_id), undoing, actor, expected)
    change.undone_at, change.undone_by_id = now(), actor.id
    db.session.flush()  # a second attempt reads it by SQL
    return made


@transactional
def preview_undo(change: RightsChange, *, actor: Any) -> Preview:
    """What :func:`undo_change` would do.

    :raises CannotUndo: it would refuse.
    """
    lock_client(change.client_id)
    undoing = _undo_plan(change)
    return pretend(change.client_id, lambda: _looked_at(_Client(change.client_id), undoing, actor)[1])


@transactional
def preview_of(
    client: Any, action: Callable[[], Any], *, actor: Any, people: Collection[uuid.UUID] | None = None
) -> Preview:
    """What any command would change about who sees what: done inside a savepoint and taken back.

    :param action: a move, a copy, a restore.
    :param people: whose rights to compare; all who belong to the client when left out.
    :raises Refused: what the action raises.
    """
    lock_client(client.id)
    if people is None:
        members = select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == client.id)
        people = set(db.session.execute(members).scalars())
    everybody = people_of(people)
    before = read_outcome(client.id, people, with_files=True)

    def act() -> Preview:
        action()
        after = read_outcome(client.id, people, with_files=True)
        return preview_from(client.id, difference(before, after, everybody), everybody, viewer=viewer_of(actor))

    return pretend(client.id, act)


class _Client:
    """A client where only its id is at hand."""

    def __init__(self, ident: uuid.UUID) -> None:
        self.id = ident


def _confirmed(client: Any, changes: Change, actor: Any, expected: str | None) -> RightsChange:
    """Carry the changes out, if the outcome is the one with this fingerprint; None for whatever it is.

    :raises PreviewOutdated: it is another one.
    """
    change, found, _ = _made(client, changes, actor, look=expected is not None)
    if expected is not None and found.fingerprint != expected:
        raise PreviewOutdated()
    return change


def _looked_at(client: Any, changes: Change, actor: Any) -> tuple[RightsChange, Preview]:
    """Carry the changes out and say what they mean for people."""
    change, found, everybody = _made(client, changes, actor, look=True)
    return change, preview_from(client.id, found, everybody, viewer=viewer_of(actor))


def _made(
    client: Any, changes: Change, actor: Any, *, look: bool
) -> tuple[RightsChange, Difference, Sequence[Somebody]]:
    """Carry the changes out and keep what they changed. The caller holds the client's lock.

    :param look: also compare the answers, which takes reading all folders.
    :returns: the change, what became different, and the people whose rights it is about.
    """
    plan = changes if isinstance(changes, Plan) else Plan.of(changes)
    viewer = viewer_of(actor)
    everybody = people_of(plan.person_ids)
    _refuse_strangers(client.id, plan, everybody)
    refuse_change(viewer, client.id, plan, {person.id: person.viewer for person in everybody})
    before = read_outcome(client.id, plan.person_ids, with_answers=look)
    carry_out(client.id, plan, actor=actor)
    after = read_outcome(client.id, plan.person_ids, with_answers=look)
    found = difference(before, after, everybody)
    change = RightsChange(
        client_id=client.id,
        folder_id=plan.folder_id,
        kind=plan.kind,
        actor_id=viewer.person_id,
        entries=entries_of(found),
    )
    db.session.add(change)
    db.session.flush()  # the log's lines name it, and it may be undone at once
    _log(client.id, plan, change, actor, everybody)
    return change, found, everybody


def _refuse_strangers(client_id: uuid.UUID, plan: Plan, everybody: Sequence[Somebody]) -> None:
    rows = select(MEMBERSHIP.c.person_id).where(
        MEMBERSHIP.c.client_id == client_id, MEMBERSHIP.c.person_id.in_(plan.person_ids)
    )
    strangers = plan.person_ids - set(db.session.execute(rows).scalars())
    if strangers:
        names = {person.id: person.name for person in everybody}
        raise NotAMember(name=names.get(min(strangers), ""))


def _undo_plan(change: RightsChange) -> Plan:
    """The plan that puts back what the change found; refuses with the reason."""
    change = db.session.scalars(
        select(RightsChange)
        .where(RightsChange.id == change.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    refuse_undo(change)
    wanted: dict[Pair, OwnLevel | None] = {}
    pins: set[Pair] = set()
    reaching: set[uuid.UUID] = set()
    for entry in change.entries:
        before = OwnLevel.from_json(entry["before"]) if entry["before"] else None
        pairs = [(uuid.UUID(ident), uuid.UUID(entry["person"])) for ident in entry["folders"]]
        wanted |= dict.fromkeys(pairs, before)
        if before is None and entry["after"]["origin"] == "pin":
            pins.update(pairs)
        elif entry["after"] is None or change.kind != "set":
            reaching.update(folder_id for folder_id, _ in pairs)
    return Plan("undo", levels=wanted, folder_id=change.folder_id, pins=frozenset(pins), reaching=frozenset(reaching))


def refuse_undo(change: RightsChange) -> None:
    """Raise with the reason where a change can no longer be taken back.

    :raises CannotUndo: see the sentences.
    """
    if change.undone_at is not None:
        raise CannotUndo(_l("This change was undone already."))
    if change.created_at + UNDO_FOR < now():
        raise CannotUndo(_l("This change was made more than 30 days ago and can no longer be undone."))
    people = {uuid.UUID(entry["person"]) for entry in change.entries}
    _refuse_if_left(change.client_id, people)
    _refuse_if_moved(change)
    current = read_own_levels(change.client_id, people).levels
    left: dict[Pair, OwnLevel] = {}
    pairs: set[Pair] = set()
    for entry in change.entries:
        person = uuid.UUID(entry["person"])
        for ident in entry["folders"]:
            pairs.add((uuid.UUID(ident), person))
            if entry["after"]:
                left[uuid.UUID(ident), person] = OwnLevel.from_json(entry["after"])
    if own_difference(left, {pair: own for pair, own in current.items() if pair in pairs}):
        raise CannotUndo(
            _l("These rights were changed again since. Undo the later change first, or set the rights anew.")
        )


def _refuse_if_left(client_id: uuid.UUID, people: set[uuid.UUID]) -> None:
    rows = select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == client_id, MEMBERSHIP.c.person_id.in_(people))
    gone = people - set(db.session.execute(rows).scalars())
    if gone:
        names = ", ".join(person.name for person in people_of(gone))
        raise CannotUndo(_l("%(name)s no longer belongs to this client."), name=names)


def _refuse_if_moved(change: RightsChange) -> None:
    ids = {uuid.UUID(ident) for entry in change.entries for ident in entry["folders"]}
    rows = select(Folder.id, Folder.path, Folder.bin_id).where(Folder.client_id == change.client_id)
    paths: dict[uuid.UUID, str] = {}
    binned: set[uuid.UUID] = set()
    for ident, path, bin_id in db.session.execute(rows).all():
        paths[ident] = path
        if bin_id is not None:
            binned.add(ident)
    if not ids <= paths.keys() or (change.folder_id is not None and change.folder_id not in paths.keys() - binned):
        raise CannotUndo(_l("A folder of this change was deleted since."))
    for entry in change.entries:
        if place_of(paths[uuid.UUID(ident)] for ident in entry["folders"]) != entry["place"]:
            raise CannotUndo(_l("A folder of this change was moved since."))


def _log(client_id: uuid.UUID, plan: Plan, change: RightsChange, actor: Any, everybody: Sequence[Somebody]) -> None:
    names = {person.id: person.name for person in everybody}
    verbs = activity.verbs
    marks = {"change_id": change.id}
    client = _Client(client_id)
    if plan.kind == "undo":
        said = ", ".join(names.values())
        activity.record(verbs.RIGHTS_UNDONE, actor=actor, client=client, people=said, **marks)
        return
    if plan.kind in ("copy", "defaults"):
        verb = verbs.RIGHTS_COPIED if plan.kind == "copy" else verbs.RIGHTS_DEFAULTED
        record_many(
            [line(verb, actor=actor, client=client, person=name, **plan.note, **marks) for name in names.values()]
        )
        return
    wanted = {change.folder_id for change in plan.changes}
    folders = {row.id: row for row in db.session.scalars(select(Folder).where(Folder.id.in_(wanted)))}
    lines = []
    for asked in plan.changes:
        about = {"actor": actor, "folder": folders[asked.folder_id], "person": names[asked.person_id], **marks}
        if asked.level is None:
            lines.append(line(verbs.RIGHTS_FOLLOWED, **about))
        else:
            lines.append(line(verbs.LEVEL_SET, level=Level(asked.level).key, **about))
        if asked.cascade:
            lines.append(line(verbs.LEVEL_CASCADED, **about))
    record_many(lines)
