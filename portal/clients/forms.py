"""Forms of the client base."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from portal.clients.values import RULES, TYPES
from portal.kit.forms import (
    Form,
    HiddenIntegerField,
    email_address,
    line,
    long_text,
    optional_text,
    phone_number,
    required,
)
from portal.kit.i18n import LANGUAGES


class NameForm(Form):
    """One name: of a group, of a type, of a client that comes back from the bin."""

    name = line(_l("Name"), need=True)


class TypedNameForm(Form):
    """The client's name, typed to confirm."""

    typed_name = line(_l("Name"), need=_l("Type the name to confirm."))


class ContactForm(Form):
    """A new contact of the client."""

    email = line(_l("E-mail"), need=True, limit=254)
    first_name = optional_text(_l("First name"), limit=120)
    last_name = optional_text(_l("Last name"), limit=120)
    phone = optional_text(_l("Phone"), limit=60)
    language = SelectField(_l("Language of the activation mail"), choices=list(LANGUAGES.items()))
    send = BooleanField(_l("Send the activation mail now"), default=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Validators of this form only: the address becomes its normal form, the number its international writing.
        self.email.validators = [*self.email.validators, email_address]
        self.phone.validators = [*self.phone.validators, phone_number]


class AttributeForm(Form):
    """The definition of an attribute."""

    label_fr = optional_text(_l("Label in French"), limit=120)
    label_en = optional_text(_l("Label in English"), limit=120)
    label_it = optional_text(_l("Label in Italian"), limit=120)
    type = SelectField(_l("Type"), choices=list(TYPES.items()), validators=[required()])
    rule = SelectField(_l("Check"), default="", choices=[("", _l("No check")), *RULES.items()])
    options = long_text(
        _l("Choices"),
        description=_l("One choice per line. Its translations may follow after a bar: French | English | Italian."),
    )
    section = optional_text(
        _l("Section of the card"), limit=120, description=_l("Fields of one section stand together.")
    )

    def labels(self) -> dict[str, str]:
        """The labels that were typed, by language."""
        typed = {"fr": self.label_fr.data, "en": self.label_en.data, "it": self.label_it.data}
        return {code: text for code, text in typed.items() if text}

    def choices(self) -> list[dict[str, dict[str, str]]]:
        """The choices as they were typed, one per line."""
        found = []
        for text in (self.options.data or "").splitlines():
            parts = [part.strip() for part in text.split("|")]
            label = {code: part for code, part in zip(LANGUAGES, parts, strict=False) if part}
            if label:
                found.append({"label": label})
        return found


class TemplateForm(Form):
    """The name of an attribute template; its fields travel beside it."""

    name = line(_l("Name"), need=True)
    version = HiddenIntegerField(default=0)
