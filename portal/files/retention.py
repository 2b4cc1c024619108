"""How long earlier versions and what was deleted are kept, as the firm has set it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select

from portal.accounts.models import Firm
from portal.accounts.queries import firm
from portal.files.models import BinEntry, File, FileVersion
from portal.kit.clock import now_in_sql
from portal.kit.db import db

BIN_DAYS = 90


@dataclass(frozen=True)
class Retention:
    """The firm's rules.

    :param versions: how many versions of a file are kept, the current one among them; None keeps all.
    :param days: for how long a version is kept after another took its place; None keeps it for ever.
    :param bin_days: for how long what was deleted can be taken back.

    Where both are given, a version goes as soon as one of them says so. The newest one and the current one never go.
    """

    versions: int | None
    days: int | None
    bin_days: int

    @classmethod
    def of(cls, found: Firm | None) -> Retention:
        """As the firm has set it."""
        return (
            cls(None, None, BIN_DAYS)
            if found is None
            else cls(found.versions_kept, found.versions_days, found.bin_days)
        )

    @property
    def keeps_all_versions(self) -> bool:
        """No version ever goes by itself."""
        return self.versions is None and self.days is None

    def is_shorter_than(self, other: Retention) -> bool:
        """Something is kept for less time, or fewer versions of it."""
        return _less(self.versions, other.versions) or _less(self.days, other.days) or self.bin_days < other.bin_days


def _less(one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or one < other)


def present() -> Retention:
    """What holds now."""
    return Retention.of(firm())


def bin_until(entry: BinEntry) -> datetime:
    """When an entry of the bin is deleted for good; the work is done within the hour that follows."""
    return entry.created_at + timedelta(days=present().bin_days)


def due_entries(rule: Retention) -> Select[Any]:
    """Entries of the bin whose time has run out under this rule."""
    return select(BinEntry).where(BinEntry.created_at <= now_in_sql() - timedelta(days=rule.bin_days))


def due_versions(rule: Retention, *, client_id: uuid.UUID | None = None) -> Select[Any]:
    """(id, client, size, object) of the versions that go under this rule.

    What lies in the bin is left as it is: it comes back with all that it had, or goes with its entry.
    """
    placed = (
        select(
            FileVersion.id, FileVersion.size, FileVersion.object_key, File.client_id, FileVersion.number,
            File.version_id.label("current_id"), _place().label("place"), _replaced_at().label("replaced_at"),
        )
        .join(File, File.id == FileVersion.file_id)
        # Most files have one version: only the others are counted through. What the virus check holds back takes
        # nobody's place, and administrators decide what becomes of it.
        .where(
            File.bin_id.is_(None),
            FileVersion.quarantine == "",
            File.id.in_(select(FileVersion.file_id).where(FileVersion.number > 1)),
        )
    )  # fmt: skip
    if client_id is not None:
        placed = placed.where(File.client_id == client_id)
    rows = placed.subquery()
    goes = []
    if rule.versions is not None:
        goes.append(rows.c.place > rule.versions)
    if rule.days is not None:
        goes.append(rows.c.replaced_at <= now_in_sql() - timedelta(days=rule.days))
    chosen = select(rows.c.id, rows.c.client_id, rows.c.size, rows.c.object_key)
    return chosen.where(and_(rows.c.place > 1, rows.c.id != rows.c.current_id), or_(*goes, literal(False)))


def _place() -> Any:
    """1 for the newest version of a file, 2 for the one before."""
    return func.row_number().over(partition_by=FileVersion.file_id, order_by=FileVersion.number.desc())


def _replaced_at() -> Any:
    """When the next version came; None for the newest."""
    return func.lag(FileVersion.created_at).over(partition_by=FileVersion.file_id, order_by=FileVersion.number.desc())


@dataclass(frozen=True)
class Due:
    """How much would go: versions and bytes that only they hold, entries of the bin."""

    versions: int
    size: int
    entries: int

    def __bool__(self) -> bool:
        return bool(self.versions or self.entries)


def due(rule: Retention) -> Due:
    """What the next clean-up would delete under this rule, so that it is said before it is saved. Two statements."""
    rows = due_versions(rule).subquery()
    # A version that was brought back, or a copied file, shares its object: deleting one frees nothing.
    keys = select(rows.c.object_key, rows.c.size).distinct().subquery()
    stays = (
        select(FileVersion.id)
        .where(FileVersion.object_key == keys.c.object_key, FileVersion.id.not_in(select(rows.c.id)))
        .exists()
    )
    versions, size = db.session.execute(
        select(
            select(func.count()).select_from(rows).scalar_subquery(),
            select(func.coalesce(func.sum(keys.c.size), 0)).where(~stays).scalar_subquery(),
        )
    ).one()
    entries = db.session.scalar(select(func.count()).select_from(due_entries(rule).subquery())) or 0
    return Due(versions, int(size), entries)


@dataclass(frozen=True)
class VersionFacts:
    """What a version's row says beyond itself.

    :param before: (number, size in bytes) of the version before it that is still there; None for the first.
    :param until: when it goes; None where it stays.
    :param goes_next: the next clean-up deletes it.
    """

    before: tuple[int, int] | None
    until: datetime | None
    goes_next: bool
    size: int

    @property
    def growth(self) -> int | None:
        """Bytes more than the version before (less: negative); None where there is none before."""
        return None if self.before is None else self.size - self.before[1]


@dataclass(frozen=True)
class Kept:
    """The versions of one file together: how many, and bytes that the store holds for them."""

    versions: int
    size: int


def version_facts(file: File, versions: Sequence[FileVersion]) -> dict[uuid.UUID, VersionFacts]:
    """By id, for the versions of a page. One statement."""
    rule = present()
    order: Any = {"partition_by": FileVersion.file_id, "order_by": FileVersion.number}
    rows = (
        select(
            FileVersion.id, FileVersion.size, _place().label("place"), _replaced_at().label("replaced_at"),
            func.lag(FileVersion.number).over(**order).label("before_number"),
            func.lag(FileVersion.size).over(**order).label("before_size"),
        )
        .where(FileVersion.file_id == file.id)
        .subquery()
    )  # fmt: skip
    ids = [version.id for version in versions]
    facts = {}
    for row in db.session.execute(select(rows, func.now().label("now")).where(rows.c.id.in_(ids))):
        before = None if row.before_number is None else (row.before_number, row.before_size)
        until, beyond = None, False
        if row.place > 1 and row.id != file.version_id:
            beyond = rule.versions is not None and row.place > rule.versions
            until = row.replaced_at + timedelta(days=rule.days) if rule.days is not None else None
        facts[row.id] = VersionFacts(before, until, beyond or (until is not None and until <= row.now), row.size)
    return facts


def kept_of(file: File) -> Kept:
    """How many versions of a file there are, and what they take: contents that are the same object count once."""
    keys = select(FileVersion.object_key, FileVersion.size).where(FileVersion.file_id == file.id).distinct().subquery()
    counted = select(func.count()).where(FileVersion.file_id == file.id).scalar_subquery()
    versions, size = db.session.execute(select(counted, func.coalesce(func.sum(keys.c.size), 0))).one()
    return Kept(versions, int(size))
