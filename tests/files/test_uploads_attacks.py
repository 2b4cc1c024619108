"""The real store refuses whatever is not exactly what was signed; a store that is away is said, not suffered."""

from __future__ import annotations

import dataclasses
import os
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from sqlalchemy import func, select, update

from portal.files import acceptance, reaper
from portal.files.models import File, FileVersion, Upload
from portal.kit import multipart, storage
from tests.files.uploading import JSON, address, begin, checksum, complete, send, sum_of_part, upload_file


@pytest.fixture
def signed(cast: Any, sign_in: Any) -> tuple[dict[str, Any], bytes]:
    """An address for a small file of Clara's, and the file."""
    data = b"exactly this"
    browser = sign_in(cast.clara)
    begun = begin(browser, cast.exchange, "a.pdf", len(data)).json
    return address(browser, begun, 1, data), data


def with_headers(where: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The same address with other headers."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**where, "headers": {**where["headers"], **changed}}


def test_only_the_very_bytes_are_taken(signed: tuple[dict[str, Any], bytes]) -> None:
    """Shorter, longer, other bytes, type, checksum, none at all, another method: refused by the store."""
    where, data = signed
    other = os.urandom(len(data))
    assert send(where, data[:-1]) == 403
    assert send(where, data + b"!") == 403
    assert send(where, other) == 400
    assert send(with_headers(where, **{"x_amz_checksum_sha256": checksum(other)}), other) == 403
    assert send(with_headers(where, Content_Type="text/html"), data) == 403
    assert send({"url": where["url"], "headers": {}}, data) == 403
    assert urllib3.request("GET", where["url"], retries=False).status == 403
    assert urllib3.request("DELETE", where["url"], retries=False).status == 403
    assert send(where, data) == 200


def test_an_address_is_for_one_key_and_one_signature(signed: tuple[dict[str, Any], bytes]) -> None:
    """The key, the time and the signature cannot be changed."""
    where, data = signed
    path = urlsplit(where["url"]).path
    assert send({**where, "url": where["url"].replace(path, path[:-4] + "0000")}, data) == 403
    assert send({**where, "url": where["url"].replace("X-Amz-Expires=60", "X-Amz-Expires=600000")}, data) == 403
    forged = re.sub(r"X-Amz-Signature=(.)", lambda m: f"X-Amz-Signature={'1' if m[1] == '0' else '0'}", where["url"])
    assert send({**where, "url": forged}, data) == 403


def test_an_address_ends(cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time the store refuses; 60 s in the product, 1 s here."""
    import time

    monkeypatch.setattr(multipart, "UPLOAD_SECONDS", 1)
    browser, data = sign_in(cast.clara), b"late"
    begun = begin(browser, cast.exchange, "a.txt", len(data)).json
    where = address(browser, begun, 1, data)
    time.sleep(2.1)
    assert send(where, data) == 403


def test_a_part_that_lies_about_its_checksum_is_not_taken(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are bound like whole files; a wrong list at the end is refused and nothing is published."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 5 * 1024 * 1024)
    browser, data = sign_in(cast.clara), os.urandom(2000)
    begun = begin(browser, cast.exchange, "a.zip", len(data)).json
    where = address(browser, begun, 1, data)
    other = os.urandom(2000)
    assert send(where, other) == 400
    assert send(with_headers(where, **{"x_amz_checksum_crc32": sum_of_part(other)}), other) == 403
    assert send({"url": where["url"], "headers": {}}, other) == 403
    assert send(where, data) == 200
    answer = complete(browser, begun, os.urandom(2000))
    assert answer.status_code == 422
    assert "damaged" in answer.json["detail"]
    assert browser.get(f"/uploads/{begun['id']}", headers=JSON).status_code == 404


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_sum_of_the_other_kind_is_refused(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch, in_parts: bool
) -> None:
    """A part has a CRC-32, a whole has a SHA-256; neither passes for the other, and the upload stays open."""
    if in_parts:
        monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024)
    browser, data = sign_in(cast.clara), os.urandom(2000)
    begun = begin(browser, cast.exchange, "a.zip", len(data)).json
    other = checksum(data) if in_parts else sum_of_part(data)
    for door, said in (("addresses", {"parts": {"1": other}}), ("completion", {"checksums": [other]})):
        answer = browser.post(f"/uploads/{begun['id']}/{door}", json=said, headers=JSON)
        assert (answer.status_code, "checksum" in answer.json["detail"]) == (422, True), door
    assert send(address(browser, begun, 1, data), data) == 200
    assert complete(browser, begun, data).status_code == 200


@pytest.mark.parametrize("parts", [{}, {"0": "x"}, {"2": "x"}, {"-1": "x"}, {"1": "x"}, {"1": None}, {"1": 5}, [], "1"])
def test_unreadable_requests_for_addresses_are_refused(cast: Any, sign_in: Any, parts: Any) -> None:
    """Part numbers that do not exist, checksums that are none."""
    browser = sign_in(cast.clara)
    begun = begin(browser, cast.exchange, "a.txt", 1).json
    if isinstance(parts, dict):
        parts = {key: checksum(b"x") if value == "x" and key != "1" else value for key, value in parts.items()}
    answer = browser.post(f"/uploads/{begun['id']}/addresses", json={"parts": parts}, headers=JSON)
    assert answer.status_code == 422


def test_a_store_that_is_down_is_said(cast: Any, sign_in: Any, app: Any, session: Any) -> None:
    """503 with a sentence, no row, nothing visible; when it is back, all goes on."""
    working = app.extensions["store"]
    away = dataclasses.replace(
        app.config["SETTINGS"], s3_endpoint_url="http://127.0.0.1:9", s3_public_url="http://127.0.0.1:9"
    )
    browser, data = sign_in(cast.clara), b"patience"
    begun = begin(browser, cast.exchange, "a.txt", len(data)).json
    send(address(browser, begun, 1, data), data)
    settings = app.config["SETTINGS"]
    try:
        app.config["SETTINGS"] = away
        storage.init_app(app)
        answer = complete(browser, begun, data)
        assert answer.status_code == 503
        assert "document store" in answer.json["detail"]
        large = begin(browser, cast.exchange, "large.zip", 40 * 1024 * 1024)
        assert large.status_code == 503
    finally:
        app.config["SETTINGS"] = settings
        app.extensions["store"] = working
    assert session.scalar(select(func.count()).select_from(File)) == 0
    assert complete(browser, begun, data).status_code == 200


def test_expired_uploads_and_orphans_are_swept(
    cast: Any, sign_in: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven days later the row is closed and the parts are gone; an object without a row goes, a file stays."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024)
    browser = sign_in(cast.clara)
    upload_file(browser, cast.exchange, "kept.txt", b"kept")
    kept = session.scalars(select(FileVersion.object_key)).one()
    begun = begin(browser, cast.exchange, "large.zip", 6 * 1024 * 1024).json
    session.execute(update(Upload).where(Upload.id == begun["id"]).values(expires_at=func.now() - timedelta(seconds=1)))
    session.commit()  # the refusal that follows rolls back what is open
    late = browser.post(f"/uploads/{begun['id']}/addresses", json={"parts": {"1": checksum(b"")}}, headers=JSON)
    assert late.status_code == 410
    assert reaper.expire_uploads() == 1
    key, ident = session.execute(
        select(Upload.object_key, Upload.multipart_id).where(Upload.id == begun["id"], Upload.state == "aborted")
    ).one()
    with pytest.raises(multipart.NoSuchMultipart):
        multipart.parts(key, ident)
    storage.put("files/orphan", b"lost")
    stray = multipart.begin("files/stray", content_type="text/plain")
    reaper.sweep_orphans(grace=timedelta(minutes=-5))
    reaper.sweep_multiparts(grace=timedelta(minutes=-5))
    assert storage.head("files/orphan") is None
    assert storage.head(kept) is not None
    with pytest.raises(multipart.NoSuchMultipart):
        multipart.parts("files/stray", stray)
