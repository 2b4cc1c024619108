"""A site to measure on: engines, a database of its own, the people of the tests."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask

from config import Settings
from portal.app import create_app
from portal.kit.db import db, transactional
from tests import engines_for_tests as engines
from tests.cast import Cast, make_cast


@dataclass
class Site:
    """What operations find: the application (its context is open), the people, and how much to make."""

    app: Flask
    cast: Cast
    clients: int
    notes: dict[str, Any]
    closing: ExitStack


@contextmanager
def open_site(*, clients: int) -> Iterator[Site]:
    """Start engines (or use those that a developer keeps running), make a database, remove it afterwards."""
    with ExitStack() as stack:
        env = engines.engines_environment(stack)
        template = engines.make_template(env, f"bench_{uuid.uuid4().hex[:6]}")
        mine = engines.worker_environment(env, template, "bench")
        stack.callback(engines.drop, env, engines.with_database(env["DATABASE_URL"], template))
        stack.callback(engines.drop, env, mine["DATABASE_URL"])
        var = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        app = create_app(Settings.from_env({**mine, "PORTAL_VAR": var}))
        stack.enter_context(app.app_context())
        stack.callback(db.engine.dispose)
        stack.callback(db.session.remove)
        yield Site(app, transactional(make_cast)(), clients, {}, stack)


def driver_connection() -> psycopg.Connection:
    """The bare driver on the site's database."""
    return psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
