"""Write, copy, archive and delete form templates."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func

from portal import activity
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.names import clean_name
from portal.kit.titles import UniqueName, locked
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


TITLES = UniqueName(FormTemplate, TitleTaken, "title")


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
    row.mail_text, row.description, row.sections = mail_text, description, cleaned
    row.version += 1
    TITLES.give(row, title)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=title)
    return row


@transactional
def duplicate_template(template: FormTemplate, *, actor: Any) -> FormTemplate:
    """A copy under the next free title."""
    copy = FormTemplate(
        mail_text=template.mail_text, description=template.description, sections=template.sections, version=1
    )
    TITLES.give(copy, TITLES.of_a_copy(template.title))
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
    row: FormTemplate = locked(template, _l("This form was deleted in the meantime."))
    return row
