"""Write, copy, archive and delete form templates."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.names import clean_name, search_key
from portal.questionnaires.models import FormTemplate
from portal.questionnaires.schema import Section, clean_sections


class TitleTaken(Refused):
    """Titles are unique, or nobody could choose between two forms."""

    sentence = _l("Another form has this title. Choose a different one.")
    field = "title"


class TemplateChanged(Conflict):
    """Somebody else saved this template since it was opened; ``latest`` is its version now."""

    sentence = _l("Somebody else has saved this form since you opened it. Nothing of yours was saved yet.")

    def __init__(self, latest: int) -> None:
        self.latest = latest
        super().__init__()


@transactional
def save_template(
    template: FormTemplate | None = None,
    *,
    actor: Any,
    title: str,
    sections: list[Section],
    mail_text: str = "",
    description: str = "",
    version: int | None = None,
) -> FormTemplate:
    """Make a form template, or change one.

    :param sections: see :mod:`portal.questionnaires.schema`; checked here.
    :param version: the version that was read; None changes whatever is there.
    :raises TitleTaken: another template has the title.
    :raises TemplateChanged: the version is no longer the latest.
    :raises Refused: a text or the questions cannot be stored.
    """
    title = clean_name(title, field="title", path_safe=False)
    cleaned = clean_sections(sections)
    row = FormTemplate(version=0) if template is None else _locked(template)
    if version is not None and template is not None and row.version != version:
        raise TemplateChanged(row.version)
    _take_title(row, title)
    row.mail_text, row.description, row.sections = mail_text, description, cleaned
    row.version += 1
    _store(row)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=title)
    return row


@transactional
def duplicate_template(template: FormTemplate, *, actor: Any) -> FormTemplate:
    """A copy under the next free title."""
    copy = FormTemplate(
        mail_text=template.mail_text, description=template.description, sections=template.sections, version=1
    )
    _take_title(copy, _free_title(template.title))
    _store(copy)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=copy.title)
    return copy


@transactional
def archive_template(template: FormTemplate, *, actor: Any) -> None:
    """Offer it no longer; what was sent stays, and it can be taken back."""
    row = _locked(template)
    row.archived_at = func.now()
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=row.title)


@transactional
def restore_template(template: FormTemplate, *, actor: Any) -> None:
    """Offer it again."""
    row = _locked(template)
    row.archived_at = None
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=row.title)


@transactional
def delete_template(template: FormTemplate, *, actor: Any) -> None:
    """Remove it for good. Forms that were sent keep their own copy of the questions."""
    row = _locked(template)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=row.title)
    db.session.delete(row)


def _locked(template: FormTemplate) -> FormTemplate:
    statement = select(FormTemplate).where(FormTemplate.id == template.id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise Conflict(_l("This form was deleted in the meantime."))
    return row


def _take_title(row: FormTemplate, title: str) -> None:
    row.title, row.title_key = title, search_key(title)
    with db.session.no_autoflush:
        other = db.session.scalar(
            select(FormTemplate.id).where(FormTemplate.title_key == row.title_key, FormTemplate.id != row.id)
        )
    if other is not None:
        raise TitleTaken()


def _store(row: FormTemplate) -> None:
    """Write the row now: two people may choose one title at the same moment, and the second must hear of it here."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()  # the unique title is checked by the database
    except IntegrityError:
        raise TitleTaken() from None


def _free_title(title: str) -> str:
    short = title[:100]
    for number in range(1, 1000):
        copy = _("Copy %(number)s of %(title)s", number=number, title=short)
        wanted = _("Copy of %(title)s", title=short) if number == 1 else copy
        if db.session.scalar(select(FormTemplate.id).where(FormTemplate.title_key == search_key(wanted))) is None:
            return str(wanted)
    raise TitleTaken()
