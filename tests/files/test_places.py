"""Moving, copying and restoring by hand: what is shown first, and who gets as far as that."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files.commands import bin as bins
from portal.files.commands import confirmation, folders
from portal.files.commands.completion import store_bytes
from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.rights import cascade, set_level
from portal.files.models import File, FileVersion, Folder
from portal.files.queries import folder_level
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.test_copies import put

SignIn = Callable[[Any], Any]


def _confirmed(page: Any) -> dict[str, str]:
    """What the form of the confirmation sends."""
    fields = re.findall(
        r'<input type="hidden" name="(item|folder|confirmed)" value="([^"]*)"', page.get_data(as_text=True)
    )
    return dict(fields)


def _place(folder: Folder) -> str:
    return f"/folders/{folder.id}/selection/place"


def _copies(folder: Folder, item: Any = None) -> str:
    return f"/folders/{folder.id}/selection/copies" + (f"?item={item}" if item else "")


def _of(row: Any, to: Folder) -> dict[str, str]:
    """What the form sends: what was chosen, and where it goes."""
    return {"item": str(row.id), "folder": str(to.id)}


def test_bob_sees_who_gains_before_a_file_moves_and_then_confirms(cast: Cast, sign_in: SignIn) -> None:
    file = put(cast.payroll, "slip.pdf", cast.bob)
    bob = sign_in(cast.bob)
    page = bob.post(_place(cast.payroll), data=_of(file, cast.exchange))
    assert page.status_code == 200
    assert "Clara Costa" in page.get_data(as_text=True)
    assert file.folder_id == cast.payroll.id
    assert bob.post(_place(cast.payroll), data={**_of(file, cast.exchange), "confirmed": "x"}).status_code == 200
    assert bob.post(_place(cast.payroll), data=_confirmed(page)).status_code == 303
    assert db.session.get_one(File, file.id).folder_id == cast.exchange.id


def test_a_confirmation_holds_for_one_folder_only(cast: Cast, sign_in: SignIn) -> None:
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    db.session.commit()
    file = put(cast.payroll, "slip.pdf", cast.bob)
    bob = sign_in(cast.bob)
    said = _confirmed(bob.post(_place(cast.payroll), data=_of(file, cast.exchange)))
    assert bob.post(_place(cast.payroll), data={**said, "folder": str(inner.id)}).status_code == 200
    assert db.session.get_one(File, file.id).folder_id == cast.payroll.id


def test_a_folder_is_copied_after_it_was_shown_who_will_see_it(cast: Cast, sign_in: SignIn) -> None:
    put(cast.payroll, "slip.pdf", cast.bob)
    bob = sign_in(cast.bob)
    assert bob.get(_copies(cast.books, item=cast.payroll.id)).status_code == 200
    page = bob.post(_copies(cast.books), data=_of(cast.payroll, cast.exchange))
    assert page.status_code == 200
    assert bob.post(_copies(cast.books), data=_confirmed(page)).status_code == 303
    made = db.session.scalars(select(Folder).where(Folder.parent_id == cast.exchange.id)).one()
    assert made.name == "Payroll"
    assert folder_level(cast.clara.viewer, made) == Level.FULL


def test_clara_copies_what_she_reads_to_where_she_may_write_and_nowhere_else(cast: Cast, sign_in: SignIn) -> None:
    file = put(cast.books, "ledger.pdf", cast.bob)
    clara = sign_in(cast.clara)
    assert clara.post(_copies(cast.books), data={"item": str(file.id), "folder": str(cast.books.id)}).status_code == 422
    assert (
        clara.post(_copies(cast.books), data={"item": str(file.id), "folder": str(cast.other_folder.id)}).status_code
        == 422
    )
    assert clara.post(_copies(cast.books), data={"item": str(file.id), "folder": "\x00"}).status_code == 422
    assert clara.post(_copies(cast.books), data={"item": str(file.id)}).status_code == 422
    assert (
        clara.post(_copies(cast.books), data={"item": str(file.id), "folder": str(cast.exchange.id)}).status_code == 303
    )
    assert db.session.scalar(select(func.count()).select_from(File)) == 2


def test_diego_who_may_only_deposit_copies_neither_the_folder_nor_what_others_put_there(
    cast: Cast, sign_in: SignIn
) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    db.session.commit()
    diego = sign_in(cast.diego)
    for address in (_copies(cast.exchange), _place(cast.exchange)):
        for row in (file, inner):
            assert diego.post(address, data=_of(row, inner)).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(File)) == 1


def test_mallory_and_tess_find_nothing_to_copy_and_no_versions(cast: Cast, sign_in: SignIn) -> None:
    file = put(cast.exchange, "a.pdf", cast.bob)
    for stranger in (cast.mallory, cast.tess):
        browser = sign_in(stranger)
        for method, path in (
            ("get", _copies(cast.exchange, item=file.id)), ("post", _copies(cast.exchange)),
            ("get", _place(cast.exchange)), ("post", _place(cast.exchange)),
            ("get", f"/folders/{cast.exchange.id}/branches"), ("get", f"/folders/{cast.exchange.id}/branches?q=e"),
            ("get", f"/files/{file.id}/versions"), ("post", f"/file-versions/{file.version_id}/restoration"),
            ("post", f"/file-versions/{uuid.uuid4()}/restoration"),
        ):  # fmt: skip
            assert getattr(browser, method)(path).status_code == 404, path


def test_an_earlier_version_is_brought_back_by_hand(cast: Cast, sign_in: SignIn) -> None:
    file = put(cast.books, "a.pdf", cast.bob)
    first = file.version_id
    second = FileVersion(file_id=file.id, number=2, object_key="k2", size=7, sha256="0" * 64, content_type="text/plain")
    db.session.add(second)
    file.version_id = second.id
    db.session.commit()
    assert sign_in(cast.clara).post(f"/file-versions/{first}/restoration").status_code == 404, "Clara only reads"
    assert sign_in(cast.clara).get(f"/files/{file.id}/versions").status_code == 403
    bob = sign_in(cast.bob)
    assert bob.get(f"/files/{file.id}/versions").status_code == 200
    assert bob.post(f"/file-versions/{first}/restoration").status_code == 303
    newest = db.session.get_one(FileVersion, db.session.get_one(File, file.id, populate_existing=True).version_id)
    assert (newest.number, newest.size) == (3, 5)


def test_what_comes_back_elsewhere_is_shown_first(cast: Cast, sign_in: SignIn) -> None:
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    first = bins.bin_folder(inner, actor=cast.bob)
    bins.bin_folder(cast.exchange, actor=cast.bob)
    # Bob has full everywhere, so the entry is his to restore although its place is in the bin.
    bob = sign_in(cast.bob)
    page = bob.post(f"/bin-entries/{first.id}/restoration")
    assert page.status_code == 200
    assert bob.post(f"/bin-entries/{first.id}/restoration", headers={"Accept": "application/json"}).status_code == 409
    assert bob.post(f"/bin-entries/{first.id}/restoration", data=_confirmed(page)).status_code == 303
    assert db.session.get_one(Folder, inner.id, populate_existing=True).parent_id == cast.root.id


def test_what_was_opened_to_somebody_meanwhile_is_not_restored_silently(cast: Cast) -> None:
    """The folder goes back to where it stood; but its parent has been opened to Diego since it was deleted."""
    folder = folders.create_folder(cast.books, name="Secrets", actor=cast.alice)
    store_bytes(folder, "plan.txt", b"x", actor=cast.alice)
    file = store_bytes(cast.books, "draft.txt", b"x", actor=cast.alice)
    entries = [bins.bin_folder(folder, actor=cast.alice), bins.bin_file(file, actor=cast.alice)]
    set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.alice)
    cascade(cast.books, person=cast.diego, actor=cast.alice)
    for entry, gained in zip(entries, ((1, 1), (0, 1)), strict=True):
        with pytest.raises(NeedsConfirmation) as asked:
            confirmation.take_back(entry, actor=cast.bob)
        told = asked.value.preview
        assert [(one.person_name, one.folders_gained, one.files_gained) for one in told.people if not one.is_empty] == [
            ("Diego Diaz", *gained)
        ]
        confirmation.take_back(entry, actor=cast.bob, confirmed=told.fingerprint)


def test_what_is_as_it_was_comes_back_without_a_question(cast: Cast) -> None:
    """Nobody gains or loses: neither a folder with levels below nor a file is asked about."""
    folder = folders.create_folder(cast.books, name="Open", actor=cast.alice)
    inner = folders.create_folder(folder, name="Inner", actor=cast.alice)
    set_level(inner, person=cast.diego, level=Level.READ, actor=cast.alice)
    store_bytes(inner, "plan.txt", b"x", actor=cast.alice)
    file = store_bytes(cast.books, "draft.txt", b"x", actor=cast.alice)
    for entry in (bins.bin_folder(folder, actor=cast.alice), bins.bin_file(file, actor=cast.alice)):
        confirmation.take_back(entry, actor=cast.bob)
