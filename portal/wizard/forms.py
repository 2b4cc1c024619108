"""The shape of what each step sends."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from portal.accounts.models import Person
from portal.clients.models import Attribute
from portal.clients.values import TYPES, WITH_OPTIONS
from portal.kit.forms import Form, HiddenIntegerField, email_address, id_or_none, line, phone_number
from portal.kit.i18n import LANGUAGES, label_in
from portal.permissions.levels import Level
from portal.wizard.steps import AttributeLine

# A field with choices needs its choices first, which the attribute templates' page asks for.
ATTRIBUTE_TYPES = {key: label for key, label in TYPES.items() if key not in WITH_OPTIONS}
LEVEL_CHOICES = [
    (Level.NONE.key, _l("No access")),
    (Level.READ.key, _l("Read")),
    (Level.FULL.key, _l("Full")),
]


class StepForm(Form):
    """Every step carries the version of the draft that its page was made from."""

    version = HiddenIntegerField(validators=[Optional()])


class InformationForm(StepForm):
    """Step 1. The fields of attributes are added per request: see :func:`information_form`."""

    name = line(_l("Client name"), need=_l("Give the client a name."))
    group_id = SelectField(_l("Group"), coerce=id_or_none, validators=[Optional()], validate_choice=True)
    type_id = SelectField(_l("Client type"), coerce=id_or_none, validators=[Optional()], validate_choice=True)
    language = SelectField(_l("Language"), choices=list(LANGUAGES.items()))
    confirmed = BooleanField(_l("It is another client: go on with this name"))


class AddAttributeForm(Form):
    """A single attribute typed on the spot."""

    label = line(_l("Field name"), need=_l("Give the field a name."), limit=120)
    type = SelectField(_l("What it holds"), choices=list(ATTRIBUTE_TYPES.items()))


class NewContactForm(Form):
    """A contact who is not known yet."""

    email = line(_l("E-mail"), need=_l("Type the contact's e-mail address."), limit=320)
    first_name = line(_l("First name"), limit=120)
    last_name = line(_l("Last name"), need=_l("Type the contact's last name."), limit=120)
    phone = line(_l("Telephone"), limit=40)
    language = SelectField(_l("Language of the activation mail"), choices=list(LANGUAGES.items()))

    def validate_email(self, field: Field) -> None:
        """An address that mail can be sent to."""
        email_address(self, field)

    def validate_phone(self, field: Field) -> None:
        """A number that can be dialled, or nothing."""
        if field.data:
            phone_number(self, field)


class FormsForm(StepForm):
    """Step 6."""

    template_ids = SelectMultipleField(_l("Forms to send"), validators=[Optional()])
    contacts = SelectMultipleField(_l("Who receives them"), validators=[Optional()])
    due_on = DateField(_l("To be answered by"), validators=[Optional()])
    request_id = SelectField(_l("Documents to request"), default="")
    request_node = SelectField(_l("Folder for these documents"), default="")


def attribute_field(line_: AttributeLine, definition: Attribute) -> Any:
    """The control of one attribute. Text controls everywhere a person may mistype: what was typed must survive."""
    label = line_.label
    options = [(str(option["key"]), label_in(option["label"])) for option in definition.options]
    validators: list[Any] = [Optional()]
    if definition.type == "long_text" or definition.type == "address":
        return TextAreaField(label, validators=validators, render_kw={"rows": 3})
    if definition.type == "yes_no":
        choices = [("", _l("Not said")), ("yes", _l("Yes")), ("no", _l("No"))]
        return RadioField(label, choices=choices, validators=validators, default="")
    if definition.type == "one_of":
        return SelectField(label, choices=[("", _l("Choose…")), *options], validators=validators)
    if definition.type == "many_of":
        return SelectMultipleField(label, choices=options, validators=validators)
    keyboard = {"number": "decimal", "money": "decimal", "email": "email", "phone": "tel"}.get(definition.type)
    extra: dict[str, Any] = {"inputmode": keyboard} if keyboard else {}
    if definition.type == "date":
        extra["type"] = "date"
    return StringField(label, validators=validators, render_kw=extra)


def information_form(
    lines: list[tuple[AttributeLine, Attribute]], groups: list[Any], types: list[Any], **values: Any
) -> InformationForm:
    """The first step's form with a field ``attribute_<key>`` per attribute."""

    class WithAttributes(InformationForm):
        pass

    for line_, definition in lines:
        field = attribute_field(line_, definition)
        setattr(WithAttributes, f"attribute_{line_.key}", field)
        values.setdefault(f"attribute_{line_.key}", line_.raw)
    form = WithAttributes(**values)
    form.group_id.choices = [("", _l("No group")), *((str(group.id), group.name) for group in groups)]
    form.type_id.choices = [("", _l("No type")), *((str(kind.id), kind.name) for kind in types)]
    for line_, _definition in lines:
        if line_.required:
            form[f"attribute_{line_.key}"].flags.required = True
    return form


def attribute_fields(form: InformationForm, lines: list[tuple[AttributeLine, Attribute]]) -> list[tuple[str, Field]]:
    """(key, field) per attribute, in order."""
    return [(line_.key, form[f"attribute_{line_.key}"]) for line_, _definition in lines]


def collaborators_form(people: Sequence[Person], levels: dict[str, str]) -> Form:
    """Step 3: one choice of level per collaborator, named ``level_<person id>``."""

    class WithPeople(StepForm):
        pass

    for person in people:
        setattr(
            WithPeople,
            level_name(person.id),
            RadioField(person.full_name, choices=LEVEL_CHOICES, default=levels.get(str(person.id), Level.NONE.key)),
        )
    return WithPeople()


def level_name(person_id: uuid.UUID) -> str:
    """The name of a collaborator's field."""
    return f"level_{person_id.hex}"
