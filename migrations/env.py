"""Runs the migrations with the application's own engine; locks are short or the migration gives up."""

from alembic import context
from flask import current_app

from portal.kit.db import Model, db


def _skip_empty(context_, revision, directives):
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run_migrations() -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            process_revision_directives=_skip_empty,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
