"""Contacts answer: kept while they type, read-only once sent, nobody else's business."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.activity.models import Activity
from portal.outbox.models import OutboxEntry
from portal.questionnaires import commands
from tests.questionnaires.conftest import GOOD


def test_clara_answers_as_she_types_and_finds_it_again(cast, session, sign_in, form):
    clara = sign_in(cast.clara)
    page = clara.get(f"/forms/{form.id}")
    assert page.status_code == 200
    assert "What is your name?" in page.text
    saved = clara.post(f"/forms/{form.id}/answers/name", data={"name": "Clara C."}, headers={"HX-Request": "true"})
    assert saved.status_code == 200
    assert "Saved" in saved.text
    clara.post(f"/forms/{form.id}/answers/needs", data={"needs": ["pay", "tax"]}, headers={"HX-Request": "true"})
    again = clara.get(f"/forms/{form.id}").text
    assert 'value="Clara C."' in again
    session.refresh(form)
    assert form.answers == {"name": "Clara C.", "needs": ["pay", "tax"]}
    assert form.opened_at is not None


def test_what_does_not_fit_yet_is_kept_with_its_sentence(cast, session, sign_in, form):
    clara = sign_in(cast.clara)
    saved = clara.post(f"/forms/{form.id}/answers/turnover", data={"turnover": "about 12"}, headers={"HX-Request": "1"})
    assert "not a number" in saved.text
    page = clara.get(f"/forms/{form.id}").text
    assert "about 12" in page
    assert "not a number" in page
    refused = clara.post(f"/forms/{form.id}/submission", data={**GOOD, "turnover": "about 12"})
    assert refused.status_code == 422
    assert "about 12" in refused.text
    session.refresh(form)
    assert form.submitted_at is None


def test_an_emptied_answer_is_gone(cast, session, form):
    commands.save_answer(form, "name", ["x"], actor=cast.clara)
    commands.save_answer(form, "vat", ["no"], actor=cast.clara)
    commands.save_answer(form, "name", [" "], actor=cast.clara)
    session.refresh(form)
    assert form.answers == {"vat": "no"}


def test_missing_answers_are_named_beside_their_questions_and_the_rest_is_kept(cast, session, sign_in, form):
    clara = sign_in(cast.clara)
    page = clara.post(f"/forms/{form.id}/submission", data={"name": "Clara"})
    assert page.status_code == 422
    assert "Please answer this question." in page.text
    assert 'value="Clara"' in page.text
    session.refresh(form)
    assert form.answers == {"name": "Clara"}
    assert form.submitted_at is None


def test_a_submitted_form_is_read_only(cast, session, sign_in, form):
    clara = sign_in(cast.clara)
    assert clara.post(f"/forms/{form.id}/submission", data=GOOD).status_code == 303
    session.refresh(form)
    assert form.submitted_at is not None
    assert form.answers["turnover"] == "1.250" or form.answers["turnover"] == "1250"
    page = clara.get(f"/forms/{form.id}").text
    assert "<input" not in page.split("<main")[1]
    assert "Payroll, Tax" in page
    for path in ("submission", "answers", "answers/name"):
        assert clara.post(f"/forms/{form.id}/{path}", data={"name": "changed"}).status_code == 409
    session.refresh(form)
    assert form.answers["name"] == "Clara"
    assert session.scalars(select(Activity).where(Activity.verb == "form.answered")).one().actor_id == cast.clara.id
    events = [
        entry.payload["event"]
        for entry in session.scalars(select(OutboxEntry).where(OutboxEntry.name == "connectors.publish"))
    ]
    assert events.count("form.answered") == 1


def test_bob_reads_the_answers_and_cannot_give_any(cast, sign_in, form):
    bob = sign_in(cast.bob)
    assert bob.get(f"/forms/{form.id}").status_code == 303
    answers = bob.get(f"/forms/{form.id}/answers").text
    assert "What is your name?" in answers
    assert cast.clara.full_name in answers
    for path in ("submission", "answers", "answers/name"):
        assert bob.post(f"/forms/{form.id}/{path}", data={"name": "Bob"}).status_code == 403


@pytest.mark.parametrize("name", ["mallory", "diego", "tess"])
def test_others_cannot_learn_that_the_form_exists(cast, sign_in, form, name):
    browser = sign_in(getattr(cast, name))
    assert browser.get(f"/forms/{form.id}").status_code == 404
    assert browser.get(f"/forms/{form.id}/answers").status_code == 404
    for path in ("submission", "answers", "answers/name"):
        assert browser.post(f"/forms/{form.id}/{path}", data={}).status_code == 404


@pytest.mark.parametrize("question", ["nothing", "__proto__", "name' OR 1=1", "x" * 3000, "\u202e"])
def test_unknown_questions_are_refused(cast, sign_in, form, question):
    clara = sign_in(cast.clara)
    answer = clara.post(f"/forms/{form.id}/answers/{question}", data={question: "x"})
    assert answer.status_code in (404, 422)


def test_hostile_values_never_break_the_page(cast, session, sign_in, form):
    clara = sign_in(cast.clara)
    for question in ("name", "story", "turnover", "closing", "vat", "regime", "needs"):
        for value in (
            "<script>alert(1)</script>",
            "\x00",
            "\ud800".encode("utf-8", "surrogatepass"),
            "x" * 30_000,
            "{}",
            "'\"",
        ):
            answer = clara.post(f"/forms/{form.id}/answers/{question}", data={question: value})
            assert answer.status_code == 200
            assert "<script>alert" not in clara.get(f"/forms/{form.id}").text


def test_a_contact_who_left_the_client_loses_the_form(cast, sign_in, form):
    from portal.clients import commands as clients

    clara = sign_in(cast.clara)
    clients.remove_contact(cast.acme, cast.clara, actor=cast.alice)
    assert clara.get(f"/forms/{form.id}").status_code == 404
