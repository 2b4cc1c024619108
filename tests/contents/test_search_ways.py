"""However the words are found - walked for, looked up, or both in turn - the reader gets the same files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import func, insert, text, update

from portal.contents import search as searching
from portal.contents import seeking
from portal.contents.models import FileText
from portal.contents.search import NAME, TEXT, Question, search
from portal.files.models import File
from portal.files.queries import visible_files
from portal.kit.db import db, new_id
from tests.statements import counted

FILES = 100
PEOPLE = ("alice", "bob", "tess", "clara", "diego", "mallory")
TYPED = ("common ", "third ", "common third ", "even odd ", "hidden ", "comm", "number7", "-third common ")


@pytest.fixture
def many(cast: Any) -> Any:
    """Files in all folders of both clients: *common* in half of the names, *third* in every third text."""
    folders = [cast.exchange, cast.books, cast.payroll, cast.other_folder]
    uploaders = [None, cast.diego.id, cast.clara.id]
    files, texts = [], []
    for number in range(FILES):
        folder, ident = folders[number * 7 % 11 % 4], new_id()
        name = f"number{number}{' common' if number % 2 else ''}.pdf"
        body = f"{'third' if number % 3 == 0 else ''} {'odd' if number % 2 else 'even'} {'common' * (number % 5 > 1)}"
        body += " hidden" * (folder is cast.payroll)
        facts = {"name": name, "name_key": name, "search_key": name, "ext": "pdf", "content_type": "application/pdf"}
        common = {"client_id": folder.client_id, "version_id": ident}
        place = {"folder_id": folder.id, "uploaded_by_id": uploaders[number % 3]}
        files.append({"id": ident, "size": 1, **facts, **common, **place})
        texts.append({"file_id": ident, "body": body, **common})
    db.session.execute(insert(File), files)
    db.session.execute(insert(FileText), texts)
    db.session.execute(update(FileText).values(words=func.to_tsvector(text("'simple'::regconfig"), FileText.body)))
    return cast


@pytest.fixture(
    params=["looked up", "looked up, many", "walked", "walked and looked up", "walked through many clients"]
)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way of finding, made to be taken with little data."""
    chosen: str = request.param
    if chosen == "looked up, many":
        monkeypatch.setattr(seeking, "FEW", 0)
    if chosen.startswith("walked"):
        monkeypatch.setattr(seeking, "MANY", -1)
    if chosen in ("walked and looked up", "walked through many clients"):
        monkeypatch.setattr(searching, "NAMES_WALKED", 7)
        monkeypatch.setattr(searching, "TEXTS_WALKED", 7)
    if chosen == "walked through many clients":
        monkeypatch.setattr(searching, "FEW_CLIENTS", 0)
    return chosen


def test_every_way_finds_what_a_reader_of_all_would_find(many: Any, way: str) -> None:
    for who, typed in product(PEOPLE, TYPED):
        viewer = getattr(many, who).viewer
        assert list(_pages(viewer, Question(typed))) == _by_reading(viewer, typed), (who, typed)


def test_every_way_stays_inside_of_the_client(many: Any, way: str) -> None:
    for who in PEOPLE:
        viewer = getattr(many, who).viewer
        found = list(_pages(viewer, Question("common ", client_id=many.acme.id)))
        assert found == [each for each in _by_reading(viewer, "common ") if _client(each) == many.acme.id], who


def test_every_way_asks_a_bounded_number_of_questions(many: Any, way: str) -> None:
    for who in PEOPLE:
        viewer = getattr(many, who).viewer
        with counted() as statements:
            search(viewer, Question("common "))
        assert len(statements) <= 24, statements


def test_settings_of_a_search_end_with_it(many: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeking, "MANY", -1)
    monkeypatch.setattr(searching, "TEXTS_WALKED", 7)
    search(many.alice.viewer, Question("even odd "))
    assert db.session.scalar(text("SHOW enable_seqscan")) == "on"


def _pages(viewer: Any, question: Question) -> Iterator[tuple[str, Any]]:
    """(why, id) of everything that is found, page by page."""
    place: str | None = None
    for _page in range(FILES):
        found = search(viewer, question, place=place)
        yield from ((result.why, result.file.id) for result in found.results)
        place = found.next_place
        if place is None:
            return


def _by_reading(viewer: Any, typed: str) -> list[tuple[str, Any]]:
    """The same by reading every file that the viewer sees: first those with the words in their names, newest first."""
    files = sorted(db.session.scalars(visible_files(viewer)), key=lambda file: file.id, reverse=True)
    bodies = {row.file_id: row.body.split() for row in db.session.query(FileText)}
    wanted = [word for word in typed.split() if not word.startswith("-")]
    without = [word[1:] for word in typed.split() if word.startswith("-")]
    is_open = not typed.endswith(" ")

    def in_name(file: File) -> bool:
        return all(word in file.name for word in wanted) and not any(word in file.name for word in without)

    def in_text(file: File) -> bool:
        words = bodies[file.id]
        begun = [word for word in words if is_open and word.startswith(wanted[-1])]
        held = all(word in words or (word == wanted[-1] and begun) for word in wanted)
        return held and not any(word in words for word in without)

    named = [(NAME, file.id) for file in files if in_name(file)]
    return named + [(TEXT, file.id) for file in files if in_text(file) and not in_name(file)]


def _client(found: tuple[str, Any]) -> Any:
    return db.session.get_one(File, found[1]).client_id
