"""What the client base refuses, each with its sentence."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Conflict, Refused


class ClientNameTaken(Refused):
    """Another client outside of the bin has this name; neither case nor accents count (F2)."""

    field = "name"
    sentence = _l("A client with this name already exists. Add something that tells them apart, such as the town.")


class LabelTaken(Refused):
    """Another group, type, template or attribute has this name."""

    field = "name"
    sentence = _l("This name is already used. Choose another one.")


class BadValue(Refused):
    """What was typed does not fit the field; the sentence says what does."""

    field = "value"


class StaleClient(Conflict):
    """The client was changed by somebody else since the form was opened."""

    field = "version"
    sentence = _l("Somebody else changed this client in the meantime. Look at the latest values, then save again.")


class ValueConflict(Conflict):
    """Somebody else saved another value of this very field first; nothing is lost, both are shown (F21)."""

    field = "value"
    sentence = _l("Somebody else saved another value in the meantime. Choose which one to keep.")

    def __init__(self, theirs: str | None, mine: str | None, **values: Any) -> None:
        self.theirs = theirs
        self.mine = mine
        super().__init__(**values)


class NameNotTyped(Refused):
    """The name of the client was not typed as asked, so nothing is binned."""

    field = "typed_name"
    sentence = _l("The name that you typed is not the name of the client.")


class Unknown(Refused):
    """The form names something that does not exist any more, or never did."""

    sentence = _l("This choice does not exist any more. Reload the page and choose again.")


class NotAContact(Refused):
    """Only contacts can be contacts of a client, and only collaborators can have a level on it."""

    field = "person"
    sentence = _l("Collaborators of the firm cannot be contacts of a client.")


class NotACollaborator(Refused):
    """A client-wide level belongs to a collaborator."""

    field = "person"
    sentence = _l("A level on the client is given to collaborators only.")


class AlreadyAContact(Refused):
    """The person is a contact of this client already."""

    field = "person"
    sentence = _l("This person is already a contact of the client.")


class MoreRights(Refused):
    """The eye shows nothing that the one who looks could not see as well (F63)."""

    sentence = _l("You cannot look as %(person)s: you would see or could do more than with your own rights.")
    status = 403


class StillUsed(Refused):
    """Something cannot be deleted while other things stand on it."""

    sentence = _l("This cannot be deleted while it is used.")


class NoClientChosen(Refused):
    """None of the clients that were chosen is there for this person."""

    sentence = _l("None of these clients is there any more. Choose again.")


class TooManyClients(Refused):
    """More clients than one transaction should hold."""

    sentence = _l("This is too much at once: choose 10,000 clients at most.")
