"""Attributes: what they are, and the values on a client's card."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from portal.accounts.queries import firm_defaults
from portal.clients import values
from portal.clients.commands.clients import record_change
from portal.clients.commands.search import refresh_search
from portal.clients.models import Attribute, AttributeTemplateItem, Client, ClientAttribute
from portal.clients.queries.attributes import attributes_by_id
from portal.clients.refusals import BadValue, LabelTaken, Unknown, ValueConflict
from portal.kit.db import db, transactional
from portal.kit.i18n import LANGUAGES, label_in
from portal.kit.names import clean_name, search_key
from portal.permissions import commands as rights

MOST_OPTIONS = 200


@transactional
def create_attribute(
    *,
    label: Mapping[str, str] | str,
    type: str,
    options: Sequence[Mapping[str, Any] | str] = (),
    rule: str = "",
    section: str = "",
    actor: Any,
) -> Attribute:
    """Define an attribute.

    :param label: by language (``{"fr": ..., "en": ...}``), or one text in the firm's language.
    :param options: labels, or ``{"key", "label"}``, for the types "one of" and "many of".
    :raises LabelTaken: another attribute has the label.
    :raises BadValue: unknown type or rule, or a choice without choices.
    """
    if type not in values.TYPES:
        raise BadValue(_l("Choose a type."), field="type")
    last = db.session.execute(select(func.coalesce(func.max(Attribute.position), 0))).scalar_one()
    attribute = Attribute(type=type, position=last + 1)
    _define(attribute, label=label, options=options, rule=rule, section=section)
    return attribute


@transactional
def update_attribute(
    attribute: Attribute,
    *,
    label: Mapping[str, str] | str,
    options: Sequence[Mapping[str, Any] | str] = (),
    rule: str = "",
    section: str = "",
    actor: Any,
) -> Attribute:
    """Change an attribute's label, choices, rule or section. Its type stays: stored values follow it.

    :raises LabelTaken: another attribute has the label.
    """
    _define(attribute, label=label, options=options, rule=rule, section=section)
    return attribute


def _define(
    attribute: Attribute, *, label: Mapping[str, str] | str, options: Sequence[Any], rule: str, section: str
) -> None:
    labels = _clean_labels(label)
    if rule and rule not in values.RULES:
        raise BadValue(_l("Choose a rule."), field="rule")
    chosen = _clean_options(attribute, options) if attribute.type in values.WITH_OPTIONS else []
    try:
        with db.session.begin_nested():
            attribute.label = labels
            attribute.label_key = search_key(label_in(labels, firm_defaults()[0]))
            attribute.options = chosen
            attribute.rule = rule if attribute.type == "text" else ""
            attribute.section = values.check_text(section, 120)
            db.session.add(attribute)
    except IntegrityError:
        raise LabelTaken(_l("Another field has this label."), field="label") from None


def _clean_labels(label: Mapping[str, str] | str) -> dict[str, str]:
    given = {firm_defaults()[0]: label} if isinstance(label, str) else label
    typed = {code: text for code, text in given.items() if code in LANGUAGES and text and text.strip()}
    if not typed:
        raise BadValue(_l("Give the field a label."), field="label")
    return {code: clean_name(text, field="label", path_safe=False) for code, text in typed.items()}


def _clean_options(attribute: Attribute, options: Sequence[Mapping[str, Any] | str]) -> list[dict[str, Any]]:
    """Choices with keys that stay when a label is corrected: values are stored by key."""
    known = {
        search_key(str(text)): option["key"] for option in attribute.options or [] for text in option["label"].values()
    }
    taken: dict[str, dict[str, Any]] = {}
    for option in options:
        label = _option_labels(option)
        if not label:
            continue
        first = next(iter(label.values()))
        key = (option.get("key") if isinstance(option, Mapping) else None) or next(
            (known[search_key(text)] for text in label.values() if search_key(text) in known), None
        )
        key = str(key or re.sub(r"[^a-z0-9]+", "_", search_key(first)).strip("_")[:40] or f"choice_{len(taken) + 1}")
        if key in taken:
            raise BadValue(_l("Two choices are called “%(name)s”."), field="options", name=first)
        taken[key] = {"key": key, "label": label}
    if not taken:
        raise BadValue(_l("Give at least one choice, one per line."), field="options")
    if len(taken) > MOST_OPTIONS:
        raise BadValue(_l("A field has %(most)s choices at most."), field="options", most=MOST_OPTIONS)
    return list(taken.values())


def _option_labels(option: Mapping[str, Any] | str) -> dict[str, str]:
    given = option.get("label", "") if isinstance(option, Mapping) else option
    labels = {firm_defaults()[0]: given} if isinstance(given, str) else given
    return {
        code: clean_name(str(text), field="options", path_safe=False)
        for code, text in labels.items()
        if code in LANGUAGES and str(text).strip()
    }


@transactional
def archive_attribute(attribute: Attribute, *, actor: Any) -> None:
    """Take the attribute out of use: it leaves all cards, templates and columns; its values stay in the database."""
    attribute.archived_at = db.session.execute(select(func.now())).scalar_one()
    db.session.execute(
        delete(AttributeTemplateItem)
        .where(AttributeTemplateItem.attribute_id == attribute.id)
        .execution_options(synchronize_session=False)
    )


@transactional
def add_attributes(client: Client, items: Iterable[tuple[uuid.UUID, bool]], *, actor: Any) -> None:
    """Put attributes on the client's card, empty, in this order; those that are there stay as they are.

    :param items: (attribute id, required).
    :raises Unknown: an attribute does not exist any more.
    """
    wanted = dict(items)
    if not wanted:
        return
    _known(wanted)
    rights.lock_client(client.id)
    last = _last_position(client.id)
    rows = [
        {"client_id": client.id, "attribute_id": ident, "required": needed, "position": last + place}
        for place, (ident, needed) in enumerate(wanted.items(), start=1)
    ]
    db.session.execute(insert(ClientAttribute).values(rows).on_conflict_do_nothing())


def _known(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Attribute]:
    wanted = set(ids)
    found = attributes_by_id(wanted)
    if len(found) < len(wanted):
        raise Unknown(_l("One of the fields does not exist any more. Reload the page."))
    return found


def _last_position(client_id: uuid.UUID) -> int:
    found = select(func.coalesce(func.max(ClientAttribute.position), 0)).where(ClientAttribute.client_id == client_id)
    return int(db.session.execute(found).scalar_one())


@transactional
def set_attributes(
    client: Client, raw: Mapping[uuid.UUID, Any], *, actor: Any, required: Iterable[uuid.UUID] = (), log: bool = True
) -> None:
    """Set values of attributes; those that are not on the card yet are put on it in this order.

    Six statements whatever their number.

    :param raw: attribute id -> what was typed (see ``values.parse``).
    :param required: which of them must not be empty.
    :raises BadValue: a value does not fit; ``field`` is ``attribute-<id>``.
    :raises Unknown: an attribute does not exist any more.
    """
    if not raw:
        return
    known = _known(raw)
    needed = set(required)
    parsed = {ident: _parsed(known[ident], value, needed=ident in needed) for ident, value in raw.items()}
    rights.lock_client(client.id)
    last = _last_position(client.id)
    rows = [
        {
            "client_id": client.id,
            "attribute_id": ident,
            "value": value,
            "required": ident in needed,
            "position": last + place,
        }
        for place, (ident, value) in enumerate(parsed.items(), start=1)
    ]
    statement = insert(ClientAttribute).values(rows)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["client_id", "attribute_id"],
            set_={"value": statement.excluded.value, "updated_at": func.now()},
        )
    )
    refresh_search([client.id])
    if log:
        record_change(client, [label_in(known[ident].label, firm_defaults()[0]) for ident in parsed], actor)


def _parsed(attribute: Attribute, raw: Any, *, needed: bool) -> str | None:
    try:
        value = values.parse(attribute, raw)
        if value is None and needed:
            raise BadValue(_l("Please fill this in."))
    except BadValue as refusal:
        refusal.field = f"attribute-{attribute.id}"
        raise
    return value


@transactional
def save_value(client: Client, attribute_id: uuid.UUID, raw: Any, *, before: str | None, actor: Any) -> ClientAttribute:
    """Save one attribute of the card by itself (F21).

    :param before: the canonical value that the form was opened with, or None.
    :raises ValueConflict: somebody else saved another value meanwhile; it carries both canonical values.
    :raises BadValue: the value does not fit.
    """
    rights.lock_client(client.id)
    row = db.session.scalars(
        select(ClientAttribute)
        .join(ClientAttribute.attribute)
        .where(ClientAttribute.client_id == client.id, ClientAttribute.attribute_id == attribute_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    attribute = attributes_by_id([attribute_id]).get(attribute_id)
    if row is None or attribute is None:
        raise Unknown(_l("This field is no longer on the card. Reload the page."))
    value = values.parse(attribute, raw)
    if value is None and row.required:
        raise BadValue(_l("Please fill this in."))
    if row.value == value:
        return row
    if (row.value or None) != (before or None):
        raise ValueConflict(theirs=row.value, mine=value)
    row.value = value
    refresh_search([client.id])
    record_change(client, [label_in(attribute.label, firm_defaults()[0])], actor)
    return row


@transactional
def remove_attribute(client: Client, attribute_id: uuid.UUID, *, actor: Any) -> None:
    """Take an attribute off the client's card, with its value.

    :raises Unknown: it is not on the card.
    """
    rights.lock_client(client.id)
    row = db.session.get(ClientAttribute, (client.id, attribute_id))
    attribute = db.session.get(Attribute, attribute_id)
    if row is None or attribute is None:
        raise Unknown(_l("This field is no longer on the card. Reload the page."))
    db.session.delete(row)
    refresh_search([client.id])
    record_change(client, [label_in(attribute.label, firm_defaults()[0])], actor)
