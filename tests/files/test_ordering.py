"""The firm's own order of a folder, and how each person wants to see it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.activity.models import Activity
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.commands.ordering import put_before
from portal.files.models import File, Folder
from portal.files.order import Sort
from portal.files.queries import listing
from portal.files.refusals import Gone
from portal.kit.db import db
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

SignIn = Callable[[Any], Any]


def order(cast: Cast, folder: Folder, sort: str = "") -> str:
    """What Clara reads from the top down, by the first letters."""
    found = listing(cast.clara.viewer, folder, sort=Sort.named(sort))
    return "".join(
        [*(row.folder.name[0] for row in found.folders.items), *(file.name[0] for file in found.files.items)]
    )


@pytest.fixture
def rows(cast: Cast) -> dict[str, Any]:
    """Folders A, B, C and files x, y, z in Clara's folder."""
    made: dict[str, Any] = {name: create_folder(cast.exchange, name=name, actor=cast.alice) for name in "ABC"}
    made |= {name: store_bytes(cast.exchange, f"{name}.txt", b"x", actor=cast.bob) for name in "xyz"}
    return made


def test_folders_and_files_stand_as_they_were_put(cast: Cast, rows: dict[str, Any]) -> None:
    put_before(cast.exchange, [rows["C"].id], before=rows["A"].id, actor=cast.clara)
    put_before(cast.exchange, [rows["x"].id, rows["y"].id], before=None, actor=cast.clara)
    assert order(cast, cast.exchange) == "CABzxy"
    assert order(cast, cast.exchange, "name") == "ABCxyz", "who sorts by name is not concerned"
    put_before(cast.exchange, [rows["B"].id, rows["C"].id], before=rows["A"].id, actor=cast.clara)
    assert order(cast, cast.exchange) == "CBAzxy", "those that move keep the order among themselves"


def test_what_comes_later_stands_behind_what_was_put_into_order(cast: Cast, rows: dict[str, Any]) -> None:
    put_before(cast.exchange, [rows["C"].id], before=rows["A"].id, actor=cast.clara)
    create_folder(cast.exchange, name="0", actor=cast.alice)
    assert order(cast, cast.exchange) == "CAB0xyz"


def test_a_row_before_itself_and_one_of_the_other_kind_change_nothing(cast: Cast, rows: dict[str, Any]) -> None:
    put_before(cast.exchange, [rows["B"].id], before=rows["B"].id, actor=cast.clara)
    put_before(cast.exchange, [rows["x"].id], before=rows["A"].id, actor=cast.clara)
    assert order(cast, cast.exchange) == "ABCxyz"


def test_an_order_of_what_is_no_longer_there_is_refused_whole(cast: Cast, rows: dict[str, Any]) -> None:
    for ids, before in (
        ([rows["A"].id, cast.books.id], None),
        ([rows["A"].id], uuid.uuid4()),
        ([cast.other_folder.id], None),
        ([], None),
    ):
        with pytest.raises(Gone):
            put_before(cast.exchange, ids, before=before, actor=cast.clara)
    assert order(cast, cast.exchange) == "ABCxyz"
    assert not db.session.scalar(select(func.count()).where(Activity.verb == "folder.ordered"))


def test_many_are_put_in_order_by_as_many_statements_as_few(cast: Cast) -> None:
    def cost(count: int) -> int:
        top = create_folder(cast.exchange, name=f"{count}", actor=cast.alice)
        ids = [store_bytes(top, f"{number:03}.txt", b"x", actor=cast.bob).id for number in range(count)]
        db.session.expunge_all()
        top = db.session.get_one(Folder, top.id)
        with counted() as seen:
            put_before(top, ids[1:], before=ids[0], actor=cast.clara)
        return len(seen)

    small, big = cost(3), cost(40)
    record_figure("order: statements for 40 files", str(big), f"as for 3 ({small})")
    assert small == big <= 8


def test_only_with_full_and_never_for_mallory(cast: Cast, rows: dict[str, Any], sign_in: SignIn) -> None:
    address = f"/folders/{cast.exchange.id}/order"
    sent = {"item": str(rows["C"].id), "before": str(rows["A"].id)}
    for person, status in ((cast.mallory, 404), (cast.tess, 404), (cast.diego, 403), (cast.alice, 403)):
        assert sign_in(person).post(address, data=sent).status_code == status
    assert order(cast, cast.exchange) == "ABCxyz"
    clara = sign_in(cast.clara)
    for bad in ({}, {"item": "x"}, {**sent, "before": "x"}, {**sent, "item": str(cast.other_folder.id)}):
        assert clara.post(address, data=bad).status_code in (409, 422)
    assert clara.post(address, data=sent, headers={"Accept": "application/json"}).status_code == 200
    assert order(cast, cast.exchange) == "CABxyz"


def test_each_sees_folders_as_they_chose_and_nobody_else_does(
    cast: Cast, rows: dict[str, Any], sign_in: SignIn
) -> None:
    clara = sign_in(cast.clara)
    page = f"/folders/{cast.exchange.id}"
    for sent in ({"sort": "-name"}, {"layout": "grid"}):
        answer = clara.post("/documents-view", data={**sent, "next": page})
        assert (answer.status_code, answer.location) == (303, page)
    found = clara.get(page).text
    assert found.index(">C<") < found.index(">A<")
    assert "documents-grid" in found
    assert "documents-grid" not in sign_in(cast.bob).get(page).text
    for bad in ({"sort": "evil"}, {"layout": "x"}, {"sort": "name; drop"}):
        assert clara.post("/documents-view", data=bad).status_code == 422
    person = db.session.get_one(Person, cast.clara.id, populate_existing=True)
    assert (person.documents_sort, person.documents_layout) == ("-name", "grid")
    assert clara.post("/documents-view", data={"sort": "", "next": "https://evil.example/"}).location == "/"


def test_a_selection_by_hand_says_what_was_left_and_how_to_take_it_back(
    cast: Cast, rows: dict[str, Any], sign_in: SignIn
) -> None:
    script = {"Accept": "application/json"}
    clara = sign_in(cast.clara)
    door = f"/folders/{cast.exchange.id}/selection"
    store_bytes(rows["A"], "x.txt", b"x", actor=cast.bob)
    said = clara.post(
        f"{door}/place", data={"all": "1", "without": str(rows["C"].id), "folder": str(rows["A"].id)}, headers=script
    ).json
    assert "3" in said["said"], "B, y and z"
    assert "x.txt" in said["left"]
    assert "A" in said["left"]
    gone = clara.post(f"{door}/deletion", data={"all": "1"}, headers=script).json
    assert order(cast, cast.exchange) == ""
    assert clara.post(gone["undo"], data={"item": gone["items"]}, headers=script).status_code == 200
    assert order(cast, cast.exchange) == "ACx"
    packed = clara.post(f"{door}/archive", data={"item": [str(rows["A"].id), str(rows["x"].id)]})
    assert packed.mimetype == "application/zip"
    for bad in ({}, {"item": "x"}, {"item": str(uuid.uuid4())}, {"all": "2"}):
        for door_of in ("deletion", "archive", "place", "copies"):
            assert clara.post(f"{door}/{door_of}", data=bad).status_code == 422, (door_of, bad)


def test_bob_empties_the_bin_after_he_saw_what_goes(cast: Cast, rows: dict[str, Any], sign_in: SignIn) -> None:
    script = {"Accept": "application/json"}
    clara = sign_in(cast.clara)
    gone = clara.post(f"/folders/{cast.exchange.id}/selection/deletion", data={"all": "1"}, headers=script).json
    bin = f"/clients/{cast.acme.id}/documents/bin"
    assert clara.get(f"{bin}/erasure?all=1").status_code == clara.post(f"{bin}/erasure").status_code == 403
    mallory = sign_in(cast.mallory)
    assert mallory.post(f"{bin}/erasure", data={"item": gone["items"]}).status_code == 404
    assert mallory.post(f"{bin}/restoration", data={"item": gone["items"]}).status_code == 404
    bob = sign_in(cast.bob)
    listed = bob.get(bin).text
    assert "Exchange" in listed
    assert "Clara Costa" in listed
    assert "3 folders" in bob.get(f"{bin}/erasure?all=1").text
    assert bob.post(f"{bin}/restoration", data={"item": gone["items"][0]}).status_code == 303
    assert bob.get(f"{bin}/erasure").status_code == bob.post(f"{bin}/erasure", data={"item": "x"}).status_code == 422
    assert bob.post(f"{bin}/erasure", data={"item": gone["items"][1:]}).status_code == 303
    assert order(cast, cast.exchange) == "A"
    assert db.session.scalar(select(func.count()).where(File.folder_id == cast.exchange.id)) == 0
    assert bob.get(f"{bin}/erasure?all=1").status_code == 422
