"""Open the client space that a draft describes: everything in one transaction, once per draft."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.accounts import commands as accounts
from portal.accounts import queries as people
from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.clients import commands as clients
from portal.clients import queries as client_base
from portal.clients.fields import clean_client_name
from portal.clients.models import Attribute, Client
from portal.clients.refusals import ClientNameTaken
from portal.clients.values import parse, shown
from portal.connectors import commands as connectors
from portal.connectors import registry
from portal.files.commands import folders, trees
from portal.files.models import TreeTemplate
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.kit.i18n import LANGUAGES, label_in
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from portal.questionnaires import queries as form_base
from portal.wizard.attributes import definitions_of
from portal.wizard.commands import lock_draft
from portal.wizard.models import Draft
from portal.wizard.pages.connectors import settings_of
from portal.wizard.queries import tree_choices, tree_template
from portal.wizard.requested import Requested, ask, requested_of
from portal.wizard.steps import (
    AttributeLine,
    ContactLine,
    Information,
    StepRefused,
    contacts_of,
    forms_of,
    information_of,
    levels_of,
    tree_of,
)

_NAME_MISSING = _l("Give the client a name.")
_TEMPLATE_GONE = _l("The folder-tree template does not exist any more. Choose another one.")
_FORM_GONE = _l("A form template does not exist any more. Choose the forms again.")
_CONNECTOR_GONE = _l("A connector is no longer active in the firm. Look at the connectors again.")
_CONTACT_GONE = _l("A contact of the list no longer exists. Look at the contacts again.")
_VALUE_MISSING = _l("“%(label)s” must be filled in.")


@dataclass
class Plan:
    """What a draft describes, checked against the firm as it is now."""

    information: Information
    attributes: list[tuple[AttributeLine, Attribute]]
    contacts: list[ContactLine]
    levels: dict[uuid.UUID, Level]
    template: TreeTemplate | None
    connectors: dict[str, dict[str, Any]]
    form_templates: list[Any]
    form_contacts: list[str]
    due_on: date | None
    requested: Requested | None


@transactional
def provision(draft: Draft, *, actor: Person) -> Client:
    """Open the client space. Pressing twice, or two people at once, makes one client (F8).

    The draft's row is held meanwhile: whoever comes second finds the client that the first one made. Activation mails,
    forms and connector messages are promised in the same transaction and leave after the commit.

    :raises StepRefused: a step cannot be provisioned; the draft stays as it is.
    """
    held = lock_draft(draft)
    if held.client_id is not None:
        made = db.session.get(Client, held.client_id)
        if made is not None:
            return made
    plan = make_plan(held, actor=actor)
    client: Client = _in_step("information", _make_client, plan, held, actor)
    # From here on a fault inside this function, not in what was typed, is the only thing that can stop it.
    folders.create_root(client, actor=actor)
    clients.set_standings(client, plan.levels, actor=actor)
    contacts = _in_step("contacts", _make_contacts, plan, client, actor)
    grown: dict[uuid.UUID, Any] = {}
    if plan.template is not None:
        from_template = {"actor": actor, "template": plan.template}
        grown = _in_step("tree", trees.apply_tree, client, plan.template.nodes, **from_template)
    for key, settings in plan.connectors.items():
        _in_step("connectors", connectors.attach, client, key, settings, actor=actor)
    receivers = [contacts[email] for email in plan.form_contacts if email in contacts]
    sending = {"client": client, "contacts": receivers, "actor": actor, "due_on": plan.due_on}
    for template in plan.form_templates:
        _in_step("forms", questionnaires.send_form, template, **sending)
    if plan.requested is not None:
        _in_step("forms", ask, plan.requested, client=client, folders=grown, actor=actor)
    _finish(held, client)
    return client


def _in_step(step: str, action: Any, *args: Any, **kwargs: Any) -> Any:
    """Say at which step a refusal is to be mended."""
    try:
        return action(*args, **kwargs)
    except StepRefused:
        raise
    except Refused as refusal:
        raise StepRefused(step, refusal) from refusal


def _make_client(plan: Plan, draft: Draft, actor: Person) -> Client:
    information = plan.information
    client = clients.create_client(
        name=information.name,
        actor=actor,
        group_id=_uuid(information.group_id),
        type_id=_uuid(information.type_id),
        language=information.language,
        draft_id=draft.id,
    )
    if plan.attributes:
        _fill_card(client, plan.attributes, actor)
    return client


def _fill_card(client: Client, attributes: list[tuple[AttributeLine, Attribute]], actor: Person) -> None:
    """The attributes with their values; those typed on the spot become attributes of the firm."""
    values: dict[uuid.UUID, Any] = {}
    chosen: list[tuple[uuid.UUID, bool]] = []
    for line, definition in attributes:
        if line.id:
            attribute = definition
        else:
            attribute = clients.create_attribute(label=definition.label, type=definition.type, actor=actor)
        values[attribute.id] = line.raw
        chosen.append((attribute.id, line.required))
    clients.add_attributes(client, chosen, actor=actor)
    clients.set_attributes(client, values, actor=actor)


def _make_contacts(plan: Plan, client: Client, actor: Person) -> dict[str, Person]:
    """The contacts by e-mail; new ones are made, and who is to get an activation mail is invited."""
    made: dict[str, Person] = {}
    for line in plan.contacts:
        made[line.email] = _person(line, actor)
    main = next((made[line.email].id for line in plan.contacts if line.is_main), None)
    clients.add_contacts(client, list(made.values()), main_id=main, actor=actor)
    for line in plan.contacts:
        person = made[line.email]
        if line.invite and person.activated_at is None and person.disabled_at is None:
            accounts.invite(person, actor=actor, language=line.language, client_id=client.id)
    return made


def _person(line: ContactLine, actor: Person) -> Person:
    # Looked up by address again: the contact may have been made, or renamed, since the draft was saved.
    known = people.person_by_email(line.email)
    if known is not None:
        if known.is_staff:
            raise StepRefused("contacts", _CONTACT_GONE)
        return known
    return accounts.create_contact(
        email=line.email,
        first_name=line.first_name,
        last_name=line.last_name,
        phone=line.phone,
        language=line.language,
        actor=actor,
    )


def _finish(draft: Draft, client: Client) -> None:
    draft.client_id = client.id
    draft.finished_at = client.created_at
    # What was typed now stands in the client; the draft keeps no second copy of it, nor of any secret.
    draft.data = {}


def make_plan(draft: Draft, *, actor: Person) -> Plan:
    """Read the draft and check every step.

    :raises StepRefused: the first step that cannot be provisioned.
    """
    plan, problems = _read(draft, actor=actor)
    if problems:
        raise problems[0]
    return plan


def _read(draft: Draft, *, actor: Person) -> tuple[Plan, list[StepRefused]]:
    problems: list[StepRefused] = []
    information = information_of(draft)
    attributes = definitions_of(information.attributes)
    problems += _faults_of_information(information, attributes)
    template_id = tree_of(draft)
    template = tree_template(uuid.UUID(template_id)) if template_id else None
    if template_id and template is None:
        problems.append(StepRefused("tree", _TEMPLATE_GONE))
    settings = settings_of(draft)
    if set(settings) - {one.key for one in registry.available()}:
        problems.append(StepRefused("connectors", _CONNECTOR_GONE))
    chosen = forms_of(draft)
    known = {str(one.id): one for one in form_base.templates()}
    if set(chosen["template_ids"]) - set(known):
        problems.append(StepRefused("forms", _FORM_GONE))
    requested, faults = requested_of(draft)
    problems += faults
    plan = Plan(
        information=information,
        attributes=attributes,
        contacts=contacts_of(draft),
        levels=_levels(draft, actor),
        template=template,
        connectors=settings,
        form_templates=[known[ident] for ident in chosen["template_ids"] if ident in known],
        form_contacts=chosen["contacts"],
        due_on=date.fromisoformat(chosen["due_on"]) if chosen["due_on"] else None,
        requested=requested,
    )
    return plan, problems


def _faults_of_information(
    information: Information, attributes: list[tuple[AttributeLine, Attribute]]
) -> list[StepRefused]:
    try:
        clean_client_name(information.name)
    except Refused as refusal:
        return [StepRefused("information", refusal if information.name else _NAME_MISSING, field="name")]
    faults = []
    if client_base.name_taken(information.name):
        faults.append(StepRefused("information", ClientNameTaken()))
    for line, definition in attributes:
        try:
            if parse(definition, line.raw) is None and line.required:
                faults.append(StepRefused("information", Refused(_VALUE_MISSING, label=line.label)))
        except Refused as refusal:
            faults.append(StepRefused("information", refusal))
    return faults


def _levels(draft: Draft, actor: Person) -> dict[uuid.UUID, Level]:
    """The collaborators' levels. Without the permission to assign, one gets full access oneself and nobody else."""
    if "collaborators" not in draft.data or not actor.viewer.may(Feature.ASSIGN_COLLABORATORS):
        return {actor.id: Level.FULL}
    known = {str(person.id) for person in people.collaborators()}
    return {
        uuid.UUID(ident): Level.of(key)
        for ident, key in levels_of(draft).items()
        if ident in known and Level.of(key) is not Level.NONE
    }


def review(draft: Draft, *, actor: Person) -> dict[str, Any]:
    """Everything that the summary shows, and what is still to be mended."""
    plan, problems = _read(draft, actor=actor)
    by_id = {person.id: person for person in people.collaborators()}
    groups = {str(group.id): group for group in client_base.client_groups()}
    types = {str(kind.id): kind for kind in client_base.client_types()}
    return {
        "problems": problems,
        "information": plan.information,
        "group": groups.get(plan.information.group_id or ""),
        "type": types.get(plan.information.type_id or ""),
        "attributes": [(_label(line, definition), _shown(line, definition)) for line, definition in plan.attributes],
        "contacts": plan.contacts,
        "collaborators": [(by_id[ident], level) for ident, level in plan.levels.items() if ident in by_id],
        "template": next((one for one in tree_choices(actor.viewer) if one.id == tree_of(draft)), None),
        "connectors": [one for one in registry.available() if one.key in plan.connectors],
        "forms": plan.form_templates,
        "due_on": plan.due_on,
        "requested": plan.requested,
        "languages": LANGUAGES,
    }


def _label(line: AttributeLine, definition: Attribute) -> str:
    return label_in(definition.label) or line.label


def _shown(line: AttributeLine, definition: Attribute) -> str:
    try:
        value = parse(definition, line.raw)
        return shown(definition, value) if value is not None else ""
    except Refused:
        return str(line.raw)


def _uuid(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None
