"""Apply a template to clients that are there: promised in one go, carried out one client at a time.

The promise of the whole holds the clients with the fingerprints of what was shown; for each of them a piece of work
follows that is done once, together with the mark that it is done, however often a worker dies over it. What came of it
stays with the promise, which is where the page of progress reads it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from portal import activity
from portal.accounts.models import Person
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.commands.trees import look_at, plant
from portal.files.models import TreeTemplate
from portal.files.refusals import Gone, NothingChosen, PreviewOutdated
from portal.files.template_policies import can_apply_to
from portal.files.tree_clients import ClientPreview, chosen_clients, preview_one, previews, together
from portal.files.tree_fit import nodes_by_template
from portal.kit.db import db, transactional
from portal.outbox import emit, emit_many, note

MANY, ONE = "files.apply_tree_to_clients", "files.apply_tree_to_client"
# What can come of one client.
DONE, CHANGED, DENIED = "done", "changed", "denied"


@transactional
def apply_to_clients(
    template: TreeTemplate, client_ids: Collection[uuid.UUID], *, fingerprint: str, actor: Any
) -> uuid.UUID:
    """Promise to apply a template to clients, as it was shown.

    :param client_ids: those on which the actor may not apply it are passed over.
    :param fingerprint: of what was shown (``tree_clients.together``).
    :returns: the id under which one can follow it.
    :raises NothingChosen: none of the clients is left.
    :raises PreviewOutdated: the template or one of the clients is not what it was.
    """
    template = held_template(template.id)
    found = previews(template, chosen_clients(actor, client_ids), viewer=actor)
    if not found:
        raise NothingChosen()
    if together(found) != fingerprint:
        raise PreviewOutdated()
    clients = [[str(one.client.id), one.fingerprint] for one in found]
    return emit(MANY, template_id=template.id, by=actor.id, clients=clients)


def promise_each(*, template_id: str, by: str, clients: Sequence[Sequence[str]]) -> None:
    """Promise the work on each client. An atomic task: either all are promised and noted, or none."""
    payloads = [
        {"template_id": template_id, "by": by, "client_id": client_id, "fingerprint": fingerprint}
        for client_id, fingerprint in clients
    ]
    note(entries=[str(entry_id) for entry_id in emit_many(ONE, payloads)])


def apply_to_one(*, template_id: str, by: str, client_id: str, fingerprint: str) -> None:
    """Apply the template to one client, if all is still as it was shown. An atomic task."""
    person = db.session.get(Person, uuid.UUID(by), populate_existing=True)
    if person is None or not person.is_active:
        note(outcome=DENIED)
        return
    seen: Any = visible_clients(person.viewer).where(Client.id == uuid.UUID(client_id))
    client = db.session.scalars(seen.execution_options(populate_existing=True)).one_or_none()
    if client is None or not can_apply_to(person.viewer, client):
        note(outcome=DENIED)
        return
    try:
        shown = apply_shown(uuid.UUID(template_id), client, fingerprint=fingerprint, actor=person)
    except (Gone, PreviewOutdated):
        note(outcome=CHANGED)
        return
    note(outcome=DONE, made=len(shown.made), blocked=len(shown.blocked))


@transactional
def apply_shown(template_id: uuid.UUID, client: Client, *, fingerprint: str, actor: Any) -> ClientPreview:
    """Make what was shown for this client, with a line in its activity. Nothing is written before all is compared.

    :raises Gone: the template, or the client's space, is there no more.
    :raises PreviewOutdated: the outcome would be another one now.
    """
    template = held_template(template_id)
    nodes = nodes_by_template([template.id])[template.id]
    shown = preview_one(template, client, look_at(client.id, nodes, viewer=actor.viewer))
    if shown.fingerprint != fingerprint:
        raise PreviewOutdated()
    plant(shown.fit, actor=actor, template=template)
    if shown.made:
        details = {"template": template.name, "count": len(shown.made)}
        activity.record(activity.verbs.TEMPLATE_APPLIED, actor=actor, client=client, **details)
    return shown


def held_template(template_id: uuid.UUID) -> TreeTemplate:
    """The template as it is now; nobody saves it until the transaction ends.

    :raises Gone: it was deleted.
    """
    found = db.session.scalars(
        select(TreeTemplate)
        .where(TreeTemplate.id == template_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Gone()
    return found
