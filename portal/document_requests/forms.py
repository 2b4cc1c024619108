"""Shapes of input: a request, a request template, the reason of a refusal."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField
from wtforms.validators import Optional

from portal.kit.forms import Form, HiddenIntegerField, id_or_none, line, long_text, required

REMINDERS = (
    (0, _l("No reminders")),
    (3, _l("Every 3 days")),
    (7, _l("Every week")),
    (14, _l("Every 2 weeks")),
    (30, _l("Every 30 days")),
)


class RequestForm(Form):
    """What is asked for, where the files go, and how often contacts are reminded; the lines are the editor's JSON."""

    title = line(_l("Title"), need=_l("Give the request a title."), limit=200)
    note = long_text(
        _l("Message"), limit=3000, description=_l("Stands in the mail and above the list that your contact sees.")
    )
    folder = SelectField(_l("Folder"), coerce=id_or_none, validators=[required(_l("Choose where the files go."))])
    due_on = DateField(
        _l("To be handed in by"),
        validators=[Optional()],
        description=_l("For all lines that have no date of their own."),
    )
    remind_every = SelectField(
        _l("Reminders"),
        coerce=int,
        choices=REMINDERS,
        default=7,
        description=_l("By mail, in the morning, of what is missing."),
    )
    lines = HiddenField(_l("Documents"), render_kw={"data-request-editor-target": "data"})

    def __init__(self, *args: Any, folders: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder.choices = [("", _l("Choose a folder")), *((str(one.folder.id), one.label) for one in folders)]


class RequestTemplateForm(Form):
    """A request template; its lines are the editor's JSON."""

    name = line(_l("Name"), need=_l("Give the template a name."), limit=200)
    note = long_text(_l("Message"), limit=3000, description=_l("Stands in the mail; it can be changed before sending."))
    lines = HiddenField(_l("Documents"), render_kw={"data-request-editor-target": "data"})
    version = HiddenIntegerField(default=0, validators=[Optional()])


class RefusalForm(Form):
    """Why a document is not accepted."""

    reason = long_text(
        _l("What should your contact send instead?"),
        need=_l("Say why, so that your contact knows what to send instead."),
        limit=1000,
    )
    seen = HiddenField()
