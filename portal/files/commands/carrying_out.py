"""Carry a plan out: what was asked for becomes grants, and the answers follow once at the end."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.files.commands.foreseen import foreseen
from portal.files.commands.own_levels import read_own_levels, write_own_levels
from portal.files.commands.plans import LevelChange, Plan
from portal.files.commands.rights import place_levels, take_levels_below
from portal.files.models import Folder
from portal.files.refusals import Gone
from portal.kit.bulk import any_ids
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.commands import refresh
from portal.permissions.resolve import Granted
from portal.permissions.snapshot import Snapshot, snapshot

# Changes that can be made together: the same end, and all of them pushed down, or none.
_Manner = tuple[bool, bool, datetime | None]


def carry_out(client_id: uuid.UUID, plan: Plan, *, actor: Any) -> None:
    """Do what the plan says. The caller holds the client's lock and has made sure that the actor may.

    :raises Gone: a folder was deleted meanwhile.
    """
    if plan.levels:
        write_own_levels(client_id, plan.levels)
    by_folder: dict[uuid.UUID, list[LevelChange]] = defaultdict(list)
    for change in plan.changes:
        by_folder[change.folder_id].append(change)
    folders = _lock_folders(client_id, by_folder)
    if len(folders) > 1:
        write_own_levels(client_id, foreseen(client_id, folders, plan.changes, actor=actor))
        return
    for folder in folders:
        groups: dict[_Manner, list[LevelChange]] = defaultdict(list)
        for change in by_folder[folder.id]:
            groups[change.level is None, change.cascade, change.valid_until].append(change)
        for (follows, pushed, until), group in groups.items():
            if follows:
                _let_follow(folder, group, pushed)
            else:
                _set(folder, group, pushed, until, actor)


def _lock_folders(client_id: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Folder]:
    """:func:`lock_folder` of several living folders of one client, in one statement."""
    found = db.session.scalars(
        select(Folder)
        .where(Folder.id == any_ids(ids), Folder.client_id == client_id, Folder.bin_id.is_(None))
        .order_by(Folder.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(ids):
        raise Gone()
    return list(found)


def _let_follow(folder: Folder, group: list[LevelChange], pushed: bool) -> None:
    """Take own levels off the folder, and off all below where it is pushed down."""
    people = {change.person_id for change in group}
    own = read_own_levels(folder.client_id, people, path=folder.path).levels
    write_own_levels(folder.client_id, {pair: None for pair in own if pushed or pair[0] == folder.id})


def _set(folder: Folder, group: list[LevelChange], pushed: bool, until: datetime | None, actor: Any) -> None:
    people = {change.person_id for change in group}
    facts = snapshot(folder.client_id, list(people))
    wanted = {change.person_id: Granted(int(change.level or 0), until) for change in group}
    wanted = {who: level for who, level in wanted.items() if _is_new(facts, folder, who, level, pushed)}
    begun = False
    if wanted:
        origin = "cascade" if pushed else "manual"
        begun = place_levels(folder, wanted, facts=facts, actor=actor, origin=origin, pin=not pushed)
    removed = take_levels_below(folder, people) if pushed else 0
    if wanted or removed:
        refresh(folder.client_id, scope_ids=[folder.scope_id], person_ids=None if begun else people)


def _is_new(facts: Snapshot, folder: Folder, person_id: uuid.UUID, level: Granted, pushed: bool) -> bool:
    """Whether anything has to be written on the folder itself.

    Pushed down, a level that the folder has anyhow is not set on it: only those below lose theirs. Set, it is, unless
    it stands there already.
    """
    if pushed:
        return facts.decided(folder.scope_id, person_id, now()) != level
    return not folder.starts_scope or facts.grants.get((folder.scope_id, person_id)) != level
