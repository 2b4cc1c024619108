"""Shapes of input: a form template, the sending of a form."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kit.forms import Form, HiddenIntegerField, choices_of, id_or_none, line, long_text, required


class TemplateForm(Form):
    """A form template: its texts, and its questions as the editor's JSON."""

    title = line(_l("Title"), need=_l("Give the form a title."), limit=200)
    description = long_text(
        _l("Introduction"), limit=5000, description=_l("Shown above the questions to the person who answers.")
    )
    mail_text = long_text(
        _l("Text of the mail"),
        limit=5000,
        description=_l("Stands in the mail that asks for the answers. The link to the form is added by itself."),
    )
    sections = HiddenField(render_kw={"data-form-editor-target": "data"})
    version = HiddenIntegerField(default=0, validators=[Optional()])


class ChecksField(SelectMultipleField):
    """Several of a few, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SendForm(Form):
    """Which form goes to whom, until when."""

    template = SelectField(_l("Form"), coerce=id_or_none, validators=[required(_l("Choose a form."))])
    contacts = ChecksField(
        _l("Contacts"), coerce=id_or_none, validators=[Length(min=1, message=_l("Choose at least one contact."))]
    )
    due_on = DateField(
        _l("To be answered by"),
        validators=[Optional()],
        description=_l("Leave it empty when there is no hurry."),
    )

    def __init__(self, *args: Any, templates: Any = (), people: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template.choices = choices_of(templates, empty=_l("Choose a form"), text="title")
        self.contacts.choices = choices_of(people, text="full_name")
