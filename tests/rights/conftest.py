"""An application whose commits are real, for tests in which several people act at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from config import Settings
from portal.app import create_app
from portal.kit.db import db
from portal.outbox.commands import without_bell
from tests.cast import Cast, make_cast


@pytest.fixture
def real(fresh_environment: Callable[[], dict[str, str]], tmp_path: Any) -> Iterator[tuple[Flask, Cast]]:
    """A database, a bucket and an application of one's own, and the cast in it."""
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
