"""Attribute templates: named, ordered sets of attributes that the wizard loads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select

from portal import activity
from portal.clients.models import AttributeTemplate, AttributeTemplateItem
from portal.clients.queries.attributes import attributes_by_id
from portal.clients.refusals import LabelTaken, StaleClient, Unknown
from portal.kit.db import db, new_id, transactional
from portal.kit.names import clean_name
from portal.kit.titles import UniqueName, locked

NAMES = UniqueName(AttributeTemplate, LabelTaken)


class StaleTemplate(StaleClient):
    """The template was changed by somebody else since the form was opened."""

    sentence = _l("Somebody else changed this template in the meantime. Reload the page, then make your change again.")


@transactional
def save_attribute_template(
    template: AttributeTemplate | None,
    *,
    name: str,
    items: Sequence[tuple[uuid.UUID, bool]],
    actor: Any,
    version: int | None = None,
) -> AttributeTemplate:
    """Make or change a template, with a bounded number of statements.

    :param template: None makes a new one.
    :param items: (attribute id, required), in order; an attribute counts once.
    :param version: the version that the form was opened with.
    :raises LabelTaken: another template has the name.
    :raises StaleTemplate: somebody else saved first.
    :raises Conflict: the template was deleted.
    :raises Unknown: an attribute does not exist any more.
    """
    if template is None:
        template = AttributeTemplate(version=0)
    else:
        template = locked(template)
        if version is not None and template.version != version:
            raise StaleTemplate()
    cleaned = clean_name(name or "", path_safe=False)
    wanted = dict(items)
    if len(attributes_by_id(wanted)) < len(wanted):
        raise Unknown(_l("One of the fields does not exist any more. Reload the page."))
    template.version += 1
    NAMES.give(template, cleaned)
    _write_items(template.id, wanted)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=template.name)
    return template


def _write_items(template_id: uuid.UUID, wanted: dict[uuid.UUID, bool]) -> None:
    db.session.execute(
        delete(AttributeTemplateItem)
        .where(AttributeTemplateItem.template_id == template_id)
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"id": new_id(), "template_id": template_id, "attribute_id": ident, "required": needed, "position": place}
        for place, (ident, needed) in enumerate(wanted.items())
    ]
    if rows:
        db.session.execute(insert(AttributeTemplateItem), rows)


@transactional
def duplicate_attribute_template(template: AttributeTemplate, *, actor: Any) -> AttributeTemplate:
    """Make a copy of a template under a name that is free."""
    rows = db.session.execute(
        select(AttributeTemplateItem.attribute_id, AttributeTemplateItem.required)
        .where(AttributeTemplateItem.template_id == template.id)
        .order_by(AttributeTemplateItem.position)
    )
    free = NAMES.of_a_copy(template.name)
    return save_attribute_template(None, name=free, items=list(rows), actor=actor)


@transactional
def delete_attribute_template(template: AttributeTemplate, *, actor: Any) -> None:
    """Delete a template; cards that were filled from it keep their fields."""
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=template.name)
    db.session.execute(
        delete(AttributeTemplate)
        .where(AttributeTemplate.id == template.id)
        .execution_options(synchronize_session=False)
    )
    db.session.expunge(template)
