"""People are told 7 days and 1 day before an access ends: once, in their language, and only of what they see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.accounts.models import Person
from portal.clients import commands as clients
from portal.clients.models import Membership
from portal.expirations import commands, notices
from portal.expirations.models import ExpiryNotice
from portal.expirations.notices import tell
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.outbox.registry import PERIODIC
from portal.permissions.levels import Level
from tests.postbox import mails_to, path_in


def told(person: Person) -> list[str]:
    """Subjects of the mails about ends that the person got, oldest first."""
    return [mail.subject or "" for mail in mails_to(person.email, "access_ends")]


def written() -> int:
    """How many mails there are at all."""
    return db.session.scalar(select(func.count()).select_from(Mail)) or 0


def days_pass(number: float) -> None:
    """As if so many days had passed: all that ends and all that was told moves towards the past."""
    by = timedelta(days=number)
    db.session.execute(update(Membership).values(valid_until=Membership.valid_until - by))
    db.session.execute(update(ExpiryNotice).values(ends_at=ExpiryNotice.ends_at - by))
    db.session.commit()
    db.session.expire_all()


def test_a_contact_and_the_responsible_are_told_seven_days_and_one_day_before(cast: Any, in_time: Any) -> None:
    """Diego reads of himself, Bob (full on Acme, manages contacts) of Diego; nobody else."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=10), actor=cast.alice)
    assert tell() == 0
    days_pass(3)
    assert tell() == 1
    assert len(told(cast.diego)) == len(told(cast.bob)) == 1
    assert "Your access to Acme ends on" in told(cast.diego)[0]
    assert "The access of Diego Diaz ends on" in told(cast.bob)[0]
    days_pass(3)
    assert tell() == 0
    days_pass(3)
    assert tell() == 1
    assert len(told(cast.diego)) == len(told(cast.bob)) == 2
    days_pass(1.1)
    assert tell() == 0
    for person in (cast.alice, cast.tess, cast.clara, cast.mallory):
        assert told(person) == [], person.full_name


def test_the_mails_link_to_pages_and_change_nothing_by_being_opened(cast: Any, sign_in: Any, in_time: Any) -> None:
    """Staff come to the list, where a click renews; contacts come to their first page."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    tell()
    (to_bob,) = mails_to(cast.bob.email, "access_ends")
    (to_diego,) = mails_to(cast.diego.email, "access_ends")
    assert path_in(to_bob) == "/expirations"
    assert "\nhttp://localhost/\n" in (to_diego.body_text or "")
    page = sign_in(cast.bob).get(path_in(to_bob))
    assert "Diego Diaz" in page.text
    end = db.session.scalar(select(Membership.valid_until).where(Membership.person_id == cast.diego.id))
    assert end == in_time(days=5)


def test_each_reader_is_told_in_their_language(cast: Any, in_time: Any) -> None:
    """The date as the reader writes it, in the firm's days."""
    cast.diego.language = "fr"
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    tell()
    (to_diego,) = mails_to(cast.diego.email, "access_ends")
    (to_bob,) = mails_to(cast.bob.email, "access_ends")
    assert (to_diego.language, to_bob.language) == ("fr", "en")
    assert "Diego Diaz" in (to_diego.body_text or "")


def test_told_twice_nobody_is_told_twice(cast: Any, in_time: Any) -> None:
    """The periodic task may run at any time, in several workers."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    for _again in range(3):
        PERIODIC["expirations.tell"].handler()
    assert len(told(cast.diego)) == 1


def test_a_notice_that_another_worker_wrote_meanwhile_is_left_to_it(
    cast: Any, in_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found it due; the unique key lets one of them tell."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    due = db.session.execute(notices._due()).all()
    tell()
    before = written()
    assert notices._noted(due) == set()
    assert written() == before


def test_a_worker_that_dies_while_it_tells_tells_later(
    cast: Any, in_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice is not kept without its mails."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)

    class Killed(BaseException):
        """As kill -9 would: nothing catches it."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed()

    with monkeypatch.context() as patched:
        patched.setattr(notices, "send", die)
        with pytest.raises(Killed):
            tell()
    assert db.session.scalar(select(func.count()).select_from(ExpiryNotice)) == 0
    assert tell() == 1
    assert len(told(cast.diego)) == 1


def test_after_days_without_a_worker_the_closest_notice_is_told_once(cast: Any, in_time: Any) -> None:
    """Not both that were missed; and nothing of what has ended meanwhile."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=30), actor=cast.alice)
    clients.set_contact_end(cast.acme, cast.clara.id, in_time(days=29), actor=cast.alice)
    days_pass(29.5)
    assert tell() == 1
    assert len(told(cast.diego)) == 1
    assert told(cast.clara) == []
    assert db.session.scalars(select(ExpiryNotice.days)).all() == [1]
    assert tell() == 0


def test_a_renewed_access_is_told_of_anew(cast: Any, in_time: Any) -> None:
    """It has another end."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    tell()
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=60), actor=cast.alice)
    assert tell() == 0
    days_pass(54)
    assert tell() == 1
    assert len(told(cast.diego)) == 2


def test_levels_are_told_where_their_end_takes_something_away(cast: Any, in_time: Any) -> None:
    """Not where as much is inherited afterwards, not a bar that ends, not beyond the membership."""
    set_level(cast.root, person=cast.clara, level=Level.READ, actor=cast.alice)
    set_level(cast.payroll, person=cast.diego, level=Level.FULL, actor=cast.alice, valid_until=in_time(days=5))
    harmless = create_folder(cast.root, name="Harmless", actor=cast.alice)
    set_level(harmless, person=cast.clara, level=Level.READ, actor=cast.alice, valid_until=in_time(days=5))
    barred = create_folder(cast.root, name="Barred", actor=cast.alice)
    set_level(barred, person=cast.clara, level=Level.NONE, actor=cast.alice, valid_until=in_time(days=5))
    assert tell() == 1
    (mail,) = mails_to(cast.diego.email, "access_ends")
    assert "Payroll" in (mail.body_text or "")
    assert told(cast.clara) == []


def test_a_file_that_ends_is_told_to_the_responsible(cast: Any, in_time: Any) -> None:
    """It ends for all contacts, who read the day beside it."""
    file = store_bytes(cast.exchange, "offer.pdf", b"offer", actor=cast.alice)
    commands.set_file_end(file, in_time(days=5), actor=cast.alice)
    assert tell() == 1
    (mail,) = mails_to(cast.bob.email, "access_ends")
    assert "offer.pdf" in (mail.body_text or "")
    assert told(cast.clara) == []


def test_no_mail_names_what_its_reader_cannot_see(cast: Any, in_time: Any) -> None:
    """Bob was locked out of Payroll: those who administer the firm are told instead."""
    set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice)
    set_level(cast.payroll, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=in_time(days=5))
    assert tell() == 1
    assert told(cast.bob) == []
    (mail,) = mails_to(cast.alice.email, "access_ends")
    assert "Payroll" in (mail.body_text or "")


def test_where_nobody_is_responsible_administrators_are_told(cast: Any, in_time: Any) -> None:
    """Nobody works for the brewery."""
    clients.set_contact_end(cast.other, cast.mallory.id, in_time(days=5), actor=cast.alice)
    tell()
    assert len(told(cast.alice)) == len(told(cast.mallory)) == 1
    assert told(cast.bob) == []


def test_a_collaborator_whose_access_ends_is_told_and_not_asked_to_renew_it(cast: Any, in_time: Any) -> None:
    """Bob is the only one responsible for Acme, and it is his own end: Alice is told."""
    clients.set_end(cast.acme, cast.bob.id, in_time(days=5), kind="collaborator", actor=cast.alice)
    tell()
    assert ["Your access to Acme ends" in subject for subject in told(cast.bob)] == [True]
    assert ["The access of Bob Blanc ends" in subject for subject in told(cast.alice)] == [True]


def test_closed_accounts_and_binned_clients_are_left_in_peace(cast: Any, in_time: Any) -> None:
    """Nor is a contact told who never activated the account; the firm is."""
    for person in (cast.clara, cast.diego):
        clients.set_contact_end(cast.acme, person.id, in_time(days=5), actor=cast.alice)
    clients.set_contact_end(cast.other, cast.mallory.id, in_time(days=5), actor=cast.alice)
    cast.clara.disabled_at = func.now()
    cast.diego.activated_at = None
    db.session.commit()
    clients.bin_client(cast.other, confirmed_name=cast.other.name, actor=cast.alice)
    assert tell() == 1
    assert told(cast.clara) == told(cast.diego) == told(cast.mallory) == []
    assert len(told(cast.bob)) == 1


def test_many_ends_make_one_mail_for_each_reader(cast: Any, in_time: Any) -> None:
    """Thirty files on the last day of the year: one mail with twenty lines and the number of the others."""
    for number in range(30):
        file = store_bytes(cast.exchange, f"offer {number}.pdf", b"offer", actor=cast.alice)
        file.valid_until = in_time(days=5)
    db.session.commit()
    assert tell() == 30
    (mail,) = mails_to(cast.bob.email, "access_ends")
    assert mail.subject == "30 accesses end soon"
    assert (mail.body_text or "").count("is available to contacts until") == 20
    assert "And 10 more." in (mail.body_text or "")


def test_a_name_with_markup_stays_text_in_the_mail(cast: Any, in_time: Any) -> None:
    """The HTML part escapes, the text part does not need to."""
    cast.diego.first_name = "<b>Diego</b>"
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    tell()
    (mail,) = mails_to(cast.bob.email, "access_ends")
    # Inside of an attribute it is text, too.
    markup = re.sub(r'="[^"]*"', "", mail.body_html or "")
    assert "<b>Diego</b>" not in markup
    assert "&lt;b&gt;Diego" in (mail.body_html or "")


def test_notices_of_long_ago_are_forgotten(cast: Any, in_time: Any) -> None:
    """They only keep people from being told twice."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=5), actor=cast.alice)
    tell()
    days_pass(500)
    tell()
    assert db.session.scalar(select(func.count()).select_from(ExpiryNotice)) == 0
