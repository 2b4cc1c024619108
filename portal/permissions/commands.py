"""Writes to scopes and grants, and the complete answer that follows from them in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from portal.kit.bulk import insert_rows, rows_from
from portal.kit.db import db, new_id, transactional
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Grant, Scope
from portal.permissions.resolve import below, resolve
from portal.permissions.snapshot import CLIENT, snapshot

_Row = tuple[uuid.UUID, uuid.UUID, datetime, datetime, int]

_DELETE = text(
    "DELETE FROM effective USING unnest(CAST(:scopes AS uuid[]), CAST(:people AS uuid[]),"
    " CAST(:starts AS timestamptz[])) AS gone (scope_id, person_id, starts_at) WHERE effective.scope_id = gone.scope_id"
    " AND effective.person_id = gone.person_id AND effective.starts_at = gone.starts_at"
)


@dataclass(frozen=True, slots=True)
class NewScope:
    """One scope to make. ``contact_level``: what a contact begins with there (0 to 3); None follows the scope above."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    contact_level: int | None = None


@dataclass(frozen=True, slots=True)
class NewGrant:
    """One grant to write. ``origin`` is one of levels.ORIGINS."""

    scope_id: uuid.UUID
    person_id: uuid.UUID
    level: int
    origin: str
    valid_until: datetime | None = None
    set_by_id: uuid.UUID | None = None


def lock_client(client_id: uuid.UUID) -> None:
    """Hold the client's row until the transaction ends: whoever changes its folders or rights waits in line.

    NO KEY UPDATE excludes every other writer, and lets rows that merely refer to the client be inserted meanwhile.
    """
    db.session.execute(select(CLIENT.c.id).where(CLIENT.c.id == client_id).with_for_update(key_share=True))


@transactional
def create_root_scope(client_id: uuid.UUID) -> uuid.UUID:
    """The scope of a client's root folder. Returns its id; members' answers are in place."""
    lock_client(client_id)
    scope = NewScope(new_id(), None)
    insert_scopes(client_id, [scope])
    refresh(client_id, scope_ids=[scope.id])
    return scope.id


def insert_scopes(client_id: uuid.UUID, scopes: Sequence[NewScope]) -> None:
    """Insert scopes in one statement, those above first; the caller refreshes."""
    insert_rows(
        Scope,
        [
            {"id": s.id, "client_id": client_id, "parent_id": s.parent_id, "contact_level": s.contact_level}
            for s in scopes
        ],
    )


@transactional
def set_grants(
    scope_id: uuid.UUID,
    levels: Mapping[uuid.UUID, Level],
    *,
    origin: str,
    actor: Any,
    valid_until: datetime | None = None,
) -> None:
    """Set levels on one scope and bring the answers up to date.

    :param levels: by person id.
    :param origin: one of levels.ORIGINS.
    :param valid_until: when the levels end; None for never.
    """
    client_id = db.session.execute(select(Scope.client_id).where(Scope.id == scope_id)).scalar_one()
    lock_client(client_id)
    by = actor.id if actor is not None else None
    write_grants(
        [NewGrant(scope_id, person_id, int(level), origin, valid_until, by) for person_id, level in levels.items()]
    )
    refresh(client_id, scope_ids=[scope_id], person_ids=list(levels))


def write_grants(grants: Iterable[NewGrant], *, keep_existing: bool = False) -> None:
    """Write grants in one statement; the caller refreshes.

    :param keep_existing: leave a grant alone that is already there, rather than overwrite it.
    """
    rows = [
        {
            "scope_id": grant.scope_id,
            "person_id": grant.person_id,
            "level": grant.level,
            "origin": grant.origin,
            "valid_until": grant.valid_until,
            "set_by_id": grant.set_by_id,
        }
        for grant in grants
    ]
    if not rows:
        return
    columns = [Grant.__table__.c[name] for name in rows[0]]
    statement = upsert(Grant).from_select(list(rows[0]), rows_from(Grant, rows).columns(*columns))
    if keep_existing:
        db.session.execute(statement.on_conflict_do_nothing())
        return
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["scope_id", "person_id"],
            set_={
                "level": new.level,
                "origin": new.origin,
                "valid_until": new.valid_until,
                "set_by_id": new.set_by_id,
                "set_at": text("statement_timestamp()"),
            },
        )
    )


@transactional
def remove_grants(client_id: uuid.UUID, *, scope_ids: Collection[uuid.UUID], person_ids: Collection[uuid.UUID]) -> int:
    """Take these people's grants off these scopes. Returns how many there were; the caller refreshes."""
    if not scope_ids or not person_ids:
        return 0
    gone = db.session.execute(
        delete(Grant)
        .where(Grant.scope_id.in_(scope_ids), Grant.person_id.in_(person_ids))
        .returning(Grant.scope_id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


@transactional
def start_contact_rights(
    client_id: uuid.UUID,
    person_ids: Collection[uuid.UUID],
    *,
    actor: Any,
    scope_ids: Collection[uuid.UUID] | None = None,
) -> None:
    """Give contacts what each scope holds ready for contacts (the template's defaults); levels that are set stay.

    One statement and a refresh, whatever the number of scopes. Call it when contacts join a client.

    :param scope_ids: only these scopes, those above first; None for all of the client.
    """
    lock_client(client_id)
    scopes = select(Scope.id, Scope.contact_level).where(Scope.client_id == client_id, Scope.contact_level.is_not(None))
    if scope_ids is not None:
        scopes = scopes.where(Scope.id.in_(scope_ids))
    by = actor.id if actor is not None else None
    grants = [
        NewGrant(scope_id, person_id, level or 0, "template", None, by)
        for scope_id, level in db.session.execute(scopes).all()
        for person_id in person_ids
    ]
    write_grants(grants, keep_existing=True)
    refresh(client_id, scope_ids=scope_ids, person_ids=person_ids if scope_ids is None else None)


@transactional
def forget(client_id: uuid.UUID, person_ids: Collection[uuid.UUID]) -> None:
    """Remove all that was ever granted to these people in the client: when they leave it.

    Without this, somebody who is taken back years later would find the old rights again.
    """
    lock_client(client_id)
    scopes = select(Scope.id).where(Scope.client_id == client_id)
    db.session.execute(
        delete(Grant)
        .where(Grant.person_id.in_(person_ids), Grant.scope_id.in_(scopes))
        .execution_options(synchronize_session=False)
    )
    refresh(client_id, person_ids=person_ids)


@transactional
def refresh(
    client_id: uuid.UUID,
    scope_ids: Collection[uuid.UUID] | None = None,
    person_ids: Collection[uuid.UUID] | None = None,
) -> int:
    """Bring the complete answer up to date with grants and memberships.

    Six statements at most, whatever the number of scopes and people; rows that stay as they are are not written.

    :param scope_ids: only these scopes and those below them; None for all of the client.
    :param person_ids: only these people; None for everybody.
    :returns: how many rows were removed and added.
    """
    db.session.flush()  # the statements below read tables whose rows the caller may have only in memory
    lock_client(client_id)
    facts = snapshot(client_id, person_ids)
    wanted = list(facts.parents) if scope_ids is None else below(facts.parents, scope_ids)
    spans = resolve(facts.parents, facts.grants, facts.standings, wanted)
    new: set[_Row] = {(*pair, *span) for pair, held in spans.items() for span in held}
    old = _written(client_id, wanted, person_ids)
    _replace(old - new, new - old)
    return len(old ^ new)


def _written(client_id: uuid.UUID, wanted: list[uuid.UUID], person_ids: Collection[uuid.UUID] | None) -> set[_Row]:
    rows = (
        select(Effective.scope_id, Effective.person_id, Effective.starts_at, Effective.ends_at, Effective.level)
        .join(Scope, Scope.id == Effective.scope_id)
        .where(Scope.client_id == client_id)
    )
    if person_ids is not None:
        rows = rows.where(Effective.person_id.in_(person_ids))
    touched = set(wanted)
    return {row for row in db.session.execute(rows).all() if row[0] in touched}


def _replace(gone: set[_Row], added: set[_Row]) -> None:
    if gone:
        scopes, people, starts, _, _ = zip(*gone, strict=True)
        values: dict[str, Any] = {"scopes": list(scopes), "people": list(people), "starts": list(starts)}
        db.session.execute(_DELETE, values)
    keys = ("scope_id", "person_id", "starts_at", "ends_at", "level")
    insert_rows(Effective, [dict(zip(keys, row, strict=True)) for row in added])
