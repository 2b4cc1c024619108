"""Deleting for ever: all of an entry goes, nothing beside it, and the store follows a week later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.activity.models import Activity
from portal.files import reaper
from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.commands.completion import store_bytes
from portal.files.commands.for_ever import delete_for_ever, going
from portal.files.commands.leaving import OBJECTS_STAY
from portal.files.models import BinEntry, File, FileVersion, Folder, ObjectDeletion
from portal.files.refusals import Gone
from portal.files.verify import verify
from portal.kit import storage
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from tests.cast import Cast
from tests.files.chosen import copy_of
from tests.statements import counted


def count(model: Any, *which: Any) -> int:
    """Rows of a table."""
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0


def key_of(file: File) -> str:
    """The object of a file's current version."""
    return db.session.scalars(select(FileVersion.object_key).where(FileVersion.id == file.version_id)).one()


def let_pass(time: timedelta) -> None:
    """The promised deletions are due so much earlier."""
    db.session.execute(update(ObjectDeletion).values(due_at=ObjectDeletion.due_at - time))
    db.session.commit()


def test_a_file_goes_with_all_its_versions_and_the_store_follows_after_a_week(cast: Cast) -> None:
    file = store_bytes(cast.exchange, "a.txt", b"first", actor=cast.bob)
    kept = store_bytes(cast.exchange, "b.txt", b"kept", actor=cast.bob)
    key = key_of(file)
    entry = bins.bin_file(file, actor=cast.bob)
    gone = delete_for_ever(entry, actor=cast.bob)
    assert (gone.files, gone.folders, gone.size, gone.entries) == (1, 0, 5, 0)
    assert list(db.session.scalars(select(File))) == [kept]
    assert count(BinEntry) == 0
    reaper.delete_due_objects()
    reaper.sweep_orphans(grace=timedelta(0))
    assert storage.head(key) is not None, "a backup that began before still needs it"
    assert not [line for line in verify() if key in line]
    let_pass(OBJECTS_STAY + timedelta(seconds=1))
    reaper.delete_due_objects()
    assert storage.head(key) is None
    assert storage.head(key_of(kept)) is not None
    line = db.session.scalars(select(Activity).where(Activity.verb == "file.erased")).one()
    assert (line.actor_id, line.client_id) == (cast.bob.id, cast.acme.id)


def test_a_copy_keeps_the_object_that_it_shares(cast: Cast) -> None:
    file = store_bytes(cast.exchange, "a.txt", b"shared", actor=cast.bob)
    copied = copy_of(file, to=cast.books, actor=cast.bob)
    delete_for_ever(bins.bin_file(file, actor=cast.bob), actor=cast.bob)
    let_pass(OBJECTS_STAY + timedelta(seconds=1))
    reaper.delete_due_objects()
    assert storage.head(key_of(copied)) is not None
    assert count(ObjectDeletion) == 0


def test_a_folder_goes_with_what_is_below_and_with_entries_that_lay_inside(cast: Cast) -> None:
    slip = store_bytes(cast.payroll, "slip.pdf", b"slip", actor=cast.bob)
    store_bytes(cast.books, "balance.csv", b"balance", actor=cast.bob)
    beside = store_bytes(cast.exchange, "beside.txt", b"beside", actor=cast.bob)
    scopes_before = count(Scope)
    bins.bin_file(slip, actor=cast.bob)
    other = bins.bin_file(beside, actor=cast.bob)
    entry = bins.bin_folder(cast.books, actor=cast.bob)
    told = going(entry)
    assert (told.folders, told.files, told.size, told.entries) == (2, 2, 11, 1)
    assert delete_for_ever(entry, actor=cast.bob) == told
    assert {folder.name for folder in db.session.scalars(select(Folder).where(Folder.client_id == cast.acme.id))} == {
        "Acme",
        "Exchange",
    }
    assert [row.id for row in db.session.scalars(select(BinEntry))] == [other.id]
    assert count(Scope) == scopes_before - 2, "the levels on Accounts and Payroll have nothing to stand on"
    bins.restore(other, actor=cast.bob)
    assert [file.name for file in db.session.scalars(select(File))] == ["beside.txt"]


def test_a_level_that_a_neighbour_shares_stays(cast: Cast) -> None:
    """Sub-folders that were pinned together follow one scope: deleting one of them leaves the others their rights."""
    inner = [folders.create_folder(cast.exchange, name=name, actor=cast.alice) for name in ("one", "two")]
    rights.set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    delete_for_ever(bins.bin_folder(inner[0], actor=cast.bob), actor=cast.bob)
    db.session.expire_all()
    left = db.session.get_one(Folder, inner[1].id)
    assert db.session.get(Scope, left.scope_id) is not None


def test_nothing_is_deleted_twice_or_after_it_was_restored(cast: Cast) -> None:
    file = store_bytes(cast.exchange, "a.txt", b"a", actor=cast.bob)
    entry = bins.bin_file(file, actor=cast.bob)
    bins.restore(entry, actor=cast.bob)
    with pytest.raises(Gone):
        delete_for_ever(entry, actor=cast.bob)
    assert count(File) == 1
    again = bins.bin_file(file, actor=cast.bob)
    delete_for_ever(again, actor=cast.bob)
    with pytest.raises(Gone):
        delete_for_ever(again, actor=cast.bob)
    with pytest.raises(Gone):
        bins.restore(again, actor=cast.bob)


def test_rights_that_were_changed_on_what_is_gone_cannot_be_undone_and_break_nothing(cast: Cast, sign_in: Any) -> None:
    rights.set_level(cast.payroll, person=cast.diego, level=Level.READ, actor=cast.alice)
    delete_for_ever(bins.bin_folder(cast.payroll, actor=cast.bob), actor=cast.bob)
    alice = sign_in(cast.alice)
    for address in (f"/clients/{cast.acme.id}/documents", f"/clients/{cast.acme.id}/documents/bin", "/activity"):
        assert alice.get(address).status_code == 200, address
    assert alice.get(f"/folders/{cast.payroll.id}").status_code == 404


def test_much_is_deleted_with_as_many_statements_as_little(cast: Cast) -> None:
    def cost(width: int) -> int:
        top = folders.create_folder(cast.exchange, name=f"top {width}", actor=cast.alice)
        for number in range(width):
            store_bytes(folders.create_folder(top, name=f"{number}", actor=cast.alice), "a.txt", b"a", actor=cast.bob)
        entry = bins.bin_folder(top, actor=cast.bob)
        db.session.expunge_all()
        entry = db.session.get_one(BinEntry, entry.id)
        with counted() as sent:
            delete_for_ever(entry, actor=cast.bob)
        return len(sent)

    assert cost(2) == cost(12)
