"""Why an export is not made."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused


class TooManyExports(Refused):
    """One person keeps the workers busy with exports that nobody has fetched yet."""

    sentence = _l("You already have exports that are being made. Wait until they are finished.")


class NotAllowedAnyMore(Refused):
    """The requester lost the right between asking and making."""

    sentence = _l("You no longer have the right to export to Excel.")
