"""Workers that die over the application of a template: each client gets it, none gets it twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from config import Settings
from portal.app import create_app
from portal.celery_app import connect
from portal.clients import commands as clients
from portal.files.commands import folders
from portal.files.commands.tree_applications import ONE, apply_to_clients
from portal.files.commands.tree_templates import save_tree_template
from portal.files.tree_clients import previews, together
from portal.files.tree_progress import progress_of
from portal.files.tree_shape import Branch
from portal.kit.db import db, transactional
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.cast import make_cast
from tests.figures import record_figure

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, KILLS = 6, 3

# Dies after the folders are written and before the commit that would make them true.
_CHILD = """
import os, signal, sys, uuid
from portal.app import create_app
from portal.files.commands import tree_applications
from portal.outbox import commands as outbox

def die(*args, real=tree_applications.plant, **kwargs):
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

tree_applications.plant = die
with create_app().app_context():
    outbox.work(uuid.UUID(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def own_site(fresh_environment: Any, app: Flask) -> Iterator[Flask]:
    """An application on a database in which commits are real."""
    with tempfile.TemporaryDirectory(prefix="trees-") as folder:
        env = {**fresh_environment(), "PORTAL_VAR": folder, "PORTAL_DEVELOPMENT": "0"}
        site = create_app(Settings.from_env(env))
        site.config["TEST_ENVIRONMENT"] = env
        with site.app_context():
            yield site
            db.session.remove()
            db.engine.dispose()
    # The bell belongs to the process, not to an application.
    connect(app)


@transactional
def _promised() -> tuple[Any, uuid.UUID]:
    cast = make_cast()
    tree = [Branch("Invoices", Level.DEPOSIT, [Branch("2026")]), Branch("Internal", Level.NONE)]
    template = save_tree_template(None, name="Company", tree=tree, actor=cast.alice)
    some = []
    for number in range(CLIENTS):
        some.append(clients.create_client(name=f"Client {number}", actor=cast.alice))
        folders.create_root(some[-1], actor=cast.alice)
    shown = together(previews(template, some, viewer=cast.alice.viewer))
    ids = [client.id for client in some]
    return cast, apply_to_clients(template, ids, fingerprint=shown, actor=cast.alice.viewer)


def _open_work() -> list[uuid.UUID]:
    rows = text("SELECT id FROM outbox WHERE name = :name AND done_at IS NULL ORDER BY id")
    return list(db.session.execute(rows, {"name": ONE}).scalars())


def test_killed_in_the_middle_it_is_resumed_and_nobody_gets_it_twice(own_site: Flask) -> None:
    cast, ident = _promised()
    assert outbox.work(ident)
    assert not outbox.work(ident), "the fan-out is done once"
    waiting = _open_work()
    assert len(waiting) == CLIENTS
    env = {**os.environ, **own_site.config["TEST_ENVIRONMENT"]}
    for entry_id in waiting[:KILLS]:
        command = [sys.executable, "-c", _CHILD, str(entry_id)]
        child = subprocess.run(command, cwd=ROOT, env=env, check=False)
        assert child.returncode == -signal.SIGKILL
        assert not outbox.work(entry_id), "the dead worker's lease still holds"
    assert _made() == [], "nothing of what was not committed is there"
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET leased_until = now() - interval '1 s' WHERE done_at IS NULL"))
    for entry_id in waiting:
        assert outbox.work(entry_id)
        assert not outbox.work(entry_id)
    found = _made()
    record_figure("trees: kill -9 over the clients of a template, folders made", len(found), "3 each, none twice")
    assert len(found) == len(set(found)) == 3 * CLIENTS
    lines = text("SELECT count(*) FROM activity WHERE verb = 'folder.template_applied'")
    assert db.session.execute(lines).scalar_one() == CLIENTS
    application = db.session.get_one(OutboxEntry, ident, populate_existing=True)
    progress = progress_of(application, cast.alice.viewer)
    assert (progress.finished, progress.made, progress.left) == (CLIENTS, 3 * CLIENTS, [])


def _made() -> list[Any]:
    rows = text("SELECT client_id, name FROM folder WHERE name IN ('Invoices', '2026', 'Internal')")
    found = [tuple(row) for row in db.session.execute(rows)]
    db.session.rollback()
    return found
