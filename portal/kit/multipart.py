"""Uploads from the browser straight into the store: one signed PUT, or parts that can be sent again one by one.

Every address is good for 60 s and for exactly one key, size, type and sum: the store refuses anything else, so the sum
holds end to end. What goes in one piece has its SHA-256, which is then known at once. Parts have a CRC-32, as S3's own
clients give them: it tells what was damaged just as well, and costs a store and a phone next to nothing, where the
SHA-256 of a gigabyte takes a processor without instructions for it five seconds, on both sides. The SHA-256 of all
parts together is computed later (:mod:`portal.files.reaper`). Sums are in base64, as S3 writes them.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from portal.kit.storage import UPLOAD_SECONDS, NoSuchMultipart, answered, reachable, store


class PartsRefused(Exception):
    """The store does not put these parts together: one is missing or its checksum is another."""


@dataclass(frozen=True)
class Part:
    """A part that the store holds: ``size`` in bytes."""

    number: int
    size: int
    etag: str


def put_address(key: str, *, size: int, content_type: str, sha256: str) -> str:
    """Where to PUT the whole object; the headers Content-Type and x-amz-checksum-sha256 must say the same."""
    headers = {"Content-Length": str(size), "Content-Type": content_type, "x-amz-checksum-sha256": sha256}
    return store().signer.address("PUT", key, seconds=UPLOAD_SECONDS, headers=headers)


def begin(key: str, *, content_type: str) -> str:
    """Open a multipart upload; its id.

    :raises StoreAway: the store does not answer.
    """
    with reachable():
        opened = store().inside.create_multipart_upload(
            Bucket=store().bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="CRC32"
        )
        answered(opened, "UploadId")
    return opened["UploadId"]


def part_address(key: str, multipart_id: str, *, number: int, size: int, crc32: str) -> str:
    """Where to PUT one part; the header x-amz-checksum-crc32 must say the same."""
    return store().signer.address(
        "PUT",
        key,
        seconds=UPLOAD_SECONDS,
        headers={"Content-Length": str(size), "x-amz-checksum-crc32": crc32},
        query={"uploadId": multipart_id, "partNumber": str(number)},
    )


def parts(key: str, multipart_id: str) -> list[Part]:
    """The parts that the store holds, by number.

    :raises NoSuchMultipart: it was completed, aborted or swept.
    :raises StoreAway: the store does not answer.
    """
    try:
        with reachable():
            pages = (
                store()
                .inside.get_paginator("list_parts")
                .paginate(Bucket=store().bucket, Key=key, UploadId=multipart_id)
            )
            found = [
                Part(part["PartNumber"], part["Size"], part["ETag"]) for page in pages for part in page.get("Parts", [])
            ]
    except ClientError as error:
        raise _named(error) from error
    return sorted(found, key=lambda part: part.number)


def complete(key: str, multipart_id: str, found: list[Part], checksums: Mapping[int, str]) -> None:
    """Put the parts together.

    :param checksums: CRC-32 of each part by its number.
    :raises PartsRefused: the store does not agree with a checksum.
    :raises NoSuchMultipart: it was completed, aborted or swept.
    """
    listed: list[Any] = [
        {"PartNumber": part.number, "ETag": part.etag, "ChecksumCRC32": checksums[part.number]} for part in found
    ]
    try:
        with reachable():
            store().inside.complete_multipart_upload(
                Bucket=store().bucket, Key=key, UploadId=multipart_id, MultipartUpload={"Parts": listed}
            )
    except ClientError as error:
        raise _named(error) from error


def abort(key: str, multipart_id: str) -> None:
    """Give up a multipart upload and the space of its parts; no error when it is gone already."""
    try:
        with reachable():
            store().inside.abort_multipart_upload(Bucket=store().bucket, Key=key, UploadId=multipart_id)
    except ClientError as error:
        if not isinstance(_named(error), NoSuchMultipart):
            raise


def running(prefix: str = "") -> Iterator[tuple[str, str, datetime]]:
    """(key, id, begun at) of every multipart upload that the store still holds open."""
    with reachable():
        pages = store().inside.get_paginator("list_multipart_uploads").paginate(Bucket=store().bucket, Prefix=prefix)
        for page in pages:
            for upload in page.get("Uploads", []):
                yield upload["Key"], upload["UploadId"], upload["Initiated"]


def crc32_said(crc: int) -> str:
    """A CRC-32 (:func:`zlib.crc32`) as S3 writes it: four bytes, the highest first, in base64."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def composite(checksums: list[str]) -> str:
    """What S3 says of an object made of parts with these CRC-32: the one of theirs, and how many."""
    joined = b"".join(base64.b64decode(checksum) for checksum in checksums)
    return f"{crc32_said(zlib.crc32(joined))}-{len(checksums)}"


def _named(error: ClientError) -> Exception:
    code = error.response["Error"].get("Code", "")
    if code in ("NoSuchUpload", "404", "NoSuchKey"):
        return NoSuchMultipart()
    if code in ("BadDigest", "InvalidPart", "InvalidPartOrder", "InvalidRequest", "EntityTooSmall"):
        return PartsRefused(code)
    return error
