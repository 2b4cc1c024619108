"""What has to be done before versions of files go for good: their objects leave later, their receipts stay whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, union_all, update

from portal.files.models import FileVersion, ObjectDeletion, ReceiptLine
from portal.files.rendition_objects import RENDITION
from portal.kit.clock import now_in_sql
from portal.kit.db import db

# A backup takes the database first and the bucket after: what the database still knew then must still be in the bucket
# when its copy is made, and when a restore is checked.
OBJECTS_STAY = timedelta(days=7)


def promise_objects(versions: Select[Any]) -> None:
    """Have the objects of these versions, and those made of them, deleted after :data:`OBJECTS_STAY`.

    Part of the transaction that deletes the versions; call it before. An object that a copy shares stays in the store:
    the reaper asks who refers to it when the time has come.

    :param versions: gives the ids of versions.
    """
    _complete_receipts(versions)
    own = select(FileVersion.object_key).where(FileVersion.id.in_(versions))
    made = select(RENDITION.c.object_key).where(RENDITION.c.version_id.in_(versions))
    promise_keys(union_all(own, made).subquery().c.object_key)


def promise_keys(key: Any) -> None:
    """Have the objects of a subquery's column deleted after :data:`OBJECTS_STAY`."""
    keys = select(key.label("object_key")).distinct().subquery()
    rows = select(func.gen_random_uuid(), keys.c.object_key, now_in_sql() + OBJECTS_STAY)
    db.session.execute(insert(ObjectDeletion).from_select(["id", "object_key", "due_at"], rows))


def _complete_receipts(versions: Select[Any]) -> None:
    """A receipt proves what was received for longer than the content is kept."""
    db.session.execute(
        update(ReceiptLine)
        .where(
            ReceiptLine.version_id.in_(versions),
            ReceiptLine.sha256 == "",
            FileVersion.id == ReceiptLine.version_id,
            FileVersion.sha256.is_not(None),
        )
        .values(sha256=FileVersion.sha256)
        .execution_options(synchronize_session=False)
    )
