"""What every answer carries, and what people see when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from config import BadSettings, Settings
from portal.accounts.models import Firm
from portal.app import create_app
from portal.kit.db import db, transactional
from tests.cast import Cast

Browser = Any


def test_every_answer_is_hardened(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    for address in ("/", "/clients/new", "/no-such-page", "/drafts"):
        headers = sign_in(cast.alice).get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe-" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_nonce_is_another_one_each_time(cast: Cast, sign_in: Callable[[Any], Browser]) -> None:
    browser = sign_in(cast.alice)
    first, second = (browser.get("/").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_behind_https_the_cookie_is_bound_to_this_host(engine_environment: dict[str, str]) -> None:
    app = create_app(Settings.from_env({**engine_environment, "PORTAL_URL": "https://portal.example"}))
    assert app.config["SESSION_COOKIE_SECURE"]
    assert app.config["SESSION_COOKIE_HTTPONLY"]
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    answer = app.test_client().get("/styleguide", base_url="https://portal.example")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("host", ["evil.example", "portal.example.evil.example", "portal.example@evil.example"])
def test_a_foreign_host_name_is_refused(engine_environment: dict[str, str], host: str) -> None:
    app = create_app(Settings.from_env({**engine_environment, "PORTAL_URL": "https://portal.example"}))
    answer = app.test_client().get("/styleguide", headers={"Host": host}, base_url="https://portal.example")
    assert answer.status_code == 400


def test_a_page_that_does_not_exist_is_said_in_the_readers_language(client: Browser, cast: Cast) -> None:
    french = client.get("/no-such-page", headers={"Accept-Language": "fr"})
    assert french.status_code == 404
    assert 'lang="fr"' in french.text
    problem = client.get("/no-such-page", headers={"Accept": "application/json"})
    assert problem.content_type == "application/problem+json"


@pytest.fixture
def guarded(app: Flask) -> Iterator[None]:
    """The protection of forms as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def test_a_form_without_its_token_can_be_sent_again(
    guarded: None, cast: Cast, sign_in: Callable[[Any], Browser]
) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    answer = sign_in(cast.alice).post("/clients/new", data={"name": "Typed for an hour"}, headers=own)
    assert answer.status_code == 400
    assert 'value="Typed for an hour"' in answer.text
    assert 'action="/clients/new' in answer.text


def test_a_form_from_elsewhere_is_not_offered_again(
    guarded: None, cast: Cast, sign_in: Callable[[Any], Browser]
) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        answer = sign_in(cast.alice).post("/clients/new", data={"name": "Written by Mallory"}, headers=headers)
        assert answer.status_code == 400
        assert "Written by Mallory" not in answer.text


def test_a_fault_of_ours_shows_no_trace(fresh_environment: Callable[[], dict[str, str]]) -> None:
    app = create_app(Settings.from_env(fresh_environment()))
    with app.app_context():
        # Without a firm every address leads to the set-up page.
        transactional(lambda: db.session.add(Firm(name="Cabinet Verdier")))()
        db.session.remove()

    def broken() -> str:
        raise ValueError("the secret of the house")

    app.add_url_rule("/broken", "broken", broken)
    answer = app.test_client().get("/broken", base_url="http://localhost")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    assert "Traceback" not in answer.text
    assert "SECRET_KEY" not in answer.text


def test_bad_settings_are_said_one_sentence_per_fault() -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({"DATABASE_URL": "mysql://x", "SECRET_KEY": "short", "MAX_FILE_BYTES": "many"})
    text = str(refused.value)
    for name in ("DATABASE_URL", "SECRET_KEY", "MAX_FILE_BYTES", "REDIS_URL", "PORTAL_URL", "S3_ENDPOINT_URL"):
        assert sum(fault.startswith(name) for fault in refused.value.faults) == 1, text
