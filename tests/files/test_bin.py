"""To the bin and back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.models import BinEntry, File, Folder
from portal.files.policies import can_restore
from portal.files.queries import bin_entries, children, folder_level, path_folders, visible_files, visible_folders
from portal.files.refusals import Gone, NameTaken, RootIsFixed
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.test_folders import put
from tests.statements import counted


def _visible(person) -> set[str]:
    return {folder.name for folder in db.session.scalars(visible_folders(person.viewer))}


def test_a_folder_goes_with_all_it_holds_and_comes_back_whole(cast: Cast) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    entry = bins.bin_folder(cast.books, actor=cast.bob)
    assert _visible(cast.clara) == {"Exchange"}
    assert list(db.session.scalars(visible_files(cast.bob.viewer))) == []
    assert folder_level(cast.bob.viewer, cast.payroll) == Level.NONE
    bins.restore(entry, actor=cast.bob)
    assert _visible(cast.clara) == {"Exchange", "Accounts"}
    assert list(db.session.scalars(visible_files(cast.bob.viewer))) == [file]
    assert db.session.execute(select(func.count()).select_from(BinEntry)).scalar() == 0


def test_what_was_in_the_bin_before_stays_an_entry_of_its_own(cast: Cast) -> None:
    first = bins.bin_folder(cast.payroll, actor=cast.bob)
    second = bins.bin_folder(cast.books, actor=cast.bob)
    bins.restore(second, actor=cast.bob)
    assert "Payroll" not in _visible(cast.bob)
    bins.restore(first, actor=cast.bob)
    assert cast.payroll.parent_id == cast.books.id


def test_what_has_lost_its_place_comes_back_above_with_that_places_rights(cast: Cast) -> None:
    inner = folders.create_folder(cast.books, name="Inner", actor=cast.alice)
    first = bins.bin_folder(inner, actor=cast.bob)
    bins.bin_folder(cast.books, actor=cast.bob)
    bins.restore(first, actor=cast.bob)
    assert inner.parent_id == cast.root.id
    assert inner.scope_id == cast.root.scope_id
    assert folder_level(cast.clara.viewer, inner) == Level.NONE, "Clara read Accounts, but nothing at the top"


def test_a_name_that_was_taken_meanwhile_gets_a_number(cast: Cast) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    entries = [bins.bin_folder(cast.books, actor=cast.bob), bins.bin_file(file, actor=cast.bob)]
    folders.create_folder(cast.root, name="ACCOUNTS", actor=cast.bob)
    put(cast.exchange, "A.PDF", cast.bob)
    for entry in entries:
        bins.restore(entry, actor=cast.bob)
    assert cast.books.name == "Accounts (2)"
    assert file.name == "a (2).pdf"


def test_a_file_whose_folder_is_in_the_bin_comes_back_above(cast: Cast) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    entry = bins.bin_file(file, actor=cast.bob)
    bins.bin_folder(cast.payroll, actor=cast.bob)
    bins.restore(entry, actor=cast.bob)
    assert file.folder_id == cast.books.id


def test_the_name_is_free_while_its_owner_is_in_the_bin(cast: Cast) -> None:
    bins.bin_folder(cast.exchange, actor=cast.bob)
    again = folders.create_folder(cast.root, name="Exchange", actor=cast.bob)
    with pytest.raises(NameTaken):
        folders.create_folder(cast.root, name="exchange", actor=cast.bob)
    assert again.id != cast.exchange.id


def test_nothing_is_deleted_or_restored_twice(cast: Cast) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    entry = bins.bin_file(file, actor=cast.bob)
    with pytest.raises(Gone):
        bins.bin_file(file, actor=cast.bob)
    bins.restore(entry, actor=cast.bob)
    with pytest.raises(Gone):
        bins.restore(entry, actor=cast.bob)
    bins.bin_folder(cast.exchange, actor=cast.bob)
    with pytest.raises(Gone):
        bins.bin_folder(cast.exchange, actor=cast.bob)
    with pytest.raises(Gone):
        folders.create_folder(cast.exchange, name="late", actor=cast.bob)
    with pytest.raises(RootIsFixed):
        bins.bin_folder(cast.root, actor=cast.bob)


def test_the_bin_shows_to_those_with_full_above_only(cast: Cast) -> None:
    entry = bins.bin_folder(cast.payroll, actor=cast.bob)
    assert list(db.session.scalars(bin_entries(cast.bob.viewer, cast.acme.id))) == [entry]
    assert can_restore(cast.bob.viewer, entry)
    for person in (cast.alice, cast.clara, cast.mallory, cast.tess):
        assert list(db.session.scalars(bin_entries(person.viewer))) == []
        assert not can_restore(person.viewer, entry)


def test_a_way_to_something_in_the_bin_is_no_way(cast: Cast) -> None:
    rights.set_level(cast.payroll, person=cast.diego, level=Level.READ, actor=cast.bob)
    assert cast.books.id in path_folders(cast.diego.viewer, cast.acme.id)
    bins.bin_folder(cast.payroll, actor=cast.bob)
    assert path_folders(cast.diego.viewer, cast.acme.id) == {cast.root.id}
    assert [row.folder.name for row in children(cast.diego.viewer, cast.root).items] == ["Exchange"]


def test_the_bin_sends_as_few_statements_for_much_as_for_little(cast: Cast) -> None:
    def cost(width: int) -> tuple[int, int]:
        top = folders.create_folder(cast.exchange, name=f"top {width}", actor=cast.alice)
        for number in range(width):
            put(folders.create_folder(top, name=f"{number}", actor=cast.alice), "a.txt", cast.bob)
        db.session.expunge_all()
        top = db.session.get_one(Folder, top.id)
        with counted() as down:
            entry = bins.bin_folder(top, actor=cast.bob)
        with counted() as back:
            bins.restore(entry, actor=cast.bob)
        assert db.session.execute(select(func.count()).select_from(File).where(File.bin_id.is_not(None))).scalar() == 0
        return len(down), len(back)

    small, big = cost(2), cost(25)
    record_figure(
        "bin: statements down and back, 25 below", f"{big[0]}, {big[1]}", f"as with 2 ({small[0]}, {small[1]})"
    )
    assert small == big
