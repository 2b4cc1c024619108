"""What a kind of activity is, and the groups by which the log is filtered."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Verb:
    """A kind of activity: ``needs`` are the ``details`` that a line must carry, ``group`` the filter it belongs to."""

    key: str
    group: str
    icon: str
    sentence: LazyString
    needs: tuple[str, ...] = ()


VERBS: dict[str, Verb] = {}

GROUPS: dict[str, LazyString] = {
    "files": _l("Files"),
    "folders": _l("Folders"),
    "rights": _l("Rights"),
    "people": _l("People"),
    "client": _l("Client file"),
    "forms": _l("Forms"),
    "requests": _l("Document requests"),
    "connectors": _l("Connectors"),
    "access": _l("Sign-ins"),
    "exports": _l("Exports"),
    "settings": _l("Settings"),
}


def verb(key: str, group: str, icon: str, sentence: LazyString, *needs: str) -> Verb:
    """Make a kind of activity known; each is made once, where it is named."""
    VERBS[key] = Verb(key, group, icon, sentence, needs)
    return VERBS[key]
