"""Which lines of the log offer to take a change of rights back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import url_for

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.files.commands.changes import UNDO_FOR
from portal.files.models import RightsChange
from portal.files.queries import visible_changes
from portal.kit.clock import now
from portal.kit.db import db


class Undos:
    """Looks up, with one statement where there are any, which changes of a page can still be undone.

    Whether something has changed since, the undoing itself finds out, and says so.
    """

    def __init__(self, rows: Sequence[Any], viewer: Viewer) -> None:
        self.open: set[uuid.UUID] = set()
        may = viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)
        ids = {ident for row in rows if (ident := _change_of(row)) is not None} if may else set()
        if ids:
            wanted = visible_changes(viewer).where(
                RightsChange.id.in_(ids), RightsChange.undone_at.is_(None), RightsChange.created_at > now() - UNDO_FOR
            )
            self.open = set(db.session.execute(wanted.with_only_columns(RightsChange.id)).scalars())

    def address(self, row: Any) -> str | None:
        """Where this line's change is undone; of several lines of one change only the first asked for has it."""
        ident = _change_of(row)
        if ident is None or ident not in self.open:
            return None
        self.open.discard(ident)
        return url_for("files.undo_rights", change_id=ident)


def _change_of(row: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(row.details["change_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
