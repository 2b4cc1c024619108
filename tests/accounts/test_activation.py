"""The activation link: who may use it, how often, how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import commands, links
from portal.accounts.models import OneTimeLink, Person
from portal.kit.db import db
from tests.cast import PASSWORD, Cast
from tests.postbox import mails_to, path_in

CHOICE = {"password": PASSWORD, "repeated": PASSWORD}


@pytest.fixture
def nora(cast: Cast) -> Person:
    """A contact who was invited and has not answered yet."""
    person = commands.create_contact(
        email="nora@client.example", first_name="Nora", last_name="Noir", language="fr", actor=cast.alice
    )
    commands.invite(person, actor=cast.alice)
    return person


def link_of(person: Person, number: int = -1) -> str:
    return path_in(mails_to(person.email, "activation")[number])


def test_nora_activates_is_signed_in_and_the_link_is_dead(client: FlaskClient, nora: Person) -> None:
    place = link_of(nora)
    assert client.get(place).status_code == 200
    answer = client.post(place, data=CHOICE)
    assert (answer.status_code, answer.location) == (303, "/")
    assert nora.state == "active"
    assert client.get("/profile").status_code == 200
    assert client.get(place).status_code == 410
    assert client.post(place, data=CHOICE).status_code == 410


def test_the_mail_and_the_page_are_in_noras_language(client: FlaskClient, nora: Person) -> None:
    mail = mails_to(nora.email)[0]
    assert mail.language == "fr" and mail.state == "kept"
    assert '<html lang="fr"' in client.get(path_in(mail)).text


def test_opening_the_link_changes_nothing(client: FlaskClient, nora: Person) -> None:
    place = link_of(nora)
    for _visit in range(3):
        client.get(place)
        client.head(place)
    assert nora.activated_at is None
    assert client.post(place, data=CHOICE).status_code == 303


def test_a_refused_password_keeps_the_link(client: FlaskClient, nora: Person) -> None:
    place = link_of(nora)
    for password, repeated in (("short", "short"), (PASSWORD, "another"), ("password" * 3, "password" * 3), ("", "")):
        assert client.post(place, data={"password": password, "repeated": repeated}).status_code == 422
    about_her = "nora@client.example"
    assert client.post(place, data={"password": about_her, "repeated": about_her}).status_code == 422
    assert client.post(place, data=CHOICE).status_code == 303


def test_a_resend_kills_the_link_before(client: FlaskClient, nora: Person, cast: Cast) -> None:
    commands.invite(nora, actor=cast.alice)
    first, second = link_of(nora, 0), link_of(nora, 1)
    assert first != second
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_changed_address_kills_the_link(client: FlaskClient, nora: Person, cast: Cast) -> None:
    place = link_of(nora)
    commands.update_person(nora, actor=cast.alice, email="nora@elsewhere.example")
    assert client.post(place, data=CHOICE).status_code == 410
    assert nora.state == "not_invited"


def test_a_day_later_the_link_is_dead_and_offers_another_one(client: FlaskClient, nora: Person) -> None:
    place = link_of(nora)
    link = db.session.scalars(select(OneTimeLink).where(OneTimeLink.person_id == nora.id)).one()
    assert link.expires_at - link.created_at <= timedelta(hours=24, minutes=1)
    link.expires_at -= timedelta(hours=25)
    nora.invited_at -= timedelta(hours=25)  # type: ignore[operator]
    db.session.flush()  # the page reads the row
    dead = client.get(place)
    assert dead.status_code == 410 and f"{place}/renewal" in dead.text
    assert client.post(f"{place}/renewal").status_code == 200
    assert client.get(link_of(nora)).status_code == 200
    assert len(mails_to(nora.email)) == 2


def test_the_answer_to_asking_for_another_link_is_always_the_same(client: FlaskClient, nora: Person) -> None:
    from tests.accounts.test_sign_in import _without_echo

    known = client.post(f"{link_of(nora)}/renewal")
    unknown = client.post("/activation/nonsense/renewal")
    assert known.status_code == unknown.status_code == 200
    assert _without_echo(known, link_of(nora)) == _without_echo(unknown, "/activation/nonsense").replace("nonsense", "")


def test_asking_for_another_link_is_throttled(client: FlaskClient, nora: Person) -> None:
    place = f"{link_of(nora)}/renewal"
    codes = [client.post(place).status_code for _try in range(12)]
    assert codes[0] == 200 and codes[-1] == 429
    assert len(mails_to(nora.email)) == 1


def test_only_the_exact_token_works(client: FlaskClient, nora: Person) -> None:
    place = link_of(nora)
    token = place.rpartition("/")[2]
    other = "A" if token[0] != "A" else "B"
    for wrong in (
        other + token[1:], token[:-1], token + "A", token[::-1], token.lower(), token.upper(), "%00", "x" * 5000,
        "..%2f..", "[]", "null", "0", "true", "%ff%fe", "' OR 1=1 --", f"{token}%20", f"{token}%00",
    ):  # fmt: skip
        answer = client.get(f"/activation/{wrong}")
        assert answer.status_code in (404, 410), wrong
    assert client.get(f"/password-reset/{token}").status_code == 410
    assert client.get(f"/setup/{token}").status_code == 303
    assert client.get(place).status_code == 200


def test_the_database_holds_no_usable_token(nora: Person) -> None:
    mails_to(nora.email)
    link = db.session.scalars(select(OneTimeLink).where(OneTimeLink.person_id == nora.id)).one()
    token = links.token_of(link)
    from sqlalchemy import text

    for name in ("one_time_link", "mail", "outbox", "activity"):
        rows = db.session.execute(text(f"SELECT row_to_json(t)::text FROM {name} t")).scalars().all()  # noqa: S608
        assert not any(token in row for row in rows), name


def test_a_disabled_contact_cannot_activate(client: FlaskClient, nora: Person, cast: Cast) -> None:
    place = link_of(nora)
    commands.disable_person(nora, actor=cast.alice)
    assert client.post(place, data=CHOICE).status_code == 410
    commands.enable_person(nora, actor=cast.alice)
    assert client.post(place, data=CHOICE).status_code == 410


def test_an_active_person_gets_no_activation_mail(cast: Cast) -> None:
    with pytest.raises(commands.invitations.AlreadyActive):
        commands.invite(cast.clara, actor=cast.alice)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "localhost@evil.example"]
)
def test_a_forged_host_reaches_neither_pages_nor_mails(client: FlaskClient, nora: Person, host: str) -> None:
    headers: dict[str, Any] = {"Host": host, "X-Forwarded-Host": host, "Forwarded": f"host={host}"}
    answer = client.post("/password-reset", data={"email": "clara@client.example"}, headers=headers)
    assert answer.status_code in (400, 404, 422)
    client.post("/password-reset", data={"email": "clara@client.example"}, headers={"X-Forwarded-Host": host})
    for mail in mails_to("clara@client.example"):
        assert "evil" not in (mail.body_text or "") + (mail.body_html or "")
