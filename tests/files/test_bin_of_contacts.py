"""The bin as contacts find it: what they may restore by the rights of this moment, and no trace of anything else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files.commands import bin as bins
from portal.files.commands import folders
from portal.files.commands.confirmation import take_back
from portal.files.commands.rights import cascade, set_level
from portal.files.models import BinEntry, File, Folder
from portal.files.policies import can_restore, can_view_bin
from portal.files.queries import bin_entries
from portal.files.refusals import Gone
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.test_folders import put
from tests.files.uploading import JSON
from tests.statements import counted

SignIn = Callable[[Any], Any]


def _listed(cast: Cast, person: Any) -> list[str]:
    rows = db.session.scalars(bin_entries(person.viewer, cast.acme.id)).all()
    assert {row.id for row in rows} == {
        row.id for row in db.session.scalars(select(BinEntry)) if can_restore(person.viewer, row)
    }, "one at a time is the same as all together"
    return sorted(row.name for row in rows)


def _page(cast: Cast, browser: Any, place: str = "") -> str:
    answer = browser.get(f"/clients/{cast.acme.id}/documents/bin{place}")
    assert answer.status_code == 200
    return str(answer.text)


def _restore(browser: Any, entry: Any, **sent: str) -> Any:
    return browser.post(f"/bin-entries/{entry.id}/restoration", data=sent)


def test_a_contact_finds_what_they_may_restore_and_no_trace_of_anything_else(cast: Cast, sign_in: SignIn) -> None:
    """Also what Bob deleted where Clara has *full*; nothing of what she only reads, never saw, or is another's."""
    secret = folders.create_folder(cast.exchange, name="Secret plans", actor=cast.alice)
    put(secret, "merger.txt", cast.bob)
    set_level(secret, person=cast.clara, level=Level.NONE, actor=cast.bob)
    read = folders.create_folder(cast.exchange, name="Read only", actor=cast.alice)
    set_level(read, person=cast.clara, level=Level.READ, actor=cast.bob)
    mine = bins.bin_file(put(cast.exchange, "mine.txt", cast.clara), actor=cast.clara)
    his = bins.bin_file(put(cast.exchange, "his.txt", cast.bob), actor=cast.bob)
    hidden = [
        bins.bin_folder(secret, actor=cast.bob),
        bins.bin_folder(read, actor=cast.bob),
        bins.bin_file(put(cast.books, "ledger.txt", cast.bob), actor=cast.bob),
        bins.bin_file(put(cast.payroll, "slip.txt", cast.bob), actor=cast.bob),
        bins.bin_folder(cast.payroll, actor=cast.bob),
        bins.bin_file(put(cast.other_folder, "theirs.txt", cast.alice), actor=cast.alice),
    ]
    db.session.commit()
    assert _listed(cast, cast.clara) == ["his.txt", "mine.txt"]
    clara = sign_in(cast.clara)
    page = _page(cast, clara)
    for word in (*(entry.name for entry in hidden), *(str(entry.id) for entry in hidden), "Payroll", "merger"):
        assert word not in page, word
    assert page.count('class="list-row bin-row"') == 2
    for entry in hidden:
        assert _restore(clara, entry).status_code == 404, entry.name
    assert [_restore(clara, entry).status_code for entry in (mine, his)] == [303, 303]
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == len(hidden)


def test_the_page_says_how_long_and_offers_no_deletion_for_good(cast: Cast, sign_in: SignIn) -> None:
    cast.firm.bin_days = 30
    db.session.commit()
    clara = sign_in(cast.clara)
    empty = _page(cast, clara)
    assert "The bin is empty." in empty
    assert "kept here for 30 days" in empty
    entry = bins.bin_file(put(cast.exchange, "mine.txt", cast.clara), actor=cast.clara)
    db.session.commit()
    page = _page(cast, clara)
    assert "kept here for 30 days" in page
    assert "from “Exchange”" in page
    assert "erasure" not in page
    assert "erasure" in _page(cast, sign_in(cast.bob))
    door = f"/clients/{cast.acme.id}/documents/bin/erasure"
    assert clara.get(f"{door}?all=1").status_code == 403
    assert clara.post(door, data={"item": str(entry.id)}).status_code == 403
    assert f"/clients/{cast.acme.id}/documents/bin" in clara.get(f"/clients/{cast.acme.id}/documents").text


def test_strangers_and_those_who_can_delete_nothing_have_no_bin(cast: Cast, sign_in: SignIn) -> None:
    entry = bins.bin_file(put(cast.exchange, "mine.txt", cast.diego), actor=cast.clara)
    db.session.commit()
    bin_page = f"/clients/{cast.acme.id}/documents/bin"
    for person, status in ((cast.mallory, 404), (cast.tess, 404), (cast.diego, 403)):
        browser = sign_in(person)
        assert browser.get(bin_page).status_code == status
        assert browser.get(f"{bin_page}?after=~").status_code == status
        assert _restore(browser, entry).status_code == 404, person.full_name
        assert browser.post(f"{bin_page}/restoration", data={"item": str(entry.id)}).status_code in (404, 422)
    assert bin_page not in sign_in(cast.diego).get(f"/clients/{cast.acme.id}/documents").text
    assert db.session.get(BinEntry, entry.id) is not None


def test_rights_of_this_moment_decide(cast: Cast, sign_in: SignIn) -> None:
    """What Clara deleted is no longer hers to restore once her level went; with it the page goes as well."""
    entry = bins.bin_file(put(cast.exchange, "mine.txt", cast.clara), actor=cast.clara)
    db.session.commit()
    clara = sign_in(cast.clara)
    assert "mine.txt" in _page(cast, clara)
    for level in (Level.READ, Level.DEPOSIT, Level.NONE):
        set_level(cast.exchange, person=cast.clara, level=level, actor=cast.bob)
        db.session.commit()
        assert _listed(cast, cast.clara) == []
        assert _restore(clara, entry).status_code == 404
        assert clara.get(f"/clients/{cast.acme.id}/documents/bin").status_code == 403
    set_level(cast.exchange, person=cast.clara, level=Level.FULL, actor=cast.bob, valid_until=now() - timedelta(1))
    assert _listed(cast, cast.clara) == []
    set_level(cast.exchange, person=cast.diego, level=Level.FULL, actor=cast.bob)
    assert _listed(cast, cast.diego) == ["mine.txt"]


def test_what_has_ended_or_is_held_back_is_not_named(cast: Cast) -> None:
    """In the bin as outside: the end of a file holds for contacts, the virus check for all but who put it there."""
    ended, waiting, infected, own = (
        put(cast.exchange, name, who)
        for name, who in (
            ("ended.txt", cast.bob), ("waiting.txt", cast.bob), ("infected.txt", cast.bob), ("own.txt", cast.clara),
        )
    )  # fmt: skip
    ended.valid_until = now() - timedelta(minutes=1)
    waiting.quarantine, infected.quarantine, own.quarantine = "waiting", "infected", "infected"
    db.session.flush()
    for file in (ended, waiting, infected, own):
        bins.bin_file(file, actor=cast.bob)
    assert _listed(cast, cast.clara) == ["own.txt"]
    assert _listed(cast, cast.bob) == ["ended.txt", "infected.txt", "waiting.txt"], "Bob put the infected one there"
    infected.uploaded_by_id = cast.alice.id
    db.session.flush()
    assert _listed(cast, cast.bob) == ["ended.txt", "waiting.txt"]


def test_nothing_comes_back_to_a_place_where_its_restorer_may_put_nothing(cast: Cast, sign_in: SignIn) -> None:
    """Bob deletes *Exchange*: what Clara deleted in it would come back at the top, where she may put nothing."""
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    file = bins.bin_file(put(inner, "mine.txt", cast.clara), actor=cast.clara)
    folder = bins.bin_folder(inner, actor=cast.clara)
    assert _listed(cast, cast.clara) == ["Inner", "mine.txt"], "both could come back into Exchange"
    whole = bins.bin_folder(cast.exchange, actor=cast.bob)
    db.session.commit()
    assert _listed(cast, cast.clara) == []
    clara = sign_in(cast.clara)
    for entry in (file, folder, whole):
        assert _restore(clara, entry).status_code == 404
        with pytest.raises(Gone):
            take_back(entry, actor=cast.clara)
    assert "The bin is empty." in _page(cast, clara)
    take_back(whole, actor=cast.bob)
    db.session.commit()
    assert _listed(cast, cast.clara) == ["Inner", "mine.txt"]
    assert [_restore(clara, entry).status_code for entry in (folder, file)] == [303, 303]


def test_who_deleted_their_topmost_folder_can_take_it_back(cast: Cast, sign_in: SignIn) -> None:
    """Clara has *full* on *Exchange* and nothing above it: she may delete it, so she may undo that, and Diego not."""
    clara = sign_in(cast.clara)
    db.session.commit()
    said = clara.post(f"/folders/{cast.exchange.id}/deletion", headers=JSON).json
    assert "Exchange" in _page(cast, clara)
    assert clara.post(said["undo"], headers=JSON).status_code == 200
    bins.bin_folder(cast.exchange, actor=cast.bob)
    db.session.commit()
    assert _listed(cast, cast.clara) == [], "what Bob deleted at the top is Bob's to restore"


def test_the_place_is_not_named_to_whom_it_is_closed(cast: Cast, sign_in: SignIn) -> None:
    """*Payroll* was the way to a folder of Clara's; once that is deleted, nothing leads there, and no page names it."""
    hers = folders.create_folder(cast.payroll, name="Clara's slips", actor=cast.alice)
    set_level(hers, person=cast.clara, level=Level.FULL, actor=cast.bob)
    db.session.commit()
    clara = sign_in(cast.clara)
    assert "Payroll" in clara.get(f"/folders/{cast.books.id}").text
    entry = bins.bin_folder(hers, actor=cast.clara)
    db.session.commit()
    page = _page(cast, clara)
    assert "Clara&#39;s slips" in page
    assert "Payroll" not in page
    assert str(cast.payroll.id) not in page
    assert "from “Payroll”" in _page(cast, sign_in(cast.bob))
    answer = _restore(clara, entry)
    assert answer.status_code == 303
    assert "Clara&#39;s slips" in clara.get(answer.location).text


def test_a_contact_sees_the_effects_first(cast: Cast, sign_in: SignIn) -> None:
    """*Exchange* was opened to Diego since Clara deleted a folder in it: that is said, and confirmed or left."""
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    set_level(cast.exchange, person=cast.diego, level=Level.NONE, actor=cast.bob)
    cascade(cast.exchange, person=cast.diego, actor=cast.bob)
    entry = bins.bin_folder(inner, actor=cast.clara)
    set_level(cast.exchange, person=cast.diego, level=Level.READ, actor=cast.bob)
    cascade(cast.exchange, person=cast.diego, actor=cast.bob)
    db.session.commit()
    clara = sign_in(cast.clara)
    asked = _restore(clara, entry)
    assert asked.status_code == 200
    assert "Diego Diaz will see 1 folder in addition." in asked.text
    assert f'href="/clients/{cast.acme.id}/documents/bin"' in asked.text, "Cancel leads back"
    assert db.session.get(BinEntry, entry.id) is not None
    confirmed = re.findall(r'name="confirmed" value="(\w+)"', asked.text)[0]
    assert _restore(clara, entry, confirmed="0" * 32).status_code == 200
    assert _restore(clara, entry, confirmed=confirmed).status_code == 303
    assert _restore(clara, entry, confirmed=confirmed).status_code == 404, "it is not in the bin any more"


def test_of_many_only_ones_own_come_back_and_nothing_is_told_of_the_rest(cast: Cast, sign_in: SignIn) -> None:
    mine = bins.bin_file(put(cast.exchange, "mine.txt", cast.clara), actor=cast.clara)
    closed = bins.bin_file(put(cast.payroll, "slip.txt", cast.bob), actor=cast.bob)
    theirs = bins.bin_file(put(cast.other_folder, "theirs.txt", cast.alice), actor=cast.alice)
    db.session.commit()
    clara, door = sign_in(cast.clara), f"/clients/{cast.acme.id}/documents/bin/restoration"
    unseen = [str(closed.id), str(theirs.id), str(uuid.uuid4())]
    assert clara.post(door, data={"item": unseen}, headers=JSON).status_code == 422
    answer = clara.post(door, data={"item": [str(mine.id), *unseen]}, headers=JSON)
    assert answer.json["said"] == "1 item is back."
    assert answer.json["left"] == "3 of 4 were left as they were: they are no longer here."
    left = set(db.session.scalars(select(BinEntry.name)))
    assert left == {"slip.txt", "theirs.txt"}


@pytest.mark.parametrize("sent", [{}, {"item": ""}, {"item": "x"}, {"item": "\x00"}, {"item": ["1"] * 3}])
def test_nonsense_is_answered_with_a_sentence(cast: Cast, sign_in: SignIn, sent: dict[str, Any]) -> None:
    clara = sign_in(cast.clara)
    bins.bin_file(put(cast.exchange, "mine.txt", cast.clara), actor=cast.clara)
    db.session.commit()
    assert clara.post(f"/clients/{cast.acme.id}/documents/bin/restoration", data=sent).status_code == 422
    for place in ("?after=", "?after=%00", "?after=x", f"?after=%3Eu~{uuid.uuid4()}", "?after=" + "9" * 3000):
        assert "mine.txt" in _page(cast, clara, place) or "~" in place


def test_a_page_of_the_bin_costs_the_same_for_few_and_for_many(cast: Cast, sign_in: SignIn) -> None:
    """Ten statements or a few more, whoever deleted what where; further ones come by scrolling."""
    clara = sign_in(cast.clara)

    def cost() -> int:
        db.session.commit()
        with counted() as sent:
            _page(cast, clara)
        return len(sent)

    bins.bin_file(put(cast.exchange, "first.txt", cast.clara), actor=cast.clara)
    few = cost()
    for number in range(60):
        inner = folders.create_folder(cast.exchange, name=f"Inner {number}", actor=cast.alice)
        bins.bin_file(put(inner, f"{number}.txt", cast.bob), actor=(cast.clara, cast.bob, cast.alice)[number % 3])
        bins.bin_file(put(cast.payroll, f"slip {number}.txt", cast.bob), actor=cast.bob)
    assert cost() <= few + 1
    assert few <= 20
    first = _page(cast, clara)
    assert first.count('class="list-row bin-row"') == 50
    more = re.findall(r'hx-get="([^"]+)"', first)[0].replace("&amp;", "&")
    rest = clara.get(more, headers={"HX-Request": "true"}).text
    assert rest.count('class="list-row bin-row"') == 11
    assert "slip" not in first + rest


def test_the_top_of_the_space_that_lost_everything_still_leads_to_the_bin(cast: Cast, sign_in: SignIn) -> None:
    """Nothing is left that Clara sees: the page opens, is empty, and its menu has the bin."""
    set_level(cast.books, person=cast.clara, level=Level.NONE, actor=cast.bob)
    bins.bin_folder(cast.exchange, actor=cast.clara)
    db.session.commit()
    assert can_view_bin(cast.clara.viewer, cast.acme)
    clara = sign_in(cast.clara)
    assert "/documents/bin" in clara.get(f"/clients/{cast.acme.id}/documents").text
    entry = db.session.scalars(select(BinEntry)).one()
    assert _restore(clara, entry).status_code == 303
    assert db.session.get_one(Folder, cast.exchange.id, populate_existing=True).bin_id is None
    assert db.session.scalars(select(File)).all() == []
