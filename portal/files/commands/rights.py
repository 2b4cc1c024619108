"""Set and cascade: what people do with levels. See "Folders and rights" in the architecture."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from portal import activity
from portal.accounts.models import Person
from portal.activity.commands import line, record_many
from portal.files.commands.naming import lock_folder
from portal.files.commands.regions import followers_scope, merge_empty, own_scope, scopes_below, within
from portal.files.models import Folder
from portal.files.refusals import NotAMember
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.permissions import commands as permissions
from portal.permissions.commands import NewGrant, lock_client, refresh, remove_grants, write_grants
from portal.permissions.levels import Level
from portal.permissions.models import Grant
from portal.permissions.resolve import Granted
from portal.permissions.snapshot import Snapshot, snapshot

_PIN_STARTERS = text(
    'INSERT INTO "grant" AS held (scope_id, person_id, level, origin, valid_until, set_by_id)'
    " SELECT begun.scope_id, had.person_id, had.level, 'pin', had.valid_until, CAST(:actor AS uuid)"
    " FROM (SELECT DISTINCT scope_id FROM folder"
    " WHERE parent_id = :folder AND starts_scope AND scope_id <> :scope) AS begun,"
    " unnest(CAST(:people AS uuid[]), CAST(:levels AS smallint[]), CAST(:untils AS timestamptz[]))"
    " AS had (person_id, level, valid_until)"
    " ON CONFLICT (scope_id, person_id) DO UPDATE SET level = excluded.level, origin = excluded.origin,"
    " valid_until = excluded.valid_until, set_by_id = excluded.set_by_id, set_at = statement_timestamp()"
    " WHERE held.valid_until <= :moment"
)


@transactional
def set_level(folder: Folder, *, person: Any, level: Level, actor: Any, valid_until: datetime | None = None) -> None:
    """Set a person's level on this folder only: sub-folders without one of their own keep what they had.

    :param person: a member of the client.
    :param valid_until: when the level ends; afterwards what would be inherited holds.
    :raises NotAMember: the person does not belong to the client.
    """
    set_levels(folder, levels={person.id: level}, actor=actor, valid_until=valid_until, people=[person])


@transactional
def set_levels(
    folder: Folder,
    *,
    levels: Mapping[uuid.UUID, Level],
    actor: Any,
    valid_until: datetime | None = None,
    origin: str = "manual",
    people: Collection[Any] = (),
) -> None:
    """:func:`set_level` for several people at once.

    :param levels: by person id.
    :param people: the same people where the caller has them at hand, for the log's words.
    """
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    facts = snapshot(folder.client_id, list(levels))
    names = _names(levels, people)
    for person_id in levels:
        if person_id not in facts.standings:
            raise NotAMember(name=names.get(person_id, ""))
    wanted = {person_id: Granted(int(level), valid_until) for person_id, level in levels.items()}
    begun = place_levels(folder, wanted, facts=facts, actor=actor, origin=origin)
    # A scope that has just begun has no answer for anybody yet.
    refresh(folder.client_id, scope_ids=[folder.scope_id], person_ids=None if begun else list(levels))
    _log(activity.verbs.LEVEL_SET, folder, actor, {names[key]: levels[key].key for key in levels})


def place_levels(
    folder: Folder, wanted: Mapping[uuid.UUID, Granted], *, facts: Snapshot, actor: Any, origin: str, pin: bool = True
) -> bool:
    """Write levels on one folder. The caller holds the locks, has read the facts and refreshes afterwards.

    :param pin: sub-folders without a level of their own keep what they had; without it they follow.
    :returns: whether a scope was begun, which has no answer for anybody yet.
    """
    moment = now()
    before = {person_id: facts.decided(folder.scope_id, person_id, moment) for person_id in wanted}
    followed = folder.scope_id
    begun = own_scope(folder) != followed
    changed = {person_id: had for person_id, had in before.items() if had != wanted[person_id]}
    if changed and pin:
        begun = _pin_followers(folder, changed, actor, moment) or begun
    write_grants(
        [
            NewGrant(folder.scope_id, person_id, level.level, origin, level.valid_until, actor.id)
            for person_id, level in wanted.items()
        ]
    )
    return begun


def take_levels_below(folder: Folder, person_ids: Collection[uuid.UUID]) -> int:
    """Remove these people's levels on all sub-folders. Returns how many; the caller refreshes from the folder."""
    scopes = scopes_below(folder)
    removed = remove_grants(folder.client_id, scope_ids=scopes, person_ids=person_ids)
    if removed:
        merge_empty(folder, scopes)
    return removed


@transactional
def cascade(folder: Folder, *, person: Any, actor: Any) -> int:
    """Let all below follow this folder: the person's levels on sub-folders are removed. Returns how many there were."""
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    removed = take_levels_below(folder, [person.id])
    if removed:
        refresh(folder.client_id, scope_ids=[folder.scope_id], person_ids=[person.id])
    activity.record(activity.verbs.LEVEL_CASCADED, actor=actor, folder=folder, person=person.full_name)
    return removed


def overrides_below(folder: Folder, person_id: uuid.UUID) -> int:
    """How many sub-folders have a level of their own for this person: what a cascade would remove."""
    return len(
        db.session.execute(
            select(Folder.id)
            .join(Grant, Grant.scope_id == Folder.scope_id)
            .where(
                Folder.client_id == folder.client_id,
                within(folder.path),
                Folder.starts_scope,
                Folder.id != folder.id,
                Folder.bin_id.is_(None),
                Grant.person_id == person_id,
            )
        ).all()
    )


@transactional
def start_contact_rights(client: Any, contact_ids: Collection[uuid.UUID], *, actor: Any) -> None:
    """Give contacts who join the client what the template's defaults say, folder by folder; set levels stay."""
    permissions.start_contact_rights(client.id, contact_ids, actor=actor)


def _pin_followers(folder: Folder, had: Mapping[uuid.UUID, Granted], actor: Any, moment: datetime) -> bool:
    """Keep direct sub-folders at what they had, where they have no valid level of their own.

    Returns whether a scope was begun for those that followed.
    """
    _pin_starters(folder, had, actor, moment)
    scope_id = followers_scope(folder)
    if scope_id is None:
        return False
    write_grants(
        [
            NewGrant(scope_id, person_id, grant.level, "pin", grant.valid_until, actor.id)
            for person_id, grant in had.items()
        ]
    )
    return True


def _pin_starters(folder: Folder, had: Mapping[uuid.UUID, Granted], actor: Any, moment: datetime) -> None:
    """The same for sub-folders that start scopes already; levels of their own stay, ended ones are replaced."""
    db.session.execute(
        _PIN_STARTERS,
        {
            "people": list(had),
            "levels": [grant.level for grant in had.values()],
            "untils": [grant.valid_until for grant in had.values()],
            "actor": actor.id,
            "folder": folder.id,
            "scope": folder.scope_id,
            "moment": moment,
        },
    )


def _names(ids: Collection[uuid.UUID], people: Collection[Any]) -> dict[uuid.UUID, str]:
    known = {person.id: person.full_name for person in people}
    missing = [ident for ident in ids if ident not in known]
    if missing:
        for person in db.session.scalars(select(Person).where(Person.id.in_(missing))).unique():
            known[person.id] = person.full_name
    return known


def _log(verb: Any, folder: Folder, actor: Any, levels: Mapping[str, str]) -> None:
    record_many([line(verb, actor=actor, folder=folder, person=name, level=level) for name, level in levels.items()])
