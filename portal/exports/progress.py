"""How far an export is, written beside the transaction that reads."""

from __future__ import annotations

import time
import uuid

from sqlalchemy import update

from portal.exports.models import Export
from portal.kit.db import db, transactional
from portal.outbox import keep_lease

STEP_ROWS = 500
STEP_SECONDS = 0.5


class Progress:
    """Counts rows; twice a second everybody can see how many, and the lease of the work is renewed."""

    def __init__(self, export_id: uuid.UUID, *, total: int) -> None:
        self.export_id = export_id
        self.total = total
        self.done = 0
        self._next = 0.0
        self.show()

    def count(self) -> None:
        """One row more."""
        self.done += 1
        if self.done % STEP_ROWS == 0 and time.monotonic() >= self._next:
            self.show()

    @transactional
    def show(self) -> None:
        """Write the state down now."""
        self._next = time.monotonic() + STEP_SECONDS
        db.session.execute(
            update(Export)
            .where(Export.id == self.export_id)
            .values(rows_done=min(self.done, self.total), rows_total=self.total)
            .execution_options(synchronize_session=False)
        )
        keep_lease()
