"""The database session, the base of all tables and the one place where transactions begin and end."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ParamSpec, TypeVar

from flask import Flask, g, has_request_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Engine, MetaData, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils import compat as uuid_utils

from portal.kit.errors import OnlyLooking
from portal.kit.pretence import pretended, pretended_id

P = ParamSpec("P")
R = TypeVar("R")

# Constraint names must be the same on every installation, or a later migration cannot drop them.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = Annotated[dict[str, Any], mapped_column(JSONB)]


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique everywhere and sorted by time of creation, so that new rows stay together on disk."""
    return pretended_id() or uuid_utils.uuid7()


class Model(DeclarativeBase):
    """Base of every table. A table without an own primary key gets ``id``, a UUIDv7."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this very attribute
        datetime: DateTime(timezone=True),
        uuid.UUID: Uuid(),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[Any]: JSONB,
    }


class WithId:
    """Mixin: primary key ``id``, made by us so that it is known before the row is written."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", new_id())
        super().__init__(**{**pretended_moments(type(self)), **values})


def pretended_moments(model: type[Any]) -> dict[str, datetime]:
    """Values for the columns that the server would date, while a moment is pretended (the demo); else nothing.

    A table may say ``keeps_real_time``: work that is promised is due now, whatever is pretended.
    """
    moment = pretended()
    if moment is None or getattr(model, "keeps_real_time", False):
        return {}
    columns = model.metadata.tables[model.__tablename__].c
    return {column.name: moment for column in columns if _dated_by_server(column)}


def _dated_by_server(column: Any) -> bool:
    default = getattr(column.server_default, "arg", None)
    return getattr(default, "name", None) in ("now", "clock_timestamp")


class WithTimes:
    """Mixin: when the row was made, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


# Objects stay readable after the commit: a view builds its redirect from them. In tests the session joins the outer
# transaction of the test by savepoints, which is what the join mode says; without an outer one it has no effect.
db = SQLAlchemy(session_options={"expire_on_commit": False, "join_transaction_mode": "create_savepoint"})
migrate = Migrate()


def without_transaction(database: Engine | Connection) -> Engine | Connection:
    """The same database for single questions, without a BEGIN and a ROLLBACK around each.

    A connection that is in the middle of a transaction stays in it.
    """
    return database.execution_options(isolation_level="AUTOCOMMIT") if isinstance(database, Engine) else database


def init_app(app: Flask) -> None:
    """Connect the session and the migrations to the application."""
    db.init_app(app)
    migrate.init_app(app, db, compare_type=True, compare_server_default=False, render_as_batch=False)


def refuse_while_looking() -> None:
    """For what leaves the space without a command.

    :raises OnlyLooking: the request only looks (``g.only_looking``).
    """
    if has_request_context() and g.get("only_looking"):
        raise OnlyLooking()


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Run a command in one transaction: the outermost call commits, nested calls join, an exception undoes everything.

    What was registered with :func:`after_commit` runs once the outermost call has committed.

    :raises OnlyLooking: the request only looks (``g.only_looking``), whatever page it asked for.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        session = db.session()
        if session.info.get("in_command"):
            return function(*args, **kwargs)
        refuse_while_looking()
        session.info["in_command"] = True
        session.info["after_commit"] = []
        try:
            result = function(*args, **kwargs)
            session.commit()
        except BaseException:
            session.rollback()
            session.info["after_commit"] = []
            raise
        finally:
            session.info["in_command"] = False
        for follow_up in session.info.pop("after_commit", []):
            follow_up()
        return result

    return wrapper


def after_commit(follow_up: Callable[[], None]) -> None:
    """Call ``follow_up`` once the running command has committed; never when it is rolled back."""
    session = db.session()
    if not session.info.get("in_command"):
        raise RuntimeError("after_commit was called outside of a command")
    session.info["after_commit"].append(follow_up)
