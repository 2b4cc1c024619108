"""Statements that are put together once for each kind of viewer: to build one takes longer than to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any

from sqlalchemy import Select, Uuid, bindparam

from portal.accounts.viewer import Viewer


@dataclass(frozen=True)
class AnyViewer:
    """Stands for all viewers of a kind where a select is built; run it with the person's id as ``viewer_id``."""

    is_staff: bool
    sees_all: bool
    # Most such statements ask about one folder or client, which the viewer was asked about before.
    only_client_id: Any = None
    person_id: Any = field(default_factory=lambda: bindparam("viewer_id", type_=Uuid()))


def built_once(build: Callable[..., Select[Any]]) -> Callable[..., Select[Any]]:
    """Keep what ``build(viewer, ...)`` gives, for the viewers of the last requests.

    The select holds no answer, only the question, and that depends on nothing of the viewer but the fields of
    :class:`AnyViewer`.
    """
    kept = lru_cache(maxsize=512)(build)

    @wraps(build)
    def once(viewer: Viewer, **more: Any) -> Select[Any]:
        return kept(AnyViewer(viewer.is_staff, viewer.sees_all, viewer.only_client_id, viewer.person_id), **more)

    return once
