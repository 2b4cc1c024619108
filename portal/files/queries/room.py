"""How much room the documents take."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import func, select

from portal.clients.models import Client
from portal.files.models import File, FileVersion
from portal.kit.db import db


@dataclass(frozen=True)
class Room:
    """Bytes that all versions of all files take, and those of the client that has most; ``default`` is the
    installation's limit for one client where the firm says nothing."""

    used: int
    largest: str | None
    largest_size: int
    default: int


def room() -> Room:
    """As quotas count it: copies count each, and so does what lies in the bin. One statement."""
    size = func.sum(FileVersion.size).label("size")
    per_client = (
        select(File.client_id, size)
        .join(FileVersion, FileVersion.file_id == File.id)
        .group_by(File.client_id)
        .cte("per_client")
    )
    total = select(func.coalesce(func.sum(per_client.c.size), 0)).scalar_subquery()
    largest = (
        select(Client.name, per_client.c.size, total)
        .join(per_client, per_client.c.client_id == Client.id)
        .order_by(per_client.c.size.desc(), Client.id)
        .limit(1)
    )
    default = int(current_app.config["SETTINGS"].client_quota_bytes)
    found = db.session.execute(largest).one_or_none()
    if found is None:
        return Room(0, None, 0, default)
    return Room(int(found[2]), found[0], int(found[1]), default)
