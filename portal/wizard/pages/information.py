"""Step 1: the client's name and attributes."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.clients import queries as clients
from portal.clients.fields import clean_client_name
from portal.clients.models import Attribute
from portal.clients.refusals import ClientNameTaken
from portal.clients.values import parse
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import refuse, status_of
from portal.kit.names import search_key
from portal.kit.web import current_viewer, redirect_to
from portal.wizard import commands
from portal.wizard.attributes import definitions_of, line_typed, lines_of_template
from portal.wizard.forms import AddAttributeForm, InformationForm, attribute_fields, information_form
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, posted_version, pressed, show, typed
from portal.wizard.queries import drafts_of
from portal.wizard.steps import AttributeLine, Information, information_of

Lines = list[tuple[AttributeLine, Attribute]]


def information(draft: Draft | None) -> ResponseReturnValue:
    """Show the step, or save it."""
    saved = information_of(draft, language=current_user.language)
    lines = definitions_of(saved.attributes)
    if request.method == "GET":
        return _page(draft, _form(saved, lines), lines)
    action, _separator, argument = pressed().partition(":")
    if action in ("load", "add", "remove"):
        return _change_fields(draft, saved, lines, action, argument)
    form = _form(saved, lines)
    if form.validate_on_submit() and _holds(form, lines):
        return _save(draft, form, lines)
    return _page(draft, form, lines, status=status_of(form))


def _form(saved: Information, lines: Lines) -> InformationForm:
    return information_form(
        lines,
        clients.client_groups(),
        clients.client_types(),
        name=saved.name,
        group_id=uuid.UUID(saved.group_id) if saved.group_id else None,
        type_id=uuid.UUID(saved.type_id) if saved.type_id else None,
        language=saved.language,
        confirmed=saved.confirmed,
    )


def _holds(form: InformationForm, lines: Lines) -> bool:
    """Check what only the client base can know; each fault goes beside its field."""
    for line, definition in lines:
        field = form[f"attribute_{line.key}"]
        try:
            value = parse(definition, field.data)
            if value is None and line.required:
                field.errors = [*field.errors, str(MissingValue())]
        except Refused as refusal:
            field.errors = [*field.errors, str(refusal)]
    try:
        if clients.name_taken(clean_client_name(form.name.data or "")):
            raise ClientNameTaken()
    except Refused as refusal:
        refuse(form, refusal)
    return not form.errors


class MissingValue(Refused):
    """A required attribute is empty."""

    sentence = _l("Please fill this in.")


def _save(draft: Draft | None, form: InformationForm, lines: Lines) -> ResponseReturnValue:
    alike = [] if form.confirmed.data else clients.near_duplicates(form.name.data or "", viewer=current_viewer())
    if alike:
        return _page(draft, form, lines, status=422, alike=alike)
    value = _typed_information(lines)
    value.name = form.name.data or ""
    value.confirmed = bool(form.confirmed.data)
    try:
        if draft is None:
            draft = commands.start_draft(value, actor=current_user)
        return go_on(draft, "information", asdict(value))
    except Conflict as refusal:
        refuse(form, refusal)
        return _page(draft, form, lines, status=409)


def _typed_information(lines: Lines) -> Information:
    """Everything as it was typed, valid or not, so that no button loses it."""
    for line, definition in lines:
        name = f"attribute_{line.key}"
        line.raw = request.form.getlist(name)[:200] if definition.type == "many_of" else typed(name)
    return Information(
        name=typed("name", 300),
        group_id=_id("group_id"),
        type_id=_id("type_id"),
        language=typed("language", 5) or "fr",
        confirmed=bool(request.form.get("confirmed")),
        attributes=[line for line, _definition in lines],
    )


def _id(name: str) -> str | None:
    try:
        return str(uuid.UUID(request.form.get(name, "")))
    except ValueError:
        return None


def _change_fields(
    draft: Draft | None, saved: Information, lines: Lines, action: str, argument: str
) -> ResponseReturnValue:
    """Load a template, add a field, take one away; what was typed is kept."""
    value = _typed_information(lines)
    if action == "add":
        added = AddAttributeForm(prefix="new")
        if not added.validate():
            return _page(draft, _form(value, lines), lines, status=422, adding=added)
        _append(value, [line_typed(added.label.data or "", added.type.data)])
    elif action == "load":
        _append(value, lines_of_template(request.form.get("template_id", "")))
    else:
        value.attributes = [line for line in value.attributes if line.key != argument]
    try:
        if draft is None:
            draft = commands.start_draft(value, actor=current_user)
        else:
            commands.save_step(draft, "information", asdict(value), version=posted_version())
    except Conflict as refusal:
        form = _form(value, lines)
        refuse(form, refusal)
        return _page(draft, form, lines, status=409)
    return redirect_to("wizard.step", draft_id=draft.id, step="information", _anchor="attributes")


def _append(value: Information, added: list[AttributeLine]) -> None:
    """Add attributes that are not there yet; keys stay unique inside the draft."""
    number = max((int(line.key[1:]) for line in value.attributes), default=0)
    known = {search_key(line.label) for line in value.attributes}
    for line in added:
        if search_key(line.label) in known or len(value.attributes) >= 200:
            continue
        number += 1
        line.key = f"a{number}"
        known.add(search_key(line.label))
        value.attributes.append(line)


def _page(
    draft: Draft | None,
    form: InformationForm,
    lines: Lines,
    *,
    status: int = 200,
    alike: list[Any] | None = None,
    adding: AddAttributeForm | None = None,
) -> ResponseReturnValue:
    form.version.data = draft.version if draft is not None else None
    return show(
        draft,
        "information",
        status=status,
        form=form,
        fields=attribute_fields(form, lines),
        adding=adding or AddAttributeForm(formdata=None, prefix="new"),
        templates=clients.attribute_templates(),
        alike=alike or [],
        open_drafts=drafts_of(current_viewer(), limit=3) if draft is None else [],
    )
