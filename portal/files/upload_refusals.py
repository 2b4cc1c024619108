"""Why an upload is not accepted, or does not become a file."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Forbidden, Refused


class NameTaken(Refused):
    """A file of this name is there; the person chooses: a new version, or both."""

    sentence = _l("A file named “%(name)s” is already there.")
    field = "name"
    status = 409


class BadChecksum(Refused):
    """A checksum is missing or is not one of anything."""

    sentence = _l("The checksum of the file is missing or unreadable. Please send the file again.")
    field = "checksum"


class Incomplete(Refused):
    """The store does not have all of it; nothing was published."""

    sentence = _l("The file did not arrive whole. The missing parts are being sent again.")
    status = 409


class Damaged(Refused):
    """What arrived is not what was sent; it was thrown away."""

    sentence = _l("“%(name)s” was damaged on its way and was not kept. Please send it again.")


class NoLongerAllowed(Forbidden):
    """The right to upload into the folder ended while the bytes were on their way."""

    sentence = _l("You may no longer upload into this folder. The file was not kept.")


class TooMuchAtOnce(Refused):
    """More files or bytes than one batch takes, or a file that travels alone."""

    sentence = _l("Too much was sent at once. Please reload the page and try again.")


class UploadOver(Refused):
    """The upload was given up, or took longer than seven days."""

    sentence = _l("This upload is over. Please choose the file again.")
    status = 410
