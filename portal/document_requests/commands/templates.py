"""Write, copy and delete request templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.document_requests.checklist import Item
from portal.document_requests.models import RequestTemplate
from portal.document_requests.refusals import TemplateChanged, TemplateNameTaken
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.kit.names import clean_name, search_key


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
    _take_name(row, name)
    row.note, row.items = note.strip(), [item.stored() for item in items]
    row.version += 1
    _store(row)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=name)
    return row


@transactional
def duplicate_template(template: RequestTemplate, *, actor: Any) -> RequestTemplate:
    """A copy under the next free name."""
    copy = RequestTemplate(note=template.note, items=template.items, version=1)
    _take_name(copy, _free_name(template.name))
    _store(copy)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=copy.name)
    return copy


@transactional
def delete_template(template: RequestTemplate, *, actor: Any) -> None:
    """Remove it for good. Requests that were sent keep their own lines."""
    row = _held(template)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=row.name)
    db.session.delete(row)


def _held(template: RequestTemplate) -> RequestTemplate:
    statement = select(RequestTemplate).where(RequestTemplate.id == template.id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise Conflict(_l("This template was deleted in the meantime."))
    return row


def _take_name(row: RequestTemplate, name: str) -> None:
    row.name, row.name_key = name, search_key(name)
    with db.session.no_autoflush:
        other = db.session.scalar(
            select(RequestTemplate.id).where(RequestTemplate.name_key == row.name_key, RequestTemplate.id != row.id)
        )
    if other is not None:
        raise TemplateNameTaken()


def _store(row: RequestTemplate) -> None:
    """Write the row now: two people may choose one name at the same moment, and the second must hear of it here."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()  # the unique name is checked by the database
    except IntegrityError:
        raise TemplateNameTaken() from None


def _free_name(name: str) -> str:
    short = name[:80]
    for number in range(1, 1000):
        copy = _("Copy %(number)s of %(title)s", number=number, title=short)
        wanted = _("Copy of %(title)s", title=short) if number == 1 else copy
        if db.session.scalar(select(RequestTemplate.id).where(RequestTemplate.name_key == search_key(wanted))) is None:
            return str(wanted)
    raise TemplateNameTaken()
