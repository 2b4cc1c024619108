"""Uploads: bytes go to the real store, and only what arrived whole becomes a file."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from portal.activity.models import Activity
from portal.files import acceptance, reaper
from portal.files.commands.completion import complete_upload
from portal.files.commands.rights import set_level
from portal.files.models import File, FileVersion, ObjectDeletion, Upload
from portal.kit import multipart, storage
from portal.kit.db import db
from portal.outbox.registry import RetryLater
from portal.permissions.levels import Level
from tests.files.uploading import JSON, address, begin, checksum, complete, parts_of, send, sum_of_part, upload_file


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 5 MiB, the least that S3 allows, so that tests need not send hundreds of megabytes."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 5 * 1024 * 1024)


def row_of(begun: dict[str, Any]) -> Upload:
    """The row behind an answer."""
    return db.session.scalars(select(Upload).where(Upload.id == begun["id"])).one()


def test_clara_uploads_a_file_and_it_appears(cast: Any, sign_in: Any, session: Any) -> None:
    """One PUT, verified by size and checksum; a line in the log."""
    data = b"%PDF-1.7\n" + os.urandom(2991)
    answer = upload_file(sign_in(cast.clara), cast.exchange, "Bilan 2025.pdf", data)
    assert answer.status_code == 200
    file = session.scalars(select(File).where(File.folder_id == cast.exchange.id)).one()
    version = session.scalars(select(FileVersion).where(FileVersion.file_id == file.id)).one()
    assert (file.name, file.size, file.content_type, file.ext) == ("Bilan 2025.pdf", 3000, "application/pdf", "pdf")
    assert version.sha256 == hashlib.sha256(data).hexdigest()
    assert b"".join(storage.read(version.object_key)) == data
    told = select(func.count()).where(Activity.verb == "file.uploaded", Activity.file_id == file.id)
    assert session.scalar(told) == 1


def test_an_empty_file_is_a_file(cast: Any, sign_in: Any) -> None:
    """Zero bytes are accepted: templates and locks are such files."""
    assert upload_file(sign_in(cast.clara), cast.exchange, "empty.txt", b"").status_code == 200


def test_completing_twice_gives_the_same_file(cast: Any, sign_in: Any, session: Any) -> None:
    """A lost answer is asked for again; it must not make a second file."""
    browser, data = sign_in(cast.clara), b"twice"
    begun = begin(browser, cast.exchange, "a.txt", len(data)).json
    send(address(browser, begun, 1, data), data)
    first, second = complete(browser, begun, data), complete(browser, begun, data)
    assert first.json["id"] == second.json["id"]
    assert session.scalar(select(func.count()).select_from(FileVersion)) == 1


def test_a_completion_that_was_looked_up_before_the_other_one_ended_gives_its_file(cast: Any, sign_in: Any) -> None:
    """The answer to the first was lost and it is still at work when the second one begins."""
    browser, data = sign_in(cast.clara), b"almost at once"
    begun = begin(browser, cast.exchange, "a.txt", len(data)).json
    send(address(browser, begun, 1, data), data)
    first = complete(browser, begun, data).json["id"]
    upload = row_of(begun)
    set_committed_value(upload, "state", "pending")
    file = complete_upload(upload, actor=cast.clara.viewer, checksums=[checksum(data)])
    assert str(file.id) == first


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_travels_in_parts_and_goes_on_where_it_stopped(
    cast: Any, sign_in: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part 1 was sent before the break; the server names it, and only the others are sent.

    A content that the store damages later is not vouched for.
    """
    browser, data = sign_in(cast.clara), os.urandom(11 * 1024 * 1024)
    begun = begin(browser, cast.exchange, "large.zip", len(data)).json
    parts = parts_of(data, begun["part_size"])
    assert (begun["parts"], len(parts)) == (3, 3)
    assert send(address(browser, begun, 1, parts[0]), parts[0]) == 200
    early = complete(browser, begun, data)
    assert (early.status_code, early.json["code"]) == (409, "incomplete")
    assert browser.get(f"/uploads/{begun['id']}", headers=JSON).json["held"] == [1]
    for number in (2, 3):
        send(address(browser, begun, number, parts[number - 1]), parts[number - 1])
    assert complete(browser, begun, data).status_code == 200
    assert complete(browser, begun, data).status_code == 200
    version = session.scalars(select(FileVersion)).one()
    assert (version.size, version.sha256) == (len(data), None)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "read", lambda _key: [data[:-1], bytes([data[-1] ^ 1])])
        with pytest.raises(RetryLater, match="is not what was sent"):
            reaper.hash_version(str(version.id))
    reaper.hash_version(str(version.id))
    session.refresh(version)
    assert version.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("small_parts")
def test_a_completion_whose_answer_was_lost_is_taken_up(cast: Any, sign_in: Any) -> None:
    """The store joined the parts, then the portal died: the next completion publishes."""
    browser, data = sign_in(cast.clara), os.urandom(6 * 1024 * 1024)
    begun = begin(browser, cast.exchange, "large.zip", len(data)).json
    parts = parts_of(data, begun["part_size"])
    for number, part in enumerate(parts, start=1):
        send(address(browser, begun, number, part), part)
    upload = row_of(begun)
    assert upload.multipart_id is not None
    held = multipart.parts(upload.object_key, upload.multipart_id)
    sums = {number: sum_of_part(part) for number, part in enumerate(parts, start=1)}
    multipart.complete(upload.object_key, upload.multipart_id, held, sums)
    assert complete(browser, begun, data).status_code == 200


@pytest.mark.parametrize(
    ("name", "size", "status", "word"),
    [
        ("", 1, 422, "name"),
        ("a/b.txt", 1, 422, "/"),
        ("x" * 256, 1, 422, "too long"),
        ("nul\x00.txt", 1, 422, "control"),
        ("exe.\u202etxt", 1, 422, "hidden"),
        ("setup.EXE", 1, 422, "exe"),
        ("setup.exe. .", 1, 422, "exe"),
        ("a.txt", -1, 422, "size"),
        ("a.txt", "12", 422, "size"),
        ("a.txt", None, 422, "size"),
        ("a.txt", 5 * 1024**3 + 1, 413, "too large"),
        ("a.txt", 10**30, 413, "too large"),
    ],
)
def test_what_cannot_be_uploaded_is_refused_with_a_sentence(
    cast: Any, sign_in: Any, session: Any, name: str, size: Any, status: int, word: str
) -> None:
    """The sentence stands in the JSON problem's detail; no row is written."""
    answer = begin(sign_in(cast.clara), cast.exchange, name, size)
    assert answer.status_code == status
    assert word in answer.json["detail"]
    assert session.scalar(select(func.count()).select_from(Upload)) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": ["a"], "size": {}}'])
def test_what_is_no_request_is_refused_too(cast: Any, sign_in: Any, body: bytes) -> None:
    """Never a 500, whatever comes."""
    answer = sign_in(cast.clara).post(
        f"/folders/{cast.exchange.id}/uploads", data=body, content_type="application/json", headers=JSON
    )
    assert answer.status_code == 422


def test_a_full_space_takes_no_more(cast: Any, sign_in: Any, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way counts, or twenty uploads at once would pass together."""
    import dataclasses

    settings = dataclasses.replace(app.config["SETTINGS"], client_quota_bytes=1000)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    browser = sign_in(cast.clara)
    assert begin(browser, cast.exchange, "a.txt", 700).status_code == 201
    refused = begin(browser, cast.exchange, "b.txt", 400)
    assert refused.status_code == 422
    assert "300" in refused.json["detail"]


def test_a_taken_name_is_asked_about(cast: Any, sign_in: Any, session: Any) -> None:
    """New version, or both: the person decides, and versions are counted."""
    browser = sign_in(cast.clara)
    upload_file(browser, cast.exchange, "Plan.pdf", b"one")
    asked = begin(browser, cast.exchange, "plan.PDF", 3)
    assert (asked.status_code, asked.json["code"]) == (409, "name_taken")
    assert upload_file(browser, cast.exchange, "plan.PDF", b"two", on_conflict="version").status_code == 200
    kept = upload_file(browser, cast.exchange, "plan.PDF", b"three", on_conflict="keep_both")
    assert kept.json["name"] == "plan (2).PDF"
    first = session.scalars(select(File).where(File.name == "Plan.pdf")).one()
    numbers = session.scalars(select(FileVersion.number).where(FileVersion.file_id == first.id)).all()
    assert sorted(numbers) == [1, 2]
    assert first.size == 3


def test_a_depositor_never_replaces_what_they_do_not_see(cast: Any, sign_in: Any, session: Any) -> None:
    """Diego may put files in and sees only his own: Clara's file of the same name stays as it is."""
    upload_file(sign_in(cast.clara), cast.exchange, "Plan.pdf", b"clara")
    answer = upload_file(sign_in(cast.diego), cast.exchange, "Plan.pdf", b"diego!", on_conflict="version")
    assert answer.status_code == 200
    clara = session.scalars(select(File).where(File.name == "Plan.pdf")).one()
    assert (clara.size, clara.uploaded_by_id) == (5, cast.clara.id)


def test_only_deposit_and_full_may_upload(cast: Any, sign_in: Any) -> None:
    """Clara reads the accounts, has nothing in payroll; strangers learn nothing."""
    assert begin(sign_in(cast.clara), cast.books, "a.txt", 1).status_code == 403
    assert begin(sign_in(cast.clara), cast.payroll, "a.txt", 1).status_code == 404
    assert begin(sign_in(cast.diego), cast.books, "a.txt", 1).status_code == 404
    assert begin(sign_in(cast.diego), cast.exchange, "a.txt", 1).status_code == 201
    assert begin(sign_in(cast.mallory), cast.exchange, "a.txt", 1).status_code == 404
    assert begin(sign_in(cast.tess), cast.exchange, "a.txt", 1).status_code == 404
    assert begin(sign_in(cast.bob), cast.payroll, "a.txt", 1).status_code == 201


def test_another_persons_upload_does_not_exist(cast: Any, sign_in: Any) -> None:
    """Not even for somebody with more rights on the folder."""
    begun = begin(sign_in(cast.clara), cast.exchange, "a.txt", 1).json
    for other in (cast.mallory, cast.diego, cast.bob, cast.alice):
        browser = sign_in(other)
        assert browser.get(f"/uploads/{begun['id']}", headers=JSON).status_code == 404
        assert browser.delete(f"/uploads/{begun['id']}", headers=JSON).status_code == 404
        for door in ("addresses", "completion"):
            assert browser.post(f"/uploads/{begun['id']}/{door}", json={}, headers=JSON).status_code == 404


def test_a_right_that_ends_while_bytes_travel_ends_the_upload(cast: Any, sign_in: Any, session: Any) -> None:
    """Nothing is published, what arrived is removed from the store, and the log says so."""
    browser, data = sign_in(cast.clara), b"too late"
    begun = begin(browser, cast.exchange, "late.txt", len(data)).json
    where = address(browser, begun, 1, data)
    set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    send(where, data)
    again = browser.post(f"/uploads/{begun['id']}/addresses", json={"parts": {"1": checksum(data)}}, headers=JSON)
    assert again.status_code == 403
    assert complete(browser, begun, data).status_code == 403
    assert session.scalar(select(func.count()).select_from(File)) == 0
    key = session.scalars(select(ObjectDeletion.object_key)).one()
    assert storage.head(key) is not None
    reaper.delete_due_objects()
    assert storage.head(key) is None
    assert session.scalar(select(func.count()).where(Activity.verb == "file.refused")) == 1


@pytest.mark.usefixtures("small_parts")
def test_giving_up_frees_the_store(cast: Any, sign_in: Any) -> None:
    """The parts go at once, and the upload is no more."""
    browser, data = sign_in(cast.clara), os.urandom(6 * 1024 * 1024)
    begun = begin(browser, cast.exchange, "large.zip", len(data)).json
    first = data[: begun["part_size"]]
    send(address(browser, begun, 1, first), first)
    upload = row_of(begun)
    assert upload.multipart_id is not None
    assert browser.delete(f"/uploads/{begun['id']}", headers=JSON).status_code == 200
    assert browser.get(f"/uploads/{begun['id']}", headers=JSON).status_code == 404
    with pytest.raises(multipart.NoSuchMultipart):
        multipart.parts(upload.object_key, upload.multipart_id)
