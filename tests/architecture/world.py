"""Two clients side by side with one of everything: every address can be asked for one's own and for another's.

``relations.py`` then changes what a relation is about (moves, bins, revokes), and says which values fill the addresses.
A new kind of object needs one line here: its value in ``_of_the_firm`` or ``_of_client``, by the name that it has in
addresses (``template_id:/templates/trees`` where the same name means different things below different addresses).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.accounts.models import Person, Role, SignInSession
from portal.clients import commands as clients
from portal.connectors import commands as connectors
from portal.connectors.models import Delivery
from portal.contents.models import Preview, Rendition
from portal.document_requests.checklist import Item
from portal.document_requests.commands import save_template as save_request_template
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.exports.models import Export
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.files.commands.tree_applications import MANY
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import FileVersion, Folder, Receipt, RightsChange, Upload
from portal.files.tree_shape import Branch
from portal.kit.clock import now
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from tests.cast import Cast
from tests.wizard.drafting import make_draft

QUESTION = {"id": "q1", "type": "text", "label": "Anything new?", "help": "", "required": False, "options": []}
SECTIONS = [{"id": "s1", "title": "News", "help": "", "questions": [QUESTION]}]
Values = dict[str, Any]


@dataclass
class World:
    """Who is there, and what fills the addresses, by name of the argument.

    ``own`` belongs to Acme (Bob, Rita, Clara, Diego, Dora, Ed), ``sibling`` to the other client (Mallory), ``firm`` to
    the firm. ``letters`` is the folder of Acme that ``own`` speaks of; of those who ask, nobody has a level of their
    own on it.
    """

    cast: Cast
    people: dict[str, Person]
    letters: Folder
    firm: Values = field(default_factory=dict)
    own: Values = field(default_factory=dict)
    sibling: Values = field(default_factory=dict)


def make_world(cast: Cast) -> World:
    """The cast, three more people, and one of everything for both clients."""
    people = {**cast.everybody, **_more_people(cast)}
    letters = create_folder(cast.exchange, name="Letters", actor=cast.alice)
    theirs = create_folder(cast.other_folder, name="Letters", actor=cast.alice)
    world = World(cast, people, letters)
    world.firm = _of_the_firm(cast)
    world.own = of_client(cast, cast.acme, letters, cast.clara, cast.bob)
    world.sibling = of_client(cast, cast.other, theirs, cast.mallory, cast.alice)
    for client, folder in ((cast.acme, letters), (cast.other, theirs)):
        _limited(world, client, folder)
        clients.add_attributes(client, [(world.firm["attribute_id"], False)], actor=cast.alice)
    world.firm["mail_id"] = db.session.scalars(select(Mail.id)).first()
    world.own["client_id:/clients/bin"] = binned_client(world, "Binned with Bob", staff=("bob", "rita"))
    world.sibling["client_id:/clients/bin"] = binned_client(world, "Binned without Bob", staff=())
    return world


def _more_people(cast: Cast) -> dict[str, Person]:
    """**Rita** reads Acme, **Dora**'s account is disabled, **Ed** belonged to Acme until a minute ago.

    Dora and Ed have *full* on *Exchange*, as Clara does. **Rob**, a collaborator, and **Lena**, a contact, belong to
    both clients for another month: pages are about them, they never ask.
    """
    alice = cast.alice
    staff = {"rita": "collaborator", "rob": "trainee"}
    people: dict[str, Person] = {}
    for name, preset in staff.items():
        people[name] = accounts.create_collaborator(
            **_details(name, "firm"), role=cast.roles[preset], language="en", actor=alice
        )
    clients.set_standing(cast.acme, people["rita"], Level.READ, actor=alice)
    for name in ("dora", "ed", "lena"):
        people[name] = accounts.create_contact(**_details(name, "client"), language="en", actor=alice)
    for name in ("dora", "ed"):
        clients.add_contact(cast.acme, people[name], actor=alice)
        set_level(cast.exchange, person=people[name], level=Level.FULL, actor=alice)
    for person in people.values():
        person.activated_at = now()
    clients.set_contact_end(cast.acme, people["ed"].id, now() - timedelta(minutes=1), actor=alice)
    return people


def _limited(world: World, client: Any, folder: Folder) -> None:
    """Rob, Lena and her level on the folder have an end, so that there is something to renew."""
    rob, lena, alice = world.people["rob"], world.people["lena"], world.cast.alice
    month = now() + timedelta(days=30)
    clients.set_standing(client, rob, Level.READ, actor=alice, valid_until=month)
    clients.add_contact(client, lena, actor=alice)
    clients.set_contact_end(client, lena.id, month, actor=alice)
    set_level(folder, person=lena, level=Level.DEPOSIT, actor=alice, valid_until=month)
    world.firm["person_id:/collaborators"] = rob.id
    world.firm["person_id:/clients/<uuid:client_id>/collaborators"] = rob.id
    world.firm["person_id:/clients/<uuid:client_id>/contacts"] = lena.id
    world.firm["person_id:/clients/<uuid:client_id>/eye"] = lena.id
    world.firm["person_id:/folders"] = lena.id


def _details(name: str, side: str) -> dict[str, str]:
    return {"email": f"{name}@{side}.example", "first_name": name.title(), "last_name": "Extra"}


def binned_client(world: World, name: str, *, staff: tuple[str, ...]) -> uuid.UUID:
    """A client in the bin; these collaborators stood on it with the level that they have on Acme."""
    cast = world.cast
    client = clients.create_client(name=name, actor=cast.alice)
    for one in staff:
        level = Level.READ if one == "rita" else Level.FULL
        clients.set_standing(client, world.people[one], level, actor=cast.alice)
    clients.bin_client(client, confirmed_name=name, actor=cast.alice)
    ident: uuid.UUID = client.id
    return ident


def _of_the_firm(cast: Cast) -> Values:
    attribute = clients.create_attribute(label="SIREN", type="text", actor=cast.alice)
    return {
        "role_id": _row(Role(own_name="Interns", features=[], position=9)),
        "attribute_id": attribute.id,
        "group_id": clients.create_group(name="Accounting", actor=cast.alice).id,
        "type_id": clients.create_type(name="Company", actor=cast.alice).id,
        "template_id:/templates/attributes": clients.save_attribute_template(
            None, name="Card", items=[(attribute.id, False)], actor=cast.alice
        ).id,
        "template_id:/templates/trees": save_tree_template(
            None, name="Tree", tree=[Branch("Invoices", Level.READ)], actor=cast.alice
        ).id,
        "template_id:/templates/requests": save_request_template(
            None, name="Checklist", items=[Item("Lease")], actor=cast.alice
        ).id,
        "template_id:/administration/forms": _form_template(cast, "News of the year").id,
        "key": "webhooks",
        "field": "name",
        "token": "no-such-token",
        "question_id": "q1",
        "number": 1,
        "step": "contacts",
    }


def _form_template(cast: Cast, title: str) -> Any:
    return questionnaires.save_template(None, actor=cast.alice, title=title, sections=SECTIONS)


def of_client(cast: Cast, client: Any, folder: Any, contact: Any, collaborator: Any) -> Values:
    """One of everything that belongs to a client, its contact or its collaborator."""
    alice = cast.alice
    kept = store_bytes(folder, "kept.txt", b"kept", actor=alice)
    kept.valid_until = now() + timedelta(days=30)
    _previewed(kept)
    entry = bin_file(store_bytes(folder, "binned.txt", b"binned", actor=alice), actor=alice)
    template = _form_template(cast, f"Form of {client.name}")
    form = questionnaires.send_form(template, client=client, contacts=[contact], actor=alice)[0]
    return {
        "client_id": client.id,
        "folder_id": folder.id,
        "file_id": kept.id,
        "file_id:/files/<uuid:file_id>/preview/media": _sound(folder, alice),
        "version_id": kept.version_id,
        "version_id:/quarantine": _held_back(folder, alice),
        "entry_id": entry.id,
        "person_id": contact.id,
        "form_id": form.id,
        "draft_id": make_draft(collaborator, name=f"Draft of {client.name}").id,
        **_connected(cast, client),
        "upload_id": _upload(client, folder, contact),
        **_asked_for(client, folder),
        "receipt_id": _row(
            Receipt(client_id=client.id, folder_id=folder.id, folder_name="Letters", person_id=contact.id)
        ),
        "change_id": _row(RightsChange(client_id=client.id, folder_id=folder.id, kind="set", actor_id=alice.id)),
        "application_id": _promised(collaborator),
        "export_id": _row(Export(requested_by_id=collaborator.id, language="en", parameters={})),
        "session_id": _row(_session(contact)),
    }


def _promised(person: Any) -> uuid.UUID:
    """A template on its way to no client at all."""
    payload = {"template_id": str(uuid.uuid4()), "by": str(person.id), "clients": []}
    return _row(OutboxEntry(name=MANY, payload=payload))


def _asked_for(client: Any, folder: Any) -> Values:
    """A request to any contact of the client; its one line has a document that waits."""
    asked = _row(DocumentRequest(client_id=client.id, folder_id=folder.id, title="Accounts"))
    line = RequestLine(request_id=asked, label="Lease", state="uploaded", uploaded_at=now())
    return {"document_request_id": asked, "request_line_id": _row(line)}


def _previewed(file: Any) -> None:
    """A preview as a worker leaves it; what it shows is the file itself."""
    version = db.session.get_one(FileVersion, file.version_id)
    _row(Preview(version_id=version.id, state="ready", kind="pages", pages=1))
    for kind, number, key in (("page", 1, "p"), ("thumbnail", 0, "t"), ("document", 0, "")):
        _row(
            Rendition(
                version_id=version.id,
                kind=kind,
                number=number,
                object_key=version.object_key + key,
                content_type="image/webp",
                size=4,
            )
        )


def _sound(folder: Any, alice: Any) -> uuid.UUID:
    file = store_bytes(folder, "call.mp3", b"ID3", actor=alice)
    _row(Preview(version_id=file.version_id, state="ready", kind="audio"))
    ident: uuid.UUID = file.id
    return ident


def _held_back(folder: Any, alice: Any) -> uuid.UUID:
    """A content that the virus check found to be bad; its file shows nothing."""
    file = store_bytes(folder, "bad.txt", b"bad", actor=alice)
    version = db.session.get_one(FileVersion, file.version_id)
    file.quarantine = version.quarantine = "infected"
    db.session.flush()  # addressed by its id in the requests that follow
    ident: uuid.UUID = version.id
    return ident


def _connected(cast: Cast, client: Any) -> Values:
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
        expires_at=now() + timedelta(days=365),
    )
    return _row(upload)


def _session(person: Any) -> SignInSession:
    return SignInSession(person_id=person.id, token_hash=uuid.uuid4().hex, expires_at=now() + timedelta(days=365))


def _row(row: Any) -> uuid.UUID:
    db.session.add(row)
    db.session.flush()  # addressed by its id in the requests that follow
    ident: uuid.UUID = row.id if hasattr(row, "id") else row.version_id
    return ident
