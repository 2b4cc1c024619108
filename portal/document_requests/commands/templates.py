"""Write, copy and delete request templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from portal import activity
from portal.document_requests.checklist import Item
from portal.document_requests.models import RequestTemplate
from portal.document_requests.refusals import TemplateChanged, TemplateNameTaken
from portal.kit.db import db, transactional
from portal.kit.names import clean_name
from portal.kit.titles import UniqueName, locked

NAMES = UniqueName(RequestTemplate, TemplateNameTaken)


@transactional
def save_template(
    template: RequestTemplate | None = None,
    *,
    actor: Any,
    name: str,
    items: Sequence[Item],
    note: str = "",
    version: int | None = None,
) -> RequestTemplate:
    """Make a request template, or change one.

    :param version: the version that was read; None changes whatever is there.
    :raises TemplateNameTaken: another template has the name.
    :raises TemplateChanged: the version is no longer the latest.
    """
    name = clean_name(name, path_safe=False)
    row = RequestTemplate(version=0) if template is None else _held(template)
    if version is not None and template is not None and row.version != version:
        raise TemplateChanged(row.version)
    row.note, row.items = note.strip(), [item.stored() for item in items]
    row.version += 1
    NAMES.give(row, name)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=name)
    return row


@transactional
def duplicate_template(template: RequestTemplate, *, actor: Any) -> RequestTemplate:
    """A copy under the next free name."""
    copy = RequestTemplate(note=template.note, items=template.items, version=1)
    NAMES.give(copy, NAMES.of_a_copy(template.name))
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=copy.name)
    return copy


@transactional
def delete_template(template: RequestTemplate, *, actor: Any) -> None:
    """Remove it for good. Requests that were sent keep their own lines."""
    row = _held(template)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=row.name)
    db.session.delete(row)


def _held(template: RequestTemplate) -> RequestTemplate:
    row: RequestTemplate = locked(template, _l("This template was deleted in the meantime."))
    return row
