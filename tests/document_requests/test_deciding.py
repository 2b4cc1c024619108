"""Staff accept, or refuse with a reason that is mailed; what was looked at is what is decided about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.document_requests import commands, queries
from portal.document_requests.policies import can_decide, can_request_documents
from portal.document_requests.refusals import AnotherFileMeanwhile, AskBeforeRemoving, NothingToDecide, ReasonMissing
from portal.files.commands import rights
from portal.kit import days
from portal.mailer.rendering import write_out
from portal.permissions.levels import Level
from tests.document_requests.conftest import lines_of, mails


@pytest.fixture
def handed_in(cast, asked, deposit):
    """All three lines have a document."""
    for line, person in zip(lines_of(asked), (cast.clara, cast.clara, cast.diego), strict=True):
        commands.hand_in(line, deposit(person, f"{line.label}.pdf").id, actor=person)
    return asked


def _states(asked):
    return [line.state for line in lines_of(asked)]


def test_bulk_acceptance_takes_all_that_wait_and_ends_the_reminders(cast, session, sign_in, handed_in):
    browser = sign_in(cast.bob)
    page = browser.get(f"/requests/{handed_in.id}")
    assert "Accept all 3 that wait" in page.text
    marks = [f"{line.id}@{line.uploaded_at.isoformat()}" for line in lines_of(handed_in)]
    answer = browser.post(f"/requests/{handed_in.id}/acceptance", data={"all": "1", "waiting": marks})
    assert answer.status_code == 303
    assert _states(handed_in) == ["accepted"] * 3
    session.refresh(handed_in)
    assert handed_in.next_reminder_at is None
    assert session.scalar(select(func.count()).where(Activity.verb == "request.line_accepted")) == 3
    assert queries.progress_of([handed_in.id])[handed_in.id].accepted == 3
    # Once more changes nothing and writes nothing.
    browser.post(f"/requests/{handed_in.id}/acceptance", data={"all": "1", "waiting": marks})
    assert session.scalar(select(func.count()).where(Activity.verb == "request.line_accepted")) == 3


def test_a_refusal_is_mailed_with_its_reason_and_plans_reminders_again(cast, session, handed_in):
    commands.accept_lines(handed_in, {line.id: None for line in lines_of(handed_in)}, actor=cast.bob)
    line = lines_of(handed_in)[2]
    commands.refuse_line(line, reason="Too dark.\n\n<script>alert(1)</script>", actor=cast.bob)
    [mail] = mails("document_refused")
    assert mail.to_address == cast.diego.email
    written = write_out(mail)
    assert "Too dark." in written.text
    assert "<script>alert" not in written.html
    session.refresh(handed_in)
    assert handed_in.next_reminder_at is not None


def test_a_refusal_without_a_reason_comes_back_with_the_dialog(cast, sign_in, handed_in):
    line = lines_of(handed_in)[0]
    for reason in ("", "   ", "x" * 1001, "bad\x00"):
        page = sign_in(cast.bob).post(f"/request-lines/{line.id}/refusal", data={"reason": reason})
        assert page.status_code == 422
        assert 'data-dialog-open-value="true"' in page.text
    with pytest.raises(ReasonMissing):
        commands.refuse_line(line, reason=" ", actor=cast.bob)
    assert _states(handed_in) == ["uploaded"] * 3


def test_a_file_that_came_meanwhile_is_not_decided_about(cast, sign_in, handed_in, deposit):
    line = lines_of(handed_in)[0]
    seen = line.uploaded_at
    commands.hand_in(line, deposit(cast.clara, "Newer.pdf").id, actor=cast.clara)
    with pytest.raises(AnotherFileMeanwhile):
        commands.accept_lines(handed_in, {line.id: seen}, actor=cast.bob)
    page = sign_in(cast.bob).post(f"/request-lines/{line.id}/refusal", data={"reason": "No", "seen": seen.isoformat()})
    assert page.status_code == 409
    assert "Another file was uploaded in the meantime" in page.text
    assert _states(handed_in)[0] == "uploaded"


def test_there_must_be_a_document_to_decide_about(cast, sign_in, asked):
    line = lines_of(asked)[0]
    with pytest.raises(NothingToDecide):
        commands.accept_lines(asked, {line.id: None}, actor=cast.bob)
    with pytest.raises(NothingToDecide):
        commands.refuse_line(line, reason="No", actor=cast.bob)
    browser = sign_in(cast.bob)
    for marks in ([], ["x"], [str(line.id)], [f"{line.id}@never"], ["@" * 50]):
        assert browser.post(f"/requests/{asked.id}/acceptance", data={"line": marks}).status_code == 303
    assert _states(asked) == ["pending"] * 3


def test_a_line_of_another_request_is_left_alone(cast, sign_in, handed_in):
    from portal.document_requests.checklist import Item

    other = commands.send_request(cast.acme, folder=cast.exchange, title="Other", items=[Item("A")], actor=cast.bob)
    marks = [str(line.id) for line in lines_of(handed_in)]
    sign_in(cast.bob).post(f"/requests/{other.id}/acceptance", data={"line": marks})
    assert _states(handed_in) == ["uploaded"] * 3


def test_a_closed_request_leaves_the_home_and_can_be_opened_again(cast, session, sign_in, asked):
    browser = sign_in(cast.bob)
    for _twice in range(2):
        assert browser.post(f"/requests/{asked.id}/closure").status_code == 303
    session.refresh(asked)
    assert asked.closed_at is not None
    assert asked.next_reminder_at is None
    assert queries.needs_of(cast.clara.viewer) == []
    assert "This request is closed." in sign_in(cast.clara).get(f"/requests/{asked.id}").text
    for _twice in range(2):
        assert browser.post(f"/requests/{asked.id}/reopening").status_code == 303
    session.refresh(asked)
    assert asked.closed_at is None
    assert asked.next_reminder_at is not None
    verbs = session.scalars(
        select(Activity.verb).where(Activity.verb.in_(["request.closed", "request.reopened"]))
    ).all()
    assert sorted(verbs) == ["request.closed", "request.reopened"]


def test_a_line_with_a_document_goes_only_when_that_was_confirmed(cast, sign_in, handed_in):
    line, *_rest = lines_of(handed_in)
    with pytest.raises(AskBeforeRemoving):
        commands.remove_line(line, actor=cast.bob)
    browser = sign_in(cast.bob)
    browser.post(f"/request-lines/{line.id}/removal")
    assert len(lines_of(handed_in)) == 3
    browser.post(f"/request-lines/{line.id}/removal", data={"confirmed": "1"})
    assert len(lines_of(handed_in)) == 2


def test_staff_see_what_waits_on_their_home_and_on_the_card(cast, sign_in, handed_in):
    browser = sign_in(cast.bob)
    home = browser.get("/").text
    assert "Handed in, to review" in home
    assert "3 documents" in home
    assert "0 of 3 accepted" in browser.get(f"/clients/{cast.acme.id}").text
    assert queries.to_review(cast.tess.viewer) == []
    assert [one.count for one in queries.to_review(cast.alice.viewer)] == [3]


def test_who_only_reads_sees_but_does_not_decide(cast, session, sign_in, handed_in):
    rights.set_level(cast.exchange, person=cast.bob, level=Level.READ, actor=cast.alice)
    assert not can_decide(cast.bob.viewer, handed_in)
    browser, line = sign_in(cast.bob), lines_of(handed_in)[0]
    assert "Accept all" not in browser.get(f"/requests/{handed_in.id}").text
    assert browser.post(f"/requests/{handed_in.id}/acceptance", data={"line": str(line.id)}).status_code == 403
    assert browser.post(f"/request-lines/{line.id}/refusal", data={"reason": "No"}).status_code == 403
    rights.set_level(cast.exchange, person=cast.bob, level=Level.NONE, actor=cast.alice)
    assert browser.get(f"/requests/{handed_in.id}").status_code == 404
    assert "Annual accounts" not in browser.get(f"/clients/{cast.acme.id}/requests").text


def test_the_administrator_on_no_clients_list_can_send_and_decide(cast, asked):
    assert can_request_documents(cast.alice.viewer, cast.acme)
    assert can_decide(cast.alice.viewer, asked)
    assert not can_request_documents(cast.tess.viewer, cast.acme)
    assert not can_request_documents(cast.bob.viewer, cast.other)


def test_mallory_and_contacts_decide_nothing(cast, sign_in, handed_in):
    line = lines_of(handed_in)[0]
    doors = [f"/requests/{handed_in.id}/{act}" for act in ("acceptance", "closure", "reopening")]
    doors += [f"/request-lines/{line.id}/{act}" for act in ("refusal", "removal")]
    for person, status in ((cast.mallory, 404), (cast.tess, 404), (cast.clara, 403)):
        browser = sign_in(person)
        assert [browser.post(door).status_code for door in doors] == [status] * len(doors)
    assert sign_in(cast.clara).get(f"/clients/{cast.acme.id}/requests").status_code == 403
    assert sign_in(cast.mallory).get(f"/clients/{cast.acme.id}/requests/new").status_code == 404
    assert _states(handed_in) == ["uploaded"] * 3


def test_the_state_of_a_request_in_words(cast, session, handed_in):
    today = days.today()
    far = queries.progress_of([handed_in.id])[handed_in.id]
    assert far.state(closed=False, today=today) == "review"
    assert far.state(closed=True, today=today) == "closed"
    for line in lines_of(handed_in):
        line.state, line.due_on = "pending", today
    session.flush()
    far = queries.progress_of([handed_in.id])[handed_in.id]
    assert far.state(closed=False, today=today) == "waiting"
    assert far.state(closed=False, today=today + timedelta(days=1)) == "late"
