"""New folders, names, rename and move."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, text

from portal.activity.models import Activity
from portal.contents.search import Question, search
from portal.files.commands import files, folders, rights
from portal.files.commands.naming import free_name
from portal.files.models import File, Folder
from portal.files.queries import children, folder_level, visible_files
from portal.files.refusals import Gone, IntoItself, NameTaken, OtherClient, RootIsFixed, TooDeep
from portal.kit.db import db
from portal.kit.names import BadName, extension, name_key, search_key
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted


def put(folder: Folder, name: str, by) -> File:
    """A file's row, without bytes: these tests are about names and rights."""
    file = File(
        client_id=folder.client_id, folder_id=folder.id,
        name=name, name_key=name_key(name), search_key=search_key(name),
        ext=extension(name), version_id=uuid.uuid4(), size=1, content_type="text/plain", uploaded_by_id=by.id,
    )  # fmt: skip
    db.session.add(file)
    db.session.flush()
    return file


@pytest.mark.parametrize("other", ["AB", "A%", "A_", "Á", "A ·", "%", "_", "\\'"[1:]])
def test_names_that_only_look_alike_live_side_by_side(cast: Cast, other: str) -> None:
    folders.create_folder(cast.exchange, name="A", actor=cast.alice)
    assert folders.create_folder(cast.exchange, name=other, actor=cast.alice).name == other


@pytest.mark.parametrize(
    ("name", "twin"), [("A", "a"), ("\u00c1", "A\u0301"), ("stra\u00dfe", "STRASSE"), ("A b", " A  b ")]
)
def test_twins_by_case_or_unicode_form_are_refused(cast: Cast, name: str, twin: str) -> None:
    folders.create_folder(cast.exchange, name=name, actor=cast.alice)
    with pytest.raises(NameTaken):
        folders.create_folder(cast.exchange, name=twin, actor=cast.alice)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\\b", "..", "a\x00b", "a\u202eb", "x" * 256, "\u00e9" * 128])
def test_what_cannot_be_a_name_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(BadName):
        folders.create_folder(cast.exchange, name=name, actor=cast.alice)


def test_a_folder_and_a_file_cannot_share_a_name(cast: Cast) -> None:
    put(cast.exchange, "Notes", cast.clara)
    with pytest.raises(NameTaken):
        folders.create_folder(cast.exchange, name="notes", actor=cast.alice)
    folders.create_folder(cast.exchange, name="Plans", actor=cast.alice)
    with pytest.raises(NameTaken):
        files.rename_file(put(cast.exchange, "x.txt", cast.clara), name="PLANS", actor=cast.alice)


def test_a_taken_name_gets_the_next_free_number_before_its_ending(cast: Cast) -> None:
    put(cast.exchange, "a.pdf", cast.clara)
    put(cast.exchange, "A (2).pdf", cast.clara)
    assert free_name(cast.exchange.id, "a.pdf") == "a (3).pdf"
    long = "\u00e9" * 125 + ".pdf"
    put(cast.exchange, long, cast.clara)
    numbered = free_name(cast.exchange.id, long)
    assert numbered.endswith(" (2).pdf")
    assert len(numbered.encode()) <= 255


def test_a_rename_may_change_the_case_of_its_own_name(cast: Cast) -> None:
    assert folders.rename_folder(cast.exchange, name="EXCHANGE", actor=cast.alice).name == "EXCHANGE"
    with pytest.raises(NameTaken):
        folders.rename_folder(cast.exchange, name="accounts", actor=cast.alice)


def test_the_top_cannot_be_renamed_or_moved(cast: Cast) -> None:
    with pytest.raises(RootIsFixed):
        folders.rename_folder(cast.root, name="x", actor=cast.alice)
    with pytest.raises(RootIsFixed):
        folders.move_folder(cast.root, to=cast.exchange, actor=cast.alice)


def test_a_moved_folder_keeps_its_own_levels_and_inherits_the_rest(cast: Cast) -> None:
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    rights.set_level(inner, person=cast.diego, level=Level.FULL, actor=cast.alice)
    deep = folders.create_folder(inner, name="Deep", actor=cast.alice)
    folders.move_folder(inner, to=cast.books, actor=cast.alice)
    assert folder_level(cast.diego.viewer, deep) == Level.FULL
    assert folder_level(cast.clara.viewer, deep) == Level.READ
    assert deep.path == f"{cast.books.path}{inner.id.hex}/{deep.id.hex}/"


def test_a_folder_cannot_be_moved_into_itself_or_another_client(cast: Cast) -> None:
    with pytest.raises(IntoItself):
        folders.move_folder(cast.books, to=cast.payroll, actor=cast.alice)
    with pytest.raises(IntoItself):
        folders.move_folder(cast.books, to=cast.books, actor=cast.alice)
    with pytest.raises(OtherClient):
        folders.move_folder(cast.books, to=cast.other_folder, actor=cast.alice)


def test_a_folder_is_not_moved_onto_a_name_that_is_taken(cast: Cast) -> None:
    twin = folders.create_folder(cast.books, name="exchange", actor=cast.alice)
    with pytest.raises(NameTaken):
        folders.move_folder(twin, to=cast.root, actor=cast.alice)


def test_folders_nest_sixty_four_deep_and_no_deeper(cast: Cast) -> None:
    at = cast.exchange
    for depth in range(62):
        at = folders.create_folder(at, name=str(depth), actor=cast.alice)
    with pytest.raises(TooDeep):
        folders.create_folder(at, name="one too many", actor=cast.alice)
    with pytest.raises(TooDeep):
        folders.move_folder(cast.books, to=at, actor=cast.alice)


def test_files_are_moved_renamed_and_found_with_the_rights_of_their_folder(cast: Cast) -> None:
    file = put(cast.exchange, "Bilan \u0152uvre.pdf", cast.clara)
    files.rename_file(file, name="Bilan final.docx", actor=cast.alice)
    assert (file.ext, file.search_key) == ("docx", "bilan final.docx")
    assert [found.file for found in search(cast.clara.viewer, Question("FINAL bilan")).results] == [file]
    files.move_file(file, to=cast.payroll, actor=cast.alice)
    assert search(cast.clara.viewer, Question("bilan")).results == []
    with pytest.raises(OtherClient):
        files.move_file(file, to=cast.other_folder, actor=cast.alice)


def test_deposit_sees_own_files_only(cast: Cast) -> None:
    put(cast.exchange, "hers.txt", cast.clara)
    own = put(cast.exchange, "own.txt", cast.diego)
    assert list(db.session.scalars(visible_files(cast.diego.viewer))) == [own]
    assert [row.files for row in children(cast.diego.viewer, cast.root).items] == [1]
    assert [row.files for row in children(cast.bob.viewer, cast.root).items] == [0, 2]


def test_what_was_deleted_meanwhile_says_so(cast: Cast) -> None:
    db.session.execute(text("DELETE FROM folder WHERE id = :id"), {"id": cast.payroll.id})
    with pytest.raises(Gone):
        folders.rename_folder(cast.payroll, name="x", actor=cast.alice)


def test_each_change_leaves_a_line_in_the_log(cast: Cast) -> None:
    def lines() -> list[str]:
        return list(db.session.scalars(select(Activity.verb).order_by(Activity.id)))

    before = len(lines())
    made = folders.create_folder(cast.exchange, name="New", actor=cast.alice)
    folders.rename_folder(made, name="Newer", actor=cast.alice)
    folders.move_folder(made, to=cast.books, actor=cast.alice)
    rights.set_level(made, person=cast.clara, level=Level.FULL, actor=cast.alice)
    rights.cascade(cast.books, person=cast.clara, actor=cast.alice)
    assert lines()[before:] == ["folder.created", "folder.renamed", "folder.moved", "rights.set", "rights.cascaded"]


def test_work_on_a_big_subtree_sends_as_few_statements_as_on_a_small_one(cast: Cast) -> None:
    def cost(width: int) -> dict[str, int]:
        top = folders.create_folder(cast.exchange, name=f"top {width}", actor=cast.alice)
        for number in range(width):
            inner = folders.create_folder(top, name=f"{number}", actor=cast.alice)
            folders.create_folder(inner, name="deep", actor=cast.alice)
        db.session.expunge_all()
        top = db.session.get_one(Folder, top.id)
        spent = {}
        for name, work in {
            "set": lambda: rights.set_level(top, person=cast.clara, level=Level.READ, actor=cast.alice),
            "cascade": lambda: rights.cascade(top, person=cast.clara, actor=cast.alice),
            "move": lambda: folders.move_folder(top, to=db.session.get_one(Folder, cast.books.id), actor=cast.alice),
            "list": lambda: children(cast.clara.viewer, top),
        }.items():
            with counted() as statements:
                work()
            spent[name] = len(statements)
        return spent

    small, big = cost(2), cost(30)
    for name, statements in big.items():
        record_figure(f"folders: statements of {name}, 60 below", f"{statements}", f"as with 4 ({small[name]})")
    assert small == big
    assert max(big.values()) <= 32
    assert big["list"] <= 5


def test_a_list_is_paged_and_counted_for_the_viewer(cast: Cast) -> None:
    for number in range(7):
        folders.create_folder(cast.exchange, name=f"{number}", actor=cast.alice)
    first = children(cast.clara.viewer, cast.exchange, size=5)
    second = children(cast.clara.viewer, cast.exchange, size=5, place=first.next_place)
    assert [row.folder.name for row in (*first.items, *second.items)] == [str(number) for number in range(7)]
    assert second.next_place is None
    row = next(row for row in children(cast.clara.viewer, cast.root).items if row.folder.id == cast.exchange.id)
    assert row.folders == 7
