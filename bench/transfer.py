"""Large contents: one file up and down, and many files as one ZIP, against the store's own rate."""

from __future__ import annotations

import os
import uuid
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3
from sqlalchemy import select

from bench.operations import Operation, Pair
from bench.rights import Timed
from bench.site import Site
from portal.accounts.sessions import open_session
from portal.files import acceptance
from portal.files.commands.completion import complete_upload, store_bytes
from portal.files.commands.downloads import open_download
from portal.files.commands.folders import create_folder
from portal.files.commands.uploads import begin_upload, sign_parts
from portal.files.models import File, FileVersion, Upload
from portal.kit import multipart, storage
from portal.kit.db import db, transactional

AT_ONCE, CHUNK = 3, 1024**2
PACKED, PACKED_SIZE = 400, 256 * 1024


def upload_large(site: Site) -> Pair:
    """One file of 1 GiB in parts, verified and published, against boto3's own multipart calls for the same parts.

    Three lanes each, as the browser has them. Both count every part once before it is sent: we its CRC-32, which the
    store compares, boto3 the SHA-256 that it signs.
    """
    size = int(site.notes["megabytes"]) * 1024**2
    part = acceptance.part_bytes(size)
    body, last = os.urandom(part), size % part or part
    count = acceptance.part_count(size, part)
    http = urllib3.PoolManager(maxsize=AT_ONCE)
    made: list[str] = []

    def content(number: int) -> bytes:
        return body if number < count else body[:last]

    def send_part(upload_id: uuid.UUID, number: int) -> str:
        """One address at a time is asked for, as the browser's script does: it is good for a minute."""
        data = content(number)
        checksum = multipart.crc32_said(zlib.crc32(data))
        with site.app.app_context():
            where = sign_parts(db.session.get_one(Upload, upload_id), {number: checksum})[0]
        answer = http.request("PUT", where.url, body=data, headers=where.headers, retries=False)
        if answer.status != 200:
            raise RuntimeError(f"the store answered {answer.status}")
        return checksum

    def ours() -> None:
        actor = site.cast.bob
        begun = begin_upload(site.cast.exchange, name=f"{uuid.uuid4()}.bin", size=size, actor=actor)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sums = list(pool.map(lambda number: send_part(begun.id, number), range(1, count + 1)))
        upload = db.session.get_one(Upload, begun.id, populate_existing=True)
        complete_upload(upload, actor=actor, checksums=sums)
        made.append(upload.object_key)

    def floor() -> None:
        store, key = storage.store(), f"bench/{uuid.uuid4()}"
        opened = store.inside.create_multipart_upload(Bucket=store.bucket, Key=key)
        named: Any = {"Bucket": store.bucket, "Key": key, "UploadId": opened["UploadId"]}

        def send(number: int) -> Any:
            sent = store.inside.upload_part(**named, PartNumber=number, Body=content(number))
            return {"PartNumber": number, "ETag": sent["ETag"]}

        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = list(pool.map(send, range(1, count + 1)))
        store.inside.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
        made.append(key)

    return Timed(ours, after=lambda: _sweep(made)), Timed(floor, after=lambda: _sweep(made))


def download_large(site: Site) -> Pair:
    """One file of 1 GiB by the address that the page gives, against boto3's own read of the same object."""
    size = int(site.notes["megabytes"]) * 1024**2
    store, http = storage.store(), urllib3.PoolManager()
    file = _stored(site, b"x")
    key = f"files/bench/{uuid.uuid4().hex}"
    store.inside.upload_fileobj(_Endless(size), store.bucket, key)
    site.closing.callback(lambda: store.inside.delete_object(Bucket=store.bucket, Key=key))
    _point(file, key)

    def ours() -> None:
        address = open_download(db.session.get_one(File, file.id), actor=site.cast.clara)
        answer = http.request("GET", address, preload_content=False, retries=False)
        _count(answer.stream(CHUNK), size)
        answer.release_conn()

    def floor() -> None:
        found = store.inside.get_object(Bucket=store.bucket, Key=key)
        _count(found["Body"].iter_chunks(CHUNK), size)

    return ours, floor


def pack(site: Site) -> Pair:
    """A folder of 400 files as one streamed ZIP through its route, against reading the same objects by boto3."""
    folder = transactional(
        lambda: create_folder(site.cast.exchange, name=f"ZIP {uuid.uuid4().hex}", actor=site.cast.alice)
    )()
    bodies = [os.urandom(PACKED_SIZE) for _ in range(8)]
    for number in range(PACKED):
        name, body = f"{number}.bin", bodies[number % 8]
        transactional(lambda name=name, body=body: store_bytes(folder, name, body, actor=site.cast.bob))()
    held = select(FileVersion.object_key).join(File, File.version_id == FileVersion.id)
    keys = db.session.scalars(held.where(File.folder_id == folder.id)).all()
    assert len(keys) == PACKED
    browser = site.app.test_client()
    token = transactional(lambda: open_session(site.cast.bob, ip="127.0.0.1", user_agent="bench"))()
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = token
    address = f"/folders/{folder.id}/archive"

    def ours() -> None:
        answer = browser.get(address, buffered=False)
        assert answer.status_code == 200
        _count(answer.iter_encoded(), int(answer.headers["Content-Length"]))
        answer.close()

    def floor() -> None:
        store = storage.store()
        for key in keys:
            _count(store.inside.get_object(Bucket=store.bucket, Key=key)["Body"].iter_chunks(CHUNK), PACKED_SIZE)

    return ours, floor


class _Endless:
    """A file of so many bytes, for the store's client to read."""

    def __init__(self, size: int) -> None:
        self.left, self.block = size, os.urandom(CHUNK)

    def read(self, count: int = -1) -> bytes:
        """The next bytes: fewer than asked for only at the end."""
        wanted = self.left if count < 0 else min(self.left, count)
        self.left -= wanted
        return (self.block * (wanted // CHUNK + 1))[:wanted]


@transactional
def _stored(site: Site, data: bytes) -> File:
    return store_bytes(site.cast.exchange, f"{uuid.uuid4()}.bin", data, actor=site.cast.bob)


@transactional
def _point(file: File, key: str) -> None:
    db.session.get_one(FileVersion, file.version_id).object_key = key


def _count(pieces: Iterable[bytes], expected: int) -> None:
    found = sum(len(piece) for piece in pieces)
    if found != expected:
        raise RuntimeError(f"{found} bytes instead of {expected}")


def _sweep(keys: list[str]) -> None:
    while keys:
        storage.delete(keys.pop())


def _operation(name: str, prepare: Callable[[Site], Pair], goal: float, rounds: int) -> Operation:
    return Operation(name, prepare, goal, rounds=rounds, warm_up=1, faster=True)


OPERATIONS = {
    operation.name: operation
    for operation in (
        _operation("upload-1gib", upload_large, 0.95, 3),
        _operation("download-1gib", download_large, 0.95, 3),
        _operation("zip-400", pack, 0.9, 5),
    )
}
