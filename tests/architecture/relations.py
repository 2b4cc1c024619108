"""What the thing in an address is to the person who asks. Each relation changes the world, then fills the addresses."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal.accounts import commands as accounts
from portal.accounts.models import Role, SignInSession
from portal.clients import commands as clients
from portal.clients.models import AttributeTemplate, ClientGroup, ClientType
from portal.document_requests.commands import delete_template as delete_request_template
from portal.document_requests.models import RequestTemplate
from portal.exports.models import Export
from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.commands.files import move_file
from portal.files.commands.tree_templates import delete_tree_template
from portal.files.commands.uploads import mark_aborted
from portal.files.models import BinEntry, File, TreeTemplate, Upload
from portal.kit.clock import now
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.permissions.levels import Level
from portal.questionnaires import templates as form_templates
from portal.questionnaires.models import FormTemplate
from portal.wizard.commands import discard_draft
from portal.wizard.models import Draft
from tests.architecture.world import Values, World, binned_client, of_client

CONTACTS = ("clara", "diego", "dora")
STAFF = ("bob", "rita")
Change = Callable[[World], Values]


def own(world: World) -> Values:
    """It belongs to Acme, and stands where Clara and Diego have their levels; or it is the firm's."""
    return {}


def sibling(world: World) -> Values:
    """It belongs to the other client, whose contact is Mallory."""
    return world.sibling


def moved(world: World) -> Values:
    """It stood in *Letters* and was moved just before to a folder that only staff and Diego (*read*) see."""
    cast = world.cast
    archive = folders.create_folder(cast.root, name="Archive", actor=cast.alice)
    rights.set_level(archive, person=cast.diego, level=Level.READ, actor=cast.alice)
    move_file(_the(File, world.own["file_id"]), to=archive, actor=cast.alice)
    folders.move_folder(world.letters, to=archive, actor=cast.alice)
    return {}


def deleted(world: World) -> Values:
    """It is in the bin or gone for good: a file and a folder binned, a client erased, a draft discarded and so on."""
    cast = world.cast
    gone = clients.create_client(name="Gone", actor=cast.alice)
    _join(world, gone)
    root = folders.create_root(gone, actor=cast.alice)
    lost = of_client(cast, gone, root, cast.clara, cast.bob)
    clients.bin_client(gone, confirmed_name="Gone", actor=cast.alice)
    clients.erase_client(gone, actor=cast.alice)
    _delete_what_is_ones_own(world)
    _delete_what_is_the_firms(world)
    bins.restore(_the(BinEntry, world.own["entry_id"]), actor=cast.alice)
    bins.bin_file(_the(File, world.own["file_id"]), actor=cast.alice)
    bins.bin_folder(world.letters, actor=cast.alice)
    kept = (
        "file_id",
        "version_id",
        "folder_id",
        "entry_id",
        "upload_id",
        "draft_id",
        "export_id",
        "session_id",
        "person_id",
    )
    return {
        **{key: value for key, value in lost.items() if key not in kept},
        "client_id:/clients/bin": world.cast.acme.id,
    }


def binned(world: World) -> Values:
    """Its client is in the bin."""
    clients.bin_client(world.cast.acme, confirmed_name="Acme", actor=world.cast.alice)
    return {}


def disabled(world: World) -> Values:
    """Its client is disabled: staff go on, contacts see nothing of it."""
    clients.disable_client(world.cast.acme, actor=world.cast.alice)
    return {}


def revoked(world: World) -> Values:
    """Everybody was taken off its client just before, with their sessions open."""
    alice, acme = world.cast.alice, world.cast.acme
    for name in CONTACTS:
        clients.remove_contact(acme, world.people[name], actor=alice)
    for name in STAFF:
        clients.set_standing(acme, world.people[name], Level.NONE, actor=alice)
    return {"client_id:/clients/bin": binned_client(world, "Binned, Bob taken off", staff=())}


def withdrawn(world: World) -> Values:
    """Everybody of its client was set to *none* on its folder just before; they still belong to the client."""
    for name in (*CONTACTS, *STAFF):
        rights.set_level(world.letters, person=world.people[name], level=Level.NONE, actor=world.cast.alice)
    return {}


def below(world: World) -> Values:
    """Everybody of its client has *none* in the whole space, but *read* in one folder below."""
    cast = world.cast
    inner = folders.create_folder(world.letters, name="Inner", actor=cast.alice)
    for name in (*CONTACTS, *STAFF):
        person = world.people[name]
        rights.set_level(cast.root, person=person, level=Level.NONE, actor=cast.alice)
        rights.cascade(cast.root, person=person, actor=cast.alice)
        rights.set_level(inner, person=person, level=Level.READ, actor=cast.alice)
    return {}


def demoted(world: World) -> Values:
    """Bob and Rita were given the role of a trainee just before; they still belong to the client."""
    for name in STAFF:
        accounts.set_role(world.people[name], world.cast.roles["trainee"], actor=world.cast.alice)
    return {}


RELATIONS: dict[str, Change] = {
    change.__name__: change
    for change in (own, sibling, moved, deleted, binned, disabled, revoked, withdrawn, below, demoted)
}

# A relation that changes nothing for the others: their answers are those of ``own``, where they are asked.
TOUCHED = {
    "demoted": ("alice", "bob", "rita", "tess"),
    "disabled": ("bob", "clara", "diego", "mallory", "ed"),
    "binned": ("alice", "bob", "rita", "tess", "clara", "diego", "ed"),
    "withdrawn": ("bob", "rita", "clara", "diego", "dora"),
    "below": ("bob", "rita", "clara", "diego", "dora"),
}

# What a door cannot do without: it answers 404 to a form that names nothing.
FORMS: dict[str, Callable[[Values], dict[str, str]]] = {
    "files.change_rights": lambda values: {"cell": f"{values['folder_id']}:{values['person_id:/folders']}"},
    "files.preview_rights": lambda values: {"cell": f"{values['folder_id']}:{values['person_id:/folders']}"},
}


def apply(world: World, relation: str) -> Values:
    """Bring the relation about; the values that fill the addresses."""
    changed = RELATIONS[relation](world)
    accounts.disable_person(world.people["dora"], actor=world.cast.alice)
    return {**world.firm, **world.own, **changed}


def _join(world: World, client: Any) -> None:
    alice = world.cast.alice
    clients.add_contacts(client, [world.people[name] for name in CONTACTS], actor=alice)
    for name in STAFF:
        clients.set_standing(client, world.people[name], Level.FULL, actor=alice)


def _delete_what_is_ones_own(world: World) -> None:
    mark_aborted(_the(Upload, world.own["upload_id"]))
    discard_draft(_the(Draft, world.own["draft_id"]))
    _the(Export, world.own["export_id"]).expires_at = now() - timedelta(minutes=1)
    _the(SignInSession, world.own["session_id"]).ended_at = now()


def _delete_what_is_the_firms(world: World) -> None:
    alice, firm = world.cast.alice, world.firm
    clients.delete_group(_the(ClientGroup, firm["group_id"]), actor=alice)
    clients.delete_type(_the(ClientType, firm["type_id"]), actor=alice)
    clients.delete_attribute_template(_the(AttributeTemplate, firm["template_id:/templates/attributes"]), actor=alice)
    delete_tree_template(_the(TreeTemplate, firm["template_id:/templates/trees"]), actor=alice)
    delete_request_template(_the(RequestTemplate, firm["template_id:/templates/requests"]), actor=alice)
    form_templates.delete_template(_the(FormTemplate, firm["template_id:/administration/forms"]), actor=alice)
    db.session.delete(_the(Mail, firm["mail_id"]))
    db.session.delete(_the(Role, firm["role_id"]))
    db.session.commit()


def _the(model: type[Any], ident: uuid.UUID) -> Any:
    return db.session.get_one(model, ident)
