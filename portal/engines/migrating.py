"""Bring a database to the newest tables, and say whether it has them."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg

from config import ROOT


def newest_revision() -> str | None:
    """The revision that this code needs; None without migrations.

    Their files begin with their number, which the migration check compares with Alembic's own answer: importing
    Alembic and every migration to ask for it took longer than the rest of a start.
    """
    numbers = [file.name[:4] for file in (ROOT / "migrations" / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")]
    return max(numbers, default=None)


def revision_of(database_url: str) -> str | None:
    """The revision that the database has; None for an empty one."""
    with psycopg.connect(database_url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
        known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        if not known or known[0] is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def migrate(env: dict[str, str]) -> bool:
    """Run the missing migrations; return whether there were any.

    :raises RuntimeError: with what the migration said, when it failed; it has then changed nothing.
    """
    # Asking first is a hundred times faster than starting the application, and it is the usual case.
    if revision_of(env["DATABASE_URL"]) == newest_revision():
        return False
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The tables could not be brought up to date:\n{done.stderr[-3000:]}")
    return True


def has_firm(database_url: str) -> bool:
    """Whether somebody has set up the firm in this database."""
    with psycopg.connect(database_url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
        return connection.execute("SELECT 1 FROM firm LIMIT 1").fetchone() is not None
