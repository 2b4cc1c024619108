"""May the person still open these files? Asked all through an archive, so it must cost little."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Uuid, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.accounts.presence import still_as_now, viewer_still_signed_in
from portal.files.models import File
from portal.files.queries import openable_files
from portal.kit.db import db, without_transaction


class StillAllowed:
    """One statement: whether the session is open, the person as they were, and which of some files are open to them.

    It is put together once for a person with their role. Where it says no, it is looked at what has changed: a role
    that is another now may still open them.
    """

    def __init__(self, person_id: uuid.UUID, session_id: uuid.UUID) -> None:
        self.person_id, self.session_id = person_id, session_id
        # Every question has a connection of its own, given back at once: an archive of hours holds none.
        self.database = without_transaction(db.engine)
        self.question: Select[Any] | None = None

    def __call__(self, file_ids: Collection[uuid.UUID]) -> bool:
        """Whether all of them may be opened at this moment."""
        wanted = list(set(file_ids))
        with Session(self.database) as asking:
            if self.question is not None and self._answer(asking, wanted):
                return True
            viewer = viewer_still_signed_in(asking, self.person_id, self.session_id)
            if viewer is None:
                return False
            asked = openable_files(viewer).where(File.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
            self.question = asked.where(still_as_now(viewer, self.session_id)).with_only_columns(File.id)
            return self._answer(asking, wanted)

    def _answer(self, asking: Session, wanted: list[uuid.UUID]) -> bool:
        assert self.question is not None
        return len(asking.execute(self.question, {"ids": wanted}).all()) == len(wanted)
