"""The matrix of rights and the dialogs that change it: what each of the cast sees there, and may change."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.clients import commands as clients
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level, set_levels
from portal.files.models import RightsChange
from portal.files.queries import folder_level
from portal.kit.days import end_of, today
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Grant
from tests.statements import counted

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def text(answer: Any, status: int = 200) -> str:
    """The page's HTML."""
    assert answer.status_code == status, answer.status_code
    return str(answer.get_data(as_text=True))


def cell(folder: Any, person: Any) -> str:
    """A cell as forms name it."""
    return f"{folder.id}:{person.id}"


def words(page: str, folder: Any, person: Any) -> str:
    """What a cell of the page says in words."""
    found = re.search(rf'href="[^"]*/folders/{folder.id}/rights/{person.id}" aria-label="([^"]*)"', page)
    assert found, "no such cell"
    return found.group(1)


def preview(browser: Any, client: Any, **data: Any) -> str:
    """The answer to what would change."""
    return text(browser.post(f"/clients/{client.id}/rights-previews", data=data, headers=HTMX))


def fingerprint(page: str) -> str:
    """The one of the preview that is shown."""
    found = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert found, "there is nothing to apply"
    return found.group(1)


def apply(browser: Any, client: Any, **data: Any) -> Any:
    """Look at a change, then make it."""
    shown = fingerprint(preview(browser, client, **data))
    return browser.post(f"/clients/{client.id}/rights-changes", data={**data, "fingerprint": shown}, headers=HTMX)


def test_each_cell_says_level_origin_and_end(cast: Any, sign_in: Any) -> None:
    """Set here, from above, nothing set, kept from before, until a day."""
    inside = create_folder(cast.exchange, name="2025", actor=cast.alice)
    set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=end_of(date(2099, 12, 31)))
    page = text(sign_in(cast.bob).get(f"/folders/{cast.root.id}/rights"))
    assert words(page, cast.exchange, cast.clara) == "Clara Costa, Exchange: Full, set here"
    assert words(page, cast.root, cast.clara) == "Clara Costa, Documents: No access, nothing set"
    assert words(page, cast.books, cast.diego).endswith("Read, set here, until 31 Dec 2099")
    assert "k-differs" in page
    below = text(sign_in(cast.bob).get(f"/folders/{cast.exchange.id}/rights"))
    assert words(below, inside, cast.diego).endswith("Deposit, from a folder above")
    kept = text(sign_in(cast.bob).get(f"/folders/{cast.books.id}/rights"))
    assert words(kept, cast.payroll, cast.diego).endswith("No access, kept from before")


def test_rows_come_as_folders_are_opened(cast: Any, sign_in: Any) -> None:
    """The first page shows what lies right below; a folder's rows come on request, further ones by keyset."""
    browser = sign_in(cast.bob)
    for number in range(104):
        create_folder(cast.payroll, name=f"{number:03}", actor=cast.alice)
    page = text(browser.get(f"/folders/{cast.root.id}/rights"))
    assert f'data-id="{cast.books.id}"' in page
    assert f'data-id="{cast.payroll.id}"' not in page
    rows = text(browser.get(f"/folders/{cast.books.id}/rights/rows?depth=2"))
    assert f'data-id="{cast.payroll.id}"' in rows
    assert 'aria-level="3"' in rows
    first = text(browser.get(f"/folders/{cast.payroll.id}/rights/rows?depth=3"))
    assert first.count("data-id=") == 100
    more = re.search(r'hx-get="([^"]+)"', first)
    assert more
    rest = text(browser.get(more.group(1).replace("&amp;", "&")))
    assert rest.count("data-id=") == 4
    assert "load-more" not in rest
    again = text(browser.get(f"/folders/{cast.root.id}/rights/rows?at={cast.payroll.id}&at={cast.other_root.id}"))
    assert again.count("data-id=") == 1


def test_collaborators_appear_when_they_are_ticked(cast: Any, sign_in: Any) -> None:
    """By default those who belong to the client; the address keeps who is ticked."""
    browser = sign_in(cast.alice)
    address = f"/folders/{cast.root.id}/rights?tab=collaborators"
    page = text(browser.get(address))
    assert words(page, cast.books, cast.bob).endswith("Full, level on the client")
    assert f"rights/{cast.alice.id}" not in page
    ticked = text(browser.get(f"{address}&people={cast.alice.id}&people={uuid.uuid4()}"))
    assert words(ticked, cast.books, cast.alice).endswith("Read, sees all clients")
    assert f"rights/{cast.bob.id}" not in ticked
    assert f"people={cast.alice.id}" in ticked
    alone = text(browser.get(f"/folders/{cast.root.id}/rights?only={cast.diego.id}"))
    assert f"rights/{cast.clara.id}" not in alone
    assert words(alone, cast.exchange, cast.diego).endswith("Deposit, set here")


def test_a_row_is_shown_to_those_who_reach_the_folder(cast: Any, sign_in: Any) -> None:
    """Bob without a level on accounts does not find it in the matrix, nor in the reason of what lies elsewhere."""
    set_level(cast.books, person=cast.bob, level=Level.NONE, actor=cast.alice)
    set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice)
    browser = sign_in(cast.bob)
    page = text(browser.get(f"/folders/{cast.root.id}/rights"))
    assert "Accounts" not in page
    assert browser.get(f"/folders/{cast.books.id}/rights").status_code == 404
    assert browser.get(f"/folders/{cast.books.id}/rights/rows").status_code == 404
    assert browser.get(f"/folders/{cast.books.id}/rights/{cast.clara.id}").status_code == 404
    hidden = {"kind": "set", "cell": cell(cast.books, cast.clara), "level": "full"}
    for door in ("rights-previews", "rights-changes"):
        assert browser.post(f"/clients/{cast.acme.id}/{door}", data=hidden).status_code == 404
    # Pushed down from above it would reach them all the same: refused, without a name.
    shown = preview(browser, cast.acme, kind="set", cell=cell(cast.root, cast.diego), level="full", reach="below")
    assert "in which you do not have full access" in shown
    assert "fingerprint" not in shown
    assert "Accounts" not in shown
    assert "Payroll" not in shown
    # With payroll given back, accounts is a path: its name is shown, and its cells are set by others.
    set_level(cast.payroll, person=cast.bob, level=Level.FULL, actor=cast.alice)
    part = text(browser.get(f"/folders/{cast.root.id}/rights/rows?depth=1"))
    assert "Accounts" in part
    books = part.split(f'data-id="{cast.books.id}"')[1].split("</tr>")[0]
    assert "aria-selected" not in books
    assert "You cannot change this level." in text(browser.get(f"/folders/{cast.books.id}/rights/{cast.clara.id}"))


def test_the_page_costs_the_same_for_many(cast: Any, sign_in: Any) -> None:
    """As many statements for forty people and a hundred folders as for two and three."""
    browser = sign_in(cast.bob)
    with counted() as few:
        text(browser.get(f"/folders/{cast.root.id}/rights"))
    people = [_contact(cast, number) for number in range(12)]
    for number in range(30):
        folder = create_folder(cast.root, name=f"Folder {number}", actor=cast.alice)
        if number % 3 == 0:
            set_levels(folder, levels={person.id: Level.READ for person in people}, actor=cast.alice)
    with counted() as many:
        page = text(browser.get(f"/folders/{cast.root.id}/rights"))
    assert page.count('role="gridcell"') >= 14 * 33
    assert len(many) <= len(few) + 1
    assert len(many) <= 34
    with counted() as rows:
        text(browser.get(f"/folders/{cast.root.id}/rights/rows?depth=1"))
    assert len(rows) <= 18


def _contact(cast: Any, number: int) -> Any:
    person = accounts.create_contact(
        email=f"more{number}@client.example",
        first_name="More",
        last_name=f"{number:02}",
        language="en",
        actor=cast.alice,
    )
    clients.add_contact(cast.acme, person, actor=cast.alice)
    return person


def test_a_cell_explains_itself(cast: Any, sign_in: Any) -> None:
    """Which folder decided, who set it; as a page of its own and as a part for the dialog."""
    browser = sign_in(cast.bob)
    whole = text(browser.get(f"/folders/{cast.payroll.id}/rights/{cast.clara.id}"))
    assert "Set by Alice Aubert" in whole
    assert "Payroll" in whole
    part = text(browser.get(f"/folders/{cast.payroll.id}/rights/{cast.clara.id}?level=read", headers=HTMX))
    assert "<html" not in part
    assert 'value="read" checked' in part
    assert "load, change" in part


def test_what_will_change_is_said_before(cast: Any, sign_in: Any) -> None:
    """In one sentence with the numbers, with the levels that are lost; and nothing has happened yet."""
    browser = sign_in(cast.bob)
    asked = {"kind": "set", "cell": cell(cast.books, cast.clara), "level": "none", "reach": "below"}
    shown = preview(browser, cast.acme, **asked)
    assert "Clara Costa will no longer see 1 folder." in shown
    assert folder_level(cast.clara.viewer, cast.books) == Level.READ
    raised = preview(browser, cast.acme, **{**asked, "level": "full"})
    assert "1 level of its own is lost" in raised
    assert "Payroll" in raised
    same = preview(browser, cast.acme, **{**asked, "level": "read", "reach": "here"})
    assert "Nothing would change." in same
    assert "fingerprint" not in same
    assert "fingerprint" not in preview(browser, cast.acme, kind="set", cell=cell(cast.books, cast.clara))


def test_a_change_is_applied_and_taken_back(cast: Any, sign_in: Any) -> None:
    """The matrix is told where to undo it; undoing twice is refused with the reason."""
    browser = sign_in(cast.bob)
    asked = {"kind": "set", "cell": cell(cast.books, cast.clara), "level": "deposit", "reach": "below"}
    answer = apply(browser, cast.acme, **asked)
    assert answer.status_code == 204
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.DEPOSIT
    change = db.session.scalars(select(RightsChange)).one()
    assert f"/rights-changes/{change.id}/undoing" in answer.headers["HX-Trigger"]
    undone = browser.post(f"/rights-changes/{change.id}/undoing", headers=JSON)
    assert undone.json["said"]
    assert folder_level(cast.clara.viewer, cast.books) == Level.READ
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.NONE
    again = browser.post(f"/rights-changes/{change.id}/undoing", headers=JSON)
    assert again.status_code in (403, 409)


def test_several_cells_change_in_one_go(cast: Any, sign_in: Any) -> None:
    """Two people on two folders, until a day; and each keeps its level while only the day is set."""
    browser = sign_in(cast.bob)
    chosen = [cell(folder, person) for folder in (cast.exchange, cast.books) for person in (cast.clara, cast.diego)]
    last = today() + timedelta(days=40)
    answer = apply(browser, cast.acme, kind="set", cell=chosen, level="read", reach="here", until=last.isoformat())
    assert answer.status_code == 204
    for folder in (cast.exchange, cast.books):
        assert folder_level(cast.diego.viewer, folder) == Level.READ
    ends = set(
        db.session.scalars(select(Grant.valid_until).where(Grant.origin == "manual", Grant.person_id == cast.diego.id))
    )
    assert end_of(last) in ends
    apply(browser, cast.acme, kind="set", cell=chosen[:1], level="full")
    kept = apply(
        browser, cast.acme, kind="set", cell=chosen[:2], level="keep", until=(last + timedelta(days=1)).isoformat()
    )
    assert kept.status_code == 204
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.FULL
    assert folder_level(cast.diego.viewer, cast.exchange) == Level.READ


def test_a_cell_follows_the_folder_above_again(cast: Any, sign_in: Any) -> None:
    """The level of its own goes."""
    browser = sign_in(cast.bob)
    assert apply(browser, cast.acme, kind="set", cell=cell(cast.payroll, cast.clara), level="follow").status_code == 204
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.READ
    page = text(browser.get(f"/folders/{cast.books.id}/rights"))
    assert words(page, cast.payroll, cast.clara).endswith("Read, from a folder above")


def test_an_outdated_preview_is_shown_anew(cast: Any, sign_in: Any) -> None:
    """Somebody else was faster: nothing is changed, and the dialog shows what would happen now."""
    browser = sign_in(cast.bob)
    asked = {"kind": "set", "cell": cell(cast.books, cast.clara), "level": "full", "reach": "below"}
    seen = fingerprint(preview(browser, cast.acme, **asked))
    set_level(cast.payroll, person=cast.clara, level=Level.READ, actor=cast.alice)
    door = f"/clients/{cast.acme.id}/rights-changes"
    late = text(browser.post(door, data={**asked, "fingerprint": seen}, headers=HTMX), 422)
    assert "Something has changed since this was shown." in late
    assert folder_level(cast.clara.viewer, cast.books) == Level.READ
    now_shown = fingerprint(late)
    assert now_shown != seen
    assert browser.post(door, data={**asked, "fingerprint": now_shown}, headers=HTMX).status_code == 204
    assert browser.post(door, data={**asked, "level": "none"}, headers=HTMX).status_code == 422
    assert folder_level(cast.clara.viewer, cast.books) == Level.FULL


def test_without_script_a_page_leads_back(cast: Any, sign_in: Any) -> None:
    """The dialog as a page: look, apply, and the matrix again."""
    browser = sign_in(cast.bob)
    asked = {"kind": "set", "cell": cell(cast.books, cast.diego), "level": "read", "reach": "here"}
    shown = text(browser.post(f"/clients/{cast.acme.id}/rights-previews", data=asked))
    assert "Diego Diaz will see 1 folder in addition." in shown
    door = f"/clients/{cast.acme.id}/rights-changes"
    done = browser.post(door, data={**asked, "fingerprint": fingerprint(shown)})
    assert done.status_code == 303
    assert done.location.endswith(f"/folders/{cast.books.id}/rights")
    assert folder_level(cast.diego.viewer, cast.books) == Level.READ


def test_somebody_gets_the_same_rights_as_another(cast: Any, sign_in: Any) -> None:
    """Diego gets what Clara has, everywhere; the same question without a source says nothing yet."""
    browser = sign_in(cast.bob)
    asked = {"kind": "copy", "folder": str(cast.root.id), "target": str(cast.diego.id)}
    assert "Choose, and you see here" in preview(browser, cast.acme, **asked)
    answer = apply(browser, cast.acme, **asked, source=str(cast.clara.id))
    assert answer.status_code == 204
    for folder in (cast.exchange, cast.books, cast.payroll):
        assert folder_level(cast.diego.viewer, folder) == folder_level(cast.clara.viewer, folder)


def test_the_template_defaults_are_applied_again(cast: Any, sign_in: Any) -> None:
    """The cast's folders hold nothing ready: what was set for Clara is lost, and said to be."""
    browser = sign_in(cast.bob)
    asked = {"kind": "defaults", "folder": str(cast.root.id), "target": [str(cast.clara.id), str(cast.diego.id)]}
    shown = preview(browser, cast.acme, **asked)
    assert "Clara Costa will no longer see" in shown
    assert "levels of their own are lost" in shown
    assert apply(browser, cast.acme, **asked).status_code == 204
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.NONE


def test_bob_sets_no_collaborators_and_not_himself(cast: Any, sign_in: Any) -> None:
    """His role manages contacts only: the cells of collaborators explain themselves and offer nothing."""
    browser = sign_in(cast.bob)
    page = text(browser.get(f"/folders/{cast.root.id}/rights?tab=collaborators"))
    assert "aria-selected" not in page
    own = text(browser.get(f"/folders/{cast.books.id}/rights/{cast.bob.id}"))
    assert "You cannot change this level." in own
    assert "<form" not in own.split("<main")[1].split("</main>")[0].split("rights-body")[1]
    asked = {"kind": "set", "cell": cell(cast.books, cast.bob), "level": "none"}
    assert "You cannot change this level." in preview(browser, cast.acme, **asked)
    refused = browser.post(f"/clients/{cast.acme.id}/rights-changes", data={**asked, "fingerprint": "x"}, headers=HTMX)
    assert refused.status_code == 403
    assert folder_level(cast.bob.viewer, cast.books) == Level.FULL


def test_a_reader_changes_nothing(cast: Any, sign_in: Any) -> None:
    """Bob with read only sees the matrix and why; his changes are refused."""
    clients.set_standing(cast.acme, cast.bob, Level.READ, actor=cast.alice)
    browser = sign_in(cast.bob)
    page = text(browser.get(f"/folders/{cast.root.id}/rights"))
    assert "aria-selected" not in page
    assert "You cannot change this level." in text(browser.get(f"/folders/{cast.books.id}/rights/{cast.clara.id}"))
    asked = {"kind": "set", "cell": cell(cast.books, cast.clara), "level": "full", "fingerprint": "x"}
    assert browser.post(f"/clients/{cast.acme.id}/rights-changes", data=asked, headers=HTMX).status_code == 403
    assert folder_level(cast.clara.viewer, cast.books) == Level.READ


def test_strangers_and_contacts_find_no_door(cast: Any, sign_in: Any, client: Any) -> None:
    """Mallory, Clara and a visitor: 404, 403, sign in. And no change of theirs is made."""
    change = _made_change(cast, sign_in)
    asked = {"kind": "set", "cell": cell(cast.exchange, cast.mallory), "level": "full", "fingerprint": "x"}
    doors = [
        ("GET", f"/clients/{cast.acme.id}/documents/rights"), ("GET", f"/folders/{cast.exchange.id}/rights"),
        ("GET", f"/folders/{cast.exchange.id}/rights/rows"),
        ("GET", f"/folders/{cast.exchange.id}/rights/{cast.clara.id}"),
        ("POST", f"/clients/{cast.acme.id}/rights-previews"), ("POST", f"/clients/{cast.acme.id}/rights-changes"),
        ("POST", f"/rights-changes/{change}/undoing"),
    ]  # fmt: skip
    before = _grants()
    for method, address in doors:
        answers = [
            browser.open(address, method=method, data=asked if method == "POST" else None).status_code
            for browser in (sign_in(cast.mallory), sign_in(cast.clara), client)
        ]
        assert answers in ([404, 403, 303], [404, 404, 303], [404, 403, 302], [404, 404, 302]), (address, answers)
    assert _grants() == before


def _made_change(cast: Any, sign_in: Any) -> uuid.UUID:
    asked = {"kind": "set", "cell": cell(cast.books, cast.diego), "level": "read"}
    assert apply(sign_in(cast.bob), cast.acme, **asked).status_code == 204
    return db.session.scalars(select(RightsChange.id)).one()


def _grants() -> set[Any]:
    rows = db.session.execute(select(Grant.scope_id, Grant.person_id, Grant.level, Grant.valid_until))
    return {tuple(row) for row in rows}


def test_people_and_folders_of_other_clients_are_not_there(cast: Any, sign_in: Any) -> None:
    """Ids of another client in any field: 404, also for Alice, who sees both."""
    browser = sign_in(cast.alice)
    root = str(cast.root.id)
    for asked in (
        {"kind": "set", "cell": cell(cast.other_folder, cast.clara), "level": "full"},
        {"kind": "set", "cell": cell(cast.books, cast.mallory), "level": "full"},
        {"kind": "copy", "folder": str(cast.other_root.id), "target": str(cast.clara.id)},
        {"kind": "copy", "folder": root, "target": str(cast.mallory.id), "source": str(cast.clara.id)},
        {"kind": "defaults", "folder": root, "target": str(cast.mallory.id)},
    ):
        for door in ("rights-previews", "rights-changes"):
            answer = browser.post(f"/clients/{cast.acme.id}/{door}", data={**asked, "fingerprint": "x"})
            assert answer.status_code == 404, asked
    assert browser.get(f"/folders/{cast.books.id}/rights/{cast.mallory.id}").status_code == 404
    copied = {"kind": "copy", "folder": root, "target": str(cast.diego.id), "source": str(cast.mallory.id)}
    assert "fingerprint" not in preview(browser, cast.acme, **copied)


def test_bad_input_is_a_sentence(cast: Any, sign_in: Any) -> None:
    """Never a 500: unknown words, no ids, days that are over, too many cells, forged places."""
    browser = sign_in(cast.bob)
    good = cell(cast.books, cast.clara)
    for asked, status in (
        ({"kind": "god", "cell": good}, 404), ({"kind": "set"}, 404), ({"kind": "set", "cell": "x"}, 404),
        ({"kind": "set", "cell": "x:y"}, 404), ({"kind": "copy"}, 404), ({"kind": "copy", "folder": "x"}, 404),
        ({"kind": "set", "cell": good, "level": "god"}, 200), ({"kind": "set", "cell": good, "reach": "moon"}, 200),
        ({"kind": "set", "cell": good, "level": "read", "until": "31/02/2027"}, 200),
        ({"kind": "set", "cell": good, "level": "read", "until": "2001-01-01"}, 200),
        ({"kind": "set", "cell": good, "level": "read\x00", "until": "\x00"}, 200),
        ({"kind": "set", "cell": [f"{uuid.uuid4()}:{uuid.uuid4()}" for _number in range(501)]}, 422),
    ):  # fmt: skip
        answer = browser.post(f"/clients/{cast.acme.id}/rights-previews", data=asked, headers=HTMX)
        assert answer.status_code == status, asked
        assert b"fingerprint" not in answer.data
        changed = browser.post(f"/clients/{cast.acme.id}/rights-changes", data=asked, headers=HTMX)
        assert changed.status_code in (404, 422), asked
    over = preview(browser, cast.acme, kind="set", cell=good, level="read", until="2001-01-01")
    assert "This day is over already." in over
    top = f"/folders/{cast.root.id}/rights"
    for address in (
        f"{top}?tab=x&people=x&only=y&after=z",
        f"{top}/rows?depth=-1&after=~",
        f"{top}/rows?at=x&depth=1e9",
    ):
        assert browser.get(address).status_code == 200, address
    assert browser.get(f"/folders/{cast.books.id}/rights/{cast.clara.id}?level=god&reach=x").status_code == 200


def test_names_are_shown_as_they_are_written(cast: Any, sign_in: Any) -> None:
    """A folder or person called like a tag stays a name."""
    folder = create_folder(cast.root, name='"><script>alert(1)', actor=cast.alice)
    accounts.update_person(cast.clara, actor=cast.alice, first_name="<img src=x>", last_name='"onclick=')
    browser = sign_in(cast.bob)
    for address in (f"/folders/{cast.root.id}/rights", f"/folders/{folder.id}/rights/{cast.clara.id}"):
        page = text(browser.get(address))
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_the_log_offers_to_undo(cast: Any, sign_in: Any) -> None:
    """For those who may, once per change, and not any more when it was done."""
    change = _made_change(cast, sign_in)
    address = f"/rights-changes/{change}/undoing"
    bob = sign_in(cast.bob)
    page = text(bob.get(f"/clients/{cast.acme.id}/activity"))
    assert page.count(address) == 1
    assert address not in text(sign_in(cast.clara).get(f"/clients/{cast.acme.id}/activity"))
    back = bob.post(address, data={"next": f"/clients/{cast.acme.id}/activity"})
    assert back.status_code == 303
    assert back.location.endswith("/activity")
    assert folder_level(cast.diego.viewer, cast.books) == Level.NONE
    assert address not in text(bob.get(f"/clients/{cast.acme.id}/activity"))


def test_a_later_change_is_not_undone_over(cast: Any, sign_in: Any) -> None:
    """Undo refuses with the reason when the same levels were set again."""
    change = _made_change(cast, sign_in)
    set_level(cast.books, person=cast.diego, level=Level.FULL, actor=cast.alice)
    refused = sign_in(cast.bob).post(f"/rights-changes/{change}/undoing", headers=JSON)
    assert refused.status_code == 409
    assert "changed again since" in refused.json["detail"]
    assert folder_level(cast.diego.viewer, cast.books) == Level.FULL
