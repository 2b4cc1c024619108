"""What a content is, its first bytes say: programs in disguise are refused, nothing is kept under a false type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from portal.activity.models import Activity
from portal.files.commands.completion import store_bytes
from portal.files.content_types import UNKNOWN, Disguised, type_of_content
from portal.files.models import File, ObjectDeletion, Upload
from portal.kit import storage
from tests.cast import Cast
from tests.files.uploading import JSON, checksum, send, upload_file
from tests.statements import counted

WINDOWS = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\x00" * 100 + b"PE\x00\x00"
PROGRAMS = {
    "windows": WINDOWS,
    "linux": b"\x7fELF\x02\x01\x01" + b"\x00" * 60,
    "mac": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01" + b"\x00" * 60,
    "mac for two processors, or Java": b"\xca\xfe\xba\xbe" + b"\x00" * 60,
    "android": b"dex\n035\x00" + b"\x00" * 60,
    "shortcut": bytes.fromhex("4c0000000114020000000000c000000000000046") + b"\x00" * 60,
    "script": b"#!/bin/sh\nrm -rf ~\n",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("name", ["invoice.pdf", "photo.jpg", "letter.docx"])
def test_a_program_is_refused_whatever_its_name_says(kind: str, name: str) -> None:
    with pytest.raises(Disguised) as refused:
        type_of_content(name, PROGRAMS[kind])
    assert name in str(refused.value)
    assert "ZIP" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "head", "kept"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.pdf", b"some bytes before " + PDF, "application/pdf"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 20, "image/jpeg"),
        ("a.jpg", PNG, "image/png"),
        ("a.pdf", PNG, "image/png"),
        ("a.jpg", HTML, UNKNOWN),
        ("a.pdf", HTML, UNKNOWN),
        ("a.html", HTML, "text/html"),
        ("a.txt", HTML, "text/plain"),
        ("a.txt", b"MZ is how these notes begin, and they go on for a while longer", "text/plain"),
        ("a.txt", b"#!/bin/sh\nis how this text begins\n", "text/plain"),
        ("a.txt", "﻿début".encode(), "text/plain"),
        ("a.txt", "text".encode("utf-16"), "text/plain"),
        ("a.csv", b"a;b\n1;2\n", "text/csv"),
        (
            "a.docx",
            b"PK\x03\x04" + b"\x00" * 30,
            WORD,
        ),
        ("a.jpg", b"PK\x03\x04" + b"\x00" * 30, "application/zip"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 30, "application/msword"),
        ("a.doc", b"{\\rtf1 old programs call it so}", "application/msword"),
        ("a.xls", b"<table><tr><td>what banks call a workbook</td></tr></table>", UNKNOWN),
        ("a.bmp", b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00", "image/bmp"),
        ("a.txt", b"BMW, the bill for the car", "text/plain"),
        ("a.mp3", b"\xff\xfb\x90\x00" + b"\x00" * 20, "audio/mpeg"),
        ("a.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "image/heic"),
        ("a.mov", b"\x00\x00\x00\x18ftypqt  " + b"\x00" * 20, "video/quicktime"),
        ("a.pdf", b"", "application/pdf"),
        ("no ending", b"anything", UNKNOWN),
        ("no ending", PDF, "application/pdf"),
    ],
)
def test_the_type_that_is_kept_is_that_of_the_content(name: str, head: bytes, kept: str) -> None:
    assert type_of_content(name, head) == kept


def test_a_disguised_program_is_not_kept_and_the_log_says_so(cast: Cast, session: Any, sign_in: Any) -> None:
    answer = upload_file(sign_in(cast.clara), cast.exchange, "invoice.pdf", WINDOWS)
    assert answer.status_code == 422
    assert "“invoice.pdf” is a program" in answer.json["detail"]
    assert session.scalars(select(File).where(File.name == "invoice.pdf")).all() == []
    upload = session.scalars(select(Upload).where(Upload.name == "invoice.pdf")).one()
    assert upload.state == "aborted"
    assert upload.object_key in set(session.scalars(select(ObjectDeletion.object_key)))
    [line] = session.scalars(select(Activity).where(Activity.verb == "file.refused"))
    assert "is a program" in line.details["reason"]


def test_a_disguised_program_does_not_spoil_the_rest_of_its_batch(cast: Cast, session: Any, sign_in: Any) -> None:
    clara = sign_in(cast.clara)
    contents = {"a.pdf": PDF, "b.pdf": WINDOWS, "c.jpg": PNG, "empty.txt": b"", "d.jpg": HTML}
    said = [{"name": name, "size": len(data), "sha256": checksum(data)} for name, data in contents.items()]
    begun = clara.post(f"/folders/{cast.exchange.id}/upload-batches", json={"files": said}, headers=JSON).json["files"]
    for where, data in zip(begun, contents.values(), strict=True):
        assert send(where, data) == 200
    ids = [one["id"] for one in begun]
    done = clara.post("/upload-batches/completion", json={"uploads": ids}, headers=JSON).json["files"]
    assert [("file" in one) for one in done] == [True, False, True, True, True]
    assert "“b.pdf” is a program" in done[1]["problem"]["detail"]
    kept = {file.name: file.content_type for file in session.scalars(select(File))}
    assert kept == {"a.pdf": "application/pdf", "c.jpg": "image/png", "empty.txt": "text/plain", "d.jpg": UNKNOWN}


def test_what_is_downloaded_has_the_type_of_its_content(cast: Cast, sign_in: Any) -> None:
    file = store_bytes(cast.exchange, "photo.jpg", HTML, actor=cast.bob)
    to = sign_in(cast.bob).get(f"/files/{file.id}/content").headers["Location"]
    assert "response-content-type=application%2Foctet-stream" in to
    assert "attachment" in to


def test_looking_at_a_batch_costs_no_statement(cast: Cast) -> None:
    keys = {f"files/look/{number}": bytes([number]) * 5000 for number in range(20)} | {"files/look/empty": b""}
    for key, data in keys.items():
        storage.put(key, data)
    with counted() as statements:
        found = storage.looks([*keys, "files/look/nothing"], 4096)
    assert {key: look.head for key, look in found.items()} == {key: data[:4096] for key, data in keys.items()}
    for key, look in found.items():
        assert replace(look.stored, content_type="") == replace(storage.head(key), content_type="", sha256=None)
    assert statements == []
    for key in keys:
        storage.delete(key)
