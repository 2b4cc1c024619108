"""Open, rename, change and disable clients."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.accounts.queries import firm_defaults
from portal.clients.commands.search import refresh_search
from portal.clients.fields import LABELS, clean_client_name, clean_field, editable_field
from portal.clients.models import Client
from portal.clients.refusals import ClientNameTaken, StaleClient, Unknown, ValueConflict
from portal.kit.db import db, transactional
from portal.kit.i18n import in_language
from portal.kit.names import search_key
from portal.outbox import emit


@transactional
def create_client(
    *,
    name: str,
    actor: Any,
    group_id: uuid.UUID | None = None,
    type_id: uuid.UUID | None = None,
    language: str | None = None,
    draft_id: uuid.UUID | None = None,
    **fields: Any,
) -> Client:
    """Open a client's file. The same draft gives the same client, however often it is finished (F8).

    :param fields: further keys of ``fields.LABELS``.
    :raises ClientNameTaken: another client has the name.
    :raises Refused: a field does not fit; ``field`` says which.
    """
    if draft_id is not None and (made := _client_of_draft(draft_id)) is not None:
        return made
    given = {"group_id": group_id, "type_id": type_id, "language": language or firm_defaults()[0], **fields}
    values = {field: clean_field(field, value) for field, value in given.items()}
    client = Client(draft_id=draft_id, created_by_id=actor.id if actor is not None else None, **values)
    try:
        _write_name(client, name)
    except IntegrityError:
        # Somebody finished the same draft in this very moment: theirs is the client.
        made = _client_of_draft(draft_id) if draft_id is not None else None
        if made is None:
            raise
        return made
    refresh_search([client.id])
    activity.record(activity.verbs.CLIENT_CREATED, actor=actor, client=client)
    emit("connectors.publish", event="client.created", client_id=client.id, data={"name": client.name})
    return client


def _client_of_draft(draft_id: uuid.UUID) -> Client | None:
    return db.session.scalars(select(Client).where(Client.draft_id == draft_id)).one_or_none()


def _write_name(client: Client, raw: str) -> None:
    """Give the client its name; the unique index decides between two who choose the same one at once."""
    cleaned = clean_client_name(raw)
    try:
        with db.session.begin_nested():
            client.name = cleaned
            client.name_key = search_key(cleaned)
            db.session.add(client)
    except IntegrityError as error:
        if getattr(error.orig, "diag", None) and error.orig.diag.constraint_name == "uq_client_name_key":  # type: ignore[union-attr]
            raise ClientNameTaken() from None
        raise


def lock(client: Client) -> Client:
    """Read the client anew and hold its row until the end of the transaction.

    :raises Unknown: it was erased meanwhile.
    """
    held = db.session.scalars(
        select(Client).where(Client.id == client.id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if held is None:
        raise Unknown()
    return held


@transactional
def rename(client: Client, *, name: str, actor: Any) -> Client:
    """Give the client another name.

    :raises ClientNameTaken: another client has it.
    """
    return update_client(client, actor=actor, version=None, name=name)


@transactional
def update_client(client: Client, *, actor: Any, version: int | None, **fields: Any) -> Client:
    """Change fields of the client.

    :param version: the version that the form was opened with; None saves whatever it is.
    :param fields: keys of ``fields.LABELS``.
    :raises StaleClient: somebody else saved first.
    :raises Refused: a field does not fit; ``field`` says which.
    """
    client = lock(client)
    if version is not None and client.version != version:
        raise StaleClient()
    values = {field: clean_field(field, value) for field, value in fields.items()}
    changed = [field for field, value in values.items() if getattr(client, field) != value]
    if changed:
        _apply(client, {field: values[field] for field in changed}, actor)
    return client


@transactional
def save_field(client: Client, field: str, raw: Any, *, before: str, actor: Any) -> Client:
    """Save one field by itself (F21).

    :param before: what the field held when it was opened, as ``fields.editable_field`` gave it.
    :raises ValueConflict: somebody else saved another value meanwhile; it carries both.
    """
    client = lock(client)
    value = clean_field(field, raw)
    present = editable_field(client, field)
    if getattr(client, field) == value:
        return client
    if present != before:
        raise ValueConflict(theirs=present, mine=str(raw))
    _apply(client, {field: value}, actor)
    return client


def _apply(client: Client, values: dict[str, Any], actor: Any) -> None:
    changed = list(values)
    name = values.pop("name", None)
    for field, value in values.items():
        setattr(client, field, value)
    client.version += 1
    if name is not None:
        _write_name(client, name)
    refresh_search([client.id])
    record_change(client, [str_in_firm_language(LABELS[field]) for field in changed], actor)


def record_change(client: Client, labels: list[str], actor: Any) -> None:
    """Log that fields were changed, by the names that the firm gives them."""
    activity.record(activity.verbs.CLIENT_CHANGED, actor=actor, client=client, fields=", ".join(labels))
    told = {"name": client.name, "fields": labels}
    emit("connectors.publish", event="client.changed", client_id=client.id, data=told)


def str_in_firm_language(text: Any) -> str:
    """A lazy text as the log keeps it: written once, read by everybody."""
    with in_language(firm_defaults()[0]):
        return str(text)


@transactional
def disable_client(client: Client, *, actor: Any) -> Client:
    """Hide the client from lists and shut its contacts out; nothing is lost (F11)."""
    client = lock(client)
    if client.disabled_at is None:
        client.disabled_at = db.session.execute(select(func.now())).scalar_one()
        client.disabled_by_id = actor.id
        activity.record(activity.verbs.CLIENT_DISABLED, actor=actor, client=client)
    return client


@transactional
def enable_client(client: Client, *, actor: Any) -> Client:
    """Show a disabled client again and let its contacts in."""
    client = lock(client)
    if client.disabled_at is not None:
        client.disabled_at = client.disabled_by_id = None
        activity.record(activity.verbs.CLIENT_ENABLED, actor=actor, client=client)
    return client
