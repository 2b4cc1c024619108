"""Two clients side by side with one of everything: every address can be asked for one's own and for another's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.accounts.models import SignInSession
from portal.clients import commands as clients
from portal.connectors import commands as connectors
from portal.connectors.models import Delivery
from portal.exports.models import Export
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import Upload
from portal.files.tree_shape import Branch
from portal.kit.clock import now
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from tests.cast import Cast
from tests.wizard.drafting import make_draft

QUESTION = {"id": "q1", "type": "text", "label": "Anything new?", "help": "", "required": False, "options": []}
SECTIONS = [{"id": "s1", "title": "News", "help": "", "questions": [QUESTION]}]


@dataclass
class World:
    """``own`` belongs to Acme (Bob, Clara, Diego), ``other`` to the other client (Mallory). Values by URL argument."""

    own: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)


def make_world(cast: Cast) -> World:
    """One of everything for both clients; templates and settings are the firm's and the same for both."""
    firm = _of_the_firm(cast)
    own = _of_client(cast, cast.acme, cast.exchange, cast.clara, cast.bob)
    other = _of_client(cast, cast.other, cast.other_folder, cast.mallory, cast.alice)
    for client in (cast.acme, cast.other):
        clients.add_attributes(client, [(firm["attribute_id"], False)], actor=cast.alice)
    firm["mail_id"] = db.session.scalars(select(Mail.id)).first()
    own["client_id:/clients/bin"] = _binned(cast, "Binned with Bob", cast.bob)
    other["client_id:/clients/bin"] = _binned(cast, "Binned without Bob", None)
    return World(own={**firm, **own}, other={**firm, **other})


def _binned(cast: Cast, name: str, collaborator: Any) -> uuid.UUID:
    client = clients.create_client(name=name, actor=cast.alice)
    if collaborator is not None:
        clients.set_standing(client, collaborator, Level.FULL, actor=cast.alice)
    clients.bin_client(client, confirmed_name=name, actor=cast.alice)
    ident: uuid.UUID = client.id
    return ident


def _of_the_firm(cast: Cast) -> dict[str, Any]:
    attribute = clients.create_attribute(label="SIREN", type="text", actor=cast.alice)
    return {
        "attribute_id": attribute.id,
        "group_id": clients.create_group(name="Accounting", actor=cast.alice).id,
        "type_id": clients.create_type(name="Company", actor=cast.alice).id,
        "template_id:/templates/attributes": clients.save_attribute_template(
            None, name="Card", items=[(attribute.id, False)], actor=cast.alice
        ).id,
        "template_id:/templates/trees": save_tree_template(
            None, name="Tree", tree=[Branch("Invoices", Level.READ)], actor=cast.alice
        ).id,
        "template_id:/administration/forms": _form_template(cast).id,
        "person_id:/collaborators": cast.tess.id,
        "key": "webhooks",
        "field": "name",
        "token": "no-such-token",
        "question_id": "q1",
        "step": "contacts",
    }


def _form_template(cast: Cast) -> Any:
    return questionnaires.save_template(None, actor=cast.alice, title="News of the year", sections=SECTIONS)


def _of_client(cast: Cast, client: Any, folder: Any, contact: Any, collaborator: Any) -> dict[str, Any]:
    alice = cast.alice
    kept = store_bytes(folder, "kept.txt", b"kept", actor=alice)
    entry = bin_file(store_bytes(folder, "binned.txt", b"binned", actor=alice), actor=alice)
    template = questionnaires.save_template(None, actor=alice, title=f"Form of {client.name}", sections=SECTIONS)
    form = questionnaires.send_form(template, client=client, contacts=[contact], actor=alice)[0]
    return {
        "client_id": client.id,
        "folder_id": folder.id,
        "file_id": kept.id,
        "entry_id": entry.id,
        "person_id": contact.id,
        "form_id": form.id,
        "draft_id": make_draft(collaborator, name=f"Draft of {client.name}").id,
        **_connected(cast, client),
        "upload_id": _upload(client, folder, contact),
        "export_id": _row(Export(requested_by_id=collaborator.id, language="en", parameters={})),
        "session_id": _row(_session(contact)),
    }


def _connected(cast: Cast, client: Any) -> dict[str, Any]:
    connectors.activate("webhooks", actor=cast.alice)
    settings = {"url": "https://hooks.example.com/in", "events": ["file.uploaded"]}
    link = connectors.attach(client, "webhooks", settings, actor=cast.alice)
    delivery = Delivery(client_connector_id=link.id, client_id=client.id, event="ping", payload={}, state="failed")
    return {"link_id": link.id, "delivery_id": _row(delivery)}


def _upload(client: Any, folder: Any, person: Any) -> uuid.UUID:
    upload = Upload(
        person_id=person.id,
        client_id=client.id,
        folder_id=folder.id,
        name="half.bin",
        size=10,
        content_type="application/octet-stream",
        object_key=f"pending/{uuid.uuid4()}",
        expires_at=now().replace(year=now().year + 1),
    )
    return _row(upload)


def _session(person: Any) -> SignInSession:
    return SignInSession(
        person_id=person.id, token_hash=uuid.uuid4().hex, expires_at=now().replace(year=now().year + 1)
    )


def _row(row: Any) -> uuid.UUID:
    db.session.add(row)
    db.session.flush()  # addressed by its id in the requests that follow
    ident: uuid.UUID = row.id
    return ident
