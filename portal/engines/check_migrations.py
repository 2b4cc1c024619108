"""Prove the migrations on an empty database: up, down to nothing, up again, and then equal to the models.

Run as ``python -m portal.engines.check_migrations``; ends with status 1 and says what differs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from config import ROOT, Settings
from portal.app import create_app
from portal.engines.migrating import newest_revision
from portal.engines.run import started
from portal.kit.db import Model, db

_FOREIGN_TABLES = {"alembic_version"}


def main() -> None:
    """Run the check and end with its status."""
    with (
        tempfile.TemporaryDirectory(prefix="atrium-migrations-") as folder,
        started(Path(folder), for_tests=True) as env,
    ):
        faults = check(Settings.from_env(env))
    print("\n".join(faults) or "The migrations lead up, down and up again, to exactly the tables of the models.")
    sys.exit(1 if faults else 0)


def check(settings: Settings) -> list[str]:
    """One sentence per difference between what the migrations make and what the models say."""
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    if head != newest_revision():
        return [f"The last file of migrations/versions is {newest_revision()}, the last revision {head}."]
    with create_app(settings).app_context():
        upgrade()
        downgrade(revision="base")
        faults = [f"The way down leaves the table {name}." for name in _tables()]
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, Model.metadata)
        faults += [f"Models and migrations differ: {difference}" for difference in differences]
        db.engine.dispose()
    return faults


def _tables() -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    with db.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql(query) if row[0] not in _FOREIGN_TABLES]


if __name__ == "__main__":
    main()
