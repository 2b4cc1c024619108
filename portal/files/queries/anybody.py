"""Statements that are put together once for each kind of viewer: to build one takes longer than to run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Uuid, bindparam


@dataclass(frozen=True)
class AnyViewer:
    """Stands for all viewers of a kind where a select is built; run it with the person's id as ``viewer_id``."""

    is_staff: bool
    sees_all: bool
    # Most such statements ask about one folder or client, which the viewer was asked about before.
    only_client_id: Any = None
    person_id: Any = field(default_factory=lambda: bindparam("viewer_id", type_=Uuid()))
