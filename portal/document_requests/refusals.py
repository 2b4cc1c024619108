"""What a document request refuses, and how it says so."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Conflict, Refused

Faults = dict[int, dict[str, str]]


class BadLines(Refused):
    """Some lines cannot be kept. ``faults``: a sentence by the part at fault, by the number of the line from 0."""

    sentence = _l("Some lines need your attention.")
    field = "lines"

    def __init__(self, faults: Faults | None = None, sentence: object = None) -> None:
        self.faults = faults or {}
        super().__init__(sentence)  # type: ignore[arg-type]


class NobodyMayDeposit(Refused):
    """Nobody could answer the request."""

    sentence = _l("No contact may deposit into this folder. Choose another one, or change its rights first.")
    field = "folder"


class NotYourFolder(Refused):
    """The folder is not there any more, or whoever asks may not work in it."""

    sentence = _l("Choose a folder into which you may deposit files yourself.")
    field = "folder"


class RequestClosed(Refused):
    """Nothing is handed in or decided any more."""

    sentence = _l("This request is closed.")
    status = 409


class LineSettled(Refused):
    """The document was accepted already."""

    sentence = _l("This document has been accepted already; nothing more is needed.")
    status = 409


class NotYourUpload(Refused):
    """The file is not one that this person has uploaded into the request's folder."""

    sentence = _l("This file was not found among those that you uploaded. Please upload it again.")


class SameFileAgain(Refused):
    """The very content that was refused is handed in once more."""

    sentence = _l("This is the file that was refused. Please upload another one.")
    status = 409


class WrongFormat(Refused):
    """Another format was asked for."""

    sentence = _l("“%(name)s” has another format than was asked for. These are accepted: %(formats)s.")


class ReasonMissing(Refused):
    """The contact must know what to do better."""

    sentence = _l("Say why, so that your contact knows what to send instead.")
    field = "reason"


class NothingToDecide(Refused):
    """There is no document on this line, or it has been decided like this already."""

    sentence = _l("There is no document to decide about on this line.")
    status = 409


class AnotherFileMeanwhile(Conflict):
    """What is decided about is no longer what was looked at."""

    sentence = _l("Another file was uploaded in the meantime. Look at it before you decide.")


class AskBeforeRemoving(Conflict):
    """A line with a document goes only when that was confirmed."""

    sentence = _l("A document has been uploaded for this line. Confirm that the line may go; the file stays.")


class TemplateNameTaken(Refused):
    """Names are unique, or nobody could choose between two templates."""

    sentence = _l("Another request template has this name. Choose a different one.")
    field = "name"


class TemplateChanged(Conflict):
    """Somebody else saved this template since it was opened; ``latest`` is its version now."""

    sentence = _l("Somebody else has saved this template since you opened it. Nothing of yours was saved yet.")

    def __init__(self, latest: int) -> None:
        self.latest = latest
        super().__init__()
