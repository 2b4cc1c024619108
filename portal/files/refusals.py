"""Why a change of the document space is refused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused


class NameTaken(Refused):
    """A folder or file of this name is already there."""

    sentence = _l("“%(name)s” already exists in this folder. Choose another name.")
    field = "name"
    status = 409


class RootIsFixed(Refused):
    """The top of a client's space cannot be renamed, moved or deleted."""

    sentence = _l("The top of the document space cannot be changed.")


class IntoItself(Refused):
    """A folder cannot be put below itself."""

    sentence = _l("A folder cannot be moved into itself or into one of its own sub-folders.")
    field = "folder"


class OtherClient(Refused):
    """Folders and files stay with their client."""

    sentence = _l("Folders and files cannot be moved to another client.")
    field = "folder"


class Gone(Refused):
    """It was deleted or moved to the bin in the meantime."""

    sentence = _l("This is no longer here: somebody deleted it in the meantime.")
    status = 409


class TooDeep(Refused):
    """Folders nest 64 deep at most, so that paths stay short enough for the index."""

    sentence = _l("Folders cannot be nested this deep: 64 levels at most.")
    field = "folder"


class NotAMember(Refused):
    """Rights are only set for people who belong to the client."""

    sentence = _l("%(name)s does not belong to this client.")
    field = "person"
