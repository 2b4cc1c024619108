"""The ground of all tests: real engines, one outer transaction per test, the cast."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_babel import refresh
from sqlalchemy import Engine, create_engine

from config import Settings
from portal.app import create_app
from portal.kit.db import db
from portal.outbox.commands import without_bell
from tests import engines_for_tests as engines
from tests.cast import Cast, find_cast, make_cast
from tests.pages import check_page

pytest_plugins = ["tests.figures"]

# Files of more than a minute.
LONGEST = (
    "tests/browser/test_pages.py",
    "tests/architecture/test_doors.py",
    "tests/rights/test_races.py",
    "tests/browser/test_upload_many.py",
    "tests/engines/test_up.py",
    "tests/outbox/test_proof.py",
)
_stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start the engines once, in the process that hands out the work; workers get their address."""
    if hasattr(config, "workerinput"):
        return
    env = engines.engines_environment(_stack)
    config.stash[_ENV] = env
    config.stash[_TEMPLATE] = engines.make_template(env, uuid.uuid4().hex[:8])
    _Handover.env, _Handover.template = env, config.stash[_TEMPLATE]
    config.pluginmanager.register(_Handover(), "atrium-handover")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first: one that begins last is waited for by all other processes."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through it again after every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if not hasattr(config, "workerinput") and _ENV in config.stash:
        with contextlib.suppress(Exception):
            engines.drop(config.stash[_ENV], engines.with_database("x/x", config.stash[_TEMPLATE]))
        _stack.close()


class _Handover:
    """Gives the engines' address to the workers of pytest-xdist."""

    env: dict[str, str]
    template: str

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["atrium"] = json.dumps({"env": self.env, "template": self.template})


_ENV = pytest.StashKey[dict[str, str]]()
_TEMPLATE = pytest.StashKey[str]()


def _given(config: pytest.Config) -> tuple[dict[str, str], str, str]:
    """(environment of the engines, name of the template database, name of this worker)."""
    if hasattr(config, "workerinput"):
        given = json.loads(config.workerinput["atrium"])
        return given["env"], given["template"], config.workerinput["workerid"]
    return config.stash[_ENV], config.stash[_TEMPLATE], "single"


@pytest.fixture(scope="session")
def engine_environment(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of this worker: its own database, bucket and broker number."""
    env, template, worker = _given(request.config)
    mine = engines.worker_environment(env, template, worker, with_cast=True)
    yield mine
    with contextlib.suppress(Exception):
        engines.drop(env, mine["DATABASE_URL"])


@pytest.fixture(scope="session")
def fresh_environment(request: pytest.FixtureRequest) -> Iterator[Callable[[], dict[str, str]]]:
    """Another database, bucket and broker number, for tests that commit or start processes of their own."""
    env, template, worker = _given(request.config)
    made: list[dict[str, str]] = []

    def make() -> dict[str, str]:
        made.append(engines.worker_environment(env, template, worker))
        return made[-1]

    yield make
    for environment in made:
        with contextlib.suppress(Exception):
            engines.drop(env, environment["DATABASE_URL"])


@pytest.fixture(scope="session")
def app(engine_environment: dict[str, str]) -> Iterator[Flask]:
    """The application on this worker's database."""
    var = Path(os.environ.get("PYTEST_VAR", "/tmp")) / f"atrium-var-{uuid.uuid4().hex[:8]}"  # noqa: S108
    made = create_app(Settings.from_env({**engine_environment, "PORTAL_VAR": str(var), "PORTAL_DEVELOPMENT": "1"}))
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Replaces pytest-flask's: it shares ``g`` between clients, and a stranger then passes as the one before."""


@pytest.fixture(scope="session")
def cast_engine(app: Flask, engine_environment: dict[str, str]) -> Iterator[Engine]:
    """The database of this worker in which the cast already lives."""
    url = engine_environment["DATABASE_URL"]
    settled = engines.with_database(url, engines.cast_of(url.partition("?")[0].rsplit("/", 1)[1]))
    made = create_engine(Settings.from_env({**engine_environment, "DATABASE_URL": settled}).database_url)
    yield made
    made.dispose()


@pytest.fixture
def transaction(app: Flask, cast_engine: Engine, request: pytest.FixtureRequest) -> Iterator[Any]:
    """One outer transaction per test; commits inside are savepoints, and all is rolled back at the end.

    A test that asks for the cast runs where the cast lives, any other in an empty database.
    """
    with app.app_context():
        engine = db.engine
        connection = (cast_engine if "cast" in request.fixturenames else engine).connect()
        outer = connection.begin()
        db._app_engines[app][None] = connection  # type: ignore[assignment]
        try:
            yield connection
        finally:
            db.session.remove()
            db._app_engines[app][None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def session(transaction: Any) -> Any:
    """The database session inside the test's transaction."""
    return db.session


@pytest.fixture
def cast(session: Any) -> Cast:
    """Alice, Bob, Tess, Clara, Diego, Mallory, their firm and two clients."""
    found = find_cast()
    # Closes the savepoint that the reading opened: what a test nests must not lie inside of it.
    db.session.commit()
    return found


@pytest.fixture
def real(fresh_environment: Callable[[], dict[str, str]], tmp_path: Path) -> Iterator[tuple[Flask, Cast]]:
    """A database, a bucket and an application whose commits are real, and the cast in it (see ``tests.at_once``)."""
    app = create_app(Settings.from_env({**fresh_environment(), "PORTAL_VAR": str(tmp_path), "PORTAL_DEVELOPMENT": "1"}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    with app.app_context():
        cast = make_cast()
        db.session.commit()
        db.session.remove()
    with without_bell():
        yield app, cast
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def forget_request() -> None:
    """Drop what one request leaves in ``g``: tests keep one application context for the whole test."""
    eye = ("eye", "eye_lost", "only_looking")
    for kept in ("_login_user", "firm", "csp_nonce", "viewer", "csrf_token", "sign_in_session_id", *eye):
        g.pop(kept, None)
    # The language of whoever asked last, or of what the test did itself in between.
    refresh()


class CheckingClient(FlaskClient):
    """A browser of the tests: every HTML page that it fetches is checked (structure, title, ids, labels, nonce)."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        forget_request()
        response = super().open(*args, **kwargs)
        forget_request()
        check_page(response)
        return response


@pytest.fixture
def client(app: Flask, transaction: Any) -> FlaskClient:
    """A browser that is not signed in."""
    app.test_client_class = CheckingClient
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, transaction: Any) -> Callable[[Any], FlaskClient]:
    """``sign_in(clara)`` gives a browser in which Clara is signed in (by a real session row)."""

    def make(person: Any) -> FlaskClient:
        from portal.accounts.sessions import open_session

        app.test_client_class = CheckingClient
        browser = app.test_client()
        token = open_session(person, ip="127.0.0.1", user_agent="test")
        with browser.session_transaction() as cookie:
            cookie["sign_in"] = token
        return browser

    return make
