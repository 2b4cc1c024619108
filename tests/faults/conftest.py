"""A site whose commits are real, with a store behind a proxy that the test can slow down, cut or take away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from config import Settings
from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.app import create_app
from portal.files import reaper
from portal.files.models import File, ObjectDeletion, Upload
from portal.files.verify import verify
from portal.kit import multipart, storage
from portal.kit.db import db
from portal.outbox.commands import without_bell
from tests.cast import Cast, make_cast
from tests.conftest import forget_request
from tests.faults.line import Line

# Later than any clock of this test: what is left over is due.
LATER = timedelta(minutes=-5)


class Browser(FlaskClient):
    """Asks each page as its own person, in a context that outlives the requests."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        forget_request()
        try:
            return super().open(*args, **kwargs)
        finally:
            forget_request()


@dataclass
class Site:
    """The application, its cast, its environment and the line to its store."""

    app: Flask
    cast: Cast
    env: dict[str, str]
    line: Line
    _browsers: dict[Any, str] = field(default_factory=dict)

    def browser(self, person: Person) -> FlaskClient:
        """A browser in which this person is signed in. Browsers of several threads are several."""
        browser = Browser(self.app, self.app.response_class)
        with browser.session_transaction() as cookie:
            cookie["sign_in"] = self.token(person)
        return browser

    def token(self, person: Person) -> str:
        """A session of this person."""
        if person.id not in self._browsers:
            found = db.session.get_one(Person, person.id)
            self._browsers[person.id] = open_session(found, ip="127.0.0.1", user_agent="faults")
            db.session.commit()
        return self._browsers[person.id]

    def names(self) -> list[str]:
        """All files that somebody could see."""
        db.session.rollback()
        return sorted(db.session.scalars(select(File.name).where(File.bin_id.is_(None))))


def after_a_week() -> None:
    """What the reaper does once nobody comes back: all that is open has expired, all that was promised is due."""
    db.session.rollback()
    over = func.now() - text("interval '1 s'")
    db.session.execute(update(Upload).where(Upload.state == "pending").values(expires_at=over))
    db.session.execute(update(ObjectDeletion).values(due_at=over))
    db.session.commit()
    while reaper.expire_uploads():
        pass
    while reaper.delete_due_objects():
        pass
    reaper.sweep_orphans(grace=LATER)
    reaper.sweep_multiparts(grace=LATER)


def left_over() -> list[str]:
    """What does not agree after that: faults of verify, parts in the store, objects that no file has."""
    return [*verify(), *(f"{key} is open" for key, _, _ in multipart.running("files/"))]


def keys_in_store() -> set[str]:
    """Every object of the bucket that could belong to a file."""
    return {key for prefix in ("files/", "previews/") for key, _ in storage.keys(prefix)}


@pytest.fixture(scope="module")
def site(fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: Any) -> Iterator[Site]:
    """All of it, with Acme's folder *Exchange*, in which Clara may do everything."""
    env = fresh_environment()
    with Line(env["S3_ENDPOINT_URL"]) as line:
        env |= {"S3_ENDPOINT_URL": line.url, "S3_PUBLIC_URL": line.url, "PORTAL_DEVELOPMENT": "1"}
        env["PORTAL_VAR"] = str(tmp_path_factory.mktemp("faults"))
        app = create_app(Settings.from_env(env))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        with app.app_context(), without_bell():
            cast = make_cast()
            db.session.commit()
            yield Site(app, cast, env, line)
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(autouse=True)
def _whole_line(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the line, the next one finds it whole."""
    yield
    if "site" in request.fixturenames:
        request.getfixturevalue("site").line.mend()
