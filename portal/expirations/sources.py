"""What ends by itself, as rows of one shape, whoever looks: memberships, levels on folders, files."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, String, Uuid, and_, cast, exists, func, literal, null, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.clients.models import Membership
from portal.files.models import File, Folder
from portal.permissions.models import Effective, Grant, Scope

MEMBERSHIP, GRANT, FILE = "membership", "grant", "file"


def ending_memberships() -> Select[Any]:
    """Contacts and collaborators who belong to a client until a moment."""
    rows: Select[Any] = (
        select(
            literal(MEMBERSHIP).label("kind"),
            Membership.client_id.label("client_id"),
            Membership.client_id.label("subject_id"),
            Membership.person_id.label("person_id"),
            cast(null(), Uuid).label("folder_id"),
            literal(0).label("others"),
            Membership.level.label("level"),
            Membership.valid_until.label("ends_at"),
            Membership.created_at.label("began_at"),
        )
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.valid_until.is_not(None), Person.disabled_at.is_(None))
    )
    return rows


def ending_grants() -> Select[Any]:
    """Levels on folders that hold until a moment, one row for each folder that starts the scope.

    Only those whose end takes something away: not where the same or more is inherited afterwards, nor where the person
    does not belong to the client that long. ``effective`` knows both. Wrap it in :func:`one_per_grant`.
    """
    ends, next_span = aliased(Effective), aliased(Effective)
    ends_there = exists().where(
        ends.scope_id == Grant.scope_id,
        ends.person_id == Grant.person_id,
        ends.ends_at == Grant.valid_until,
        ends.level == Grant.level,
    )
    goes_on = exists().where(
        next_span.scope_id == Grant.scope_id,
        next_span.person_id == Grant.person_id,
        next_span.starts_at == Grant.valid_until,
        next_span.level >= Grant.level,
    )
    others = func.count().over(partition_by=[Grant.scope_id, Grant.person_id]) - 1
    rows: Any = (
        select(
            literal(GRANT).label("kind"),
            Folder.client_id.label("client_id"),
            Grant.scope_id.label("subject_id"),
            Grant.person_id.label("person_id"),
            Folder.id.label("folder_id"),
            cast(others, Integer).label("others"),
            Grant.level.label("level"),
            Grant.valid_until.label("ends_at"),
            Grant.set_at.label("began_at"),
        )
        .join(Scope, Scope.id == Grant.scope_id)
        .join(Folder, and_(Folder.scope_id == Grant.scope_id, Folder.starts_scope, Folder.bin_id.is_(None)))
        .join(Person, Person.id == Grant.person_id)
        .where(Grant.valid_until.is_not(None), Grant.level > 0, Person.disabled_at.is_(None), ends_there, ~goes_on)
    )
    found: Select[Any] = rows
    return found


def one_per_grant(rows: Select[Any]) -> Select[Any]:
    """Of the folders that share a scope, the topmost; ``others`` says how many more there are."""
    chosen = rows.distinct(Grant.scope_id, Grant.person_id).order_by(Grant.scope_id, Grant.person_id, Folder.path)
    return select(chosen.subquery())


def ending_files() -> Select[Any]:
    """Files that contacts see until a moment."""
    return (
        select(
            literal(FILE).label("kind"),
            File.client_id.label("client_id"),
            File.id.label("subject_id"),
            cast(null(), Uuid).label("person_id"),
            File.folder_id.label("folder_id"),
            literal(0).label("others"),
            literal(0).label("level"),
            File.valid_until.label("ends_at"),
            File.uploaded_at.label("began_at"),
        )
        .join(Folder, Folder.id == File.folder_id)
        .where(File.valid_until.is_not(None), File.bin_id.is_(None), Folder.bin_id.is_(None))
    )


def key_of(rows: Any) -> Any:
    """A text that no two rows of one moment share, for paging."""
    return func.concat(rows.c.kind, cast(rows.c.subject_id, String), cast(rows.c.person_id, String))
