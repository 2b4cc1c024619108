"""Contacts, collaborators, roles, the firm: who may change what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts import commands
from portal.accounts.commands import LastAdministrator, NotYourself
from portal.accounts.models import Firm, Person
from portal.accounts.terms import TERMS, working_term
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.postbox import mails_to

Sign = Callable[[Any], FlaskClient]


def details(person: Person, **changes: Any) -> dict[str, Any]:
    form = {
        "first_name": person.first_name, "last_name": person.last_name, "email": person.email,
        "phone": person.phone, "language": person.language, "version": person.version,
    }  # fmt: skip
    return {**form, **changes}


def test_contacts_are_seen_by_those_who_see_their_client(sign_in: Sign, cast: Cast) -> None:
    everyone = sign_in(cast.alice).get("/contacts").text
    assert "Clara Costa" in everyone and "Mallory Mill" in everyone
    bobs = sign_in(cast.bob).get("/contacts").text
    assert "Clara Costa" in bobs and "Mallory Mill" not in bobs and "Brasserie" not in bobs
    assert "Clara Costa" not in sign_in(cast.tess).get("/contacts").text


def test_contacts_are_found_by_parts_of_name_and_address_and_by_state(sign_in: Sign, cast: Cast) -> None:
    commands.create_contact(email="zoe@client.example", first_name="Zoé", last_name="Été", actor=cast.alice)
    browser = sign_in(cast.alice)
    assert "Zoé Été" in browser.get("/contacts?q=ete+zoe").text
    assert "Zoé Été" in browser.get("/contacts?state=pending").text
    assert "Clara" not in browser.get("/contacts?state=pending").text
    assert "Zoé Été" not in browser.get("/contacts?state=active").text
    assert "Zoé Été" not in browser.get("/contacts?q=%25").text
    assert browser.get("/contacts?q=%00&after=%00&state=%00").status_code == 200


def test_contacts_page_by_page(sign_in: Sign, cast: Cast) -> None:
    for number in range(60):
        commands.create_contact(email=f"c{number:02}@client.example", last_name=f"Ac{number:02}", actor=cast.alice)
    browser = sign_in(cast.alice)
    first = browser.get("/contacts").text
    assert "Ac00" in first and "Ac59" not in first and "after=" in first


STRANGER_DOORS = [
    ("GET", "/contacts/{clara}"), ("POST", "/contacts/{clara}"), ("POST", "/contacts/{clara}/invitation"),
    ("POST", "/contacts/{clara}/disabling"), ("POST", "/contacts/{clara}/enabling"),
    ("POST", "/contacts/{clara}/sessions/end"), ("GET", "/collaborators/{bob}"), ("POST", "/collaborators/{bob}"),
    ("POST", "/collaborators/{bob}/invitation"), ("POST", "/collaborators/{bob}/disabling"),
    ("POST", "/collaborators/{bob}/enabling"), ("POST", "/collaborators/{bob}/sessions/end"),
]  # fmt: skip
CLOSED_DOORS = [
    ("GET", "/contacts"), ("POST", "/contacts/invitations"), ("GET", "/collaborators"), ("GET", "/roles"),
    ("GET", "/collaborators/new"),
    ("POST", "/collaborators/new"),
    ("GET", "/settings/firm"),
    ("POST", "/settings/firm"),
]  # fmt: skip


def test_mallory_passes_no_door(sign_in: Sign, cast: Cast) -> None:
    browser = sign_in(cast.mallory)
    for method, place in STRANGER_DOORS:
        address = place.format(clara=cast.clara.id, bob=cast.bob.id)
        assert browser.open(address, method=method).status_code == 404, place
    for method, place in CLOSED_DOORS:
        assert browser.open(place, method=method).status_code == 403, place


def test_strangers_are_asked_to_sign_in(client: FlaskClient, cast: Cast) -> None:
    for method, place in STRANGER_DOORS + CLOSED_DOORS:
        answer = client.open(place.format(clara=cast.clara.id, bob=cast.bob.id), method=method)
        assert answer.status_code == 303 and answer.location.startswith("/sign-in"), place


def test_bob_does_not_reach_contacts_of_other_clients(sign_in: Sign, cast: Cast) -> None:
    browser = sign_in(cast.bob)
    assert browser.get(f"/contacts/{cast.mallory.id}").status_code == 404
    page = browser.get(f"/contacts/{cast.clara.id}")
    assert page.status_code == 200 and "<h1>Clara Costa</h1>" in page.text
    assert browser.get("/collaborators").status_code == 403
    assert browser.get(f"/collaborators/{cast.tess.id}").status_code == 403


def test_a_shared_contacts_address_is_out_of_reach_for_who_sees_only_one_client(sign_in: Sign, cast: Cast) -> None:
    from portal.clients import commands as clients

    clients.add_contact(cast.other, cast.clara, actor=cast.alice)
    browser = sign_in(cast.bob)
    place = f"/contacts/{cast.clara.id}"
    assert browser.post(place, data=details(cast.clara, email="bob@evil.example")).status_code == 422
    assert cast.clara.email == "clara@client.example"
    assert browser.post(f"{place}/disabling").status_code == 403
    assert browser.post(place, data=details(cast.clara, phone="06 12 34 56 78")).status_code == 303
    assert cast.clara.phone == "+33 6 12 34 56 78"


@pytest.mark.parametrize("where", ["client", "folder"])
def test_who_may_less_than_a_contact_cannot_become_that_contact(sign_in: Sign, cast: Cast, where: str) -> None:
    """With the address comes the password: Bob reads where Clara has more, on the client or in one folder of it."""
    from portal.clients import commands as clients
    from portal.files.commands import rights

    if where == "client":
        clients.set_standing(cast.acme, cast.bob, Level.READ, actor=cast.alice)
    else:
        rights.set_level(cast.exchange, person=cast.bob, level=Level.READ, actor=cast.alice)
    browser = sign_in(cast.bob)
    place = f"/contacts/{cast.clara.id}"
    assert browser.post(place, data=details(cast.clara, email="bob@evil.example")).status_code == 422
    assert cast.clara.email == "clara@client.example"
    for door in ("disabling", "enabling", "sessions/end"):
        assert browser.post(f"{place}/{door}").status_code == 403


def test_fields_that_the_form_does_not_have_change_nothing(sign_in: Sign, cast: Cast) -> None:
    before = cast.clara.password_hash
    more = {"kind": "collaborator", "role_id": cast.alice.role_id, "password_hash": "x", "disabled_at": "", "id": "1"}
    sign_in(cast.alice).post(f"/contacts/{cast.clara.id}", data=details(cast.clara, first_name="Claire", **more))
    assert (cast.clara.first_name, cast.clara.kind, cast.clara.role_id) == ("Claire", "contact", None)
    assert cast.clara.password_hash == before
    sign_in(cast.clara).post(
        "/profile", data={**details(cast.clara), **more, "email": "x@y.example", "theme": "dark", "time_zone": ""}
    )
    assert (cast.clara.kind, cast.clara.email, cast.clara.theme) == ("contact", "clara@client.example", "dark")
    with pytest.raises(TypeError):
        commands.update_person(cast.clara, actor=cast.alice, kind="collaborator")


def test_who_saves_second_sees_both_values(sign_in: Sign, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    stale = details(cast.clara, first_name="Clarissa")
    assert browser.post(f"/contacts/{cast.clara.id}", data=details(cast.clara, first_name="Claire")).status_code == 303
    answer = browser.post(f"/contacts/{cast.clara.id}", data=stale)
    assert answer.status_code == 409 and "Claire" in answer.text and "Clarissa" in answer.text
    assert cast.clara.first_name == "Claire"
    again = browser.post(f"/contacts/{cast.clara.id}", data={**stale, "version": cast.clara.version})
    assert again.status_code == 303 and cast.clara.first_name == "Clarissa"


def test_an_address_is_one_person(sign_in: Sign, cast: Cast) -> None:
    with pytest.raises(commands.AddressTaken):
        commands.create_contact(email="CLARA@client.example", actor=cast.alice)
    answer = sign_in(cast.alice).post(f"/contacts/{cast.diego.id}", data=details(cast.diego, email=cast.clara.email))
    assert answer.status_code == 422 and "exists already" in answer.text


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.fr", "a@b..fr", "@b.fr", "a@b.fr\r\nBcc: c@d.fr", "x" * 300 + "@b.fr"]
)
def test_what_is_no_address_is_refused_beside_its_field(sign_in: Sign, cast: Cast, email: str) -> None:
    answer = sign_in(cast.alice).post(f"/contacts/{cast.clara.id}", data=details(cast.clara, email=email))
    assert answer.status_code == 422 and 'id="email-error"' in answer.text


@pytest.mark.parametrize("name", ["a\x00b", "\u202egnp.exe", "x" * 300, "a\nb"])
def test_names_that_deceive_or_never_end_are_refused(sign_in: Sign, cast: Cast, name: str) -> None:
    answer = sign_in(cast.alice).post(f"/contacts/{cast.clara.id}", data=details(cast.clara, first_name=name))
    assert answer.status_code == 422 and 'id="first_name-error"' in answer.text


def test_activation_mails_are_sent_again_in_bulk_to_visible_contacts_only(sign_in: Sign, cast: Cast) -> None:
    from portal.clients import commands as clients

    people = [commands.create_contact(email=f"new{n}@client.example", actor=cast.alice) for n in range(3)]
    clients.add_contact(cast.acme, people[0], actor=cast.alice)
    ids = [str(person.id) for person in (*people, cast.clara)] + ["nonsense"]
    sign_in(cast.bob).post("/contacts/invitations", data={"person_id": ids})
    assert [len(mails_to(person.email)) for person in people] == [1, 0, 0]
    sign_in(cast.alice).post("/contacts/invitations", data={"person_id": ids})
    assert [len(mails_to(person.email)) for person in people] == [2, 1, 1]
    assert mails_to(cast.clara.email) == []


def test_alice_adds_a_collaborator_who_gets_a_mail(sign_in: Sign, cast: Cast) -> None:
    form = {"first_name": "Paul", "last_name": "Petit", "email": "paul@firm.example", "phone": "", "language": "fr"}
    browser = sign_in(cast.alice)
    assert browser.get("/collaborators/new").status_code == 200
    sent = {**form, "role_id": cast.tess.role_id, "version": ""}
    assert browser.post("/collaborators/new", data=sent).status_code == 303
    assert browser.post("/collaborators/new", data={**form, "role_id": "nonsense"}).status_code == 422
    assert len(mails_to("paul@firm.example", "activation")) == 1


def test_the_last_administrator_stays(sign_in: Sign, cast: Cast) -> None:
    with pytest.raises(LastAdministrator):
        commands.set_role(cast.alice, cast.roles["trainee"], actor=cast.alice)
    with pytest.raises(LastAdministrator):
        commands.disable_person(cast.alice, actor=cast.bob)
    with pytest.raises(NotYourself):
        commands.disable_person(cast.alice, actor=cast.alice)
    answer = sign_in(cast.alice).post(
        f"/collaborators/{cast.alice.id}", data=details(cast.alice, role_id=cast.tess.role_id)
    )
    assert answer.status_code == 422 and "last administrator" in answer.text
    commands.set_role(cast.bob, cast.roles["administrator"], actor=cast.alice)
    commands.set_role(cast.alice, cast.roles["trainee"], actor=cast.bob)


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(sign_in: Sign, cast: Cast) -> None:
    commands.set_role(cast.bob, cast.roles["administrator"], actor=cast.alice)
    browser = sign_in(cast.bob)
    assert browser.get("/collaborators").status_code == 200
    commands.set_role(cast.bob, cast.roles["collaborator"], actor=cast.alice)
    assert browser.get("/collaborators").status_code == 403


def test_every_page_of_the_administration_opens(sign_in: Sign, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    for place in ("/collaborators", f"/collaborators/{cast.bob.id}", "/roles", "/settings/firm", "/profile", "/mails"):
        assert browser.get(place).status_code == 200, place
    assert f"/collaborators/{cast.bob.id}/disabling" in browser.get(f"/collaborators/{cast.bob.id}").text
    assert browser.post(f"/collaborators/{cast.bob.id}/disabling").status_code == 303
    assert cast.bob.state == "disabled"
    assert browser.post(f"/collaborators/{cast.bob.id}/enabling").status_code == 303
    assert browser.post(f"/collaborators/{cast.bob.id}/sessions/end").status_code == 303


def test_ones_own_sessions_can_be_ended_and_nobody_elses(sign_in: Sign, cast: Cast) -> None:
    from portal.accounts.models import SignInSession

    here, there, other = sign_in(cast.clara), sign_in(cast.clara), sign_in(cast.mallory)
    rows = db.session.scalars(
        select(SignInSession).where(SignInSession.person_id == cast.clara.id).order_by(SignInSession.id)
    ).all()
    assert other.post(f"/profile/sessions/{rows[1].id}/end").status_code == 404
    assert there.get("/profile").status_code == 200
    assert here.post(f"/profile/sessions/{rows[1].id}/end").status_code == 303
    assert there.get("/profile").status_code == 303 and here.get("/profile").status_code == 200
    third = sign_in(cast.clara)
    assert here.post("/profile/sessions/end-others").status_code == 303
    assert third.get("/profile").status_code == 303 and here.get("/profile").status_code == 200


def firm_form(firm: Firm, **changes: Any) -> dict[str, Any]:
    form = {
        "name": firm.name, "address": "1 rue du Lac\n69003 Lyon", "language": "fr", "time_zone": "Europe/Paris",
        "currency": "EUR", "working_term": "patients", "version": firm.version,
    }  # fmt: skip
    return {**form, **changes}


def test_the_working_term_changes_menus_and_pages(sign_in: Sign, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    assert browser.post("/settings/firm", data=firm_form(cast.firm)).status_code == 303
    assert "Patients" in browser.get("/contacts").text
    own = {"working_term": "own", "own_fr_one": "dossier", "own_fr_many": "dossiers"}
    assert browser.post("/settings/firm", data=firm_form(cast.firm, working_term="own")).status_code == 422
    assert browser.post("/settings/firm", data=firm_form(cast.firm, **own)).status_code == 303
    assert "Dossiers" in browser.get("/contacts").text
    assert browser.post("/settings/firm", data=firm_form(cast.firm, version=1)).status_code == 409
    assert browser.post("/settings/firm", data=firm_form(cast.firm, currency="XXX")).status_code == 422


def test_there_are_ten_terms_besides_the_plain_one(cast: Cast, app: Any) -> None:
    assert len(TERMS) == 11
    with app.test_request_context():
        assert (working_term().singular, working_term().plural) == ("client", "clients")


def test_the_first_start_leads_to_the_set_up_and_its_link_works_once(client: FlaskClient, session: Any) -> None:
    assert client.get("/profile").location == "/setup"
    assert client.get("/setup").status_code == 200
    address = commands.issue_setup_link()
    assert address is not None
    place = "/" + address.split("/", 3)[3]
    newer = "/" + str(commands.issue_setup_link()).split("/", 3)[3]
    assert client.get(place).status_code == 410
    form = {
        "firm_name": "Cabinet Verdier", "language": "fr", "time_zone": "Europe/Paris", "working_term": "clients",
        "first_name": "Alice", "last_name": "Aubert", "email": "alice@firm.example",
        "password": "correct horse battery staple", "repeated": "correct horse battery staple",
    }  # fmt: skip
    assert client.post(newer, data={**form, "firm_name": " "}).status_code == 422
    assert client.post(newer, data=form).location == "/"
    assert client.get("/settings/firm").status_code == 200
    assert client.post(newer, data=form).location == "/sign-in"
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    assert commands.issue_setup_link() is None


def test_an_administrator_can_be_made_on_the_command_line(cast: Cast, client: FlaskClient) -> None:
    url = commands.create_administrator(email="root@firm.example", first_name="Ro", last_name="Ot")
    assert client.get("/" + url.split("/", 3)[3]).status_code == 200
    again = commands.create_administrator(email=cast.bob.email)
    assert "/password-reset/" in again and cast.bob.role is cast.roles["administrator"]
    with pytest.raises(commands.AddressTaken):
        commands.create_administrator(email=cast.clara.email)
