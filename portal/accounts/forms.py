"""The shape of what people type about themselves, about others and about the firm."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, PasswordField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.accounts.roles import FEATURE_LABELS
from portal.accounts.terms import OWN, term_choices
from portal.kit.forms import (
    Form,
    HiddenIntegerField,
    email_address,
    id_or_none,
    line,
    long_text,
    longest,
    optional_text,
    phone_number,
    required,
)
from portal.kit.i18n import LANGUAGES

_PASSWORD_HELP = _l("At least 15 characters. A few words that have nothing to do with each other are best.")
CURRENCIES = ("EUR", "CHF", "GBP", "USD", "CAD", "DKK", "SEK", "NOK", "PLN", "CZK", "HUF", "RON", "MAD", "TND", "XOF")


def _password(label: Any, *, description: Any = None) -> PasswordField:
    return PasswordField(label, [InputRequired(_l("Please fill this in.")), Length(max=1024)], description=description)


def _address(label: Any = None) -> EmailField:
    return EmailField(label or _l("E-mail address"), [required(_l("Give an e-mail address.")), longest(254)])


class SignInForm(Form):
    """Address and password."""

    email = EmailField(_l("E-mail address"), [required(_l("Give your e-mail address.")), longest(320)])
    password = _password(_l("Password"))


class AddressForm(Form):
    """Only an address: to ask for a mail."""

    email = _address()
    validate_email = email_address


class NewPasswordForm(Form):
    """Choose a password through a link."""

    password = _password(_l("Password"), description=_PASSWORD_HELP)
    repeated = _password(_l("Password once more"))

    def validate_repeated(self, field: Field) -> None:
        """Mistyped passwords lock people out."""
        if field.data != self.password.data:
            raise ValidationError(_l("The two passwords differ."))


class ChangePasswordForm(NewPasswordForm):
    """Choose another password while signed in."""

    current_password = _password(_l("Present password"))


def _language(label: Any = None) -> SelectField:
    return SelectField(label or _l("Language"), choices=list(LANGUAGES.items()))


class PersonForm(Form):
    """Details of a person, the same for all clients that they belong to."""

    first_name = line(_l("First name"), limit=100)
    last_name = line(_l("Last name"), limit=100)
    email = _address()
    phone = optional_text(_l("Telephone"), limit=60)
    language = _language()
    version = HiddenIntegerField()

    validate_email = email_address
    validate_phone = phone_number


class CollaboratorForm(PersonForm):
    """A collaborator, with the role."""

    role_id = SelectField(_l("Role"), coerce=id_or_none)


class RoleForm(Form):
    """The name of a role and what it allows. A preset may do without a name of its own."""

    name = line(_l("Name"), limit=60)
    features = SelectMultipleField(
        _l("What it allows"), choices=[(feature.value, label) for feature, label in FEATURE_LABELS.items()]
    )
    version = HiddenIntegerField()


class ProfileForm(Form):
    """What people may change about themselves. The address is changed by those who administer accounts."""

    first_name = line(_l("First name"), limit=100)
    last_name = line(_l("Last name"), limit=100)
    phone = optional_text(_l("Telephone"), limit=60)
    language = _language()
    # None means the firm's zone; it stands as the empty choice.
    time_zone = SelectField(_l("Time zone"), coerce=lambda value: "" if value in (None, "None") else str(value))
    theme = RadioField(
        _l("Appearance"),
        choices=[("auto", _l("As on this device")), ("light", _l("Light")), ("dark", _l("Dark"))],
    )
    version = HiddenIntegerField()

    validate_phone = phone_number

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = [("", str(_l("As the firm"))), *zone_choices()]

    def details(self) -> dict[str, Any]:
        """The values for ``commands.update_person``."""
        values = self.values("version")
        return {**values, "time_zone": values["time_zone"] or None}


class SetUpForm(NewPasswordForm):
    """The firm and its first administrator."""

    firm_name = line(_l("Name of the firm"), need=_l("What is the firm called?"), limit=120)
    language = _language(_l("Language of the firm"))
    time_zone = SelectField(_l("Time zone"))
    working_term = SelectField(_l("Whom do you keep files for?"))
    first_name = line(_l("First name"), need=True, limit=100)
    last_name = line(_l("Last name"), need=True, limit=100)
    email = _address()

    validate_email = email_address

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zone_choices()
        self.working_term.choices = term_choices()


class FirmForm(Form):
    """The settings of the firm."""

    name = line(_l("Name of the firm"), need=_l("What is the firm called?"), limit=120)
    address = long_text(_l("Address"), limit=1000)
    language = _language(_l("Language of the firm"))
    time_zone = SelectField(_l("Time zone"))
    currency = SelectField(_l("Currency"))
    working_term = SelectField(_l("Whom do you keep files for?"))
    own_fr_one = optional_text(_l("French, singular"), limit=40)
    own_fr_many = optional_text(_l("French, plural"), limit=40)
    own_en_one = optional_text(_l("English, singular"), limit=40)
    own_en_many = optional_text(_l("English, plural"), limit=40)
    own_it_one = optional_text(_l("Italian, singular"), limit=40)
    own_it_many = optional_text(_l("Italian, plural"), limit=40)
    born_private = BooleanField(
        _l("New folders start private"),
        [Optional()],
        description=_l("Contacts get no rights on a new folder until somebody gives them some."),
    )
    version = HiddenIntegerField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zone_choices()
        self.currency.choices = currency_choices()
        self.working_term.choices = [*term_choices(), (OWN, str(_l("Another word")))]

    def settings(self) -> dict[str, Any]:
        """The values for ``commands.update_firm``."""
        values = self.values("version")
        own = {code: [values.pop(f"own_{code}_one"), values.pop(f"own_{code}_many")] for code in LANGUAGES}
        # Words stay stored when another term is chosen, so that coming back costs no typing.
        given = {code: [one, many or one] for code, (one, many) in own.items() if one}
        return {**values, "own_term": given or None}


def zone_choices() -> list[tuple[str, str]]:
    """Time zones by their IANA names, those of places only."""
    areas = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] in areas)
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones)]


def currency_choices() -> list[tuple[str, str]]:
    """(ISO 4217 code, name in the reader's language) pairs."""
    names = get_locale().currencies
    return [(code, f"{names.get(code, code)} ({code})") for code in CURRENCIES]
