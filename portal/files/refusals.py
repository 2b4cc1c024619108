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


class PreviewOutdated(Refused):
    """What was shown before the change is not what would happen now."""

    sentence = _l("Something has changed since this was shown. Look at what would happen now, and confirm again.")
    status = 409


class NothingChosen(Refused):
    """None of what was sent is there for this person, or nothing was sent."""

    sentence = _l("Nothing is chosen any more. Choose again.")


class CannotUndo(Refused):
    """A change of rights that cannot be taken back; the sentence says why."""

    sentence = _l("This change can no longer be undone.")
    status = 409


class OwnRights(Refused):
    """Nobody changes what they may do themselves, unless they could give it to themselves at any moment."""

    sentence = _l("You cannot change your own rights. Ask somebody else who may set rights here.")
    status = 403
    field = "person"


class NotEverywhere(Refused):
    """The change reaches folders in which the person who asks has not full access."""

    sentence = _l(
        "This would change the rights on sub-folders in which you do not have full access. "
        "Choose folders further down, or ask somebody who has full access everywhere."
    )
    status = 403


class MayNotSetRights(Refused):
    """The person who asks may not set this person's level on one of the folders."""

    sentence = _l("You may not set the rights of %(name)s on this folder.")
    status = 403
    field = "person"
