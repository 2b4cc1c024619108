"""The attributes of a draft: definitions that exist, and those typed on the spot."""

from __future__ import annotations

import uuid

from flask_babel import get_locale

from portal.clients import queries as clients
from portal.clients.models import Attribute
from portal.kit.i18n import label_in
from portal.kit.names import search_key
from portal.wizard.steps import AttributeLine


def definitions_of(lines: list[AttributeLine]) -> list[tuple[AttributeLine, Attribute]]:
    """Each line with its definition. One typed on the spot gets a definition that is not stored; one whose
    definition is gone in the meantime is treated like it, so that its value is not lost."""
    wanted = [uuid.UUID(line.id) for line in lines if line.id]
    found = clients.attributes_by_id(wanted)
    pairs = []
    for line in lines:
        known = found.get(uuid.UUID(line.id)) if line.id else None
        pairs.append((line, known or Attribute(label={_language(): line.label}, type=line.type, options=[], rule="")))
    return pairs


def lines_of_template(template_id: str) -> list[AttributeLine]:
    """What loading a template adds; nothing when it does not exist (any more)."""
    try:
        template = clients.template_with_items(uuid.UUID(template_id))
    except ValueError:
        return []
    if template is None:
        return []
    return [
        AttributeLine(
            key="",
            id=str(item.attribute.id),
            label=label_in(item.attribute.label),
            type=item.attribute.type,
            required=item.required,
        )
        for item in template.items
    ]


def line_typed(label: str, kind: str) -> AttributeLine:
    """A single attribute typed on the spot. One that the firm has under this label already is taken as it is."""
    wanted = search_key(label)
    for attribute in clients.all_attributes():
        if wanted in {search_key(str(text)) for text in attribute.label.values()}:
            return AttributeLine(key="", id=str(attribute.id), label=label_in(attribute.label), type=attribute.type)
    return AttributeLine(key="", label=label, type=kind)


def _language() -> str:
    return str(get_locale().language)
