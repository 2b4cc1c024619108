"""What ends soon, or has ended lately, as far as a collaborator sees it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, union_all

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries import client_files
from portal.expirations.policies import Renewing
from portal.expirations.sources import (
    GRANT,
    MEMBERSHIP,
    ending_files,
    ending_grants,
    ending_memberships,
    key_of,
    one_per_grant,
)
from portal.files.models import File, Folder
from portal.files.queries.visible import readable
from portal.kit.clock import now
from portal.kit.days import last_day
from portal.kit.db import db
from portal.kit.paging import Page, page_of
from portal.kit.periods import End, end_of
from portal.permissions.levels import Level
from portal.permissions.models import FOREVER, Grant
from portal.permissions.queries import with_level

AHEAD = timedelta(days=60)
BACK = timedelta(days=60)


@dataclass(frozen=True)
class Ending:
    """One access that ends. ``person`` is None for a file; ``folder`` is where the level or file is."""

    kind: str
    client: Client
    person: Person | None
    folder: Folder | None
    others: int
    file: File | None
    level: Level
    end: End
    may_renew: bool


@dataclass(frozen=True)
class FileEnd:
    """The last day on which contacts see a file, and whether it is over."""

    last: date
    over: bool


def ending(viewer: Viewer, *, client: Client | None = None, over: bool = False) -> Select[Any]:
    """Rows of what ends within 60 days, soonest first; or ended within the last 60, the latest first.

    :param client: of this client only, which the viewer sees.
    :param over: what has ended already.
    """
    # Bare ids, so that the three selects below can name the tables themselves.
    clients: Any = client_files(viewer).with_only_columns(Client.id).order_by(None)
    grants, _ = with_level(ending_grants(), viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    files, level = with_level(ending_files(), viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    parts = [
        (ending_memberships(), Membership.client_id, Membership.valid_until),
        (grants, Folder.client_id, Grant.valid_until),
        (files.where(readable(viewer, level)), File.client_id, File.valid_until),
    ]
    selects = []
    for rows, client_id, ends_at in parts:
        seen = rows.where(client_id.in_(clients), *_window(ends_at, over=over))
        if client is not None:
            seen = seen.where(client_id == client.id)
        selects.append(one_per_grant(seen) if ends_at is Grant.valid_until else seen)
    every = union_all(*selects).subquery()
    key = key_of(every).label("key")
    # Never null here; paging wants to hear it from the statement.
    ends = func.coalesce(every.c.ends_at, FOREVER).label("ends_at")
    others = [column for column in every.c if column.key != "ends_at"]
    return select(*others, ends, key).order_by(ends.desc() if over else ends, key)


def _window(ends_at: Any, *, over: bool) -> list[Any]:
    moment = func.statement_timestamp()
    if over:
        return [ends_at <= moment, ends_at > moment - BACK]
    return [ends_at > moment, ends_at <= moment + AHEAD]


def ending_page(
    viewer: Viewer, *, client: Client | None = None, over: bool = False, size: int = 50, place: str | None = None
) -> Page[Ending]:
    """A page of :func:`ending` with people, folders and files. A bounded number of statements."""
    page = page_of(ending(viewer, client=client, over=over), size=size, place=place)
    return Page(_lines(viewer, page.items), page.next_place)


def ending_soon(viewer: Viewer, limit: int = 5) -> list[Ending]:
    """The next ones, for the first page of a collaborator."""
    return _lines(viewer, db.session.execute(ending(viewer).limit(limit)).all())


def _lines(viewer: Viewer, rows: Sequence[Any]) -> list[Ending]:
    if not rows:
        return []
    people: dict[uuid.UUID, Person] = _by_id(Person, {row.person_id for row in rows})
    folders: dict[uuid.UUID, Folder] = _by_id(Folder, {row.folder_id for row in rows})
    files: dict[uuid.UUID, File] = _by_id(File, {row.subject_id for row in rows if row.kind not in (MEMBERSHIP, GRANT)})
    clients: dict[uuid.UUID, Client] = _by_id(Client, {row.client_id for row in rows})
    renewing = Renewing(viewer, set(clients), set(folders))
    moment = now()
    found = []
    for row in rows:
        end = end_of(row.ends_at, row.began_at, moment)
        assert end is not None  # the sources hold only what ends
        person = people.get(row.person_id)
        found.append(
            Ending(
                row.kind,
                clients[row.client_id],
                person,
                folders.get(row.folder_id),
                row.others,
                files.get(row.subject_id),
                Level(row.level),
                end,
                renewing.allowed(row.kind, row.client_id, person, row.folder_id),
            )
        )
    return found


def _by_id(model: Any, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, Any]:
    wanted = [ident for ident in ids if ident is not None]
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted))).unique()}


def end_of_level(folder: Folder, person_id: uuid.UUID) -> tuple[datetime, datetime] | None:
    """(when it ends, when it was set) of the person's own limited level on this very folder, or None."""
    row = db.session.execute(
        select(Grant.valid_until, Grant.set_at)
        .join(Folder, Folder.scope_id == Grant.scope_id)
        .where(
            Folder.id == folder.id, Folder.starts_scope, Grant.person_id == person_id, Grant.valid_until.is_not(None)
        )
    ).one_or_none()
    return (row[0], row[1]) if row is not None and row[0] is not None else None


def person_with_level(folder: Folder, person_id: uuid.UUID) -> Person | None:
    """The person with this id, who has a level of their own on this very folder; None where there is none."""
    found: Person | None = (
        db.session.scalars(
            select(Person)
            .join(Grant, Grant.person_id == Person.id)
            .join(Folder, Folder.scope_id == Grant.scope_id)
            .where(Folder.id == folder.id, Folder.starts_scope, Person.id == person_id)
        )
        .unique()
        .one_or_none()
    )
    return found


def ends_of_files(files: Sequence[Any]) -> dict[uuid.UUID, FileEnd]:
    """Of rows of files, those that end, by id: the last day and whether it is over. A statement where there are any."""
    limited = [file for file in files if file.valid_until is not None]
    if not limited:
        return {}
    moment = now()
    return {file.id: FileEnd(last_day(file.valid_until), file.valid_until <= moment) for file in limited}
