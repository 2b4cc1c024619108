"""Do something and take it back, to see what it would do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from portal.files.commands.regions import reread
from portal.files.models import BinEntry, File, FileVersion, Folder, RightsChange
from portal.kit.db import db
from portal.permissions.models import Grant, Scope

T = TypeVar("T")

_TOUCHED = (Folder, File, FileVersion, BinEntry, RightsChange, Grant, Scope)


def pretend(client_id: uuid.UUID, action: Callable[[], T]) -> T:
    """Run an action inside a savepoint and roll it back; what was to follow the commit is forgotten.

    Call it inside a command. The session's folders are read anew afterwards.

    :returns: what the action returned: plain values, since rows that it made are no more.
    """
    session = db.session()
    session.flush()  # what the caller changed itself must not be taken back
    follow_ups = len(session.info["after_commit"])
    savepoint = session.begin_nested()
    try:
        result = action()
    finally:
        savepoint.rollback()
        del session.info["after_commit"][follow_ups:]
        for known in list(session.identity_map.values()):
            if isinstance(known, _TOUCHED):
                session.expire(known)
        reread(client_id)
    return result
