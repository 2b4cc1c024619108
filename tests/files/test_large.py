"""A folder of 10,000 files and a client of 100,000 folders: a page of them costs what a page of few costs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from portal.files.commands import folders, rights
from portal.files.models import Folder
from portal.files.order import Sort
from portal.files.queries import children, listing, path_folders
from portal.kit.db import db, new_id
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

FILES, FOLDERS, WIDTH = 10_000, 100_000, 300


def copy(table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """COPY rows over the test's own connection."""
    driver = db.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as out:
        for row in rows:
            out.write_row(row)


def fill_with_files(folder: Folder, count: int) -> None:
    columns = "id, client_id, folder_id, name, name_key, search_key, ext, version_id, size, content_type"
    copy(
        "file",
        columns,
        (
            (
                new_id(), folder.client_id, folder.id, *(f"piece {number:05}.pdf",) * 3,
                "pdf", uuid.uuid4(), number, "application/pdf",
            )
            for number in range(count)
        ),
    )  # fmt: skip
    db.session.execute(text("ANALYZE file"))


def fill_with_folders(top: Folder, count: int) -> list[uuid.UUID]:
    """So many folders in two layers, ``WIDTH`` in each folder of the first; returns the ids of the first layer."""
    first: list[uuid.UUID] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(count):
            ident, inner = new_id(), number % (WIDTH + 1)
            if not inner:
                first.append(ident)
            parent = top.id if not inner else first[-1]
            above = top.path if not inner else f"{top.path}{parent.hex}/"
            name = f"Dossier {number:06}"
            yield ident, top.client_id, parent, name, name.casefold(), f"{above}{ident.hex}/", top.scope_id, False

    copy("folder", "id, client_id, parent_id, name, name_key, path, scope_id, starts_scope", rows())
    db.session.execute(text("ANALYZE folder"))
    return first


def plans(work: Callable[[], Any]) -> list[str]:
    """How PostgreSQL would answer the statements of some work, as EXPLAIN says it."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    driver = db.session.connection().connection.driver_connection
    return ["\n".join(row[0] for row in driver.execute(f"EXPLAIN {sql}", values)) for sql, values in seen]


def rows_read(work: Callable[[], Any]) -> int:
    """Rows of files that some work looks at, taken or passed over, by what EXPLAIN ANALYZE counts."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    driver = db.session.connection().connection.driver_connection
    total = 0
    for sql, values in seen:
        plan = [row[0] for row in driver.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}", values)]
        scans = r"Scan.* on file\b.*actual rows=([\d.]+) loops=(\d+)"
        loops = 0
        for line in plan:
            if found := re.search(scans, line):
                loops = int(found[2])
                total += round(float(found[1]) * loops)
            elif removed := re.search(r"Rows Removed by \w.*: ([\d.]+)", line):
                total += round(float(removed[1]) * loops)
            elif "->" in line:
                loops = 0
    return total


@pytest.fixture
def crowd(cast: Cast) -> Cast:
    """Other folders with files beside, as in a firm's life: a table with one folder alone is read from end to end."""
    for number in range(10):
        fill_with_files(folders.create_folder(cast.root, name=f"Beside {number}", actor=cast.alice), 1000)
    return cast


def test_a_page_of_ten_thousand_files_reads_a_page_wherever_it_is(crowd: Cast) -> None:
    cast = crowd
    fill_with_files(cast.books, FILES)
    viewer = cast.clara.viewer
    for name in ("", "name", "-name"):
        sort, place = Sort.named(name), None
        for _ in range(3):
            page = listing(viewer, cast.books, sort=sort, size=1000, files_place=place).files
            place = page.next_place
        assert page.items[-1].name == ("piece 07000.pdf" if name == "-name" else "piece 02999.pdf")
        for at in (None, place):
            looked_at = rows_read(lambda sort=sort, at=at: listing(viewer, cast.books, sort=sort, files_place=at))
            what = f"{'a later' if at else 'the first'} 100 of 10,000 files, sorted by {name or 'hand'}"
            record_figure(f"large: rows read for {what}", str(looked_at), "<= 500")
            assert looked_at <= 500, what


def test_where_one_folder_holds_all_files_the_others_are_counted_by_their_index(cast: Cast) -> None:
    """The planner then expects as many in each: it would read all files once for every row of the list."""
    fill_with_files(cast.books, FILES)
    top = folders.create_folder(cast.root, name="Years", actor=cast.alice)
    for number in range(40):
        folders.create_folder(top, name=f"Year {number}", actor=cast.alice)
    db.session.execute(text("ANALYZE folder"))
    assert len(children(cast.alice.viewer, top).items) == 40
    looked_at = rows_read(lambda: children(cast.alice.viewer, top))
    record_figure("large: rows of files read to count none in 40 folders", str(looked_at), "<= 40")
    assert looked_at <= 40


def test_what_leads_to_visible_folders_is_asked_for_below_the_list_alone(cast: Cast) -> None:
    """Islands elsewhere in the client do not make the page of this folder any dearer."""
    clara, alice = cast.clara, cast.alice
    hidden = folders.create_folder(cast.root, name="Hidden", actor=alice)
    other = folders.create_folder(cast.root, name="Elsewhere", actor=alice)
    for folder in (hidden, other):
        rights.set_level(folder, person=clara, level=Level.NONE, actor=alice)
    way = folders.create_folder(hidden, name="Way", actor=alice)
    island = folders.create_folder(way, name="Island", actor=alice)
    folders.create_folder(hidden, name="Nowhere", actor=alice)
    many = [folders.create_folder(other, name=f"Island {number}", actor=alice) for number in range(30)]
    for folder in (island, *many):
        rights.set_level(folder, person=clara, level=Level.FULL, actor=alice)
    seen = [(row.folder.name, row.path_only, row.folders) for row in children(clara.viewer, hidden).items]
    assert seen == [("Way", True, 1)]
    assert [row.folder.name for row in children(clara.viewer, way).items] == ["Island"]
    assert {"Hidden", "Elsewhere"} <= {row.folder.name for row in children(clara.viewer, cast.root).items}
    assert len(children(clara.viewer, other).items) == 30
    (plan,) = plans(lambda: children(clara.viewer, hidden))
    assert re.search(r"leading_folders[\s\S]*path\)?::text >= ", plan), plan


def test_ten_thousand_files_take_as_many_statements_as_ten(cast: Cast, sign_in: Any, session: Any) -> None:
    browser = sign_in(cast.clara)

    def cost() -> list[int]:
        spent = []
        for name in ("", "name", "-date", "size", "type"):
            cast.clara.documents_sort = name
            session.commit()
            browser.get(f"/folders/{cast.exchange.id}")
            with counted() as statements:
                assert browser.get(f"/folders/{cast.exchange.id}").status_code == 200
            spent.append(len(statements))
        return spent

    fill_with_files(cast.exchange, 10)
    few = cost()
    session.execute(text("DELETE FROM file WHERE folder_id = :id"), {"id": cast.exchange.id})
    fill_with_files(cast.exchange, FILES)
    many = cost()
    record_figure("large: statements of a page of 10,000 files", str(many), f"as with 10 ({few})")
    assert many == few


def test_all_of_ten_thousand_files_come_piece_by_piece_and_each_once(cast: Cast, sign_in: Any) -> None:
    fill_with_files(cast.exchange, FILES)
    browser = sign_in(cast.clara)
    address, seen, pieces = f"/folders/{cast.exchange.id}/contents", [], 0
    while address:
        answer = browser.get(address).text
        seen += re.findall(r'data-kind="file" data-name="(piece \d+\.pdf)"', answer) or re.findall(
            r'<a class="name"[^>]*>(piece \d+\.pdf)</a>', answer
        )
        pieces += 1
        found = re.search(r'hx-get="([^"]*contents[^"]*)"', answer)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"piece {number:05}.pdf" for number in range(FILES)]
    assert pieces <= 1 + FILES // 300 + 1


def test_somebody_who_comes_back_gets_as_many_rows_as_there_were(cast: Cast, sign_in: Any) -> None:
    fill_with_files(cast.exchange, 1000)
    browser = sign_in(cast.clara)

    def rows(asked: str) -> int:
        answer = browser.get(f"/folders/{cast.exchange.id}/contents", query_string={"rows": asked})
        assert answer.status_code == 200
        return answer.text.count("data-row=")

    assert rows("700") == 700
    assert rows("5") == rows("") == rows("-700") == rows("x") == rows("²") == rows("9" * 5000) == 100
    assert rows("99999999") == 1000


def _page_costs(cast: Cast, sign_in: Any) -> list[int]:
    """Statements of the pages of the space and of the folder that holds them all, for each kind of reader."""
    spent = []
    for person in (cast.clara, cast.bob, cast.alice):
        browser = sign_in(person)
        for address in (f"/clients/{cast.acme.id}/documents", f"/folders/{cast.exchange.id}"):
            assert browser.get(address).status_code == 200
            with counted() as statements:
                assert browser.get(address).status_code == 200
            spent.append(len(statements))
    return spent


def test_a_client_of_a_hundred_thousand_folders_opens_at_once(cast: Cast, sign_in: Any) -> None:
    folders.create_folder(cast.exchange, name="A first one", actor=cast.alice).position = -1
    few = _page_costs(cast, sign_in)
    first = fill_with_folders(cast.exchange, FOLDERS)
    many = _page_costs(cast, sign_in)
    record_figure("large: statements of pages of 100,000 folders", str(many), f"as with few ({few})")
    assert many == few
    # Some are closed to Clara, and something inside of one of those is open to her again.
    closed = db.session.get_one(Folder, first[7])
    rights.set_level(closed, person=cast.clara, level=Level.NONE, actor=cast.alice)
    island = db.session.query(Folder).filter_by(parent_id=closed.id).order_by(Folder.name_key).limit(1).one()
    rights.set_level(island, person=cast.clara, level=Level.READ, actor=cast.alice)
    viewer = cast.clara.viewer
    assert closed.id in path_folders(viewer, cast.acme.id)
    for folder in (cast.root, cast.exchange, db.session.get_one(Folder, first[100])):
        for work in (lambda here=folder: children(viewer, here), lambda: path_folders(viewer, cast.acme.id)):
            with counted() as statements:
                work()
            assert len(statements) <= 3, statements
            for plan in plans(work):
                assert "Seq Scan on folder" not in plan, plan
    page = children(viewer, cast.exchange)
    assert [row.folder.id for row in page.items[1:]] == first[:99]
    assert page.items[8].path_only
    assert all(row.folders == WIDTH for row in page.items[1:] if row.folder.id != closed.id)
