"""What can be told to outside tools. Lower packages name these events when they promise ``connectors.publish``."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

EVENTS: dict[str, LazyString] = {
    "file.uploaded": _l("A file was uploaded"),
    "file.binned": _l("A file was moved to the bin"),
    "folder.created": _l("A folder was created"),
    "folder.binned": _l("A folder was moved to the bin"),
    "client.created": _l("The client was created"),
    "client.changed": _l("The client file was changed"),
    "contact.added": _l("A contact was added"),
    "contact.removed": _l("A contact was removed"),
    "form.sent": _l("A form was sent"),
    "form.answered": _l("A form was answered"),
}

# Sent by the test button, whatever events are chosen.
PING = "ping"


def event_label(event: str) -> str:
    """The event in the reader's language."""
    return str(EVENTS.get(event) or (_l("Test message") if event == PING else event))
