"""The columns that a person wants in the client table."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from portal.clients.models import ColumnChoice
from portal.kit.db import db, transactional


@transactional
def choose_columns(person_id: uuid.UUID, columns: Sequence[str]) -> None:
    """Keep a person's choice of columns, in their order; an empty one brings the default back.

    :param columns: keys of ``queries.columns.known_columns``, checked by the caller.
    """
    if not columns:
        db.session.execute(delete(ColumnChoice).where(ColumnChoice.person_id == person_id))
        return
    statement = insert(ColumnChoice).values(person_id=person_id, columns=list(columns))
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"columns": statement.excluded.columns})
    )
