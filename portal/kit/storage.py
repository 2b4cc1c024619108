"""The object store (S3). The application signs addresses; bytes travel between browser and store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from flask import Flask, current_app

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOWNLOAD_SECONDS = 60


@dataclass(frozen=True)
class Stored:
    """What the store says of an object. ``size`` in bytes, ``sha256`` in base64 when the store keeps one."""

    key: str
    size: int
    etag: str
    content_type: str
    sha256: str | None = None


@dataclass(frozen=True)
class Store:
    """One bucket, seen from the server (``inside``) and as browsers address it (``outside``)."""

    inside: S3Client
    outside: S3Client
    bucket: str


def init_app(app: Flask) -> None:
    """Keep one pair of clients per process; they are thread-safe and costly to make."""
    settings = app.config["SETTINGS"]

    def client(endpoint: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            region_name=settings.s3_region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=3,
                read_timeout=20,
                retries={"max_attempts": 3, "mode": "standard"},
                max_pool_connections=32,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    outside = client(settings.s3_public_url)
    inside = outside if settings.s3_public_url == settings.s3_endpoint_url else client(settings.s3_endpoint_url)
    app.extensions["store"] = Store(inside, outside, settings.s3_bucket)


def store() -> Store:
    """This application's bucket."""
    found: Store = current_app.extensions["store"]
    return found


def head(key: str) -> Stored | None:
    """What the store holds under this key, or None."""
    try:
        found = store().inside.head_object(Bucket=store().bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return Stored(
        key, found["ContentLength"], found["ETag"].strip('"'), found.get("ContentType", ""), found.get("ChecksumSHA256")
    )


def put(key: str, body: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> Stored:
    """Store bytes that the server itself made (exports, the demo)."""
    store().inside.put_object(Bucket=store().bucket, Key=key, Body=body, ContentType=content_type)
    found = head(key)
    if found is None:
        raise RuntimeError(f"the store lost {key}")
    return found


def read(key: str, chunk: int = 1024 * 1024) -> Iterator[bytes]:
    """The bytes of an object in pieces of at most ``chunk``."""
    body = store().inside.get_object(Bucket=store().bucket, Key=key)["Body"]
    yield from body.iter_chunks(chunk)


def delete(key: str) -> None:
    """Remove an object; no error when it is gone already."""
    store().inside.delete_object(Bucket=store().bucket, Key=key)


def keys(prefix: str = "") -> Iterator[tuple[str, int]]:
    """(key, size) of everything in the bucket below a prefix."""
    pages = store().inside.get_paginator("list_objects_v2").paginate(Bucket=store().bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            yield entry["Key"], entry["Size"]


def download_url(key: str, *, file_name: str, content_type: str = "application/octet-stream") -> str:
    """An address that gives the object as an attachment for 60 s, whatever its type."""
    return store().outside.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": store().bucket,
            "Key": key,
            "ResponseContentDisposition": _attachment(file_name),
            "ResponseContentType": content_type,
            "ResponseCacheControl": "private, no-store",
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )


def _attachment(file_name: str) -> str:
    """Content-Disposition with the plain and the UTF-8 form of a name (RFC 6266)."""
    from urllib.parse import quote

    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"\\%' else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
