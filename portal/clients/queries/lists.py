"""Groups and types of clients."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, false, func, select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client, ClientGroup, ClientType
from portal.kit.db import db


def client_groups() -> list[ClientGroup]:
    """All client groups by name."""
    return list(db.session.scalars(select(ClientGroup).order_by(ClientGroup.name_key)))


def client_types() -> list[ClientType]:
    """All client types by name."""
    return list(db.session.scalars(select(ClientType).order_by(ClientType.name_key)))


def group_counts() -> dict[uuid.UUID, int]:
    """How many clients outside of the bin each group has."""
    return _counts(Client.group_id)


def type_counts() -> dict[uuid.UUID, int]:
    """How many clients outside of the bin each type has."""
    return _counts(Client.type_id)


def _counts(column: object) -> dict[uuid.UUID, int]:
    counted = select(column, func.count()).where(Client.binned_at.is_(None)).group_by(column)  # type: ignore[call-overload]
    return {ident: count for ident, count in db.session.execute(counted) if ident is not None}


def all_groups(viewer: Viewer) -> Select[ClientGroup]:
    """Client groups for the doors; contacts have none."""
    return select(ClientGroup) if viewer.is_staff else select(ClientGroup).where(false())


def all_types(viewer: Viewer) -> Select[ClientType]:
    """Client types for the doors; contacts have none."""
    return select(ClientType) if viewer.is_staff else select(ClientType).where(false())
