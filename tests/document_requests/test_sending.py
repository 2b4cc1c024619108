"""A request is one transaction: lines, mails to those concerned, the log; bad input stands beside its field."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.document_requests import commands
from portal.document_requests.checklist import Item, parse_items
from portal.document_requests.models import DocumentRequest
from portal.document_requests.refusals import BadLines, NobodyMayDeposit, NotYourFolder
from portal.files.commands import rights
from portal.kit import days
from portal.kit.errors import Refused
from portal.mailer.rendering import write_out
from portal.permissions.levels import Level
from tests.document_requests.conftest import lines_json, lines_of, mails
from tests.statements import counted


def test_each_contact_concerned_gets_one_mail_with_their_own_lines(cast, session, asked):
    sent = {mail.to_address: [line["label"] for line in mail.context["lines"]] for mail in mails("document_request")}
    assert sent == {
        cast.clara.email: ["Bank statements", "Lease"],
        cast.diego.email: ["Bank statements", "Photos"],
    }
    assert [line.state for line in lines_of(asked)] == ["pending"] * 3
    assert session.scalar(select(func.count()).where(Activity.verb == "request.sent")) == 1
    assert asked.next_reminder_at is not None


@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_the_mail_is_in_the_readers_language_and_escapes_what_the_firm_wrote(cast, language):
    cast.clara.language = language
    commands.send_request(
        cast.acme, folder=cast.exchange, title="<b>Bold</b>", note="<script>alert(1)</script>",
        items=[Item("<img src=x>", due_on=days.today())], actor=cast.bob,
    )  # fmt: skip
    mail = next(mail for mail in mails("document_request") if mail.to_address == cast.clara.email)
    written = write_out(mail)
    assert mail.language == language
    assert "/requests/" in written.text
    assert "<script>alert" not in written.html
    assert "<img src=x>" not in written.html


def test_a_line_cannot_be_asked_of_somebody_who_may_not_deposit_there(cast, session):
    rights.set_level(cast.exchange, person=cast.diego, level=Level.READ, actor=cast.alice)
    with pytest.raises(BadLines) as refusal:
        commands.send_request(
            cast.acme, folder=cast.exchange, title="X",
            items=[Item("One"), Item("Two", person_id=cast.diego.id)], actor=cast.bob,
        )  # fmt: skip
    assert list(refusal.value.faults) == [1]
    for person in (cast.mallory, cast.bob):
        with pytest.raises(BadLines):
            commands.send_request(
                cast.acme, folder=cast.exchange, title="X", items=[Item("Two", person_id=person.id)], actor=cast.bob
            )
    assert session.scalar(select(func.count()).select_from(DocumentRequest)) == 0


def test_a_folder_in_which_nobody_may_deposit_is_refused(cast):
    with pytest.raises(NobodyMayDeposit):
        commands.send_request(cast.acme, folder=cast.payroll, title="X", items=[Item("One")], actor=cast.bob)


def test_who_does_not_work_in_the_folder_cannot_send(cast):
    for actor, folder in ((cast.tess, cast.exchange), (cast.bob, cast.other_folder), (cast.clara, cast.exchange)):
        with pytest.raises(NotYourFolder):
            commands.send_request(cast.acme, folder=folder, title="X", items=[Item("One")], actor=actor)


def test_the_number_of_statements_does_not_grow_with_the_lines(cast):
    counts = []
    for size in (2, 60):
        items = [Item(f"Line {number}") for number in range(size)]
        with counted() as statements:
            commands.send_request(cast.acme, folder=cast.exchange, title=f"R{size}", items=items, actor=cast.bob)
        counts.append(len(statements))
    assert counts[1] <= counts[0]
    assert counts[0] < 25


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ({"help": "no label"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "bad\x00"}, "label"),
        ({"label": "A", "help": "x" * 1001}, "help"),
        ({"label": "A", "formats": "p/df"}, "formats"),
        ({"label": "A", "due_on": "2020-01-01"}, "due_on"),
        ({"label": "A", "due_on": "9999-12-31"}, "due_on"),
        ({"label": "A", "due_on": "soon"}, "due_on"),
        ({"label": "A", "due_on": ["2020"]}, "due_on"),
        ({"label": "A", "days": "-1"}, "days"),
        ({"label": "A", "days": "²"}, "days"),
        ({"label": "A", "person_id": "nobody"}, "person_id"),
    ],
)
def test_a_bad_line_says_what_is_wrong_beside_the_part(cast, app, line, part):
    with app.test_request_context(), pytest.raises(BadLines) as refusal:
        parse_items(lines_json({"label": "Fine"}, line))
    assert list(refusal.value.faults) == [1]
    assert list(refusal.value.faults[1]) == [part]


@pytest.mark.parametrize("raw", ["", "{", "null", "[]", "[1]", '"x"', "[" * 5000, '[{"label": 5}]', '[{"label": ""}]'])
def test_what_is_no_list_of_lines_is_refused_with_a_sentence(cast, app, raw):
    with app.test_request_context(), pytest.raises(Refused):
        parse_items(raw)


def test_staff_send_a_request_from_the_card(cast, session, sign_in):
    browser = sign_in(cast.bob)
    page = browser.get(f"/clients/{cast.acme.id}/requests/new")
    assert page.status_code == 200
    assert "Exchange" in page.text
    assert "Payroll" not in page.text  # no contact may deposit there
    due = (days.today() + timedelta(days=9)).isoformat()
    answer = browser.post(
        f"/clients/{cast.acme.id}/requests/new",
        data={
            "title": "Year end", "note": "", "folder": cast.exchange.id, "due_on": due, "remind_every": "3",
            "lines": lines_json({"label": "Bank"}, {"label": "Lease", "person_id": str(cast.clara.id)}),
        },
    )  # fmt: skip
    assert answer.status_code == 303
    sent = session.scalars(select(DocumentRequest)).one()
    assert answer.headers["Location"].endswith(f"/requests/{sent.id}")
    assert [line.due_on.isoformat() for line in lines_of(sent)] == [due, due]
    assert sent.remind_every == 3
    listed = browser.get(f"/clients/{cast.acme.id}/requests").text
    assert "Year end" in listed
    assert "0 of 2 accepted" in listed


def test_bad_input_comes_back_with_what_was_typed(cast, session, sign_in):
    browser = sign_in(cast.bob)
    page = browser.post(
        f"/clients/{cast.acme.id}/requests/new",
        data={
            "title": "Year end", "folder": cast.exchange.id, "remind_every": "7",
            "lines": lines_json({"label": "Bank"}, {"label": "", "help": "Which one?"}),
        },
    )  # fmt: skip
    assert page.status_code == 422
    assert "Say which document you need." in page.text
    assert "Which one?" in page.text
    for bad in (
        {"folder": "x"},
        {"folder": cast.payroll.id},
        {"remind_every": "x"},
        {"due_on": "2020-01-01"},
        {"title": ""},
    ):
        data = {
            "title": "T",
            "folder": cast.exchange.id,
            "remind_every": "7",
            "lines": lines_json({"label": "A"}),
            **bad,
        }
        assert browser.post(f"/clients/{cast.acme.id}/requests/new", data=data).status_code == 422
    assert browser.post(f"/clients/{cast.acme.id}/requests/new", data={"lines": "[[["}).status_code == 422
    assert session.scalar(select(func.count()).select_from(DocumentRequest)) == 0


def test_where_no_contact_may_deposit_the_page_says_so(cast, sign_in):
    for person in (cast.clara, cast.diego):
        rights.set_level(cast.exchange, person=person, level=Level.READ, actor=cast.alice)
    page = sign_in(cast.bob).get(f"/clients/{cast.acme.id}/requests/new")
    assert page.status_code == 200
    assert "No contact can answer a request yet" in page.text


def test_the_list_asks_a_fixed_number_of_questions(cast, sign_in):
    browser = sign_in(cast.bob)
    counts = []
    for rounds in (1, 12):
        for number in range(rounds):
            commands.send_request(
                cast.acme,
                folder=cast.exchange,
                title=f"R{rounds}-{number}",
                items=[Item("A"), Item("B")],
                actor=cast.bob,
            )
        browser.get(f"/clients/{cast.acme.id}/requests")
        with counted() as statements:
            browser.get(f"/clients/{cast.acme.id}/requests")
        counts.append(len(statements))
    assert counts[0] == counts[1]
