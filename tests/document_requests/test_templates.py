"""Request templates: written once, sent often; two people who edit one lose nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.document_requests import commands
from portal.document_requests.checklist import Item
from portal.document_requests.models import RequestTemplate
from portal.document_requests.refusals import TemplateChanged, TemplateNameTaken
from tests.document_requests.conftest import lines_json, lines_of


@pytest.fixture
def template(cast):
    return commands.save_template(
        actor=cast.alice,
        name="Annual accounts",
        note="Please.",
        items=[Item("Bank", formats=("pdf",), days=14), Item("Lease")],
    )


def test_a_template_is_written_and_changed_on_its_pages(cast, session, sign_in):
    browser = sign_in(cast.alice)
    assert "No request template yet" in browser.get("/templates/requests").text
    assert browser.get("/templates/requests/new").status_code == 200
    data = {"name": "Payroll", "note": "", "lines": lines_json({"label": "Hours", "days": "5"}), "version": "0"}
    answer = browser.post("/templates/requests/new", data=data)
    assert answer.status_code == 303
    saved = session.scalars(select(RequestTemplate)).one()
    assert saved.items == [{"label": "Hours", "help": "", "formats": [], "required": True, "days": 5}]
    page = browser.get(f"/templates/requests/{saved.id}")
    assert 'value="5"' in page.text
    data = {**data, "name": "Payroll 2", "version": str(saved.version)}
    assert browser.post(f"/templates/requests/{saved.id}", data=data).status_code == 303
    # The same page sent again is older than what is stored by now.
    again = browser.post(f"/templates/requests/{saved.id}", data={**data, "name": "Mine"})
    assert again.status_code == 409
    assert "Save mine nevertheless" in again.text
    assert (
        browser.post(f"/templates/requests/{saved.id}", data={**data, "name": "Mine", "over": "2"}).status_code == 303
    )
    session.refresh(saved)
    assert saved.name == "Mine"


def test_bad_input_stands_beside_its_field(cast, session, sign_in, template):
    browser = sign_in(cast.alice)
    too_long = lines_json({"label": "A", "days": "9999"})
    names = ("", "x" * 300, "a\u202eb", "ANNUAL  Accounts")
    for bad in (*({"name": name} for name in names), {"lines": "{"}, {"lines": too_long}):
        data = {"name": "New", "note": "", "lines": lines_json({"label": "A"}), **bad}
        assert browser.post("/templates/requests/new", data=data).status_code == 422
    assert session.scalar(select(func.count()).select_from(RequestTemplate)) == 1


def test_names_are_unique_and_copies_get_the_next_free_one(cast, template):
    with pytest.raises(TemplateNameTaken):
        commands.save_template(actor=cast.alice, name="annual ACCOUNTS", items=[Item("A")])
    names = [commands.duplicate_template(template, actor=cast.alice).name for _ in range(2)]
    assert len({*names, template.name}) == 3


def test_an_old_version_is_refused(cast, template):
    with pytest.raises(TemplateChanged) as refusal:
        commands.save_template(template, actor=cast.alice, name="X", items=[Item("A")], version=0)
    assert refusal.value.latest == 1


def test_a_request_begins_with_a_template_and_keeps_its_lines_when_that_goes(cast, session, sign_in, template):
    browser = sign_in(cast.bob)
    page = browser.get(f"/clients/{cast.acme.id}/requests/new?template={template.id}")
    assert 'value="Annual accounts"' in page.text
    assert 'value="Bank"' in page.text
    sent = commands.send_from_template(template, client=cast.acme, folder=cast.exchange, actor=cast.alice)
    commands.delete_template(template, actor=cast.alice)
    assert [line.label for line in lines_of(sent)] == ["Bank", "Lease"]
    assert lines_of(sent)[0].due_on is not None


def test_only_who_writes_templates_opens_their_pages(cast, sign_in, template):
    for person in (cast.bob, cast.tess, cast.clara, cast.mallory):
        assert sign_in(person).get("/templates/requests").status_code == 403
    assert sign_in(cast.bob).post(f"/templates/requests/{template.id}/deletion").status_code == 403
    assert sign_in(cast.clara).get(f"/templates/requests/{template.id}").status_code == 404


def test_copy_and_deletion_from_the_list(cast, session, sign_in, template):
    browser = sign_in(cast.alice)
    assert "Annual accounts" in browser.get("/templates/requests").text
    assert browser.post(f"/templates/requests/{template.id}/copies").status_code == 303
    assert browser.post(f"/templates/requests/{template.id}/deletion").status_code == 303
    assert session.scalars(select(RequestTemplate.name)).all() == ["Copy of Annual accounts"]
