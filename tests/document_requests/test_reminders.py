"""Reminders: in the firm's morning, once, of what is still missing from each, and of nobody who cannot answer."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from portal.clients import commands as clients
from portal.document_requests import commands
from portal.document_requests.commands.mornings import next_morning
from portal.files.commands import rights
from portal.kit import days
from portal.kit.clock import pretending
from portal.mailer.rendering import write_out
from portal.permissions.levels import Level
from tests.document_requests.conftest import lines_of, mails


def morning(after_days: int, hour: int = 9) -> datetime:
    """This hour, where the firm is, so many days from today."""
    return datetime.combine(days.today() + timedelta(days=after_days), time(hour), tzinfo=days.firm_zone())


def reminded() -> dict[str, list[str]]:
    return {mail.to_address: [line["label"] for line in mail.context["lines"]] for mail in mails("document_reminder")}


def remind(after_days: int, hour: int = 9) -> int:
    with pretending(morning(after_days, hour)):
        return commands.remind()


def test_it_is_planned_for_eight_in_the_firms_morning(cast, asked):
    planned = asked.next_reminder_at.astimezone(days.firm_zone())
    assert (planned.date(), planned.hour, planned.minute) == (days.today() + timedelta(days=7), 8, 0)


def test_each_is_reminded_of_what_is_still_missing_from_them(cast, asked):
    assert remind(6) == 0
    assert remind(7) == 2
    # The photos are not required: they are asked for once.
    assert reminded() == {cast.clara.email: ["Bank statements", "Lease"], cast.diego.email: ["Bank statements"]}


def test_run_twice_it_reminds_once_and_again_only_after_the_interval(cast, asked):
    assert [remind(7), remind(7), remind(7, 11), remind(13)] == [2, 0, 0, 0]
    assert remind(14) == 2


def test_outside_of_the_morning_it_waits_for_the_next_one(cast, asked):
    assert [remind(7, 7), remind(7, 12), remind(7, 23)] == [0, 0, 0]
    assert remind(8) == 2


def test_what_was_handed_in_is_not_asked_for_and_all_accepted_ends_it(cast, session, asked, deposit):
    bank, lease, photos = lines_of(asked)
    commands.hand_in(bank, deposit(cast.clara, "Bank.pdf").id, actor=cast.clara)
    assert remind(7) == 1
    assert reminded() == {cast.clara.email: ["Lease"]}
    commands.hand_in(lease, deposit(cast.clara, "Lease.pdf").id, actor=cast.clara)
    commands.hand_in(photos, deposit(cast.diego, "Photos.jpg").id, actor=cast.diego)
    assert remind(14) == 0  # nothing is missing, something waits for a decision
    commands.accept_lines(asked, {line.id: None for line in (bank, lease, photos)}, actor=cast.bob)
    session.refresh(asked)
    assert asked.next_reminder_at is None
    assert remind(40) == 0


def test_a_refused_document_is_asked_for_again_with_the_reason(cast, asked, deposit):
    lease = lines_of(asked)[1]
    commands.hand_in(lease, deposit(cast.clara, "Lease.pdf").id, actor=cast.clara)
    commands.refuse_line(lease, reason="Page 2 is missing.", actor=cast.bob)
    remind(7)
    mail = next(mail for mail in mails("document_reminder") if mail.to_address == cast.clara.email)
    assert "Page 2 is missing." in write_out(mail).text


@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_the_mail_leads_to_the_request_and_escapes(cast, session, asked, language):
    cast.clara.language = language
    lines_of(asked)[0].label = "<script>alert(1)</script>"
    session.flush()
    remind(7)
    mail = next(mail for mail in mails("document_reminder") if mail.to_address == cast.clara.email)
    written = write_out(mail)
    assert mail.language == language
    assert f"/requests/{asked.id}" in written.text
    assert "<script>alert" not in written.html


def test_whose_access_was_taken_away_is_not_reminded(cast, asked):
    rights.set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    assert remind(7) == 1
    assert list(reminded()) == [cast.diego.email]


def test_nobody_is_reminded_of_a_closed_request_nor_of_a_disabled_client(cast, asked):
    clients.disable_client(cast.acme, actor=cast.alice)
    assert remind(7) == 0
    clients.enable_client(cast.acme, actor=cast.alice)
    commands.close_request(asked, actor=cast.bob)
    assert remind(30) == 0


def test_without_reminders_none_is_planned(cast):
    from portal.document_requests.checklist import Item

    quiet = commands.send_request(
        cast.acme, folder=cast.exchange, title="Quiet", items=[Item("A")], remind_every=0, actor=cast.bob
    )
    assert quiet.next_reminder_at is None
    assert remind(60) == 0


def test_after_days_without_workers_there_is_one_reminder(cast, asked):
    assert remind(40) == 2
    assert remind(40, 10) == 0


def test_eight_in_the_morning_stays_eight_when_the_clocks_change(cast):
    # Europe/Paris goes from +02:00 to +01:00 on 25 October 2026 and back on 28 March 2027.
    zone = days.firm_zone()
    for day, offset in ((datetime(2026, 10, 24, 9, tzinfo=zone), 1), (datetime(2027, 3, 27, 9, tzinfo=zone), 2)):
        with pretending(day):
            planned = next_morning(1).astimezone(days.firm_zone())
        assert planned.hour == 8
        assert planned.utcoffset() == timedelta(hours=offset)
