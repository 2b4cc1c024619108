"""Ten thousand hostile names: each is kept as it was typed or refused with a sentence, and is only ever text."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select

from portal.files.acceptance import PROGRAMS
from portal.files.models import FileVersion
from portal.kit import storage
from portal.kit.db import db
from portal.kit.names import name_key
from tests.figures import record_figure
from tests.names.conftest import COUNT, SENT, Names
from tests.names.hostile_names import KINDS, as_kept, hostile_names, public_names


def worst(names: Names, count: int) -> dict[str, Any]:
    """Kept ones of every kind and of the public list first, others by chance up to ``count``."""
    known = [name for some in KINDS.values() for name in some if name in names.kept]
    rest = sorted(set(names.kept) - set(known))
    random.Random(4).shuffle(rest)
    return {name: names.kept[name] for name in [*known, *rest][:count]}


class Page(HTMLParser):
    """A page or a part of one: the pieces of text that a reader sees, and every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: set[str] = set()
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.addresses: list[str] = []
        self._piece: list[str] = []
        self.feed(text)
        self.close()
        self._end_piece()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_piece()
        self.shapes.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.addresses += [value for name, value in attrs if name == "hx-get" and value]

    def handle_endtag(self, tag: str) -> None:
        self._end_piece()

    def handle_comment(self, data: str) -> None:
        self.shapes.add(("comment", ()))

    def handle_data(self, data: str) -> None:
        self._piece.append(data)

    def _end_piece(self) -> None:
        self.texts.add(" ".join("".join(self._piece).split()))
        self._piece = []


def is_program(name: str) -> bool:
    """Does it end like a program, whatever dots and blanks follow?"""
    return name.rstrip(". ").rpartition(".")[2].lower() in PROGRAMS


def test_every_name_is_kept_as_typed_or_refused_with_a_sentence(names: Names) -> None:
    """No name is lost, none is refused without need, no two are one."""
    files = names.files()
    assert len(names.kept) + len(names.refused) == COUNT
    assert len(set(names.kept.values())) == len(names.kept) == len(files)
    assert len({name_key(name) for name in files.values()}) == len(files)
    changed = []
    for name, ident in names.kept.items():
        wanted = as_kept(name)
        # A twin got a number; what was cut to make room for it begins alike.
        stem = files[ident].rpartition(" (")[0]
        if wanted is None or (files[ident] != wanted and not (stem and wanted.startswith(stem))):
            changed.append((name, files[ident]))
    assert changed == []
    needless = [name for name in names.refused if as_kept(name) is not None and not is_program(as_kept(name) or "")]
    assert needless == []
    assert {status for status, _ in names.refused.values()} <= {409, 422}
    assert all(sentence.strip().endswith(".") for _, sentence in names.refused.values())
    record_figure("hostile names uploaded or refused", COUNT, "10,000")
    record_figure("hostile names that collide or are lost", 0, "0 of 10,000")
    record_figure("hostile names of the public list", len(public_names()), "all of them")


def test_no_name_gets_into_the_store(names: Names) -> None:
    """Every object that was sent is there under a key of our own making, and nothing else is."""
    sent = [names.kept[name] for name in hostile_names(COUNT)[:SENT] if name in names.kept]
    db.session.rollback()
    objects = select(FileVersion.file_id, FileVersion.object_key, FileVersion.size)
    promised = {row.file_id: (row.object_key, row.size) for row in db.session.execute(objects)}
    held = dict(storage.keys())
    assert [ident for ident in sent if held.get(promised[ident][0]) != promised[ident][1]] == []
    ours = re.compile("(files|previews)/[0-9a-f]{32}(/[0-9a-f]{32})+(/[a-z0-9.-]+)?")
    assert [key for key in held if not ours.fullmatch(key)] == []
    assert held.keys() <= {key for key, _ in promised.values()}
    record_figure("hostile names whose bytes were really sent", len(sent), f"all kept ones of {min(SENT, COUNT):,}")
    record_figure("hostile names that got into the store", 0, f"0 of {len(sent):,}")


def test_a_list_shows_each_as_text_and_nothing_else(names: Names) -> None:
    """All pages of the folder by scrolling: every name stands there, and no element or attribute comes out of one.

    Diego only reads, which makes the rows short; Clara's, with all that she may do, are looked at on the first page.
    """
    clara, browser = names.browser(names.cast.clara), names.browser(names.cast.diego)
    first, plain = (Page(clara.get(f"/folders/{ident}").text) for ident in (names.folder_id, names.plain.id))
    assert first.shapes - plain.shapes == set()
    shapes, seen = set(), set()
    address = f"/folders/{names.folder_id}/contents"
    plain = Page(browser.get(f"/folders/{names.plain.id}/contents").text)
    for _ in range(COUNT):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        page = Page(answer.text)
        seen |= page.texts
        shapes |= page.shapes
        more = [found for found in page.addresses if "files=" in found]
        if not more:
            break
        address = more[0]
    kept = set(names.files().values())
    assert kept - seen == set()
    assert shapes - plain.shapes == set()
    record_figure("hostile names shown as text in the list", len(kept), "all that are kept")


def test_pages_of_single_files_stand(names: Names) -> None:
    """The preview names the file, its neighbours and nothing else; what hangs on it never answers 500."""
    browser, files = names.browser(names.cast.clara), names.files()
    for ident in list(worst(names, 60).values()):
        page = browser.get(f"/files/{ident}/preview")
        assert page.status_code == 200
        assert " ".join(files[ident].split()) in Page(page.text).texts
        content = browser.get(f"/files/{ident}/content")
        assert content.status_code == 303
        assert content.headers["Location"].isascii()
    for ident in list(worst(names, 8).values()):
        for door in ("versions", "place", "copies", "preview", "preview/document", "thumbnail", "preview/media"):
            answer = browser.get(f"/files/{ident}/{door}")
            assert answer.status_code < 500, (files[ident], door)


def test_every_name_is_typed_into_the_dialog_of_renaming(names: Names) -> None:
    """The same rules as for uploads; taken ones are refused with the name that is taken."""
    browser = names.browser(names.cast.clara)
    ident = next(iter(names.kept.values()))
    chance = random.Random(5)
    some = [*public_names()[::12], *(name for kind in KINDS.values() for name in kind[::2])]
    some += chance.sample(sorted(names.refused), 30)
    for name in some:
        # A browser sends a form's line breaks as CR LF, and never a lone surrogate.
        answer = browser.post(f"/files/{ident}/name", data={"name": name.encode("utf-8", "replace").decode()})
        assert answer.status_code in (303, 400, 409, 422), (name, answer.status_code)
    assert len(names.files()) == len(names.kept)


@pytest.mark.parametrize("door", ["files", "activity", "search"])
def test_every_name_can_be_searched_for(names: Names, door: str) -> None:
    """As a question, which finds or does not find, but never breaks."""
    browser = names.browser(names.cast.alice)
    addresses = {
        "files": f"/clients/{names.cast.acme.id}/documents",
        "activity": f"/clients/{names.cast.acme.id}/activity",
        "search": "/search",
    }
    parameter = "name" if door == "activity" else "q"
    for name in random.Random(6).sample(sorted([*names.kept, *names.refused]), 12 if door == "activity" else 40):
        asked = {parameter: name.encode("utf-8", "replace").decode()}
        assert browser.get(addresses[door], query_string=asked).status_code in (200, 303), name


def test_the_log_tells_each_name_as_text(names: Names) -> None:
    """The newest thousand lines and those that follow by scrolling: sentences with the names in them."""
    page = names.browser(names.cast.alice).get(f"/clients/{names.cast.acme.id}/activity")
    assert page.status_code == 200
    said = "\n".join(Page(page.text).texts)
    newest = sorted(names.kept.values())[-300:]
    files = names.files()
    missing = [files[ident] for ident in newest if files[ident] not in said]
    assert missing == []
