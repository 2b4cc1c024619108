"""Set and cascade: what people do with levels. See "Folders and rights" in the architecture."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from portal import activity
from portal.files.commands.naming import lock_folder
from portal.files.commands.regions import followers_scope, merge_empty, own_scope, within
from portal.files.models import Folder
from portal.files.refusals import NotAMember
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.permissions import commands as permissions
from portal.permissions.commands import NewGrant, lock_client, refresh, remove_grants, write_grants
from portal.permissions.levels import Level
from portal.permissions.models import Grant
from portal.permissions.resolve import Granted
from portal.permissions.snapshot import snapshot


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
    moment = now()
    before = {person_id: facts.decided(folder.scope_id, person_id, moment) for person_id in levels}
    own_scope(folder)
    changed = {
        person_id: had for person_id, had in before.items() if had != Granted(int(levels[person_id]), valid_until)
    }
    if changed:
        _pin_followers(folder, changed, actor, moment)
    write_grants(
        [
            NewGrant(folder.scope_id, person_id, int(level), origin, valid_until, actor.id)
            for person_id, level in levels.items()
        ]
    )
    refresh(folder.client_id, scope_ids=[folder.scope_id], person_ids=list(levels))
    _log(activity.verbs.LEVEL_SET, folder, actor, {names[key]: levels[key].key for key in levels})


@transactional
def cascade(folder: Folder, *, person: Any, actor: Any) -> int:
    """Let all below follow this folder: the person's levels on sub-folders are removed. Returns how many there were."""
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    scopes = _scopes_below(folder)
    removed = remove_grants(folder.client_id, scope_ids=scopes, person_ids=[person.id])
    if removed:
        merge_empty(folder)
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


def _pin_followers(folder: Folder, had: Mapping[uuid.UUID, Granted], actor: Any, moment: datetime) -> None:
    """Keep direct sub-folders at what they had, where they have no valid level of their own."""
    _pin_starters(folder, had, actor, moment)
    scope_id = followers_scope(folder)
    if scope_id is None:
        return
    write_grants(
        [
            NewGrant(scope_id, person_id, grant.level, "pin", grant.valid_until, actor.id)
            for person_id, grant in had.items()
        ]
    )


def _pin_starters(folder: Folder, had: Mapping[uuid.UUID, Granted], actor: Any, moment: datetime) -> None:
    """The same for sub-folders that start scopes already; levels of their own stay, ended ones are replaced."""
    held = (
        text(
            "SELECT * FROM unnest(CAST(:people AS uuid[]), CAST(:levels AS smallint[]), CAST(:untils AS timestamptz[]))"
        )
        .columns(Grant.person_id, Grant.level, Grant.valid_until)
        .bindparams(
            people=list(had),
            levels=[grant.level for grant in had.values()],
            untils=[grant.valid_until for grant in had.values()],
        )
        .subquery("had")
    )
    starters = (
        select(Folder.scope_id)
        .where(Folder.parent_id == folder.id, Folder.starts_scope, Folder.scope_id != folder.scope_id)
        .distinct()
        .subquery()
    )
    columns = ["scope_id", "person_id", "level", "origin", "valid_until", "set_by_id"]
    source = select(
        starters.c.scope_id, held.c.person_id, held.c.level, literal("pin"), held.c.valid_until, literal(actor.id)
    )
    statement = upsert(Grant).from_select(columns, source.join_from(starters, held, text("true")))
    new = statement.excluded
    values = {"level": new.level, "origin": new.origin, "valid_until": new.valid_until, "set_by_id": new.set_by_id}
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["scope_id", "person_id"],
            set_={**values, "set_at": text("statement_timestamp()")},
            where=Grant.valid_until <= moment,
        )
    )


def _scopes_below(folder: Folder) -> list[uuid.UUID]:
    found = db.session.execute(
        select(Folder.scope_id)
        .where(
            Folder.client_id == folder.client_id,
            within(folder.path),
            Folder.starts_scope,
            Folder.scope_id != folder.scope_id,
        )
        .distinct()
    )
    return list(found.scalars())


def _names(ids: Collection[uuid.UUID], people: Collection[Any]) -> dict[uuid.UUID, str]:
    from portal.accounts.models import Person

    known = {person.id: person.full_name for person in people}
    missing = [ident for ident in ids if ident not in known]
    if missing:
        for person in db.session.scalars(select(Person).where(Person.id.in_(missing))).unique():
            known[person.id] = person.full_name
    return known


def _log(verb: Any, folder: Folder, actor: Any, levels: Mapping[str, str]) -> None:
    from portal.activity.commands import line, record_many

    record_many([line(verb, actor=actor, folder=folder, person=name, level=level) for name, level in levels.items()])
