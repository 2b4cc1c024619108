"""Writing form templates."""

from __future__ import annotations

import json

import pytest

from portal.kit.i18n import in_language
from portal.questionnaires import commands, queries
from portal.questionnaires.templates import TemplateChanged, TitleTaken
from tests.questionnaires.conftest import SECTIONS

URL = "/administration/forms"


def payload(**values):
    return {
        "title": "Yearly",
        "sections": json.dumps(SECTIONS),
        "version": "0",
        "description": "",
        "mail_text": "",
        **values,
    }


def test_alice_writes_a_form_and_sees_it_in_the_list(cast, sign_in):
    alice = sign_in(cast.alice)
    assert alice.get(f"{URL}/new").status_code == 200
    saved = alice.post(f"{URL}/new", data=payload())
    assert saved.status_code == 303
    assert "Yearly" in alice.get(URL).text
    assert alice.get(saved.headers["Location"]).status_code == 200
    assert "Tax regime" in alice.get(saved.headers["Location"] + "/preview").text


@pytest.mark.parametrize(
    "sections",
    [
        "",
        "{",
        "[]",
        "[" * 5000,
        json.dumps([{"questions": [{"type": "spell", "label": "A <b>label</b>"}]}]),
        "\x00",
        "nul\ud800l".encode("utf-8", "surrogatepass"),
    ],
)
def test_questions_without_shape_come_back_with_a_sentence(cast, sign_in, sections):
    alice = sign_in(cast.alice)
    page = alice.post(f"{URL}/new", data=payload(sections=sections, title="Kept title"))
    assert page.status_code == 422
    assert 'value="Kept title"' in page.text
    assert "<b>label" not in page.text


@pytest.mark.parametrize("title", ["", " ", "x" * 201, "a\x00b", "a\u202eb", "é" * 190])
def test_a_title_that_cannot_be_used_comes_back_with_a_sentence(cast, sign_in, title):
    page = sign_in(cast.alice).post(f"{URL}/new", data=payload(title=title))
    assert page.status_code == 422
    assert "What is your name?" in page.text


def test_titles_are_unique_whatever_case_and_accents(cast, template):
    with pytest.raises(TitleTaken):
        commands.save_template(actor=cast.alice, title="NÉW  client", sections=SECTIONS)


def test_two_people_at_once_do_not_overwrite_one_another(cast, sign_in, session, template):
    read = template.version
    commands.save_template(template, actor=cast.alice, title="Hers", sections=SECTIONS, version=read)
    with pytest.raises(TemplateChanged):
        commands.save_template(template, actor=cast.bob, title="His", sections=SECTIONS, version=read)
    alice = sign_in(cast.alice)
    page = alice.post(f"{URL}/{template.id}", data=payload(title="His", version=read))
    assert page.status_code == 409
    assert 'value="His"' in page.text
    assert 'name="over"' in page.text
    over = alice.post(f"{URL}/{template.id}", data=payload(title="His", version=read, over=read + 1))
    assert over.status_code == 303
    session.refresh(template)
    assert template.title == "His"


def test_copies_get_the_next_free_title(cast, template):
    with in_language("en"):
        first = commands.duplicate_template(template, actor=cast.alice)
        second = commands.duplicate_template(template, actor=cast.alice)
    assert {first.title, second.title} == {"Copy of New client", "Copy 2 of New client"}
    assert first.sections == template.sections


def test_archived_forms_are_offered_no_longer_and_can_be_taken_back(cast, sign_in, template):
    alice = sign_in(cast.alice)
    assert alice.post(f"{URL}/{template.id}/archival").status_code == 303
    assert queries.templates() == []
    assert len(queries.templates(archived=True)) == 1
    assert "New client" in alice.get(URL, query_string={"archived": "1"}).text
    alice.post(f"{URL}/{template.id}/restoration")
    assert len(queries.templates()) == 1
    alice.post(f"{URL}/{template.id}/deletion")
    assert queries.templates() == []


@pytest.mark.parametrize(("name", "status"), [("bob", 403), ("tess", 403), ("clara", 404), ("mallory", 404)])
def test_only_those_who_may_write_templates_reach_them(cast, sign_in, template, name, status):
    browser = sign_in(getattr(cast, name))
    for path in ("", "/preview"):
        assert browser.get(f"{URL}/{template.id}{path}").status_code == status
    for path in ("", "/copies", "/archival", "/restoration", "/deletion"):
        assert browser.post(f"{URL}/{template.id}{path}", data=payload()).status_code == status
    assert browser.get(URL).status_code == 403


def test_the_tab_of_a_client_lists_and_sends(cast, sign_in, template, form):
    bob = sign_in(cast.bob)
    assert "New client" in bob.get(f"/clients/{cast.acme.id}/forms").text
    assert bob.get(f"/clients/{cast.acme.id}/forms/new").status_code == 200
    sent = bob.post(
        f"/clients/{cast.acme.id}/forms/new",
        data={"template": template.id, "contacts": [cast.diego.id], "due_on": "2199-01-31"},
    )
    assert sent.status_code == 303
    assert cast.diego.full_name in bob.get(f"/clients/{cast.acme.id}/forms").text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"template": "x", "contacts": ["y"], "due_on": "z"},
        {"template": "00000000-0000-0000-0000-000000000000", "contacts": ["00000000-0000-0000-0000-000000000000"]},
        {"due_on": "2020-01-01"},
    ],
)
def test_a_sending_without_sense_comes_back_with_sentences(cast, sign_in, template, data):
    page = sign_in(cast.bob).post(f"/clients/{cast.acme.id}/forms/new", data=data)
    assert page.status_code == 422


@pytest.mark.parametrize(("name", "status"), [("tess", 404), ("mallory", 404), ("clara", 403)])
def test_strangers_do_not_reach_the_tab(cast, sign_in, template, name, status):
    browser = sign_in(getattr(cast, name))
    assert browser.get(f"/clients/{cast.acme.id}/forms").status_code == status
    assert browser.post(f"/clients/{cast.acme.id}/forms/new", data={}).status_code == status
