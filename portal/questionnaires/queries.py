"""Reads: form templates, and the forms that were sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import get_timezone
from sqlalchemy import Select, func, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.kit.clock import pretended
from portal.kit.db import db
from portal.questionnaires.models import Form, FormTemplate


def templates(*, archived: bool = False) -> list[FormTemplate]:
    """Form templates by title: those in use, or the archived ones."""
    kept = FormTemplate.archived_at.is_not(None) if archived else FormTemplate.archived_at.is_(None)
    return list(db.session.scalars(select(FormTemplate).where(kept).order_by(FormTemplate.title_key)))


def visible_templates(viewer: Viewer) -> Select[Any]:
    """Templates are the firm's: every collaborator may know them, no contact."""
    return select(FormTemplate) if viewer.is_staff else select(FormTemplate).where(FormTemplate.id.is_(None))


def times_sent() -> dict[uuid.UUID, int]:
    """How often each template was sent."""
    rows = db.session.execute(
        select(Form.template_id, func.count()).where(Form.template_id.is_not(None)).group_by(Form.template_id)
    )
    return {template_id: count for template_id, count in rows if template_id is not None}


def visible_forms(viewer: Viewer) -> Select[Any]:
    """Forms that were sent: staff see those of their clients, contacts their own while they belong to the client."""
    clients = visible_clients(viewer).with_only_columns(Client.id).order_by(None)
    forms = select(Form).where(Form.client_id.in_(clients))
    return forms if viewer.is_staff else forms.where(Form.contact_id == viewer.person_id)


def open_forms(viewer: Viewer) -> list[Form]:
    """What awaits this contact, the most urgent first."""
    if viewer.is_staff:
        return []
    waiting = visible_forms(viewer).where(Form.submitted_at.is_(None))
    return list(db.session.scalars(waiting.order_by(Form.due_on.asc().nulls_last(), Form.id)))


def forms_of(client_id: uuid.UUID) -> Any:
    """(Form, Person) of a client, newest first."""
    return (
        select(Form, Person)
        .join(Person, Person.id == Form.contact_id)
        .where(Form.client_id == client_id)
        .order_by(Form.id.desc())
    )


def people_of(forms: Sequence[Form]) -> dict[uuid.UUID, Person]:
    """The contacts of some forms, by id."""
    ids = {form.contact_id for form in forms}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def today() -> date:
    """The reader's day: a form is late once its due day has passed where they live."""
    return (pretended() or datetime.now(UTC)).astimezone(get_timezone()).date()


def state_of(form: Form, on: date | None = None) -> str:
    """answered, late, opened or sent (F84)."""
    if form.submitted_at is not None:
        return "answered"
    if form.due_on is not None and form.due_on < (on or today()):
        return "late"
    return "opened" if form.opened_at is not None else "sent"
