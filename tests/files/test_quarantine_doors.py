"""Every way to a content is closed while it waits for its virus check, and for ever where a virus was found."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from portal.activity.models import Activity
from portal.contents.commands.making import make, make_pages
from portal.contents.commands.promising import catch_up
from portal.contents.models import FileText, Preview, Rendition
from portal.contents.search import Question, search
from portal.files.commands.archives import NothingToPack, open_archive
from portal.files.commands.bulk import AllLeft
from portal.files.commands.completion import store_bytes
from portal.files.commands.downloads import download_url
from portal.files.models import File, FileVersion
from portal.files.scanning import BeingChecked, KeptAway
from portal.kit.db import db
from tests.cast import Cast
from tests.files.chosen import confirmed_copy, copy_of

STATES = ("waiting", "infected")
# What a person is answered at a content's doors, and whether they see the file in its folder.
SEEN_WAITING = {"alice": True, "bob": True, "clara": False, "diego": True, "mallory": False, "tess": False}
SEEN_INFECTED = {"alice": False, "bob": False, "clara": False, "diego": True, "mallory": False, "tess": False}


def _hold_back(file: File, state: str) -> File:
    version = db.session.get_one(FileVersion, file.version_id)
    file.quarantine = version.quarantine = state
    db.session.commit()
    return file


@pytest.fixture
def held(cast: Cast) -> dict[str, File]:
    """A file of Diego's for each state, which Clara may read once it is free."""
    return {
        state: _hold_back(store_bytes(cast.exchange, f"{state} pelican.txt", b"a pelican", actor=cast.diego), state)
        for state in STATES
    }


@pytest.mark.parametrize("state", STATES)
def test_nobody_opens_it_and_only_some_know_of_it(cast: Cast, sign_in: Any, held: dict[str, File], state: str) -> None:
    file, seen = held[state], SEEN_WAITING if state == "waiting" else SEEN_INFECTED
    doors = ("content", "preview", "preview/pages/1", "thumbnail", "preview/document", "preview/media")
    for name, sees in seen.items():
        browser = sign_in(cast.everybody[name])
        for door in doors:
            answer = browser.get(f"/files/{file.id}/{door}")
            assert answer.status_code == (403 if sees else 404), (name, door)
            assert "Location" not in answer.headers
        assert browser.get(f"/file-versions/{file.version_id}/content").status_code in (403, 404), name
        assert browser.post(f"/file-versions/{file.version_id}/restoration").status_code in (403, 404), name
        folder = browser.get(f"/folders/{cast.exchange.id}")
        assert (f"{state} pelican.txt" in folder.text) is (sees and folder.status_code == 200), name
        if sees:
            assert f"/files/{file.id}/content" not in folder.text, name
            assert ("being checked" if state == "waiting" else "virus found") in folder.text, name


@pytest.mark.parametrize("state", STATES)
def test_the_sentence_says_what_is_the_matter(cast: Cast, sign_in: Any, held: dict[str, File], state: str) -> None:
    said = sign_in(cast.diego).get(f"/files/{held[state].id}/content").text
    assert ("still being checked" if state == "waiting" else "A virus was found") in said


@pytest.mark.parametrize("state", STATES)
def test_it_is_not_packed(cast: Cast, sign_in: Any, held: dict[str, File], state: str) -> None:
    for person in (cast.bob, cast.diego):
        with pytest.raises(NothingToPack):
            open_archive(
                person.viewer, cast.acme.id, folder_ids=[cast.exchange.id], file_ids=[held[state].id], name="all"
            )
    store_bytes(cast.exchange, "free.txt", b"free", actor=cast.bob)
    archive = open_archive(cast.bob.viewer, cast.acme.id, folder_ids=[cast.exchange.id], file_ids=[], name="all")
    assert [entry.path for entry in archive.entries] == ["free.txt"]
    sent = sign_in(cast.bob).get(f"/folders/{cast.exchange.id}/archive")
    assert zipfile.ZipFile(io.BytesIO(sent.data)).namelist()[-1].endswith("free.txt")
    assert b"a pelican" not in sent.data


@pytest.mark.parametrize("state", STATES)
def test_it_is_not_copied(cast: Cast, held: dict[str, File], state: str) -> None:
    file = held[state]
    with pytest.raises(AllLeft):
        confirmed_copy(file, to=cast.exchange, actor=cast.diego)
    copied = copy_of(cast.exchange, to=cast.books, actor=cast.bob)
    assert db.session.scalars(select(File).where(File.folder_id == copied.id)).all() == []
    shared = select(FileVersion).where(
        FileVersion.object_key == db.session.get_one(FileVersion, file.version_id).object_key
    )
    assert len(db.session.scalars(shared).all()) == 1


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_made_of_it_and_its_words_are_not_found(cast: Cast, held: dict[str, File], state: str) -> None:
    file = held[state]
    catch_up()
    make(version_id=str(file.version_id))
    make_pages(version_id=str(file.version_id), first=1)
    assert db.session.get(Preview, file.version_id) is None
    assert db.session.scalars(select(Rendition).where(Rendition.version_id == file.version_id)).all() == []
    assert db.session.get(FileText, file.id) is None
    for person in cast.everybody.values():
        found = search(person.viewer, Question(typed='"a pelican"'))
        assert found.results == []


@pytest.mark.parametrize("state", STATES)
def test_no_address_is_signed_for_it_and_no_download_is_noted(cast: Cast, held: dict[str, File], state: str) -> None:
    with pytest.raises((BeingChecked, KeptAway)):
        download_url(held[state])
    opened = select(Activity).where(Activity.verb.in_(["file.downloaded", "file.opened", "file.archived"]))
    assert db.session.scalars(opened).all() == []


def test_renaming_moving_and_deleting_are_not_opening(cast: Cast, sign_in: Any, held: dict[str, File]) -> None:
    bob, file = sign_in(cast.bob), held["waiting"]
    assert bob.get(f"/files/{file.id}/versions").status_code == 200
    assert bob.post(f"/files/{file.id}/name", data={"name": "other.txt"}).status_code in (303, 404, 405)
    assert bob.get(f"/files/{file.id}/content").status_code == 403


def test_only_administrators_reach_the_quarantine(cast: Cast, sign_in: Any, held: dict[str, File]) -> None:
    version_id = held["infected"].version_id
    for name, person in cast.everybody.items():
        browser = sign_in(person)
        admin = name == "alice"
        assert browser.get("/quarantine").status_code == (200 if admin else 403), name
        assert browser.get(f"/quarantine/{version_id}").status_code == (200 if admin else 404), name
        if not admin:
            for door in ("release", "erasure", "check"):
                answer = browser.post(f"/quarantine/{version_id}/{door}", data={"reason": "let me"})
                assert answer.status_code == 404, (name, door)
    assert db.session.get_one(FileVersion, version_id, populate_existing=True).quarantine == "infected"
