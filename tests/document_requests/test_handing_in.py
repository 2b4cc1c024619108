"""A contact drops each file on its line; a line takes only what its contact has uploaded into that folder."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.document_requests import commands, queries
from portal.document_requests.refusals import LineSettled, NotYourUpload, RequestClosed, SameFileAgain, WrongFormat
from portal.files.commands import rights
from portal.files.commands.bin import bin_file
from portal.kit import days
from portal.permissions.levels import Level
from tests.document_requests.conftest import lines_of
from tests.files.uploading import address as signed
from tests.files.uploading import begin, complete, send, upload_file
from tests.statements import counted

JSON = {"Accept": "application/json"}


def test_the_home_shows_one_list_of_what_is_needed(cast, sign_in, asked):
    page = sign_in(cast.clara).get("/").text
    assert "What we need from you" in page
    assert "Bank statements" in page
    assert "Lease" in page
    assert "Photos" not in page  # asked of Diego
    assert "2 things await you." in page
    theirs = sign_in(cast.diego).get("/").text
    assert "Photos" in theirs
    assert "Lease" not in theirs
    assert "What we need from you" not in sign_in(cast.mallory).get("/").text


def test_overdue_is_said_in_words(cast, session, sign_in, asked):
    line = lines_of(asked)[0]
    line.due_on = days.today() - timedelta(days=3)
    session.flush()
    assert "overdue by 3 days" in sign_in(cast.clara).get("/").text
    line.due_on = days.today()
    session.flush()
    assert "due today" in sign_in(cast.clara).get("/").text


def test_a_file_travels_through_the_browser_onto_its_line(cast, session, sign_in, asked):
    browser, line = sign_in(cast.diego), lines_of(asked)[0]
    data = b"%PDF-1.7 statements"
    begun = begin(browser, cast.exchange, "Statements.pdf", len(data)).json
    assert send(signed(browser, begun, 1, data), data) == 200
    assert complete(browser, begun, data).status_code == 200
    for _twice in range(2):
        answer = browser.post(f"/request-lines/{line.id}/file", json={"upload_id": begun["id"]}, headers=JSON)
        assert answer.status_code == 200
        assert "Handed in" in answer.text
    [line, *_rest] = lines_of(asked)
    assert (line.state, line.uploaded_by_id) == ("uploaded", cast.diego.id)
    assert session.scalar(select(func.count()).where(Activity.verb == "request.line_uploaded")) == 1


def test_an_upload_that_is_not_complete_answers_nothing(cast, sign_in, asked):
    browser, line = sign_in(cast.clara), lines_of(asked)[0]
    begun = begin(browser, cast.exchange, "Statements.pdf", 5).json
    answer = browser.post(f"/request-lines/{line.id}/file", json={"upload_id": begun["id"]}, headers=JSON)
    assert answer.status_code == 422
    assert lines_of(asked)[0].state == "pending"


def test_the_file_must_be_ones_own_and_in_that_folder(cast, session, asked, deposit):
    line = lines_of(asked)[1]
    elsewhere = deposit(cast.alice, "Other.pdf", cast.books)
    theirs = deposit(cast.diego, "Diego.pdf")
    gone = deposit(cast.clara, "Gone.pdf")
    bin_file(gone, actor=cast.clara)
    foreign = deposit(cast.mallory, "Mallory.pdf", cast.other_folder)
    for ident in (elsewhere.id, theirs.id, gone.id, foreign.id, uuid.uuid4(), None):
        with pytest.raises(NotYourUpload):
            commands.hand_in(line, ident, actor=cast.clara.viewer)
    assert lines_of(asked)[1].state == "pending"


def test_another_format_is_refused(cast, asked, deposit):
    line = lines_of(asked)[0]
    with pytest.raises(WrongFormat):
        commands.hand_in(line, deposit(cast.clara, "Statements.xlsx").id, actor=cast.clara)
    commands.hand_in(line, deposit(cast.clara, "Statements.PDF").id, actor=cast.clara)
    assert lines_of(asked)[0].state == "uploaded"


def test_a_refused_line_takes_another_file_or_a_new_version_but_not_the_same_again(cast, session, asked, deposit):
    line = lines_of(asked)[1]
    file = deposit(cast.clara, "Lease.pdf")
    commands.hand_in(line, file.id, actor=cast.clara)
    commands.refuse_line(line, reason="Page 2 is missing.", actor=cast.bob)
    with pytest.raises(SameFileAgain):
        commands.hand_in(line, file.id, actor=cast.clara)
    file.uploaded_at = func.clock_timestamp()  # a new version: within one transaction the clock stands still
    session.flush()
    assert commands.hand_in(line, file.id, actor=cast.clara).state == "uploaded"
    commands.refuse_line(line, reason="Still missing.", actor=cast.bob)
    commands.hand_in(line, deposit(cast.clara, "Whole lease.pdf").id, actor=cast.clara)
    [_first, line, _last] = lines_of(asked)
    assert (line.state, line.reason) == ("uploaded", "")


def test_nothing_is_handed_in_once_it_is_accepted_or_closed(cast, asked, deposit):
    line = lines_of(asked)[1]
    commands.hand_in(line, deposit(cast.clara, "Lease.pdf").id, actor=cast.clara)
    commands.accept_lines(asked, {line.id: None}, actor=cast.bob)
    other = deposit(cast.clara, "Other.pdf")
    with pytest.raises(LineSettled):
        commands.hand_in(line, other.id, actor=cast.clara)
    commands.close_request(asked, actor=cast.bob)
    with pytest.raises(RequestClosed):
        commands.hand_in(lines_of(asked)[0], other.id, actor=cast.clara)


def test_who_may_no_longer_upload_neither_sees_the_request_nor_hands_in(cast, sign_in, asked):
    browser, line = sign_in(cast.clara), lines_of(asked)[1]
    assert browser.get(f"/requests/{asked.id}").status_code == 200
    rights.set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    assert browser.get(f"/requests/{asked.id}").status_code == 404
    assert browser.post(f"/request-lines/{line.id}/file", json={}, headers=JSON).status_code == 404
    assert queries.needs_of(cast.clara.viewer) == []
    assert len(queries.needs_of(cast.diego.viewer)) == 1


def test_mallory_and_the_other_contact_reach_nothing(cast, session, sign_in, asked):
    lines = lines_of(asked)
    for person, line in ((cast.mallory, lines[0]), (cast.diego, lines[1]), (cast.clara, lines[2])):
        answer = sign_in(person).post(f"/request-lines/{line.id}/file", json={"file_id": str(uuid.uuid4())})
        assert answer.status_code == 404
    assert sign_in(cast.mallory).get(f"/requests/{asked.id}").status_code == 404
    assert sign_in(cast.bob).post(f"/request-lines/{lines[0].id}/file", json={}).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"file_id": 5}, {"file_id": "x"}, {"upload_id": ["x"]}, {"upload_id": "x"}, [], "x"]
)
def test_what_is_no_file_gets_a_sentence(cast, sign_in, asked, body):
    line = lines_of(asked)[0]
    answer = sign_in(cast.clara).post(f"/request-lines/{line.id}/file", json=body, headers=JSON)
    assert answer.status_code == 422
    assert "not found among those that you uploaded" in answer.json["detail"]


def test_the_whole_way_of_a_deposit_with_a_taken_name(cast, sign_in, asked, deposit):
    """Diego may only deposit: he does not see Clara's file of that name, and his own is kept beside it."""
    deposit(cast.clara, "Photos.zip")
    browser, line = sign_in(cast.diego), lines_of(asked)[2]
    file = upload_file(browser, cast.exchange, "Photos.zip", b"zip").json
    assert file["name"] != "Photos.zip"
    answer = browser.post(f"/request-lines/{line.id}/file", json={"file_id": file["id"]}, headers=JSON)
    assert answer.status_code == 200


def test_the_home_asks_a_fixed_number_of_questions(cast, sign_in, asked):
    from portal.document_requests.checklist import Item

    browser = sign_in(cast.clara)
    counts = []
    for rounds in (1, 10):
        for number in range(rounds):
            commands.send_request(
                cast.acme, folder=cast.exchange, title=f"R{number}", items=[Item("A"), Item("B")], actor=cast.bob
            )
        browser.get("/")
        with counted() as statements:
            browser.get("/")
        counts.append(len(statements))
    assert counts[0] == counts[1]
