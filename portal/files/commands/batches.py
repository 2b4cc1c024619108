"""Many small files begun at once: the checks of a single upload, with a number of statements that does not grow.

The objects of a batch share a prefix, ``files/<client>/<batch>/``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.files import acceptance
from portal.files.commands.publish import KEEP_BOTH
from portal.files.commands.rooms import count_in, hold_room
from portal.files.commands.uploads import ASK, KEPT_FOR, MODES, PREFIX, Address, check_sha256, whole_address
from portal.files.models import Folder, Upload
from portal.files.policies import can_upload
from portal.files.upload_access import files_to_replace, viewer_of
from portal.files.upload_refusals import NameTaken, TooMuchAtOnce
from portal.kit.bulk import insert_rows
from portal.kit.clock import now
from portal.kit.db import new_id, transactional
from portal.kit.errors import Forbidden, Refused
from portal.kit.names import name_key

MOST_FILES = 100
MOST_BYTES = 4 * acceptance.MEBIBYTE
# What is larger travels alone: its own requests cost little beside its bytes.
SMALL_BYTES = 256 * 1024


@dataclass(frozen=True)
class Begun:
    """An accepted file: its upload's id and where its bytes go."""

    upload_id: uuid.UUID
    address: Address


@dataclass(frozen=True)
class _Wanted:
    name: str
    size: int
    sha256: str
    content_type: str
    object_key: str


def begin_batch(
    folder: Folder, files: Sequence[object], *, actor: Any, on_conflict: str = ASK
) -> list[Begun | Refused]:
    """Accept small files into this folder. What is refused does not spoil the others.

    :param files: ``{"name", "size" in bytes, "sha256" in base64}`` each, as they came; a hundred at most.
    :param on_conflict: "ask" refuses taken names with NameTaken, "version" or "keep_both" say what to do then.
    :returns: for each file, in order, its upload or why it is refused.
    :raises TooMuchAtOnce: more files or bytes than a batch holds, or no files.
    :raises Forbidden: the actor may not upload here.
    """
    viewer = viewer_of(actor)
    if not can_upload(viewer, folder):
        raise Forbidden()
    if not 0 < len(files) <= MOST_FILES:
        raise TooMuchAtOnce()
    prefix = f"{PREFIX}{folder.client_id.hex}/{uuid.uuid4().hex}/"
    answers: list[_Wanted | Refused] = [_checked(file, prefix) for file in files]
    if sum(wanted.size for wanted in answers if isinstance(wanted, _Wanted)) > MOST_BYTES:
        raise TooMuchAtOnce()
    if on_conflict not in MODES:
        on_conflict = ASK
    if on_conflict == ASK:
        keys = [name_key(wanted.name) for wanted in answers if isinstance(wanted, _Wanted)]
        taken = files_to_replace(viewer, folder, keys)
        answers = [
            NameTaken(name=wanted.name) if isinstance(wanted, _Wanted) and name_key(wanted.name) in taken else wanted
            for wanted in answers
        ]
    return _register(folder, answers, on_conflict if on_conflict != ASK else KEEP_BOTH, actor)


def _checked(file: object, prefix: str) -> _Wanted | Refused:
    said = file if isinstance(file, Mapping) else {}
    name = said.get("name")
    try:
        name = acceptance.accepted_name(name if isinstance(name, str) else "")
        size = acceptance.accepted_size(said.get("size"), name=name)
        if size > SMALL_BYTES:
            raise TooMuchAtOnce(field="size")
        check_sha256(said.get("sha256"))
    except Refused as refusal:
        return refusal
    return _Wanted(name, size, said["sha256"], acceptance.content_type_of(name), f"{prefix}{uuid.uuid4().hex}")


@transactional
def _register(
    folder: Folder, answers: Sequence[_Wanted | Refused], on_conflict: str, actor: Any
) -> list[Begun | Refused]:
    wished = sum(wanted.size for wanted in answers if isinstance(wanted, _Wanted))
    left = hold_room(folder.client_id, wanted=wished)
    ends = now() + KEPT_FOR
    rows: list[dict[str, Any]] = []
    found: list[Begun | Refused] = []
    for wanted in answers:
        if isinstance(wanted, Refused):
            found.append(wanted)
            continue
        try:
            acceptance.fit(wanted.size, left, name=wanted.name)
        except acceptance.QuotaExceeded as full:
            found.append(full)
            continue
        left -= wanted.size
        upload_id = new_id()
        rows.append(
            {"id": upload_id, "person_id": actor.id, "client_id": folder.client_id, "folder_id": folder.id,
             "name": wanted.name, "size": wanted.size, "content_type": wanted.content_type,
             "object_key": wanted.object_key, "sha256": wanted.sha256, "on_conflict": on_conflict, "expires_at": ends}
        )  # fmt: skip
        address = whole_address(
            wanted.object_key, size=wanted.size, content_type=wanted.content_type, sha256=wanted.sha256
        )
        found.append(Begun(upload_id, address))
    count_in(folder.client_id, sum(row["size"] for row in rows))
    insert_rows(Upload, rows)
    return found
