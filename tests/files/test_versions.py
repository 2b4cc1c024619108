"""The versions of a file as people read them: compared, downloaded, deleted one by one."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import urllib3
from sqlalchemy import func, select, update

from portal.activity.models import Activity
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.copies import restore_version
from portal.files.commands.publish import publish
from portal.files.commands.retention import IsCurrent, delete_version
from portal.files.models import File, FileVersion, ObjectDeletion, Receipt, ReceiptLine
from portal.files.refusals import Gone
from portal.files.retention import kept_of
from portal.kit import storage
from portal.kit.db import db, new_id
from portal.kit.i18n import day, in_language
from tests.cast import Cast
from tests.statements import counted


def filled(folder: Any, name: str, *contents: bytes, actor: Any) -> File:
    """A file with these versions, oldest first."""
    file = store_bytes(folder, name, contents[0], actor=actor)
    for content in contents[1:]:
        stored = storage.put(f"files/{folder.client_id.hex}/{new_id().hex}", content)
        file = publish(
            folder, name=name, stored=stored, content_type="text/plain", actor=actor, on_conflict="version",
            replaces=file, sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
    return file


def versions_of(file: File) -> list[FileVersion]:
    """Oldest first."""
    found = select(FileVersion).where(FileVersion.file_id == file.id).order_by(FileVersion.number)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def made_ago(version: FileVersion, days: int) -> None:
    """As if it had come so many days earlier."""
    moment = func.now() - timedelta(days=days)
    db.session.execute(update(FileVersion).where(FileVersion.id == version.id).values(created_at=moment))
    db.session.commit()


def test_each_version_is_compared_with_the_one_before(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "plan.txt", b"x" * 2_000, b"x" * 5_000, b"x" * 5_000, b"x" * 1_000, actor=cast.bob)
    page = sign_in(cast.bob).get(f"/files/{file.id}/versions").text
    assert "+3\u00a0kB: larger than version 1" in page
    assert "as large as version 2" in page
    assert "−4\u00a0kB: smaller than version 3" in page
    assert "4 versions, 13\u00a0kB in all" in page
    assert page.count("Current") == 1
    assert "Every version is kept" in page
    assert "Bob Blanc" in page


def test_a_version_that_was_brought_back_takes_no_room_of_its_own(cast: Cast) -> None:
    file = filled(cast.exchange, "plan.txt", b"first", b"second", actor=cast.bob)
    restore_version(file, versions_of(file)[0], actor=cast.bob)
    assert (kept_of(file).versions, kept_of(file).size) == (3, 11)


def test_the_page_says_until_when_a_version_is_kept(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "plan.txt", b"1", b"2", b"3", actor=cast.bob)
    cast.firm.versions_days = 30
    made_ago(versions_of(file)[1], 10)
    browser = sign_in(cast.bob)
    page = browser.get(f"/files/{file.id}/versions").text
    replaced = versions_of(file)[1].created_at
    with in_language("en"):
        wanted = f"kept until {day(replaced + timedelta(days=30))}"
    assert wanted in page
    assert page.count("kept until") == 2, "the current one has no end"
    assert "for 30 days after another took its place" in page
    cast.firm.versions_kept = 2
    db.session.commit()
    page = browser.get(f"/files/{file.id}/versions").text
    assert page.count("will be deleted within the hour") == 1
    assert "The 2 latest versions are kept, each for 30 days" in page


def test_bob_downloads_an_earlier_version_under_a_name_that_says_which(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "Relevé.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    answer = sign_in(cast.bob).get(f"/file-versions/{first.id}/content")
    assert answer.status_code == 303
    got = urllib3.request("GET", answer.headers["Location"])
    assert got.data == b"first"
    assert "Relevé (v1).txt" in unquote(got.headers["Content-Disposition"])
    assert got.headers["Content-Disposition"].startswith("attachment")
    line = db.session.scalars(select(Activity).where(Activity.verb == "file.version_downloaded")).one()
    assert (line.actor_id, line.details["version"]) == (cast.bob.id, 1)


def test_what_the_scanner_holds_back_is_not_handed_out(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "a.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    for state in ("waiting", "infected"):
        db.session.execute(update(FileVersion).where(FileVersion.id == first.id).values(quarantine=state))
        db.session.commit()
        for person in (cast.bob, cast.clara, cast.mallory):
            assert sign_in(person).get(f"/file-versions/{first.id}/content").status_code in (403, 404)
        assert sign_in(cast.bob).get(f"/files/{file.id}/versions").status_code == 200


def test_an_old_version_is_deleted_for_ever_and_never_the_current_one(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "a.txt", b"first", b"second", actor=cast.bob)
    first, second = versions_of(file)
    key, first_id = first.object_key, first.id
    browser = sign_in(cast.clara)
    assert browser.post(f"/file-versions/{second.id}/deletion").status_code == 409
    with pytest.raises(IsCurrent):
        delete_version(second, actor=cast.bob)
    answer = browser.post(f"/file-versions/{first.id}/deletion", follow_redirects=True)
    assert "Version 1 is deleted for ever" in answer.text
    assert [version.number for version in versions_of(file)] == [2]
    assert db.session.scalars(select(ObjectDeletion.object_key)).all() == [key]
    line = db.session.scalars(select(Activity).where(Activity.verb == "file.version_deleted")).one()
    assert (line.actor_id, line.file_id, line.details["version"]) == (cast.clara.id, file.id, 1)
    assert browser.post(f"/file-versions/{first_id}/deletion").status_code == 404
    with pytest.raises(Gone):
        delete_version(FileVersion(id=first_id, file_id=file.id), actor=cast.bob)


def test_a_version_of_a_file_in_the_bin_is_left_alone(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "a.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    bin_file(file, actor=cast.bob)
    with pytest.raises(Gone):
        delete_version(first, actor=cast.bob)
    assert sign_in(cast.bob).post(f"/file-versions/{first.id}/deletion").status_code == 404


def test_mallory_and_readers_neither_see_nor_delete_nor_download_versions(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.books, "a.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    for person, page in ((cast.mallory, 404), (cast.tess, 404), (cast.clara, 403), (cast.diego, 404)):
        browser = sign_in(person)
        assert browser.get(f"/files/{file.id}/versions").status_code == page, person.full_name
        assert browser.get(f"/file-versions/{first.id}/content").status_code == 404, person.full_name
        assert browser.post(f"/file-versions/{first.id}/deletion").status_code == 404, person.full_name
    assert len(versions_of(file)) == 2


def test_a_receipt_keeps_the_checksum_of_a_version_that_went(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    receipt = Receipt(
        person_id=cast.diego.id, client_id=cast.acme.id, folder_id=cast.exchange.id, folder_name="Exchange"
    )
    db.session.add(receipt)
    db.session.flush()  # its line refers to it
    db.session.add(ReceiptLine(receipt_id=receipt.id, version_id=first.id, name="a.txt", size=5, sha256=""))
    db.session.commit()
    delete_version(first, actor=cast.bob)
    assert db.session.scalars(select(ReceiptLine.sha256)).one() == first.sha256


def test_many_versions_take_as_many_statements_as_few_and_follow_each_other(cast: Cast, sign_in: Any) -> None:
    file = filled(cast.exchange, "a.txt", *[b"x"] * 3, actor=cast.bob)
    browser = sign_in(cast.bob)
    address = f"/files/{file.id}/versions"
    browser.get(address)
    with counted() as few:
        browser.get(address)
    for number in range(4, 60):
        facts = {"size": 1, "content_type": "text/plain", "uploaded_by_id": cast.bob.id}
        db.session.add(FileVersion(file_id=file.id, number=number, object_key=f"none/{number}", **facts))
    db.session.commit()
    with counted() as many:
        page = browser.get(address)
    assert len(many) == len(few)
    assert page.text.count('class="list-row"') == 50
    more = page.text.split('class="load-more"><a href="')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.get(more, headers={"HX-Request": "true"}).text
    assert rest.count('class="list-row"') == 9
    assert "<html" not in rest
