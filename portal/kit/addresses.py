"""E-mail addresses and telephone numbers as people type them, and as they are stored."""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused

# RFC 5321, 4.5.3.1.3: a path has 256 octets with its two angle brackets.
ADDRESS_LENGTH = 254


class BadAddress(Refused):
    """The e-mail address cannot receive mail as it is written."""

    sentence = _l("This is not an e-mail address that mail can be sent to. It looks like name@example.com.")
    field = "email"


class BadPhone(Refused):
    """The telephone number cannot be dialled as it is written."""

    sentence = _l(
        "This is not a telephone number. Write it with its country code (+33 6 12 34 56 78) or as it is dialled."
    )
    field = "phone"


def clean_address(raw: str, *, field: str = "email") -> str:
    """The address as it is stored: in NFC, its domain in lower case (the part before the @ keeps its case).

    :raises BadAddress: not an address that could receive mail (RFC 5321, RFC 6531).
    """
    if len(raw) > ADDRESS_LENGTH + 20:
        raise BadAddress(field=field)
    try:
        # Names that are reserved for examples and tests (RFC 2606) are left to the mail server to refuse.
        found = validate_email(raw.strip(), check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError:
        raise BadAddress(field=field) from None
    if len(found.encode()) > ADDRESS_LENGTH or "." not in found.rpartition("@")[2]:
        raise BadAddress(field=field)
    return found


def clean_phone(raw: str, *, region: str = "FR", field: str = "phone") -> str:
    """The number in international writing (ITU-T E.123), or empty.

    :param region: country (ISO 3166) whose numbers may be written without a country code.
    :raises BadPhone: no possible number.
    """
    if not raw.strip():
        return ""
    try:
        parsed = phonenumbers.parse(raw[:60], region)
    except phonenumbers.NumberParseException:
        raise BadPhone(field=field) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadPhone(field=field)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
