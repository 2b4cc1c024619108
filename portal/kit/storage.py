"""The object store (S3). The application signs addresses; bytes travel between browser and store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from flask import Flask, current_app
from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.kit.presign import Signer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOWNLOAD_SECONDS = 60
UPLOAD_SECONDS = 60


class StoreAway(Refused):
    """The object store does not answer, or answers that it cannot serve now; trying again later is safe."""

    sentence = _l("The document store does not answer at the moment. Nothing was changed: please try again shortly.")
    status = 503
    retry_after = 10


class BrokenOff(Exception):
    """The store's answer ended inside of its head: what it said is not known."""


class NoSuchMultipart(Exception):
    """The store knows no such multipart upload: it was completed, aborted, or swept."""


@dataclass(frozen=True)
class Stored:
    """What the store says of an object: ``size`` in bytes, its sums in base64 where the store keeps them.

    ``sha256`` is of what came in one piece; ``crc32`` of what came in parts, as :func:`multipart.composite` gives it.
    """

    key: str
    size: int
    etag: str
    content_type: str
    sha256: str | None = None
    crc32: str | None = None


@dataclass(frozen=True)
class Look:
    """What the store says of an object, and its first bytes."""

    stored: Stored
    head: bytes


@dataclass(frozen=True)
class Entry:
    """One line of the bucket's list: ``size`` in bytes, when it was written."""

    key: str
    size: int
    modified: datetime
    etag: str = ""


@dataclass(frozen=True)
class Store:
    """One bucket, seen from the server (``inside``, ``own_signer``) and as browsers address it (``signer``)."""

    inside: S3Client
    signer: Signer
    bucket: str
    own_signer: Signer


# For many short questions at once.
_AT_ONCE = 8
_WAIT = urllib3.Timeout(connect=3, read=10)
_http = urllib3.PoolManager(maxsize=_AT_ONCE)


def init_app(app: Flask) -> None:
    """Keep one client per process; it is thread-safe and costly to make."""
    settings = app.config["SETTINGS"]
    inside: Any = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # A store that takes a question and never answers is said to be away after 21 s: a request that waited for
            # longer would hold a thread of the web server, and its reader would have gone.
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
            max_pool_connections=32,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    signer = Signer(
        settings.s3_public_url, settings.s3_bucket, settings.s3_region, settings.s3_access_key, settings.s3_secret_key
    )
    own = replace(signer, endpoint=settings.s3_endpoint_url)
    app.extensions["store"] = Store(inside, signer, settings.s3_bucket, own)


def store() -> Store:
    """This application's bucket."""
    found: Store = current_app.extensions["store"]
    return found


@contextmanager
def reachable() -> Iterator[None]:
    """Inside, a store that is down or overloaded raises StoreAway; other answers of the store pass as they are."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500:
            current_app.logger.warning("store overloaded: %r", error)
            raise StoreAway() from error
        raise
    except (BotoCoreError, ResponseParserError, BrokenOff) as error:
        current_app.logger.warning("store unreachable: %r", error)
        raise StoreAway() from error


def answered(found: Mapping[str, Any], *names: str) -> None:
    """Refuse an answer in which one of these is missing; call it inside of :func:`reachable`.

    A connection that is cut between two headers looks like an answer that has no more of them.

    :raises BrokenOff: one is missing.
    """
    for name in names:
        if name not in found:
            raise BrokenOff(f"no {name} in the answer")


def head(key: str) -> Stored | None:
    """What the store holds under this key, or None.

    :raises StoreAway: it does not answer.
    """
    try:
        with reachable():
            found = store().inside.head_object(Bucket=store().bucket, Key=key, ChecksumMode="ENABLED")
            answered(found, "ContentLength", "ETag")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return Stored(
        key, found["ContentLength"], found["ETag"].strip('"'), found.get("ContentType", ""),
        sha256=found.get("ChecksumSHA256"), crc32=found.get("ChecksumCRC32"),
    )  # fmt: skip


def put(key: str, body: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> Stored:
    """Store bytes that the server itself made (exports, the demo).

    :raises StoreAway: it does not answer.
    """
    with reachable():
        store().inside.put_object(Bucket=store().bucket, Key=key, Body=body, ContentType=content_type)
    found = head(key)
    if found is None:
        raise RuntimeError(f"the store lost {key}")
    return found


def read(key: str, chunk: int = 1024 * 1024, *, start: int = 0) -> Iterator[bytes]:
    """The bytes of an object in pieces of at most ``chunk``.

    :param start: the first byte that is wanted; it must be one of the object's.
    """
    part: Any = {"Range": f"bytes={start}-"} if start else {}
    with reachable():
        body = store().inside.get_object(Bucket=store().bucket, Key=key, **part)["Body"]
        try:
            yield from body.iter_chunks(chunk)
        finally:
            # Whoever stops reading in the middle gives the connection back at once.
            body.close()


def looks(keys: Collection[str], count: int) -> dict[str, Look]:
    """What the store holds under these keys, with the first ``count`` bytes of each; what it does not hold is missing.

    One question for each, several at a time, through addresses that we sign ourselves: the general client takes longer
    to ask than the store to answer.

    :raises StoreAway: it does not answer, or not whole.
    """
    found = store()
    addresses = [found.own_signer.address("GET", key, seconds=UPLOAD_SECONDS) for key in keys]
    with ThreadPoolExecutor(min(_AT_ONCE, len(addresses) or 1)) as pool:
        answers = list(pool.map(lambda address: _first(address, count), addresses))
    return {
        key: seen for key, answer in zip(keys, answers, strict=True) if (seen := _look(key, answer, count)) is not None
    }


def _look(key: str, answer: urllib3.BaseHTTPResponse, count: int) -> Look | None:
    if answer.status == 404:
        return None
    if answer.status == 416:
        # It has no first byte: an empty object.
        empty = head(key)
        return Look(empty, b"") if empty is not None else None
    said = answer.headers
    # A store may give the whole instead of the part.
    size = said.get("Content-Length", "") if answer.status == 200 else said.get("Content-Range", "").rpartition("/")[2]
    etag = said.get("ETag", "").strip('"')
    if answer.status not in (200, 206) or not size.isdecimal() or not etag:
        raise StoreAway()
    return Look(Stored(key, int(size), etag, said.get("Content-Type", "")), answer.data[:count])


def _first(address: str, count: int) -> urllib3.BaseHTTPResponse:
    # Straight to the store's pool: a pool manager would read through each long address once more.
    parts = urlsplit(address)
    pool = _http.connection_from_host(parts.hostname, parts.port, parts.scheme)
    wanted = {"Range": f"bytes=0-{count - 1}"}
    try:
        return pool.urlopen(
            "GET", f"{parts.path}?{parts.query}", headers=wanted, retries=1, redirect=False, timeout=_WAIT
        )
    except urllib3.exceptions.HTTPError as error:
        raise StoreAway() from error


def fetcher() -> Callable[[str, int], bytes]:
    """A function that gives the first so many bytes of an object that is there and not empty, in any thread.

    It raises StoreAway where the store does not give them.
    """
    found = store()

    def fetch(key: str, count: int) -> bytes:
        answer = _first(found.own_signer.address("GET", key, seconds=UPLOAD_SECONDS), count)
        if answer.status not in (200, 206):
            raise StoreAway()
        return answer.data[:count]

    return fetch


def delete(key: str) -> None:
    """Remove an object; no error when it is gone already."""
    with reachable():
        store().inside.delete_object(Bucket=store().bucket, Key=key)


def keys(prefix: str = "") -> Iterator[tuple[str, int]]:
    """(key, size) of everything in the bucket below a prefix."""
    for entry in entries(prefix):
        yield entry.key, entry.size


def entries(prefix: str = "") -> Iterator[Entry]:
    """Everything in the bucket below a prefix. S3 lists at most 1,000 keys at a time, hence pages."""
    with reachable():
        pages = store().inside.get_paginator("list_objects_v2").paginate(Bucket=store().bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield Entry(entry["Key"], entry["Size"], entry["LastModified"], entry["ETag"].strip('"'))


def download_url(key: str, *, file_name: str, content_type: str = "application/octet-stream") -> str:
    """An address that gives the object as an attachment for 60 s, whatever its type."""
    return store().signer.address(
        "GET",
        key,
        seconds=DOWNLOAD_SECONDS,
        query={
            "response-content-disposition": _attachment(file_name),
            "response-content-type": content_type,
            "response-cache-control": "private, no-store",
        },
    )


def _attachment(file_name: str) -> str:
    """Content-Disposition with the plain and the UTF-8 form of a name (RFC 6266)."""
    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"\\%' else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
