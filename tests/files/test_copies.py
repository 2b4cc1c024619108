"""Copies and earlier versions, and what moving, copying and restoring mean for who sees what."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.commands.bulk import move_chosen
from portal.files.commands.confirmation import NeedsConfirmation, bring_back_version, take_back
from portal.files.commands.copies import restore_version
from portal.files.commands.copies_many import copy_chosen
from portal.files.commands.publish import publish
from portal.files.models import File, FileVersion, Folder
from portal.files.queries import folder_level, visible_files
from portal.files.refusals import Gone, OtherClient
from portal.files.selections import NothingChosen, Selection
from portal.kit.db import db
from portal.kit.i18n import in_language
from portal.kit.storage import Stored
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.chosen import alone, confirmed_copy, copy_of
from tests.statements import counted


@pytest.fixture(autouse=True)
def _in_english(cast: Cast) -> Iterator[None]:
    with in_language("en"):
        yield


def put(folder: Folder, name: str, by: Any) -> File:
    """A file with a version, whose object nobody reads here."""
    stored = Stored(f"files/{folder.client_id.hex}/{uuid.uuid4().hex}", 5, "etag", "application/pdf")
    return publish(folder, name=name, stored=stored, content_type="application/pdf", sha256="0" * 64, actor=by)


def _names(folder: Folder) -> set[str]:
    return set(db.session.scalars(select(File.name).where(File.folder_id == folder.id)))


def _sees(person: Any, file: File) -> bool:
    return db.session.scalars(visible_files(person.viewer).where(File.id == file.id)).one_or_none() is not None


def test_a_copied_file_shares_the_object_and_follows_its_new_place(cast: Cast) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    made = copy_of(file, to=cast.exchange, actor=cast.bob)
    keys = db.session.scalars(select(FileVersion.object_key).where(FileVersion.file_id.in_([file.id, made.id]))).all()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert _sees(cast.clara, made)
    assert not _sees(cast.clara, file)
    assert made.uploaded_by_id == cast.bob.id


def test_a_copy_beside_the_first_gets_a_number(cast: Cast) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    copy_of(file, to=cast.exchange, actor=cast.bob)
    assert _names(cast.exchange) == {"a.pdf", "a (2).pdf"}


def test_a_copied_tree_holds_what_the_copying_person_sees_and_none_of_its_levels(cast: Cast) -> None:
    put(cast.books, "ledger.pdf", cast.bob)
    put(cast.payroll, "slip.pdf", cast.bob)
    hidden = folders.create_folder(cast.books, name="Board", actor=cast.alice)
    put(hidden, "minutes.pdf", cast.alice)
    rights.set_level(hidden, person=cast.bob, level=Level.NONE, actor=cast.alice)
    made = copy_of(cast.books, to=cast.exchange, actor=cast.bob)
    copies = {row.name: row for row in db.session.scalars(select(Folder).where(Folder.path.startswith(made.path)))}
    assert set(copies) == {"Accounts", "Payroll"}
    assert _names(made) == {"ledger.pdf"}
    assert _names(copies["Payroll"]) == {"slip.pdf"}
    assert folder_level(cast.clara.viewer, copies["Payroll"]) == Level.FULL, "the copy follows Exchange"
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.NONE


def test_a_copy_is_born_private_where_folders_are(cast: Cast) -> None:
    cast.firm.born_private = True
    put(cast.payroll, "slip.pdf", cast.bob)
    made = copy_of(cast.payroll, to=cast.exchange, actor=cast.bob)
    assert folder_level(cast.clara.viewer, made) == Level.NONE
    assert folder_level(cast.bob.viewer, made) == Level.FULL


def test_a_copy_takes_as_many_statements_for_thirty_files_as_for_three(cast: Cast) -> None:
    def made(number: int) -> int:
        top = folders.create_folder(cast.root, name=f"Top {number}", actor=cast.alice)
        for n in range(number):
            put(folders.create_folder(top, name=f"{n}", actor=cast.alice), "a.pdf", cast.bob)
        with counted() as statements:
            confirmed_copy(top, to=cast.exchange, actor=cast.bob)
        return len(statements)

    made(1)  # what a client has is counted once
    # Looked at first, then confirmed.
    assert made(3) == made(30) <= 2 * 39


def test_nothing_is_copied_to_another_client_nor_the_top_nor_what_is_not_seen(cast: Cast) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    with pytest.raises(OtherClient):
        copy_chosen(alone(file), to=cast.other_folder, actor=cast.alice)
    with pytest.raises(OtherClient):
        copy_chosen(alone(cast.books), to=cast.other_folder, actor=cast.alice)
    with pytest.raises(NothingChosen):
        copy_chosen(Selection(cast.books, frozenset({cast.root.id})), to=cast.books, actor=cast.bob)
    with pytest.raises(NothingChosen):
        copy_chosen(alone(file), to=cast.exchange, actor=cast.clara)


def test_an_earlier_version_becomes_the_newest_with_todays_rights(cast: Cast) -> None:
    file = put(cast.books, "a.pdf", cast.bob)
    first = db.session.get_one(FileVersion, file.version_id)
    second = FileVersion(
        file_id=file.id, number=2, object_key="another", size=7, sha256="0" * 64, content_type="application/pdf"
    )
    db.session.add(second)
    file.version_id = second.id
    db.session.flush()
    rights.set_level(cast.books, person=cast.clara, level=Level.NONE, actor=cast.alice)
    made = restore_version(file, first, actor=cast.bob)
    assert (made.number, made.object_key, file.version_id) == (3, first.object_key, made.id)
    assert not _sees(cast.clara, file)
    assert restore_version(file, made, actor=cast.bob) is made, "the newest stays what it is"


def test_a_version_of_another_file_is_refused(cast: Cast) -> None:
    one, two = put(cast.books, "a.pdf", cast.bob), put(cast.books, "b.pdf", cast.bob)
    with pytest.raises(Gone):
        restore_version(one, db.session.get_one(FileVersion, two.version_id), actor=cast.bob)


def test_a_move_that_lets_clara_see_more_happens_only_once_that_was_confirmed(cast: Cast) -> None:
    put(cast.payroll, "slip.pdf", cast.bob)
    rights.cascade(cast.root, person=cast.clara, actor=cast.alice)
    rights.set_level(cast.exchange, person=cast.clara, level=Level.FULL, actor=cast.alice)
    with pytest.raises(NeedsConfirmation) as raised:
        move_chosen(alone(cast.payroll), to=cast.exchange, actor=cast.bob)
    preview = raised.value.preview
    assert "Clara Costa will see 1 folder, 1 file in addition." in preview.sentences
    assert cast.payroll.parent_id == cast.books.id
    with pytest.raises(NeedsConfirmation):
        move_chosen(alone(cast.books), to=cast.exchange, actor=cast.bob, confirmed=preview.fingerprint)
    move_chosen(alone(cast.payroll), to=cast.exchange, actor=cast.bob, confirmed=preview.fingerprint)
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.FULL


def test_a_moved_file_says_who_loses_it(cast: Cast) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    with pytest.raises(NeedsConfirmation) as raised:
        move_chosen(alone(file), to=cast.payroll, actor=cast.bob)
    assert raised.value.preview.sentences == ["Clara Costa will no longer see 1 file."]
    move_chosen(alone(file), to=cast.payroll, actor=cast.bob, confirmed=raised.value.preview.fingerprint)
    assert not _sees(cast.clara, file)


def test_a_move_that_changes_nothing_for_anybody_asks_nothing(cast: Cast) -> None:
    inner = folders.create_folder(cast.books, name="Inner", actor=cast.alice)
    file = put(cast.books, "a.pdf", cast.bob)
    move_chosen(alone(file), to=inner, actor=cast.bob)
    assert file.folder_id == inner.id


def test_a_copy_asks_only_where_somebody_sees_what_they_did_not_see(cast: Cast) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    with pytest.raises(NeedsConfirmation) as raised:
        copy_chosen(alone(file), to=cast.exchange, actor=cast.bob)
    assert raised.value.preview.sentences == ["Clara Costa will see 1 file in addition."]
    copy_chosen(alone(file), to=cast.exchange, actor=cast.bob, confirmed=raised.value.preview.fingerprint)
    with pytest.raises(NeedsConfirmation) as raised:
        copy_chosen(alone(cast.payroll), to=cast.exchange, actor=cast.bob)
    assert raised.value.preview.sentences == [
        "Clara Costa will see 1 folder, 1 file in addition.",
        "Diego Diaz will see 1 folder in addition.",
    ]
    copy_chosen(alone(cast.payroll), to=cast.exchange, actor=cast.bob, confirmed=raised.value.preview.fingerprint)
    copy_chosen(alone(put(cast.exchange, "open.pdf", cast.bob)), to=cast.payroll, actor=cast.bob)


def test_what_comes_back_to_its_place_asks_nothing_and_elsewhere_it_does(cast: Cast) -> None:
    take_back(bins.bin_folder(cast.exchange, actor=cast.bob), actor=cast.bob)
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    first = bins.bin_folder(inner, actor=cast.bob)
    bins.bin_folder(cast.exchange, actor=cast.bob)
    with pytest.raises(NeedsConfirmation) as raised:
        take_back(first, actor=cast.bob)
    assert raised.value.preview.sentences == [
        "Clara Costa will no longer see 1 folder.",
        "Diego Diaz will no longer see 1 folder.",
    ]
    take_back(first, actor=cast.bob, confirmed=raised.value.preview.fingerprint)
    assert inner.parent_id == cast.root.id


def test_who_deposited_a_file_is_named_when_an_earlier_version_would_take_it_from_them(cast: Cast) -> None:
    file = put(cast.exchange, "mine.pdf", cast.diego)
    first = db.session.get_one(FileVersion, file.version_id)
    second = FileVersion(
        file_id=file.id, number=2, object_key="more", size=7, sha256="0" * 64, content_type="application/pdf",
        uploaded_by_id=cast.diego.id,
    )  # fmt: skip
    db.session.add(second)
    file.version_id = second.id
    db.session.commit()
    with pytest.raises(NeedsConfirmation) as raised:
        bring_back_version(file, first, actor=cast.bob)
    assert raised.value.preview.sentences == ["Diego Diaz will no longer see 1 file."]
    bring_back_version(file, first, actor=cast.bob, confirmed=raised.value.preview.fingerprint)
