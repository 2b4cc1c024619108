"""The base of all forms: clean text in every field, sentences in the reader's language, refusals beside their field.

A view does::

    form = ContactForm(obj=person)
    if form.validate_on_submit():
        try:
            update_person(person, actor=viewer, **form.values())
            return redirect_to("accounts.contacts")
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/contact.html", form=form), status_of(form)
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from portal.kit.addresses import clean_address, clean_phone
from portal.kit.errors import Refused
from portal.kit.normal import normal

Sentence: TypeAlias = LazyString | str

LINE_LENGTH = 255
TEXT_LENGTH = 20_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAK = re.compile(r"[\t\r\n]")
# Characters that reorder or hide text (Unicode bidirectional controls, UAX #9) deceive in names and addresses.
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069]")

_HIDDEN_SENTENCE = _l("This holds characters that cannot be shown. Type it again by hand.")


def _trim(value: Any) -> Any:
    if value is None:
        return ""
    return normal(value).strip() if isinstance(value, str) else value


class HiddenIntegerField(IntegerField):
    """A whole number that the page carries along, such as the version that was read."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent. The page of something new carries no version: an empty one is none, and no fault."""
        super().process_formdata([value for value in valuelist if value])


class Form(FlaskForm):
    """Base of every form. Text is trimmed and put into NFC; control characters and endless texts are refused."""

    class Meta(FlaskForm.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Trim what people type; passwords are taken as they are."""
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, (PasswordField, HiddenField)):
                given = list(unbound_field.kwargs.get("filters") or ())
                options = {**options, "filters": [_trim, *given]}
                unbound_field = _without_filters(unbound_field)
            bound: Field = unbound_field.bind(form=form, **options)
            return bound

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the text of every field before and besides its own validators."""
        valid: bool = super().validate(extra_validators=extra_validators)
        for field in self:
            if not field.errors and (sentence := _text_fault(field)):
                field.errors = [str(sentence)]
                valid = False
            if field.errors and isinstance(field.data, str):
                # The page that shows it again must be valid itself.
                field.data = _CONTROL.sub("\ufffd", field.data)
        return valid

    def values(self, *without: str) -> dict[str, Any]:
        """What was typed, by field name: for a command. The form's own fields (token, version) are left out."""
        left_out = {"csrf_token", *without}
        return {name: field.data for name, field in self._fields.items() if name not in left_out}


def _without_filters(unbound_field: Any) -> Any:
    kwargs = {key: value for key, value in unbound_field.kwargs.items() if key != "filters"}
    return type(unbound_field)(unbound_field.field_class, *unbound_field.args, name=unbound_field.name, **kwargs)


def _text_fault(field: Field) -> Sentence | None:
    """What is wrong with a text whatever field it stands in, or None."""
    texts = field.data if isinstance(field.data, list) else [field.data]
    long = isinstance(field, TextAreaField)
    limit = TEXT_LENGTH if long else LINE_LENGTH
    own_limit = any(isinstance(check, Length) for check in field.validators)
    for text in texts:
        if not isinstance(text, str):
            continue
        if _CONTROL.search(text) or (not long and (_LINE_BREAK.search(text) or _DECEIVING.search(text))):
            return _HIDDEN_SENTENCE
        if len(text) > limit and not own_limit and not isinstance(field, HiddenField):
            return _l("This is too long: %(limit)s characters at most.", limit=limit)
    return None


def refuse(form: FlaskForm, refusal: Refused) -> None:
    """Put a refusal's sentence beside the field at fault, or on top of the form when it concerns the whole."""
    field = form._fields.get(refusal.field or "")
    if field is None or isinstance(field.widget, HiddenInput):
        form.form_errors.append(str(refusal))
    else:
        field.errors = [*field.errors, str(refusal)]
    form.refused_with = refusal.status


def status_of(form: FlaskForm) -> int:
    """200 for a form that was just opened, 422 (or the refusal's own status, such as 409) for one that came back."""
    return getattr(form, "refused_with", 422) if form.errors else 200


def searched(name: str = "q", limit: int = 200) -> str:
    """What is searched for in the address of this page, without characters that no page could show again."""
    return _CONTROL.sub("", request.args.get(name, ""))[:limit].strip()


def required(sentence: Sentence | None = None) -> DataRequired:
    """The field must be filled in."""
    return DataRequired(sentence or _l("Please fill this in."))


def optional() -> Optional:
    """The field may stay empty; its other validators then rest."""
    return Optional()


def longest(limit: int) -> Length:
    """At most ``limit`` characters."""
    return Length(max=limit, message=_l("This is too long: %(limit)s characters at most.", limit=limit))


def line(label: Sentence, *, need: bool | Sentence = False, limit: int = LINE_LENGTH, **options: Any) -> StringField:
    """A text of one line; ``need`` may be the sentence that asks for it."""
    return StringField(label, validators=[*_needed(need), longest(limit)], **options)


def optional_text(label: Sentence, *, limit: int = LINE_LENGTH, **options: Any) -> StringField:
    """A text of one line that may stay empty."""
    return line(label, limit=limit, **options)


def long_text(
    label: Sentence, *, need: bool | Sentence = False, limit: int = TEXT_LENGTH, **options: Any
) -> TextAreaField:
    """A text of several lines."""
    return TextAreaField(label, validators=[*_needed(need), longest(limit)], **options)


def _needed(need: bool | Sentence) -> list[Any]:
    if not need:
        return [Optional()]
    return [required(None if need is True else need)]


def email_address(form: Any, field: Field) -> None:
    """Validator: an address that mail can be sent to; stored in its normal form."""
    _replace(field, clean_address)


def phone_number(form: Any, field: Field) -> None:
    """Validator: a telephone number; stored in international writing."""
    _replace(field, clean_phone)


def _replace(field: Field, clean: Callable[..., str]) -> None:
    try:
        field.data = clean(field.data or "", field=field.short_name)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from None


def id_or_none(value: Any) -> uuid.UUID | None:
    """Coerce for select fields of ids: an empty choice is None.

    :raises ValueError: no id.
    """
    if value in (None, "", "None"):
        return None
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def choices_of(items: Sequence[Any], *, empty: Sentence | None = None, text: str = "name") -> list[tuple[str, str]]:
    """(id, text) pairs for a select field; ``empty`` is the first choice that means none."""
    pairs = [(str(item.id), str(getattr(item, text))) for item in items]
    return [("", str(empty)), *pairs] if empty is not None else pairs
