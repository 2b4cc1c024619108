"""The eye: staff see the space as somebody else does, change nothing, and never see more than with their own rights."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.accounts import commands as accounts
from portal.accounts.eye import is_shown
from portal.accounts.models import Person, SignInSession
from portal.activity.models import Activity
from portal.clients import commands as clients
from portal.connectors import commands as connectors
from portal.connectors.models import Delivery
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.models import Folder
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from portal.questionnaires.models import Form
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

Browser = Any
SignIn = Callable[[Any], Browser]

QUESTION = {"id": "q1", "type": "text", "label": "Anything new?", "help": "", "required": False, "options": []}
SECTIONS = [{"id": "s1", "title": "News", "help": "", "questions": [QUESTION]}]
# What the one who looks does for themselves.
OWN = {"clients.close_eye", "accounts.sign_out", "accounts.choose_language"}
# Contents would leave the space, and the log would have to name who fetched them.
DOWNLOADS = {"files.download", "files.archive", "files.folder_archive"}


def look(browser: Browser, client: Any, person: Any) -> Any:
    """Press the eye beside a person."""
    return browser.post(f"/clients/{client.id}/eye/{person.id}")


def eye_of(person: Any) -> uuid.UUID | None:
    """As whom the open session of this person looks."""
    return db.session.scalars(
        select(SignInSession.eye_person_id).where(
            SignInSession.person_id == person.id, SignInSession.ended_at.is_(None)
        )
    ).one()


def lines(verb: str) -> list[Activity]:
    return list(db.session.scalars(select(Activity).where(Activity.verb == verb)))


@pytest.fixture
def things(cast: Cast) -> dict[str, Any]:
    """One of everything at Acme, by the arguments of addresses."""
    alice = cast.alice
    kept = store_bytes(cast.exchange, "kept.txt", b"kept", actor=cast.clara)
    store_bytes(cast.exchange, "handed in.txt", b"mine", actor=cast.diego)
    store_bytes(cast.books, "balance.txt", b"balance", actor=alice)
    store_bytes(cast.payroll, "salaries.txt", b"salaries", actor=alice)
    entry = bin_file(store_bytes(cast.exchange, "binned.txt", b"binned", actor=alice), actor=alice)
    template = questionnaires.save_template(None, actor=alice, title="News of the year", sections=SECTIONS)
    form = questionnaires.send_form(template, client=cast.acme, contacts=[cast.clara], actor=alice)[0]
    connectors.activate("webhooks", actor=alice)
    settings = {"url": "https://hooks.example.com/in", "events": ["file.uploaded"]}
    link = connectors.attach(cast.acme, "webhooks", settings, actor=alice)
    delivery = Delivery(client_connector_id=link.id, client_id=cast.acme.id, event="ping", payload={}, state="failed")
    db.session.add(delivery)
    db.session.flush()  # addressed by its id in the requests that follow
    return {
        "client_id": cast.acme.id,
        "folder_id": cast.books.id,
        "file_id": kept.id,
        "entry_id": entry.id,
        "form_id": form.id,
        "link_id": link.id,
        "delivery_id": delivery.id,
        "person_id": cast.diego.id,
        "template_id": template.id,
        "field": "name",
        "key": "webhooks",
        "step": "contacts",
        "token": "no-such-token",
        "question_id": "q1",
    }


def addresses(app: Flask, things: dict[str, Any], method: str) -> list[tuple[str, str]]:
    """(endpoint, address) of every route that takes the method."""

    def fill(match: re.Match[str]) -> str:
        return str(things.get(match.group(1), uuid.uuid4()))

    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if rule.endpoint != "static" and method in (rule.methods or ()):
            found.append((rule.endpoint, re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", fill, rule.rule)))
    return found


def writes() -> int:
    """Rows written so far in the transaction of this test."""
    total = text("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
    return int(db.session.execute(total).scalar_one())


def content(answer: Any) -> str:
    """What a page says: its main part without tokens, or the whole answer where it is no page."""
    page = answer.get_data(as_text=True)
    main = re.search(r"<main.*</main>", page, re.S)
    return re.sub(r'(name="csrf_token" value="|nonce=")[^"]*', r"\1", main.group(0) if main else page)


def test_alice_sees_the_space_as_clara(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    opened = look(alice, cast.acme, cast.clara)
    assert (opened.status_code, opened.location) == (303, "/")
    home = alice.get("/").text
    assert "Hello Clara" in home
    assert "You see Acme as Clara Costa. Nothing can be changed." in home
    documents = alice.get(f"/clients/{cast.acme.id}/documents").text
    assert "Exchange" in documents
    # Clara reads *Accounts*, but not *Payroll* in it.
    assert "Payroll" not in alice.get(f"/folders/{cast.books.id}").text
    assert alice.get(f"/folders/{cast.payroll.id}").status_code == 404
    assert alice.get(f"/clients/{cast.acme.id}").status_code == 404
    closed = alice.post("/eye/closing")
    assert closed.location == f"/clients/{cast.acme.id}/contacts"
    assert "Payroll" in alice.get(f"/folders/{cast.books.id}").text
    assert "Nothing can be changed" not in alice.get("/").text


def test_an_eye_belongs_to_one_session(cast: Cast, sign_in: SignIn) -> None:
    one, other = sign_in(cast.alice), sign_in(cast.alice)
    look(one, cast.acme, cast.clara)
    assert "Hello Clara" in one.get("/").text
    assert "Hello Alice" in other.get("/").text
    assert "Nothing can be changed" not in sign_in(cast.clara).get("/").text


@pytest.mark.parametrize("name", ["clara", "diego", "bob"])
def test_every_page_is_as_the_person_sees_it(
    app: Flask, cast: Cast, things: dict[str, Any], sign_in: SignIn, name: str
) -> None:
    """Same status and same main part; what belongs to their account or to the firm is closed; nothing is written."""
    person = cast.everybody[name]
    eye, own = sign_in(cast.alice), sign_in(person)
    look(eye, cast.acme, person)
    compared = closed = 0
    wrong = []
    queries = [("contents.results", "/search?q=txt"), ("feed.firm", "/activity?q=kept")]
    for endpoint, address in [*addresses(app, things, "GET"), *queries]:
        before = writes()
        seen = eye.get(address)
        if writes() != before:
            wrong.append(f"{address}: something was written")
        if not is_shown(endpoint):
            closed += 1
            if seen.status_code != 403 or "no part of the space" not in seen.text:
                wrong.append(f"{address}: {seen.status_code} for a page that is no part of the space")
            continue
        if endpoint in ("home.index", "feed.firm") and person.is_staff:
            # These also speak of what is no part of the space: the person's other clients, the firm.
            assert seen.status_code == 200
            continue
        theirs = own.get(address)
        compared += 1
        if endpoint in DOWNLOADS and theirs.status_code != 404:
            if seen.status_code != 403 or "nothing can be changed, sent or downloaded" not in seen.text:
                wrong.append(f"{address}: {seen.status_code} for a download")
        elif (seen.status_code, seen.location) != (theirs.status_code, theirs.location):
            wrong.append(f"{address}: {seen.status_code}, but {theirs.status_code} for {name}")
        elif content(seen) != content(theirs):
            wrong.append(f"{address}: another content than for {name}")
    assert wrong == []
    assert compared > 25
    assert closed > 20
    record_figure(f"eye: pages as {name.title()} sees them", compared, "all pages of a space", True)


@pytest.mark.parametrize("name", ["clara", "bob"])
def test_nothing_can_be_sent_through_the_eye(
    app: Flask, cast: Cast, things: dict[str, Any], sign_in: SignIn, name: str
) -> None:
    eye = sign_in(cast.alice)
    look(eye, cast.acme, cast.everybody[name])
    wrong, refused = [], 0
    for method in ("POST", "DELETE"):
        for endpoint, address in addresses(app, things, method):
            if endpoint in OWN:
                continue
            before = writes()
            answer = eye.open(address, method=method, data={"name": "Written by the eye"})
            refused += 1
            if answer.status_code != 403 or writes() != before:
                wrong.append(f"{method} {address}: {answer.status_code}, {writes() - before} rows written")
    assert wrong == []
    assert refused > 90
    record_figure(f"eye: requests refused while looking as {name.title()}", refused, "every POST and DELETE", True)
    answer = eye.post("/clients/new", json={}, headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert answer.status_code == 403


def test_a_command_that_a_page_runs_is_refused_too(cast: Cast, things: dict[str, Any], sign_in: SignIn) -> None:
    """A download records who fetched the file; Clara did not, and Alice only looks."""
    eye = sign_in(cast.alice)
    look(eye, cast.acme, cast.clara)
    assert eye.get(f"/files/{things['file_id']}/content").status_code == 403
    assert lines("file.downloaded") == []
    form = eye.get(f"/forms/{things['form_id']}")
    assert "Anything new?" in form.text
    assert db.session.get_one(Form, things["form_id"], populate_existing=True).opened_at is None


def test_the_other_clients_of_a_contact_do_not_show(cast: Cast, sign_in: SignIn) -> None:
    clients.add_contact(cast.other, cast.clara, actor=cast.alice)
    rights.set_level(cast.other_folder, person=cast.clara, level=Level.FULL, actor=cast.alice)
    elsewhere = store_bytes(cast.other_folder, "beer.txt", b"beer", actor=cast.alice)
    assert "beer.txt" in sign_in(cast.clara).get("/").text
    eye = sign_in(cast.alice)
    look(eye, cast.acme, cast.clara)
    home = eye.get("/").text
    assert "beer.txt" not in home
    assert "Brasserie" not in home
    for address in (
        f"/clients/{cast.other.id}/documents",
        f"/folders/{cast.other_folder.id}",
        f"/folders/{cast.other_folder.id}/contents",
        f"/files/{elsewhere.id}/content",
        f"/clients/{cast.other.id}/activity",
    ):
        assert eye.get(address).status_code == 404, address


def test_the_other_clients_of_a_collaborator_do_not_show(cast: Cast, sign_in: SignIn) -> None:
    accounts.set_role(cast.bob, cast.roles["manager"], actor=cast.alice)
    store_bytes(cast.other_folder, "beer.txt", b"beer", actor=cast.alice)
    eye = sign_in(cast.alice)
    opened = look(eye, cast.acme, cast.bob)
    assert opened.location == f"/clients/{cast.acme.id}"
    for address in ("/", "/clients", "/activity"):
        page = eye.get(address)
        assert page.status_code == 200
        assert "Brasserie" not in page.text, address
        assert "beer.txt" not in page.text, address
    assert eye.get(f"/clients/{cast.other.id}").status_code == 404
    assert eye.get(f"/folders/{cast.other_folder.id}").status_code == 404
    suggested = eye.get(f"/clients/{cast.acme.id}/contacts/suggestions?q=mallory")
    assert suggested.json == []
    menu = eye.get("/clients").text
    assert 'href="/templates"' not in menu
    assert 'href="/contacts"' not in menu


def test_the_eye_leaves_lines_in_the_log_for_staff_only(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    look(alice, cast.acme, cast.clara)
    alice.get("/")
    alice.post("/eye/closing")
    for verb in ("eye.opened", "eye.closed"):
        (line,) = lines(verb)
        assert (line.actor_id, line.client_id) == (cast.alice.id, cast.acme.id)
        assert line.details == {"person": "Clara Costa"}
    address = f"/clients/{cast.acme.id}/activity"
    assert "looked at the space as Clara Costa" in alice.get(address).text
    assert "looked at the space" not in sign_in(cast.clara).get(address).text


def test_closing_twice_is_closing_once(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    look(alice, cast.acme, cast.clara)
    alice.post("/eye/closing")
    assert alice.post("/eye/closing").location == "/"
    assert len(lines("eye.closed")) == 1


def test_bob_looks_as_the_contacts_of_his_client_only(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    assert look(bob, cast.acme, cast.diego).status_code == 303
    bob.post("/eye/closing")
    assert look(bob, cast.other, cast.mallory).status_code == 404
    assert look(bob, cast.acme, cast.mallory).status_code == 404
    assert bob.post(f"/clients/{cast.acme.id}/eye/{uuid.uuid4()}").status_code == 404
    assert eye_of(cast.bob) is None


def test_nobody_looks_as_somebody_with_more_rights(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    refused = look(bob, cast.acme, cast.alice)
    assert refused.status_code == 403
    assert "You cannot look as Alice Aubert" in refused.text
    # Clara reads *Accounts*; without a level there Bob would see through her what he may not see himself.
    rights.set_level(cast.books, person=cast.bob, level=Level.DEPOSIT, actor=cast.alice)
    assert look(bob, cast.acme, cast.clara).status_code == 403
    assert look(bob, cast.acme, cast.diego).status_code == 303
    assert eye_of(cast.bob) == cast.diego.id


def test_a_trainee_a_contact_and_a_stranger_have_no_eye(cast: Cast, client: Browser, sign_in: SignIn) -> None:
    clients.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    assert look(sign_in(cast.tess), cast.acme, cast.clara).status_code == 403
    assert look(sign_in(cast.clara), cast.acme, cast.diego).status_code == 404
    assert look(sign_in(cast.mallory), cast.acme, cast.clara).status_code == 404
    assert "/sign-in" in look(client, cast.acme, cast.clara).location


def test_neither_oneself_nor_the_disabled_can_be_looked_at(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    assert look(alice, cast.acme, cast.alice).status_code == 403
    accounts.disable_person(cast.diego, actor=cast.alice)
    assert look(alice, cast.acme, cast.diego).status_code == 403


def test_somebody_who_has_not_activated_can_be_looked_at(cast: Cast, sign_in: SignIn) -> None:
    """That is what one wants to check before the invitation goes out."""
    nora = clients.add_new_contact(
        cast.acme, email="nora@client.example", first_name="Nora", language="en", invite=False, actor=cast.alice
    )
    rights.set_level(cast.books, person=nora, level=Level.READ, actor=cast.alice)
    alice = sign_in(cast.alice)
    look(alice, cast.acme, nora)
    assert "Hello Nora" in alice.get("/").text
    assert "Accounts" in alice.get(f"/clients/{cast.acme.id}/documents").text


def _role_taken(cast: Cast) -> None:
    accounts.set_role(cast.bob, cast.roles["trainee"], actor=cast.alice)


def _client_taken(cast: Cast) -> None:
    clients.set_standing(cast.acme, cast.bob, Level.NONE, actor=cast.alice)


def _folder_taken(cast: Cast) -> None:
    rights.set_level(cast.books, person=cast.bob, level=Level.NONE, actor=cast.alice)


def _more_for_clara(cast: Cast) -> None:
    rights.set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice)
    rights.set_level(cast.payroll, person=cast.clara, level=Level.READ, actor=cast.alice)


def _clara_removed(cast: Cast) -> None:
    clients.remove_contact(cast.acme, cast.clara, actor=cast.alice)


def _clara_disabled(cast: Cast) -> None:
    accounts.disable_person(cast.clara, actor=cast.alice)


def _clara_ended(cast: Cast) -> None:
    db.session.execute(
        text("UPDATE membership SET valid_until = clock_timestamp() - interval '1 second' WHERE person_id = :clara"),
        {"clara": cast.clara.id},
    )


def _client_binned(cast: Cast) -> None:
    clients.bin_client(cast.acme, confirmed_name="Acme", actor=cast.alice)


LOSSES = [
    _role_taken, _client_taken, _folder_taken, _more_for_clara,
    _clara_removed, _clara_disabled, _clara_ended, _client_binned,
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__.strip("_"))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_lost_closes_the_eye_at_the_next_request(
    cast: Cast, sign_in: SignIn, loss: Callable[[Cast], None], method: str
) -> None:
    """What was asked for is not done: it was asked as somebody else."""
    bob = sign_in(cast.bob)
    look(bob, cast.acme, cast.clara)
    assert bob.get(f"/folders/{cast.books.id}").status_code == 200
    loss(cast)
    address = f"/folders/{cast.books.id}" if method == "GET" else f"/folders/{cast.exchange.id}/folders"
    answer = bob.open(address, method=method, data={"name": "Too late"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert eye_of(cast.bob) is None
    assert len(lines("eye.closed")) == 1
    assert lines("eye.closed")[0].actor_id == cast.bob.id
    assert db.session.scalars(select(Folder.id).where(Folder.name == "Too late")).first() is None
    home = bob.get("/").text
    assert "Hello Bob" in home
    assert "The eye was closed" in home


def test_an_actor_who_is_disabled_sees_nothing_any_more(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    look(bob, cast.acme, cast.clara)
    accounts.disable_person(cast.bob, actor=cast.alice)
    assert "/sign-in" in bob.get("/").location


def test_a_right_that_clara_loses_is_gone_from_the_eye_at_once(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    look(alice, cast.acme, cast.clara)
    assert alice.get(f"/folders/{cast.books.id}").status_code == 200
    rights.set_level(cast.books, person=cast.clara, level=Level.NONE, actor=cast.alice)
    assert alice.get(f"/folders/{cast.books.id}").status_code == 404


def test_the_language_of_the_eye_is_for_the_one_who_looks(cast: Cast, sign_in: SignIn) -> None:
    accounts.choose_language(cast.clara, "it")
    alice = sign_in(cast.alice)
    look(alice, cast.acme, cast.clara)
    assert '<html lang="it"' in alice.get("/").text
    alice.post("/language", data={"language": "fr"})
    assert '<html lang="fr"' in alice.get("/").text
    spoken = select(Person.language).where(Person.id.in_([cast.alice.id, cast.clara.id])).order_by(Person.first_name)
    assert list(db.session.scalars(spoken)) == ["en", "it"]
    alice.post("/eye/closing")
    assert '<html lang="en"' in alice.get("/").text


def test_signing_out_ends_the_session_of_the_one_who_looks(cast: Cast, sign_in: SignIn) -> None:
    alice, clara = sign_in(cast.alice), sign_in(cast.clara)
    look(alice, cast.acme, cast.clara)
    alice.post("/sign-out")
    assert "/sign-in" in alice.get("/").location
    assert "Hello Clara" in clara.get("/").text
    assert [line.actor_id for line in lines("access.signed_out")] == [cast.alice.id]
    assert [line.actor_id for line in lines("eye.closed")] == [cast.alice.id]


def test_the_eye_is_offered_where_it_opens(cast: Cast, sign_in: SignIn) -> None:
    bob, tess = sign_in(cast.bob), sign_in(cast.tess)
    clients.set_standing(cast.acme, cast.tess, Level.READ, actor=cast.alice)
    contacts, collaborators = (f"/clients/{cast.acme.id}/{tab}" for tab in ("contacts", "collaborators"))
    assert f'action="/clients/{cast.acme.id}/eye/{cast.clara.id}"' in bob.get(contacts).text
    offered = bob.get(collaborators).text
    # Tess may do less than Bob; Alice more; and nobody looks as themselves.
    assert f"/eye/{cast.tess.id}" in offered
    assert f"/eye/{cast.alice.id}" not in offered
    assert f"/eye/{cast.bob.id}" not in offered
    assert "/eye/" not in tess.get(contacts).text


def test_offering_the_eye_costs_one_statement_for_any_number_of_people(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    address = f"/clients/{cast.acme.id}/contacts"
    with counted() as few:
        bob.get(address)
    for number in range(12):
        clients.add_new_contact(cast.acme, email=f"n{number}@client.example", invite=False, actor=cast.alice)
    with counted() as many:
        page = bob.get(address).text
    assert page.count("/eye/") == 14
    assert len(many) == len(few)


def test_a_request_without_an_eye_asks_no_more_than_before(cast: Cast, sign_in: SignIn) -> None:
    clara = sign_in(cast.clara)
    with counted() as statements:
        clara.get("/profile")
    assert not any("eye" in one and "sign_in_session.eye" not in one for one in statements)
    assert sum("FROM sign_in_session JOIN person" in one for one in statements) == 1


def test_folders_made_while_the_eye_is_open_show_as_they_do_for_clara(cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    look(alice, cast.acme, cast.clara)
    made = folders.create_folder(cast.exchange, name="Made meanwhile", actor=cast.bob)
    assert "Made meanwhile" in alice.get(f"/folders/{cast.exchange.id}").text
    rights.set_level(made, person=cast.clara, level=Level.NONE, actor=cast.bob)
    assert "Made meanwhile" not in alice.get(f"/folders/{cast.exchange.id}").text
