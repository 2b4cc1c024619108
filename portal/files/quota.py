"""How much room documents have: that of one client, and that of all clients together.

Counted are all versions of all files, what lies in the bin, and uploads that are under way. Copies count each.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, func, select, true

from portal.accounts.models import Firm
from portal.clients.models import Client
from portal.files.models import File, FileVersion, Upload
from portal.kit.db import db

# From here on it is said that the room is nearly used up.
NEARLY = 0.9
# Whoever counts all clients together waits for who is at it; one number that no client's lock has.
_ALL_CLIENTS = 2**62 + 4


@dataclass(frozen=True)
class Usage:
    """Bytes that are used, and how many there may be; ``own`` where this client has a limit of its own."""

    used: int
    limit: int
    own: int | None = None

    @property
    def left(self) -> int:
        """Bytes that are free; negative where it is overfull."""
        return self.limit - self.used

    @property
    def percent(self) -> int:
        """How full it is, 100 at most, never 100 while a byte is free and never 0 while one is used."""
        if self.left <= 0:
            return 100
        return min(99, max(1, self.used * 100 // self.limit)) if self.used else 0

    @property
    def is_nearly_full(self) -> bool:
        """It is time to say so."""
        return self.used >= self.limit * NEARLY


@dataclass(frozen=True)
class _Limits:
    own: int | None
    client: int
    firm: int | None


def usage_of(client_id: uuid.UUID) -> Usage:
    """What one client uses of its room. Two statements."""
    limits = _limits(client_id)
    return Usage(_used_by(client_id), limits.client, limits.own)


def room_left(client_id: uuid.UUID) -> int:
    """Bytes that may still come in for this client, negative where it is overfull.

    Two statements by indexes; a third, over all versions, where the firm has set a limit for all clients together.
    """
    limits = _limits(client_id)
    left = limits.client - _used_by(client_id)
    return left if limits.firm is None else min(left, limits.firm - _used_by_all())


def lock_room(client_id: uuid.UUID) -> None:
    """Queue with whoever else takes room for this client until the transaction ends.

    Twenty uploads that begin at once would otherwise each see the same free room.
    """
    if _limits(client_id).firm is not None:
        db.session.execute(select(func.pg_advisory_xact_lock(_ALL_CLIENTS)))
    db.session.execute(select(func.pg_advisory_xact_lock(client_id.int % 2**62)))


def _limits(client_id: uuid.UUID) -> _Limits:
    default = int(current_app.config["SETTINGS"].client_quota_bytes)
    wanted = select(Client.quota_bytes, Firm.client_quota_bytes, Firm.quota_bytes).outerjoin(Firm, true())
    row = db.session.execute(wanted.where(Client.id == client_id)).first()
    own, each, together = row if row is not None else (None, None, None)
    limit = own if own is not None else each if each is not None else default
    return _Limits(own, limit, together)


def _used_by(client_id: uuid.UUID) -> int:
    kept = (
        select(func.coalesce(func.sum(FileVersion.size), 0))
        .join(File, File.id == FileVersion.file_id)
        .where(File.client_id == client_id)
        .scalar_subquery()
    )
    under_way = _under_way().where(Upload.client_id == client_id).scalar_subquery()
    return int(db.session.scalar(select(kept + under_way)) or 0)


def _used_by_all() -> int:
    kept = select(func.coalesce(func.sum(FileVersion.size), 0)).scalar_subquery()
    return int(db.session.scalar(select(kept + _under_way().scalar_subquery())) or 0)


def _under_way() -> Select[Any]:
    return select(func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.state == "pending", Upload.expires_at > func.now()
    )
