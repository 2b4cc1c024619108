"""The end of many small uploads: one look at the store for all, the rights once more, and only then files.

The SHA-256 of each was signed into its address, so the store itself has refused any other bytes; what is left to
compare is that it holds an object of that size.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select, text, update

from portal.activity import verbs
from portal.activity.commands import line, record_many
from portal.files.acceptance import QuotaExceeded
from portal.files.commands.batches import MOST_FILES
from portal.files.commands.naming import lock_folder
from portal.files.commands.publish import VERSION
from portal.files.commands.publish_many import Content, PublishedFile, publish_many
from portal.files.commands.receipts import add_all_to_receipt
from portal.files.content_types import HEAD_BYTES, Disguised, type_of_content
from portal.files.models import File, Folder, ObjectDeletion, Upload
from portal.files.quota import room_left
from portal.files.refusals import Gone
from portal.files.upload_access import files_to_replace, upload_folder, viewer_of, visible_uploads
from portal.files.upload_refusals import Damaged, Incomplete, NoLongerAllowed, TooMuchAtOnce, UploadOver
from portal.kit import storage
from portal.kit.bulk import insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.errors import Refused
from portal.kit.i18n import filesize
from portal.kit.names import name_key

Outcome = PublishedFile | Refused

_PUBLISHED = text(
    """
    UPDATE upload SET state = 'published', file_id = given.file_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:files AS uuid[])) AS given (id, file_id) WHERE upload.id = given.id
    """
)


def complete_batch(upload_ids: Collection[uuid.UUID], *, actor: Any) -> dict[uuid.UUID, Outcome]:
    """Verify what the store holds and publish it. Called twice it gives the same files.

    :param upload_ids: of uploads that were begun in batches, a hundred at most.
    :returns: for each id its file, or why there is none: Incomplete (it stays open, send it again), Damaged,
        Disguised, NoLongerAllowed (what arrived is removed) or UploadOver, also for what is not the actor's.
    :raises TooMuchAtOnce: more than a hundred, or none.
    :raises StoreAway: the store does not answer; nothing was changed.
    """
    if not 0 < len(upload_ids) <= MOST_FILES:
        raise TooMuchAtOnce()
    own = visible_uploads(viewer_of(actor)).where(Upload.id.in_(upload_ids))
    uploads = [upload for upload in db.session.scalars(own.order_by(Upload.folder_id)) if _is_of_a_batch(upload)]
    pending = [upload for upload in uploads if upload.state == "pending"]
    seen = _seen(pending)
    held = {key: look.stored for key, look in seen.items()}
    types = _types(pending, seen)
    outcomes: dict[uuid.UUID, Outcome] = {}
    for folder_id in dict.fromkeys(upload.folder_id for upload in uploads):
        ids = [upload.id for upload in uploads if upload.folder_id == folder_id]
        outcomes.update(_publish(folder_id, ids, held, types, actor))
    return {ident: outcomes.get(ident) or UploadOver() for ident in upload_ids}


def _is_of_a_batch(upload: Upload) -> bool:
    return upload.multipart_id is None and upload.sha256 is not None and upload.object_key.count("/") == 3


def _seen(uploads: Sequence[Upload]) -> dict[str, storage.Look]:
    """What the store holds of these, by key."""
    return storage.looks([upload.object_key for upload in uploads], HEAD_BYTES) if uploads else {}


def _types(uploads: Sequence[Upload], seen: Mapping[str, storage.Look]) -> dict[str, str | Disguised]:
    """What those contents are that arrived whole, by key, or that one is a program."""
    types: dict[str, str | Disguised] = {}
    for upload in uploads:
        look = seen.get(upload.object_key)
        if not upload.size or look is None or look.stored.size != upload.size:
            continue
        try:
            types[upload.object_key] = type_of_content(upload.name, look.head)
        except Disguised as refusal:
            types[upload.object_key] = refusal
    return types


@transactional
def _publish(
    folder_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    held: Mapping[str, storage.Stored],
    types: Mapping[str, str | Disguised],
    actor: Any,
) -> dict[uuid.UUID, Outcome]:
    rows = db.session.execute(
        select(Upload, Upload.expires_at > func.now()).where(Upload.id.in_(ids)).order_by(Upload.id)
        .with_for_update().execution_options(populate_existing=True)
    ).all()  # fmt: skip
    outcomes = _published_before([upload for upload, _ in rows if upload.state == "published"])
    pending = [upload for upload, is_open in rows if upload.state == "pending" and is_open]
    if not pending:
        return outcomes
    folder = _open_folder(folder_id, pending[0], actor)
    bad: dict[uuid.UUID, Refused] = {}
    arrived = []
    # They are counted themselves, as ones that are under way: the limit may have been lowered since they began.
    left = room_left(pending[0].client_id)
    for upload in pending:
        stored = held.get(upload.object_key)
        if folder is None:
            bad[upload.id] = NoLongerAllowed()
        elif stored is None:
            outcomes[upload.id] = Incomplete()
        elif stored.size != upload.size:
            bad[upload.id] = Damaged(name=upload.name)
        elif isinstance(found := types.get(upload.object_key, upload.content_type), Disguised):
            bad[upload.id] = found
        elif left < 0:
            left += upload.size
            bad[upload.id] = QuotaExceeded(name=upload.name, left=filesize(0))
        else:
            arrived.append((upload, replace(stored, content_type=found)))
    _discard([upload for upload in pending if upload.id in bad], bad)
    if folder is not None and arrived:
        outcomes.update(_make_files(folder, arrived, actor))
    return {**outcomes, **bad}


def _open_folder(folder_id: uuid.UUID, upload: Upload, actor: Any) -> Folder | None:
    """The folder, locked, while the actor may still upload into it. A right that ends is seen here at the latest."""
    try:
        lock_folder(folder_id)
    except Gone:
        return None
    return upload_folder(viewer_of(actor), upload)


def _make_files(
    folder: Folder, arrived: Sequence[tuple[Upload, storage.Stored]], actor: Any
) -> dict[uuid.UUID, Outcome]:
    viewer = viewer_of(actor)
    keys = [name_key(upload.name) for upload, _ in arrived if upload.on_conflict == VERSION]
    replaceable = files_to_replace(viewer, folder, keys) if keys else {}
    contents = [
        Content(
            upload.name, stored, stored.content_type, base64.b64decode(upload.sha256 or "").hex(),
            replaceable.get(name_key(upload.name)) if upload.on_conflict == VERSION else None,
        )
        for upload, stored in arrived
    ]  # fmt: skip
    files = publish_many(folder, contents, actor=actor)
    add_all_to_receipt(
        viewer,
        folder,
        [
            {"version_id": file.version_id, "name": file.name, "size": file.size, "sha256": content.sha256}
            for file, content in zip(files, contents, strict=True)
        ],
    )
    made = dict(zip((upload.id for upload, _ in arrived), files, strict=True))
    db.session.execute(_PUBLISHED, {"ids": list(made), "files": [file.id for file in files]})
    return {**made}


def _published_before(uploads: Sequence[Upload]) -> dict[uuid.UUID, Outcome]:
    """A lost answer is asked for again: the same files, except those that were erased since."""
    if not uploads:
        return {}
    found = {
        file.id: file for file in db.session.scalars(select(File).where(File.id.in_([u.file_id for u in uploads])))
    }
    files = {upload.id: found[upload.file_id] for upload in uploads if upload.file_id in found}
    return {
        ident: PublishedFile(file.id, file.name, file.size, file.client_id, file.folder_id, file.version_id, 0)
        for ident, file in files.items()
    }


def _discard(uploads: Sequence[Upload], why: Mapping[uuid.UUID, Refused]) -> None:
    """Throw away what arrived, and say so in the log."""
    if not uploads:
        return
    db.session.execute(
        update(Upload).where(Upload.id.in_([upload.id for upload in uploads])).values(state="aborted")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    insert_rows(ObjectDeletion, [{"id": new_id(), "object_key": upload.object_key} for upload in uploads])
    folder = db.session.get(Folder, uploads[0].folder_id)
    if folder is not None:
        refused = verbs.FILE_REFUSED
        record_many(
            [line(refused, file=_as_file(upload), folder=folder, reason=str(why[upload.id])) for upload in uploads]
        )


def _as_file(upload: Upload) -> Any:
    return SimpleNamespace(id=None, name=upload.name, client_id=upload.client_id, folder_id=upload.folder_id)
