"""Signing in and out: what is told to strangers, how guessing is slowed down, what a session is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import commands, throttle
from portal.accounts.models import SignInSession
from portal.activity.models import Activity
from portal.kit.db import db
from tests.cast import PASSWORD, Cast
from tests.postbox import mails_to

WRONG = "a quite different long sentence"


def try_to_sign_in(browser: FlaskClient, email: str, password: str, **more: Any) -> Any:
    return browser.post("/sign-in", data={"email": email, "password": password}, **more)


def test_clara_signs_in_and_out(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/sign-in").status_code == 200
    answer = try_to_sign_in(client, "Clara@Client.Example", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/profile").status_code == 200
    assert cast.clara.last_sign_in_at is not None
    assert client.post("/sign-out").status_code == 303
    assert client.get("/profile").location.startswith("/sign-in?next=")


def _without_echo(answer: Any, email: str) -> str:
    text = answer.get_data(as_text=True).replace(email, "ADDRESS")
    return re.sub(r'nonce="[^"]*"|name="csrf[^>]*>|content="[^"]*"', "", text)


def test_a_wrong_password_an_unknown_address_and_closed_accounts_are_answered_alike(
    client: FlaskClient, cast: Cast
) -> None:
    waiting = commands.create_contact(email="waiting@client.example", actor=cast.alice)
    commands.invite(waiting, actor=cast.alice)
    commands.disable_person(cast.diego, actor=cast.alice)
    answers = []
    for email in (cast.clara.email, "nobody@client.example", cast.diego.email, waiting.email):
        password = PASSWORD if email == cast.diego.email else WRONG
        answer = try_to_sign_in(client, email, password)
        headers = {name for name, _value in answer.headers if name != "Set-Cookie"}
        answers.append((answer.status_code, sorted(headers), _without_echo(answer, email)))
    assert answers[0][0] == 422
    assert all(answer == answers[0] for answer in answers[1:])


def test_the_request_makes_the_same_statements_whether_or_not_the_address_is_known(
    client: FlaskClient, cast: Cast
) -> None:
    from sqlalchemy import event

    # The first request of a test reads what later ones find in the session.
    try_to_sign_in(client, "somebody@client.example", WRONG)

    def count(email: str) -> int:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            try_to_sign_in(client, email, WRONG)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    assert count(cast.clara.email) == count("nobody@client.example") > 0


def test_trying_to_sign_in_before_activation_sends_the_mail_again_but_not_on_each_try(
    client: FlaskClient, cast: Cast
) -> None:
    from datetime import timedelta

    nora = commands.create_contact(email="nora@client.example", first_name="Nora", actor=cast.alice)
    commands.invite(nora, actor=cast.alice)
    assert len(mails_to(nora.email)) == 1
    try_to_sign_in(client, nora.email, WRONG)
    assert len(mails_to(nora.email)) == 1
    assert nora.invited_at is not None
    nora.invited_at -= timedelta(minutes=10)
    try_to_sign_in(client, nora.email, WRONG)
    assert len(mails_to(nora.email, "activation")) == 2


def test_guessing_is_slowed_down_per_address_and_the_right_password_does_not_pass_either(
    client: FlaskClient, cast: Cast
) -> None:
    for _try in range(throttle.PER_ADDRESS_AND_NETWORK):
        assert try_to_sign_in(client, cast.clara.email, WRONG).status_code == 422
    assert try_to_sign_in(client, cast.clara.email.upper(), PASSWORD).status_code == 429
    assert try_to_sign_in(client, cast.mallory.email, PASSWORD).status_code == 303
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert try_to_sign_in(client, cast.clara.email, PASSWORD, environ_base=elsewhere).status_code == 303


def test_guessing_is_slowed_down_per_network(client: FlaskClient, cast: Cast) -> None:
    for number in range(throttle.PER_NETWORK):
        throttle.admit("sign_in", f"person{number}@client.example", "2001:db8::1")
    with pytest.raises(throttle.TooManyTries):
        throttle.admit("sign_in", cast.clara.email, "2001:db8::2")
    throttle.admit("sign_in", cast.clara.email, "2001:db8:0:1::2")


def test_an_unknown_address_is_throttled_like_a_known_one(client: FlaskClient, cast: Cast) -> None:
    for _try in range(throttle.PER_ADDRESS_AND_NETWORK):
        try_to_sign_in(client, "nobody@client.example", WRONG)
    assert try_to_sign_in(client, "nobody@client.example", WRONG).status_code == 429


def test_a_session_planted_before_the_sign_in_is_worth_nothing(client: FlaskClient, cast: Cast) -> None:
    with client.session_transaction() as cookie:
        cookie["sign_in"] = "planted"
        cookie["anything"] = "else"
    try_to_sign_in(client, cast.clara.email, PASSWORD)
    with client.session_transaction() as cookie:
        assert cookie["sign_in"] != "planted"
        assert "anything" not in cookie


def test_the_token_is_stored_as_a_hash_only(client: FlaskClient, cast: Cast) -> None:
    try_to_sign_in(client, cast.clara.email, PASSWORD)
    with client.session_transaction() as cookie:
        token = cookie["sign_in"]
    rows = db.session.scalars(select(SignInSession).where(SignInSession.person_id == cast.clara.id)).all()
    assert rows and all(token not in (row.token_hash, str(row.id)) for row in rows)


def test_disabling_ends_the_session_at_the_next_request(sign_in: Callable[[Any], FlaskClient], cast: Cast) -> None:
    browser = sign_in(cast.clara)
    assert browser.get("/profile").status_code == 200
    commands.disable_person(cast.clara, actor=cast.alice)
    assert browser.get("/profile").status_code == 303
    commands.enable_person(cast.clara, actor=cast.alice)
    assert browser.get("/profile").status_code == 303


def test_signing_out_kills_a_copied_cookie(client: FlaskClient, cast: Cast, app: Any) -> None:
    try_to_sign_in(client, cast.clara.email, PASSWORD)
    with client.session_transaction() as cookie:
        stolen = dict(cookie)
    client.post("/sign-out")
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie.update(stolen)
    assert thief.get("/profile").status_code == 303


HOSTILE = [
    "//evil.example", "///evil.example", "////evil.example", "https://evil.example", "http://evil.example",
    "HTTPS://evil.example", "//evil.example/%2e%2e", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example",
    " //evil.example", " https://evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x",
    "ftp://evil.example", "file:///etc/passwd", "mailto:a@b.fr", "tel:123", "//evil.example:80", "//user@evil.example",
    "//user:pass@evil.example", "https://localhost@evil.example", "//evil.example?next=/", "//evil.example#/",
    "//[::1]", "//0x7f000001", "//evil%E3%80%82example",
    "//evil。example", "/\u2028/evil.example", "\x00//evil.example",
    "/\x00/evil.example", "/\x0b/evil.example", "evil.example", "evil.example/", ".evil.example", "@evil.example",
    "?next=//evil.example", "#//evil.example", ";//evil.example", "",
    " ", "\\", "/ /evil.example\n", "%2f%2fevil.example",
    "%5c%5cevil.example", "..//evil.example", ".//evil.example", "~//evil.example", "http:\\\\evil.example",
    "/%09/\\evil.example\r\nSet-Cookie: a=b", "/\r\nLocation: //evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE)
def test_no_form_of_next_leads_away_from_the_site(client: FlaskClient, cast: Cast, target: str) -> None:
    answer = client.post("/sign-in", data={"email": cast.clara.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 303
    place = answer.headers["Location"]
    assert place.startswith("/") and not place.startswith(("//", "/\\"))
    assert "\\" not in place.split("?")[0] and not any(ord(letter) < 33 for letter in place)
    assert "Set-Cookie: a=b" not in str(answer.headers)


def test_next_leads_back_to_where_one_wanted_to_go(client: FlaskClient, cast: Cast) -> None:
    asked = client.get("/profile?x=1")
    answer = client.post(asked.location, data={"email": cast.clara.email, "password": PASSWORD})
    assert answer.location == "/profile?x=1"


@pytest.mark.parametrize(
    "data", [{}, {"email": "x"}, {"email": ["a", "b"]}, {"email": "a\x00b@c.fr", "password": "x" * 16}]
)
def test_nonsense_gets_a_sentence_and_never_a_fault(client: FlaskClient, cast: Cast, data: dict[str, Any]) -> None:
    assert client.post("/sign-in", data=data).status_code == 422


def test_a_password_without_end_is_refused_like_a_wrong_one(client: FlaskClient, cast: Cast) -> None:
    assert try_to_sign_in(client, cast.clara.email, "x" * 1000).status_code == 422
    assert try_to_sign_in(client, cast.clara.email, "x" * 100_000).status_code == 422


def test_the_log_says_who_signed_in_and_what_failed(client: FlaskClient, cast: Cast) -> None:
    try_to_sign_in(client, "nobody@client.example", WRONG)
    try_to_sign_in(client, cast.clara.email, PASSWORD)
    lines = db.session.scalars(select(Activity).where(Activity.verb.like("access.%")).order_by(Activity.id)).all()
    assert [(line.verb, line.actor_id) for line in lines] == [
        ("access.sign_in_failed", None),
        ("access.signed_in", cast.clara.id),
    ]


def test_the_buttons_of_the_demo_exist_in_the_demo_only(client: FlaskClient, cast: Cast, app: Any) -> None:
    import dataclasses

    assert client.post("/demo/sign-in", data={"person_id": cast.alice.id}).status_code == 404
    real = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(real, demo=True)
    try:
        assert "Alice Aubert" in client.get("/sign-in").text
        assert client.post("/demo/sign-in", data={"person_id": "nonsense"}).status_code == 404
        assert client.post("/demo/sign-in", data={"person_id": cast.alice.id}).status_code == 303
        assert client.get("/profile").status_code == 200
    finally:
        app.config["SETTINGS"] = real


def test_another_language_is_kept_for_strangers_and_for_people(
    client: FlaskClient, sign_in: Callable[[Any], FlaskClient], cast: Cast
) -> None:
    assert client.post("/language", data={"language": "it", "next": "/sign-in"}).location == "/sign-in"
    assert '<html lang="it"' in client.get("/sign-in").text
    assert client.post("/language", data={"language": "../../etc", "next": "//evil.example"}).location == "/"
    browser = sign_in(cast.clara)
    browser.post("/language", data={"language": "fr"})
    assert cast.clara.language == "fr"
    assert '<html lang="fr"' in browser.get("/profile").text
