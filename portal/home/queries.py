"""What awaits a person, and what is new for them. Everything goes through the viewer."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries import visible_clients
from portal.files.models import File
from portal.files.queries import visible_files
from portal.kit.days import last_day
from portal.kit.db import db
from portal.questionnaires.models import Form
from portal.questionnaires.queries import visible_forms

RECENT = 8


def clients_of(viewer: Viewer) -> list[Client]:
    """The clients that a contact belongs to, by name."""
    return list(db.session.scalars(visible_clients(viewer).order_by(Client.name_key, Client.id).limit(200)))


def ends_of_spaces(viewer: Viewer) -> dict[uuid.UUID, date]:
    """The last day of the viewer's own access, by client; only of those that end."""
    rows = db.session.execute(
        select(Membership.client_id, Membership.valid_until).where(
            Membership.person_id == viewer.person_id,
            Membership.kind == "contact",
            Membership.valid_until > func.statement_timestamp(),
        )
    )
    return {client_id: last_day(until) for client_id, until in rows if until is not None}


def recent_files(viewer: Viewer, limit: int = RECENT) -> list[File]:
    """The newest files that the viewer may see."""
    newest = visible_files(viewer).order_by(File.uploaded_at.desc(), File.id.desc()).limit(limit)
    return list(db.session.scalars(newest))


def names_of_clients(ids: set[uuid.UUID], viewer: Viewer) -> dict[uuid.UUID, str]:
    """Names of those clients that the viewer sees."""
    found: list[Client] = list(db.session.scalars(visible_clients(viewer).where(Client.id.in_(ids))))  # type: ignore[arg-type]
    return {client.id: client.name for client in found}


def answered_forms(viewer: Viewer, limit: int = 5) -> list[Form]:
    """Forms of the viewer's clients that contacts answered, the latest first."""
    answered = visible_forms(viewer).where(Form.submitted_at.is_not(None))
    return list(db.session.scalars(answered.order_by(Form.submitted_at.desc(), Form.id).limit(limit)))


def overdue_forms(viewer: Viewer, limit: int = 5) -> list[Form]:
    """Forms of the viewer's clients whose day has passed without an answer."""
    late = visible_forms(viewer).where(Form.submitted_at.is_(None), Form.due_on < func.current_date())
    return list(db.session.scalars(late.order_by(Form.due_on, Form.id).limit(limit)))


def waiting_contacts(viewer: Viewer, limit: int = 5) -> list[Any]:
    """(contact, client) pairs: invited, not activated, of visible clients; the longest waiting first."""
    seen = visible_clients(viewer).with_only_columns(Client.id).order_by(None)
    statement = (
        select(Person, Client)
        .join(Membership, Membership.person_id == Person.id)
        .join(Client, Client.id == Membership.client_id)
        .where(
            Membership.kind == "contact",
            Person.invited_at.is_not(None),
            Person.activated_at.is_(None),
            Person.disabled_at.is_(None),
            or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
            Client.id.in_(seen),
        )
        .order_by(Person.invited_at, Person.id)
        .limit(limit)
    )
    return list(db.session.execute(statement).unique())
