"""How much room documents have: that of one client, and that of all clients together.

Counted are all versions of all files, what lies in the bin, and uploads that are under way. Copies count each.

Adding up a hundred thousand versions at each upload would take longer than the upload. So each client has a row that
says how much its documents take *at most*: whatever comes in is added to it in the same transaction
(:mod:`portal.files.commands.rooms`), what goes is not taken off. Where something fits by that number it fits; where
it does not, everything is added up.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, func, select, true, union_all

from portal.accounts.models import Firm
from portal.clients.models import Client
from portal.files.models import ClientRoom, File, FileVersion, Upload
from portal.files.refusals import Gone
from portal.kit.db import db

# From here on it is said that the room is nearly used up.
NEARLY = 0.9


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
class Limits:
    """Bytes: the client's own limit if it has one, the one that holds for it, and that of all clients together.

    ``taken`` is what the client's row says, None while it was never counted.
    """

    own: int | None
    client: int
    firm: int | None
    taken: int | None

    def left(self, taken: int) -> int:
        """What is free where the client takes so many bytes, and all clients what their rows say."""
        left = self.client - taken
        return left if self.firm is None else min(left, self.firm - taken_by_all())


def usage_of(client_id: uuid.UUID) -> Usage:
    """What one client uses of its room, added up. Two statements."""
    limits = limits_of(client_id)
    return Usage(used_by(client_id), limits.client, limits.own)


def room_left(client_id: uuid.UUID, *, wanted: int = 0) -> int:
    """Bytes that may still come in for this client, negative where it is overfull.

    One statement whatever the number of files, and one more where the firm has set a limit for all clients together.
    The answer is exact where less than ``wanted`` is free; otherwise there may be more room than it says.
    """
    limits = limits_of(client_id)
    if limits.taken is not None and (left := limits.left(limits.taken)) >= wanted:
        return left
    left = limits.client - used_by(client_id)
    return left if limits.firm is None else min(left, limits.firm - used_by_all())


def limits_of(client_id: uuid.UUID, *, hold: bool = False) -> Limits:
    """What holds for this client now.

    :param hold: keep the client from being erased until the transaction ends.
    :raises Gone: it was to be held, and was erased before.
    """
    default = int(current_app.config["SETTINGS"].client_quota_bytes)
    wanted = (
        select(Client.quota_bytes, Firm.client_quota_bytes, Firm.quota_bytes, ClientRoom.taken)
        .select_from(Client)
        .outerjoin(Firm, true())
        .outerjoin(ClientRoom, ClientRoom.client_id == Client.id)
        .where(Client.id == client_id)
    )
    if hold:
        wanted = wanted.with_for_update(read=True, key_share=True, of=Client)
    row = db.session.execute(wanted).first()
    if hold and row is None:
        raise Gone()
    own, each, together, taken = row if row is not None else (None, None, None, None)
    limit = own if own is not None else each if each is not None else default
    return Limits(own, limit, together, taken)


def used_by(client_id: uuid.UUID) -> int:
    """All that counts for one client, added up: as long as that takes."""
    kept = (
        select(func.coalesce(func.sum(FileVersion.size), 0))
        .join(File, File.id == FileVersion.file_id)
        .where(File.client_id == client_id)
        .scalar_subquery()
    )
    under_way = _under_way(func.coalesce(func.sum(Upload.size), 0)).where(Upload.client_id == client_id)
    return int(db.session.scalar(select(kept + under_way.scalar_subquery())) or 0)


def used_by_all() -> int:
    """All that counts, added up."""
    kept = select(func.coalesce(func.sum(FileVersion.size), 0)).scalar_subquery()
    under_way = _under_way(func.coalesce(func.sum(Upload.size), 0)).scalar_subquery()
    return int(db.session.scalar(select(kept + under_way)) or 0)


def taken_by_all() -> int:
    """What the rows of all clients say: as many rows as there are clients with documents."""
    return int(db.session.scalar(select(func.coalesce(func.sum(ClientRoom.taken), 0))) or 0)


def used_and_taken() -> Select[Any, Any, Any]:
    """(client_id, used, taken) of the clients of which the two differ; ``taken`` is None where there is no row."""
    kept = select(File.client_id, FileVersion.size).join(File, File.id == FileVersion.file_id)
    each = union_all(kept, _under_way(Upload.client_id, Upload.size)).subquery()
    used = select(each.c.client_id, func.sum(each.c.size).label("size")).group_by(each.c.client_id).subquery()
    size = func.coalesce(used.c.size, 0)
    return (
        select(func.coalesce(used.c.client_id, ClientRoom.client_id).label("client_id"), size, ClientRoom.taken)
        .select_from(used)
        .join(ClientRoom, ClientRoom.client_id == used.c.client_id, full=True)
        .where(ClientRoom.taken.is_distinct_from(size))
    )


def _under_way(*columns: Any) -> Select[Any]:
    return select(*columns).where(Upload.state == "pending", Upload.expires_at > func.now())
