"""Our signed addresses are letter for letter those of boto3, which stands here as the oracle."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.config import Config

from portal.kit.presign import Signer

SECRET = "s3cret/+with=signs"  # noqa: S105 - of no store
ALPHABET = "abcXYZ0189-_.~!*'()&=+$,;:@?# %/\\éß漢\u0301😀[]{}|^`<>\"\t"


def oracle(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="AKIA_some-one",
        aws_secret_access_key=SECRET,
        region_name="eu-west-3",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def taken_apart(url: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def same(theirs: str, signer: Signer, method: str, key: str, **more: Any) -> None:
    """Sign for the same second and compare everything, the signature too."""
    stamp = dict(parse_qsl(urlsplit(theirs).query))["X-Amz-Date"]
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signer.address(method, key, seconds=60, moment=moment, **more)
    assert taken_apart(ours) == taken_apart(theirs), key


def keys(count: int) -> list[str]:
    chance = random.Random(4)
    odd = ["".join(chance.choices(ALPHABET, k=chance.randint(1, 40))).strip("/") or "x" for _ in range(count)]
    return [f"files/{uuid.uuid4().hex}/{uuid.uuid4().hex}", "a//b", "a/./b/../c", "a b/é~.pdf", *odd]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8333",
        "https://s3.example.org",
        "https://s3.example.org:443",
        "http://s3.example.org:80",
        "https://files.example.org/store",
    ],
)
def test_every_kind_of_address_is_what_boto3_signs(endpoint: str) -> None:
    client = oracle(endpoint)
    signer = Signer(endpoint, "a-bucket", "eu-west-3", "AKIA_some-one", SECRET)
    chance = random.Random(5)
    for key in keys(60):
        size, checksum = chance.randint(0, 2**40), "ab+/" * 10 + "xyz="
        kind = chance.choice(["application/pdf", "text/plain; charset=utf-8", "a/b  c"])
        put = {"ContentLength": size, "ContentType": kind, "ChecksumSHA256": checksum}
        headers = {"Content-Length": str(size), "Content-Type": kind, "x-amz-checksum-sha256": checksum}
        where = {"Bucket": "a-bucket", "Key": key}
        theirs = client.generate_presigned_url("put_object", Params={**where, **put}, ExpiresIn=60)
        same(theirs, signer, "PUT", key, headers=headers)
        part = {"UploadId": key[:9], "PartNumber": 7, "ContentLength": size, "ChecksumCRC32": "fViCLw=="}
        theirs = client.generate_presigned_url("upload_part", Params={**where, **part}, ExpiresIn=60)
        headers = {"Content-Length": str(size), "x-amz-checksum-crc32": "fViCLw=="}
        same(theirs, signer, "PUT", key, headers=headers, query={"uploadId": key[:9], "partNumber": "7"})
        said = {"ResponseContentDisposition": f'attachment; filename="{key}"', "ResponseCacheControl": "no-store"}
        theirs = client.generate_presigned_url("get_object", Params={**where, **said}, ExpiresIn=60)
        query = {"response-content-disposition": f'attachment; filename="{key}"', "response-cache-control": "no-store"}
        same(theirs, signer, "GET", key, query=query)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(Signer("http://localhost", "b", "r", "a", SECRET))
