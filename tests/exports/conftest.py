"""A site of its own for exports: making a workbook reads in one transaction and commits in another."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from config import Settings
from portal.app import create_app
from portal.celery_app import connect
from portal.kit.db import db, transactional
from tests.cast import Cast, make_cast


@pytest.fixture(scope="module")
def own_site(fresh_environment: Any, app: Flask) -> Iterator[Flask]:
    """An application on a database in which commits are real."""
    with tempfile.TemporaryDirectory(prefix="exports-") as folder:
        env = {**fresh_environment(), "PORTAL_VAR": folder, "PORTAL_DEVELOPMENT": "0"}
        site = create_app(Settings.from_env(env))
        site.config["TEST_ENVIRONMENT"] = env
        site.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        with site.app_context():
            yield site
            db.session.remove()
            db.engine.dispose()
    # The bell belongs to the process, not to an application.
    connect(app)


@pytest.fixture(scope="module")
def people(own_site: Flask) -> Cast:
    """The cast, committed."""
    return transactional(make_cast)()


@pytest.fixture
def nothing_yet(own_site: Flask, people: Cast) -> Iterator[None]:
    """No export and no promised work of the test before."""
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM export"))
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(text("DELETE FROM mail"))
    yield
    db.session.rollback()
