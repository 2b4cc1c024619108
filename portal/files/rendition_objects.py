"""Objects that were made of versions (thumbnails, pages). Their rows are of a higher floor and go with the version;
what becomes of the objects is decided here, where versions end."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, String, Uuid, column, insert, select, table

from portal.files.models import ObjectDeletion
from portal.kit.db import db, new_id

PREFIX = "previews/"
# By its name: this floor does not import what stands above it.
RENDITION: Any = table(
    "rendition", column("version_id", Uuid()), column("object_key", String()), column("size", BigInteger())
)


def promise_their_deletion(version_ids: Collection[uuid.UUID]) -> int:
    """Have the objects made of these versions deleted; call it before the versions are. Returns how many."""
    keys = list(db.session.scalars(select(RENDITION.c.object_key).where(RENDITION.c.version_id.in_(list(version_ids)))))
    if keys:
        db.session.execute(insert(ObjectDeletion), [{"id": new_id(), "object_key": key} for key in keys])
    return len(keys)
