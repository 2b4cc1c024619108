"""Many folders and files at once: moved, copied, deleted and brought back, with the rights of each."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files.commands.bin_many import bin_chosen
from portal.files.commands.bulk import AllLeft, SamePlace, move_chosen
from portal.files.commands.completion import store_bytes
from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.copies_many import copy_chosen
from portal.files.commands.folders import create_folder
from portal.files.commands.restores import take_back_many
from portal.files.commands.rights import set_level
from portal.files.models import BinEntry, File, FileVersion, Folder
from portal.files.queries import folder_level
from portal.files.refusals import OtherClient
from portal.files.selections import NothingChosen, Selection, selection_of
from portal.kit.db import db
from portal.permissions.commands import refresh
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted


def chosen(folder: Folder, *rows: Any) -> Selection:
    """These folders and files of a folder."""
    return Selection(folder, frozenset(row.id for row in rows))


def everything(folder: Folder, *without: Any) -> Selection:
    """All of a folder but these."""
    return Selection(folder, everything=True, without=frozenset(row.id for row in without))


def names_in(folder: Folder) -> list[str]:
    """What lives in a folder, by name."""
    folders = db.session.scalars(select(Folder.name).where(Folder.parent_id == folder.id, Folder.bin_id.is_(None)))
    files = db.session.scalars(select(File.name).where(File.folder_id == folder.id, File.bin_id.is_(None)))
    return sorted([*folders, *files])


def fresh(row: Any) -> Any:
    """The row as the database has it."""
    return db.session.get_one(type(row), row.id, populate_existing=True)


@pytest.fixture
def desk(cast: Cast) -> Any:
    """A folder of Clara's with two sub-folders, one of which holds more, and three files."""
    top = create_folder(cast.exchange, name="Desk", actor=cast.alice)
    one = create_folder(top, name="One", actor=cast.alice)
    deep = create_folder(one, name="Deep", actor=cast.alice)
    two = create_folder(top, name="Two", actor=cast.alice)
    files = [store_bytes(top, f"{name}.txt", b"x", actor=cast.bob) for name in "abc"]
    inner = store_bytes(deep, "inner.txt", b"x", actor=cast.bob)
    other = create_folder(cast.exchange, name="Shelf", actor=cast.alice)
    return type("Desk", (), {"top": top, "one": one, "two": two, "deep": deep, "files": files, "inner": inner,
                             "shelf": other})  # fmt: skip


def test_folders_and_files_move_together_with_all_they_hold(cast: Cast, desk: Any) -> None:
    done = move_chosen(chosen(desk.top, desk.one, desk.files[0]), to=desk.shelf, actor=cast.clara)
    assert (done.done, done.total, done.left) == (2, 2, [])
    assert names_in(desk.shelf) == ["One", "a.txt"]
    assert names_in(desk.top) == ["Two", "b.txt", "c.txt"]
    assert fresh(desk.deep).path == f"{fresh(desk.one).path}{desk.deep.id.hex}/"
    assert fresh(desk.one).path.startswith(fresh(desk.shelf).path)


def test_all_of_a_folder_goes_but_what_was_taken_out_again(cast: Cast, desk: Any) -> None:
    done = move_chosen(everything(desk.top, desk.files[1]), to=desk.shelf, actor=cast.clara)
    assert done.done == 4
    assert names_in(desk.top) == ["b.txt"]


def test_what_meets_its_name_stays_and_is_named(cast: Cast, desk: Any) -> None:
    store_bytes(desk.shelf, "A.TXT", b"y", actor=cast.bob)
    create_folder(desk.shelf, name="two", actor=cast.bob)
    done = move_chosen(everything(desk.top), to=desk.shelf, actor=cast.clara)
    assert (done.done, done.total) == (3, 5)
    assert sorted(name for left in done.left for name in left.names) == ["Two", "a.txt"]


def test_a_folder_does_not_go_into_itself_and_the_rest_does(cast: Cast, desk: Any) -> None:
    done = move_chosen(chosen(desk.top, desk.one, desk.two), to=desk.deep, actor=cast.clara)
    assert done.done == 1
    assert names_in(desk.deep) == ["Two", "inner.txt"]
    with pytest.raises(AllLeft):
        move_chosen(chosen(desk.top, desk.one), to=desk.deep, actor=cast.clara)


def test_only_with_full_on_each_of_them(cast: Cast, desk: Any) -> None:
    set_level(desk.one, person=cast.clara, level=Level.READ, actor=cast.alice)
    done = move_chosen(everything(desk.top), to=desk.shelf, actor=cast.clara)
    assert done.done == 4
    assert [left.names for left in done.left] == [("One",)]
    assert names_in(desk.top) == ["One"]


def test_nothing_goes_to_another_client_or_to_where_it_is(cast: Cast, desk: Any) -> None:
    with pytest.raises(OtherClient):
        move_chosen(everything(desk.top), to=cast.other_folder, actor=cast.alice)
    with pytest.raises(OtherClient):
        copy_chosen(everything(desk.top), to=cast.other_folder, actor=cast.alice)
    with pytest.raises(SamePlace):
        move_chosen(everything(desk.top), to=desk.top, actor=cast.clara)


def test_mallory_and_diego_find_nothing_of_it(cast: Cast, desk: Any) -> None:
    for act in (
        lambda who: move_chosen(everything(desk.top), to=desk.shelf, actor=who),
        lambda who: bin_chosen(everything(desk.top), actor=who),
        lambda who: copy_chosen(everything(desk.top), to=desk.shelf, actor=who),
    ):
        with pytest.raises(NothingChosen):
            act(cast.mallory)
        with pytest.raises(AllLeft):
            act(cast.diego)


def test_ids_of_another_folder_or_client_are_passed_over(cast: Cast, desk: Any) -> None:
    selection = chosen(desk.top, desk.inner, cast.other_folder, cast.books, desk.files[0])
    done = bin_chosen(selection, actor=cast.bob)
    assert (done.done, done.total) == (1, 4)
    assert fresh(cast.other_folder).bin_id is fresh(cast.books).bin_id is fresh(desk.inner).bin_id is None


@pytest.mark.parametrize("sent", [[], ["x"], ["\x00"], [str(uuid.uuid4()), ""]])
def test_what_is_no_selection_is_refused(cast: Cast, sent: list[str]) -> None:
    with pytest.raises(NothingChosen):
        selection_of(cast.exchange, sent)


def test_own_levels_go_along_and_the_rest_follows_the_new_place(cast: Cast, desk: Any) -> None:
    """Compared with the answers computed anew from nothing."""
    set_level(desk.one, person=cast.diego, level=Level.READ, actor=cast.alice)
    set_level(desk.deep, person=cast.diego, level=Level.NONE, actor=cast.alice)
    selection = everything(desk.top)
    with pytest.raises(NeedsConfirmation) as asked:
        move_chosen(selection, to=cast.books, actor=cast.bob)
    assert names_in(desk.top) == ["One", "Two", "a.txt", "b.txt", "c.txt"], "nothing happened yet"
    move_chosen(selection, to=cast.books, actor=cast.bob, confirmed=asked.value.preview.fingerprint)
    assert folder_level(cast.clara.viewer, desk.two) == Level.READ
    assert folder_level(cast.diego.viewer, desk.one) == Level.READ
    assert folder_level(cast.diego.viewer, desk.two) == folder_level(cast.diego.viewer, desk.deep) == Level.NONE
    assert refresh(cast.acme.id) == 0
    _scopes_are_sound(cast)


def test_a_scope_of_several_folders_is_shared_out_when_some_of_them_move(cast: Cast, desk: Any) -> None:
    """Born private together, in one copy: they share a scope until one of them leaves."""
    cast.firm.born_private = True
    done = copy_chosen(chosen(desk.top, desk.one, desk.two), to=desk.shelf, actor=cast.bob)
    made = [db.session.get_one(Folder, ident) for ident in done.ids]
    assert made[0].scope_id == made[1].scope_id
    move_chosen(chosen(desk.shelf, made[0]), to=cast.books, actor=cast.bob)
    assert fresh(made[0]).scope_id != fresh(made[1]).scope_id
    assert folder_level(cast.clara.viewer, made[0]) == folder_level(cast.clara.viewer, made[1]) == Level.NONE
    assert refresh(cast.acme.id) == 0
    _scopes_are_sound(cast)


def _scopes_are_sound(cast: Cast) -> None:
    """Every folder has the scope of the one above, or starts one whose scope above is that."""
    from portal.permissions.models import Scope

    above = {row.id: row for row in db.session.scalars(select(Folder).execution_options(populate_existing=True))}
    parents = dict(db.session.execute(select(Scope.id, Scope.parent_id)).all())
    for row in above.values():
        if row.parent_id is None:
            continue
        holder = above[row.parent_id]
        assert row.path == f"{holder.path}{row.id.hex}/"
        if row.starts_scope:
            assert parents[row.scope_id] == holder.scope_id, row.name
        else:
            assert row.scope_id == holder.scope_id, row.name


def test_copies_share_objects_take_numbers_and_follow_their_new_place(cast: Cast, desk: Any) -> None:
    done = copy_chosen(everything(desk.top), to=desk.top, actor=cast.clara)
    assert done.done == 5
    assert names_in(desk.top) == sorted(
        ["One", "One (2)", "Two", "Two (2)", *(f"{name}{number}.txt" for name in "abc" for number in ("", " (2)"))]
    )
    keys = select(func.count(), func.count(FileVersion.object_key.distinct())).join(
        File, File.id == FileVersion.file_id
    )
    assert db.session.execute(keys.where(File.client_id == cast.acme.id)).one() == (8, 4)
    _scopes_are_sound(cast)


def test_a_copy_that_shows_more_is_asked_about_and_then_made(cast: Cast, desk: Any) -> None:
    secret = store_bytes(cast.payroll, "slip.txt", b"x", actor=cast.bob)
    inner = create_folder(cast.payroll, name="March", actor=cast.bob)
    selection = chosen(cast.payroll, secret, inner)
    with pytest.raises(NeedsConfirmation) as asked:
        copy_chosen(selection, to=cast.exchange, actor=cast.bob)
    told = asked.value.preview
    gains = {one.person_name: (one.folders_gained, one.files_gained) for one in told.people if not one.is_empty}
    assert gains["Clara Costa"] == (1, 1)
    assert copy_chosen(selection, to=cast.exchange, actor=cast.bob, confirmed=told.fingerprint).done == 2


def test_a_reader_copies_what_she_reads(cast: Cast, desk: Any) -> None:
    file = store_bytes(cast.books, "ledger.txt", b"x", actor=cast.bob)
    done = copy_chosen(everything(cast.books), to=cast.exchange, actor=cast.clara)
    assert done.done == 1, "of Payroll she sees nothing"
    assert names_in(cast.exchange) == ["Desk", "Shelf", "ledger.txt"]
    assert fresh(file).folder_id == cast.books.id


def test_what_was_deleted_together_comes_back_together_or_one_by_one(cast: Cast, desk: Any) -> None:
    earlier = store_bytes(desk.one, "earlier.txt", b"x", actor=cast.bob)
    bin_chosen(chosen(desk.one, earlier), actor=cast.clara)
    done = bin_chosen(everything(desk.top), actor=cast.clara)
    assert names_in(desk.top) == []
    assert fresh(desk.inner).bin_id is not None
    assert len(done.ids) == 5
    assert take_back_many(cast.acme.id, done.ids, actor=cast.clara).done == 5
    assert names_in(desk.top) == ["One", "Two", "a.txt", "b.txt", "c.txt"]
    assert fresh(earlier).bin_id is not None, "it was in the bin before"
    assert fresh(desk.inner).bin_id is None
    with pytest.raises(NothingChosen):
        take_back_many(cast.acme.id, done.ids, actor=cast.clara)


def test_what_lost_its_place_or_name_comes_back_beside_the_others(cast: Cast, desk: Any) -> None:
    done = bin_chosen(chosen(desk.top, *desk.files), actor=cast.clara)
    store_bytes(desk.top, "B.txt", b"y", actor=cast.bob)
    assert take_back_many(cast.acme.id, done.ids, actor=cast.clara).done == 3
    assert names_in(desk.top) == ["B.txt", "One", "Two", "a.txt", "b (2).txt", "c.txt"]
    done = bin_chosen(chosen(desk.top, desk.files[0], desk.one), actor=cast.clara)
    bin_chosen(chosen(cast.exchange, desk.top), actor=cast.clara)
    assert take_back_many(cast.acme.id, done.ids, actor=cast.bob).done == 2
    assert names_in(cast.exchange) == ["One", "Shelf", "a.txt"]
    _scopes_are_sound(cast)


def test_what_was_opened_meanwhile_is_not_restored_silently(cast: Cast) -> None:
    folder = create_folder(cast.books, name="Secrets", actor=cast.alice)
    files = [store_bytes(where, "plan.txt", b"x", actor=cast.alice) for where in (folder, cast.books)]
    done = bin_chosen(chosen(cast.books, folder, files[1]), actor=cast.bob)
    assert take_back_many(cast.acme.id, done.ids, actor=cast.bob).done == 2, "nothing changed: nothing is asked"
    done = bin_chosen(chosen(cast.books, folder, files[1]), actor=cast.bob)
    set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.alice)
    from portal.files.commands.rights import cascade

    cascade(cast.books, person=cast.diego, actor=cast.alice)
    with pytest.raises(NeedsConfirmation) as asked:
        take_back_many(cast.acme.id, done.ids, actor=cast.bob)
    told = asked.value.preview
    assert [(one.person_name, one.folders_gained, one.files_gained) for one in told.people if not one.is_empty] == [
        ("Diego Diaz", 1, 2)
    ]
    assert take_back_many(cast.acme.id, done.ids, actor=cast.bob, confirmed=told.fingerprint).done == 2


def test_entries_of_others_are_not_restored(cast: Cast, desk: Any) -> None:
    done = bin_chosen(everything(desk.top), actor=cast.bob)
    for stranger in (cast.mallory, cast.diego, cast.tess):
        with pytest.raises(NothingChosen):
            take_back_many(cast.acme.id, done.ids, actor=stranger)
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 5


def test_many_cost_as_many_statements_as_few(cast: Cast) -> None:
    """Moved, copied, deleted and restored: folders with a level of their own among them."""
    shelf = create_folder(cast.exchange, name="Shelf", actor=cast.alice)

    def cost(width: int) -> dict[str, int]:
        top = create_folder(cast.exchange, name=f"Top {width}", actor=cast.alice)
        for number in range(width):
            inner = create_folder(top, name=f"{width} {number}", actor=cast.alice)
            set_level(inner, person=cast.diego, level=Level.READ, actor=cast.alice)
            store_bytes(top, f"{width} {number}.txt", b"x", actor=cast.bob)
        db.session.expunge_all()
        source, to = db.session.get_one(Folder, top.id), db.session.get_one(Folder, shelf.id)
        costs = {}
        for name, act in (
            ("copy", lambda: copy_chosen(everything(source), to=to, actor=cast.clara)),
            ("bin", lambda: bin_chosen(everything(source), actor=cast.clara)),
        ):
            with counted() as seen:
                done = act()
            costs[name] = len(seen)
            assert done.done == 2 * width
        with counted() as seen:
            take_back_many(cast.acme.id, done.ids, actor=cast.clara)
        costs["restore"] = len(seen)
        again = create_folder(cast.exchange, name=f"Again {width}", actor=cast.alice)
        with counted() as seen:
            assert move_chosen(everything(source), to=again, actor=cast.clara).done == 2 * width
        costs["move"] = len(seen)
        return costs

    small, big = cost(2), cost(25)
    for name, statements in big.items():
        record_figure(f"bulk: statements to {name} 50", str(statements), f"as for 4 ({small[name]})")
    assert big == small
    assert max(big.values()) <= 60
