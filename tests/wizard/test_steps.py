"""The wizard as its user meets it: every step keeps what was typed and says what is wrong beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from portal.kit.db import db
from portal.wizard.models import Draft
from portal.wizard.steps import ContactLine, contacts_of, information_of
from tests.cast import Cast
from tests.wizard.drafting import lines, make_draft, make_tree

Browser = Any


def _draft() -> Draft:
    db.session.expire_all()
    return db.session.scalars(select(Draft)).one()


def test_the_first_step_makes_a_draft_and_goes_on(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    assert browser.get("/clients/new").status_code == 200
    answer = browser.post("/clients/new", data={"name": "Boulangerie Martin", "language": "fr"})
    assert answer.status_code == 303
    assert answer.location == f"/drafts/{_draft().id}/contacts"


def test_a_missing_name_is_said_beside_its_field(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    answer = sign_in(cast.alice).post("/clients/new", data={"name": "  ", "language": "fr"})
    assert answer.status_code == 422
    assert b"Give the client a name." in answer.data
    assert db.session.scalars(select(Draft)).first() is None


def test_a_taken_name_is_said_beside_its_field(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    answer = sign_in(cast.alice).post("/clients/new", data={"name": "àcme", "language": "fr"})
    assert answer.status_code == 422
    assert b"already exists" in answer.data
    assert "àcme".encode() in answer.data


def test_a_near_duplicate_is_warned_about_and_can_be_confirmed(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    warned = browser.post("/clients/new", data={"name": "Brasserie du Port 2", "language": "fr"})
    assert warned.status_code == 422
    assert b"similar name" in warned.data
    confirmed = browser.post("/clients/new", data={"name": "Brasserie du Port 2", "language": "fr", "confirmed": "1"})
    assert confirmed.status_code == 303


def test_a_field_typed_on_the_spot_keeps_what_was_typed(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice)
    address = f"/drafts/{draft.id}/information"
    browser.post(address, data={"name": "Half typed", "action": "add", "new-label": "Closing date", "new-type": "date"})
    saved = information_of(_draft())
    assert saved.name == "Half typed"
    assert [(line.key, line.label, line.type) for line in saved.attributes] == [("a1", "Closing date", "date")]
    bad = browser.post(address, data={"name": "Half typed", "language": "fr", "attribute_a1": "the 31st"})
    assert bad.status_code == 422
    assert b"the 31st" in bad.data
    good = browser.post(address, data={"name": "Half typed", "language": "fr", "attribute_a1": "2026-12-31"})
    assert good.status_code == 303


def test_contacts_are_added_picked_and_removed(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice)
    address = f"/drafts/{draft.id}/contacts"
    browser.post(
        address,
        data={"action": "new", "new-email": "claire@martin.example", "new-last_name": "Martin", "new-language": "it"},
    )
    browser.post(address, data={"action": f"add:{cast.clara.id}"})
    assert [(line.email, line.is_main, line.invite) for line in contacts_of(_draft())] == [
        ("claire@martin.example", True, True),
        (cast.clara.email, False, False),
    ]
    browser.post(address, data={"action": "remove:claire@martin.example"})
    assert [(line.email, line.is_main) for line in contacts_of(_draft())] == [(cast.clara.email, True)]


def test_the_address_of_a_known_contact_brings_that_contact(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice)
    data = {"action": "new", "new-email": cast.clara.email.upper(), "new-last_name": "Somebody", "new-language": "fr"}
    page = browser.post(f"/drafts/{draft.id}/contacts", data=data, follow_redirects=True)
    assert b"already known" in page.data
    assert [line.person_id for line in contacts_of(_draft())] == [str(cast.clara.id)]


def test_the_address_of_a_collaborator_is_refused(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    draft = make_draft(cast.alice)
    data = {"action": "new", "new-email": cast.bob.email, "new-last_name": "Blanc", "new-language": "fr"}
    answer = sign_in(cast.alice).post(f"/drafts/{draft.id}/contacts", data=data)
    assert answer.status_code == 422
    assert b"cannot be a contact" in answer.data


def test_suggestions_show_known_contacts(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    draft = make_draft(cast.alice)
    page = sign_in(cast.alice).get(f"/drafts/{draft.id}/contacts/suggestions?q=clar", headers={"HX-Request": "true"})
    assert b"Clara Costa" in page.data


def test_suggestions_keep_contacts_of_unseen_clients_to_themselves(
    cast: Cast, sign_in: Callable[[Any], Browser]
) -> None:
    draft = make_draft(cast.bob)
    page = sign_in(cast.bob).get(f"/drafts/{draft.id}/contacts/suggestions?q=mallory", headers={"HX-Request": "true"})
    assert b"mallory@client.example" not in page.data


def test_a_whole_role_is_set_at_once(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    draft = make_draft(cast.alice)
    browser = sign_in(cast.alice)
    assert browser.get(f"/drafts/{draft.id}/collaborators").status_code == 200
    browser.post(f"/drafts/{draft.id}/collaborators", data={"action": f"role:{cast.roles['trainee'].id}:read"})
    assert _draft().data["collaborators"][str(cast.tess.id)] == "read"


def test_every_step_can_be_opened_and_left(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    tree = make_tree(12)
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice, contacts=lines(ContactLine(email="claire@martin.example", last_name="Martin")))
    for step, data in {
        "contacts": {},
        "collaborators": {},
        "tree": {"template_id": str(tree.id)},
        "connectors": {},
        "forms": {},
    }.items():
        page = browser.get(f"/drafts/{draft.id}/{step}")
        assert page.status_code == 200, step
        answer = browser.post(f"/drafts/{draft.id}/{step}", data={"action": "continue", **data})
        assert answer.status_code == 303, step
    summary = browser.get(f"/drafts/{draft.id}/summary")
    assert b"Folder 0" in summary.data
    finished = browser.post(f"/drafts/{draft.id}/client")
    assert finished.status_code == 303
    again = browser.post(f"/drafts/{draft.id}/client")
    assert again.location == finished.location


def test_a_stale_page_is_told_so_and_loses_nothing(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice)
    address = f"/drafts/{draft.id}/information"
    browser.post(address, data={"name": "First window", "language": "fr", "version": "1"})
    answer = browser.post(address, data={"name": "Second window", "language": "fr", "version": "1"})
    assert answer.status_code == 409
    assert b"Second window" in answer.data
    assert b"changed in another window" in answer.data


def test_a_draft_is_resumed_where_it_was_left_and_discarded(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    draft = make_draft(cast.alice, tree={"template_id": None})
    assert b"Boulangerie Martin" in browser.get("/drafts").data
    assert browser.get(f"/drafts/{draft.id}").location.endswith("/tree")
    assert browser.post(f"/drafts/{draft.id}/removal").status_code == 303
    assert db.session.scalars(select(Draft)).first() is None


def test_nobody_sees_the_draft_of_another(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    draft = make_draft(cast.alice)
    for person, status in ((cast.bob, 404), (cast.mallory, 404), (cast.clara, 404)):
        browser = sign_in(person)
        for step in ("information", "contacts", "collaborators", "tree", "connectors", "forms", "summary"):
            assert browser.get(f"/drafts/{draft.id}/{step}").status_code == status
        assert browser.post(f"/drafts/{draft.id}/client").status_code == status
        assert browser.post(f"/drafts/{draft.id}/removal").status_code == status


def test_only_who_may_open_spaces_reaches_the_wizard(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    for person in (cast.tess, cast.clara, cast.mallory):
        assert sign_in(person).get("/clients/new").status_code == 403


def test_hostile_names_get_a_sentence_and_no_draft(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    for name in ("x" * 300, "nul\x00", "gpj.\u202eexe", "é" * 200):
        raw = name.encode("utf-8", "surrogatepass")
        answer = browser.post("/clients/new", data={"name": raw, "language": "fr"})
        assert answer.status_code == 422, ascii(name)
    for name in ("Crème & Fils 🥖", 'O\'Neill "The" <b>', "A/B Consulting"):
        answer = browser.post("/clients/new", data={"name": name, "language": "fr", "confirmed": "1"})
        assert answer.status_code == 303, ascii(name)
