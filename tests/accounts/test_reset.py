"""A new password by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import commands
from portal.accounts.models import OneTimeLink
from portal.kit.db import db
from tests.accounts.test_sign_in import _without_echo, try_to_sign_in
from tests.cast import PASSWORD, Cast
from tests.postbox import mails_to, path_in

NEW = "seventeen blue herons over Lyon"


def test_clara_chooses_a_new_password_and_all_her_sessions_end(
    client: FlaskClient, sign_in: Callable[[Any], FlaskClient], cast: Cast
) -> None:
    elsewhere = sign_in(cast.clara)
    client.post("/password-reset", data={"email": "CLARA@client.example"})
    place = path_in(mails_to(cast.clara.email, "reset")[0])
    assert client.get(place).status_code == 200
    assert client.post(place, data={"password": NEW, "repeated": NEW}).location == "/sign-in"
    assert elsewhere.get("/profile").status_code == 303
    assert client.post(place, data={"password": NEW, "repeated": NEW}).status_code == 410
    assert try_to_sign_in(client, cast.clara.email, PASSWORD).status_code == 422
    assert try_to_sign_in(client, cast.clara.email, NEW).status_code == 303
    assert len(mails_to(cast.clara.email, "password_changed")) == 1


def test_the_answer_is_the_same_for_known_unknown_and_disabled_addresses(client: FlaskClient, cast: Cast) -> None:
    commands.disable_person(cast.diego, actor=cast.alice)
    pages = set()
    for email in (cast.clara.email, "nobody@client.example", cast.diego.email):
        answer = client.post("/password-reset", data={"email": email})
        pages.add((answer.status_code, _without_echo(answer, email)))
    assert len(pages) == 1
    assert mails_to("nobody@client.example") == mails_to(cast.diego.email) == []


def test_many_requests_fill_no_mailbox(client: FlaskClient, cast: Cast) -> None:
    codes = [client.post("/password-reset", data={"email": cast.clara.email}).status_code for _try in range(10)]
    assert codes[0] == 200 and codes[-1] == 429
    assert len(mails_to(cast.clara.email, "reset")) == 1


def test_an_hour_later_the_link_is_dead(client: FlaskClient, cast: Cast) -> None:
    client.post("/password-reset", data={"email": cast.clara.email})
    place = path_in(mails_to(cast.clara.email, "reset")[0])
    link = db.session.scalars(select(OneTimeLink).where(OneTimeLink.purpose == "reset")).one()
    assert link.expires_at - link.created_at <= timedelta(hours=1, minutes=1)
    link.expires_at -= timedelta(hours=2)
    db.session.flush()  # the page reads the row
    assert client.get(place).status_code == 410
    assert client.post(place, data={"password": NEW, "repeated": NEW}).status_code == 410


def test_a_changed_address_kills_the_reset_link_and_the_old_address_is_told(client: FlaskClient, cast: Cast) -> None:
    client.post("/password-reset", data={"email": cast.clara.email})
    place = path_in(mails_to(cast.clara.email, "reset")[0])
    commands.update_person(cast.clara, actor=cast.alice, email="clara@elsewhere.example")
    assert client.get(place).status_code == 410
    assert len(mails_to("clara@client.example", "address_changed")) == 1


def test_who_never_activated_gets_the_activation_mail_instead(client: FlaskClient, cast: Cast) -> None:
    nora = commands.create_contact(email="nora@client.example", actor=cast.alice)
    commands.invite(nora, actor=cast.alice)
    nora.invited_at -= timedelta(minutes=20)  # type: ignore[operator]
    client.post("/password-reset", data={"email": nora.email})
    assert [mail.template for mail in mails_to(nora.email)] == ["activation", "activation"]


def test_a_present_password_is_changed_only_by_who_knows_it(sign_in: Callable[[Any], FlaskClient], cast: Cast) -> None:
    browser, elsewhere = sign_in(cast.clara), sign_in(cast.clara)
    form = {"current_password": "not my password at all", "password": NEW, "repeated": NEW}
    assert browser.post("/profile/password", data=form).status_code == 422
    assert browser.post("/profile/password", data={**form, "current_password": PASSWORD}).status_code == 303
    assert browser.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 303


def test_guessing_the_present_password_is_slowed_down(sign_in: Callable[[Any], FlaskClient], cast: Cast) -> None:
    browser = sign_in(cast.clara)
    form = {"current_password": "not my password at all", "password": NEW, "repeated": NEW}
    codes = [browser.post("/profile/password", data=form).status_code for _try in range(10)]
    assert codes[0] == 422 and codes[-1] == 429
