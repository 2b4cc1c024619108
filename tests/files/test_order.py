"""The sorts of a folder's page: what stands where, page by page, and what a forged place gives."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.contents.queries import neighbours
from portal.files.commands import folders
from portal.files.models import File, Folder
from portal.files.order import SORTS, Sort
from portal.files.queries import children, listing
from portal.files.space import folder_page
from portal.kit.db import db
from portal.kit.names import extension, name_key, search_key
from portal.kit.paging import place_at
from tests.cast import Cast
from tests.statements import counted

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
# (name, size, days after the beginning, position): many are equal in something.
FILES = [
    ("b.pdf", 5, 0, 0), ("a.txt", 5, 0, -1), ("É.pdf", 7, 1, 0), ("c.txt", 1, 1, -1), ("d.pdf", 5, 2, -2),
    ("Z.docx", 9, 0, 0), ("e", 5, 3, -2), ("f.pdf", 2**40, 0, 0),
]  # fmt: skip


@pytest.fixture
def full(cast: Cast) -> Folder:
    """A folder of Clara's with these files, and five sub-folders."""
    for name, size, days, position in FILES:
        db.session.add(
            File(
                client_id=cast.acme.id, folder_id=cast.exchange.id, name=name, name_key=name_key(name),
                search_key=search_key(name), ext=extension(name), version_id=uuid.uuid4(), size=size,
                content_type="text/plain", uploaded_by_id=cast.bob.id, uploaded_at=BEGIN + timedelta(days=days),
                position=position,
            )
        )  # fmt: skip
    for number, name in enumerate(("Delta", "alpha", "Écho", "Bravo", "charlie")):
        folder = folders.create_folder(cast.exchange, name=name, actor=cast.alice)
        folder.created_at, folder.position = BEGIN + timedelta(days=number // 2), number % 2
    db.session.flush()
    return cast.exchange


def all_files(cast: Cast, folder: Folder, sort: Sort, size: int = 3) -> list[str]:
    """Names of all pages, one after the other."""
    names, place = [], None
    while True:
        page = listing(cast.clara.viewer, folder, size=size, sort=sort, files_place=place).files
        assert len(page.items) <= size
        names += [row.name for row in page.items]
        place = page.next_place
        if place is None:
            return names


def all_folders(cast: Cast, folder: Folder, sort: Sort) -> list[str]:
    names, place = [], None
    while True:
        page = children(cast.clara.viewer, folder, size=2, sort=sort, place=place)
        names += [row.folder.name for row in page.items]
        place = page.next_place
        if place is None:
            return names


def expected(rows: list[tuple[Any, str]], *, falling: bool) -> list[str]:
    """By the first value, either way; the name rises under equals."""
    by_name = sorted(rows, key=lambda row: name_key(row[1]))
    return [name for _, name in sorted(by_name, key=lambda row: row[0], reverse=falling)]


@pytest.mark.parametrize("name", SORTS)
def test_files_stand_in_each_order_also_over_several_pages(cast: Cast, full: Folder, name: str) -> None:
    sort = Sort.named(name)
    value = {
        "": lambda row: row[3],
        "name": lambda row: name_key(row[0]),
        "date": lambda row: row[2],
        "size": lambda row: row[1],
        "type": lambda row: extension(row[0]),
    }[sort.key]
    wanted = expected([(value(row), row[0]) for row in FILES], falling=sort.falling)
    assert all_files(cast, full, sort) == wanted
    assert all_files(cast, full, sort, size=100) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("", ["charlie", "Delta", "Écho", "alpha", "Bravo"]),
        ("name", ["alpha", "Bravo", "charlie", "Delta", "Écho"]),
        ("-name", ["Écho", "Delta", "charlie", "Bravo", "alpha"]),
        ("date", ["alpha", "Delta", "Bravo", "Écho", "charlie"]),
        ("-date", ["charlie", "Bravo", "Écho", "alpha", "Delta"]),
        ("-size", ["alpha", "Bravo", "charlie", "Delta", "Écho"]),
        ("type", ["alpha", "Bravo", "charlie", "Delta", "Écho"]),
    ],
)
def test_sub_folders_follow_as_far_as_it_makes_sense(cast: Cast, full: Folder, name: str, wanted: list[str]) -> None:
    assert all_folders(cast, full, Sort.named(name)) == wanted


def test_the_page_is_in_the_order_that_its_reader_chose(cast: Cast, full: Folder) -> None:
    cast.clara.documents_sort = "-size"
    page = folder_page(cast.clara.viewer, full)
    assert page.sort == Sort("size", falling=True)
    assert [row.name for row in page.listing.files.items][:2] == ["f.pdf", "Z.docx"]
    assert folder_page(cast.clara.viewer, full, sort=Sort()).listing.files.items[0].name == "d.pdf"


@pytest.mark.parametrize("name", ["", "nonsense", "-", "--name", "name; DROP TABLE file", None])
def test_an_unknown_sort_is_the_firms(name: str | None) -> None:
    assert Sort.named(name) == Sort()


def test_a_page_goes_on_as_it_began_when_its_reader_chooses_another_order(cast: Cast, full: Folder) -> None:
    first = listing(cast.clara.viewer, full, size=3, sort=Sort.named("-size")).files
    second = listing(cast.clara.viewer, full, size=3, sort=Sort.named("name"), files_place=first.next_place).files
    both = [row.name for row in (*first.items, *second.items)]
    assert both == all_files(cast, full, Sort.named("-size"))[:6]


# The same in every process of a run, or each would collect other tests.
NOBODY = uuid.UUID(int=7)
FORGED = [
    "", "nonsense", ">", "<s:name", '>s:name,"', ">s:a\rb", ">s:", ">i:1", ">x", ">true,false,x",
    place_at(("size", "9", "a", NOBODY)), place_at(("nothing", 1, "a", NOBODY)),
    place_at(("size", 10**40, "a", NOBODY)), place_at(("", -(10**25), "a", NOBODY)),
    place_at(("type", "a\x00", "b", NOBODY)), place_at(("size", True, "a", NOBODY)),
    place_at(("date", "2026", "a", NOBODY)), place_at(("name", "a")), place_at((1, "a", NOBODY)),
    ">dt:9999-99-99,s:a",
]  # fmt: skip


@pytest.mark.parametrize("place", FORGED)
def test_a_forged_place_gives_the_first_page(cast: Cast, full: Folder, sign_in: Any, place: str) -> None:
    found = listing(cast.clara.viewer, full, size=3, folders_place=place, files_place=place)
    assert found.files.items[0].name == "d.pdf"
    assert found.folders.items[0].folder.name == "charlie"
    browser = sign_in(cast.clara)
    for which in ("files", "folders"):
        assert browser.get(f"/folders/{full.id}/contents", query_string={which: place}).status_code == 200


@pytest.mark.parametrize("name", SORTS)
def test_the_arrows_of_a_preview_walk_as_the_rows_stand(cast: Cast, full: Folder, name: str) -> None:
    sort = Sort.named(name)
    names = all_files(cast, full, sort, size=100)
    by_name = {file.name: file for file in db.session.query(File).filter_by(folder_id=full.id)}
    for before, here, after in zip([None, *names], names, [*names[1:], None], strict=False):
        beside = neighbours(cast.clara.viewer, by_name[here], sort)
        assert (beside.before and beside.before.name, beside.after and beside.after.name) == (before, after)


def test_a_sorted_page_takes_as_many_statements_as_any(cast: Cast, full: Folder) -> None:
    spent = set()
    for name in SORTS:
        listing(cast.clara.viewer, full, sort=Sort.named(name))
        with counted() as statements:
            listing(cast.clara.viewer, full, sort=Sort.named(name))
        spent.add(len(statements))
    assert spent == {2}, spent
