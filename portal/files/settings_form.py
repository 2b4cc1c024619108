"""The form of the firm's settings for documents: numbers as people type them, checked and read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, StringField
from wtforms.validators import ValidationError

from portal.accounts.models import Firm
from portal.kit.forms import Form, HiddenIntegerField, optional, optional_text, required

GIGABYTE = 10**9
MOST_VERSIONS = 1_000
MOST_DAYS = 36_500
# A thousand terabytes: beyond any store that a firm rents, and far from the end of a bigint.
MOST_GIGABYTES = 1_000_000
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}([.,][0-9]{1,3})?")


def _number(label: Any, **options: Any) -> StringField:
    return optional_text(label, limit=20, **options)


class DocumentsForm(Form):
    """How long versions and the bin are kept, and how much room there is."""

    versions_kept = _number(
        _l("How many versions of a file are kept"),
        description=_l("The current one counts, and it always stays. Leave this empty to keep all."),
    )
    versions_days = _number(
        _l("For how many days an earlier version is kept"),
        description=_l("Counted from the day on which another took its place. Leave this empty for no end."),
    )
    bin_days = StringField(_l("For how many days what was deleted can be restored"), [required()])
    quota = _number(_l("Room for all documents, in GB"), description=_l("Leave this empty for no limit."))
    client_quota = _number(_l("Room for the documents of one client, in GB"))
    version = HiddenIntegerField(validators=[optional()])
    # The rule whose consequences were shown: only that one is saved without asking.
    confirmed = HiddenField()

    def validate_versions_kept(self, field: Field) -> None:
        """From 1."""
        _check_whole(field, MOST_VERSIONS)

    def validate_versions_days(self, field: Field) -> None:
        """From 1."""
        _check_whole(field, MOST_DAYS)

    def validate_bin_days(self, field: Field) -> None:
        """From 1."""
        _check_whole(field, MOST_DAYS)

    def validate_quota(self, field: Field) -> None:
        """More than nothing."""
        _check_gigabytes(field)

    def validate_client_quota(self, field: Field) -> None:
        """More than nothing."""
        _check_gigabytes(field)

    def settings(self) -> dict[str, Any]:
        """The values for ``commands.settings``; sizes in bytes."""
        return {
            "versions_kept": _whole(self.versions_kept.data),
            "versions_days": _whole(self.versions_days.data),
            "bin_days": _whole(self.bin_days.data),
            "quota_bytes": _bytes(self.quota.data),
            "client_quota_bytes": _bytes(self.client_quota.data),
        }


class ClientRoomForm(Form):
    """How much room one client has."""

    quota = _number(
        _l("Room for the documents of this client, in GB"),
        description=_l("Leave this empty for as much as each client has."),
    )

    def validate_quota(self, field: Field) -> None:
        """More than nothing."""
        _check_gigabytes(field)

    @property
    def size(self) -> int | None:
        """What was typed, in bytes."""
        return _bytes(self.quota.data)


def typed(found: Firm) -> dict[str, Any]:
    """What stands in the form for the firm's present settings."""
    return {
        "versions_kept": _shown(found.versions_kept),
        "versions_days": _shown(found.versions_days),
        "bin_days": _shown(found.bin_days),
        "quota": gigabytes(found.quota_bytes),
        "client_quota": gigabytes(found.client_quota_bytes),
        "version": found.version,
    }


def gigabytes(size: int | None) -> str:
    """Bytes as they are typed here: "1,5" in French."""
    return "" if size is None else str(format_decimal(Decimal(size) / GIGABYTE, format="0.###"))


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _check_whole(field: Field, most: int) -> None:
    text = _SPACES.sub("", field.data or "")
    if text and not (_WHOLE.fullmatch(text) and 1 <= int(text) <= most):
        raise ValidationError(_l("Give a whole number from 1 to %(most)s.", most=most))


def _check_gigabytes(field: Field) -> None:
    text = _SPACES.sub("", field.data or "")
    size = _bytes(text) if _DECIMAL.fullmatch(text) else None
    if text and (size is None or not 1 <= size <= MOST_GIGABYTES * GIGABYTE):
        raise ValidationError(
            _l("Give a number of gigabytes, from 0.001 to %(most)s, such as 50 or 0.5.", most=MOST_GIGABYTES)
        )


def _whole(text: str | None) -> int | None:
    digits = _SPACES.sub("", text or "")
    return int(digits) if digits else None


def _bytes(text: str | None) -> int | None:
    digits = _SPACES.sub("", text or "").replace(",", ".")
    return int(Decimal(digits) * GIGABYTE) if digits else None
