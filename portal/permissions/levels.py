"""The access levels of a folder."""

from __future__ import annotations

from enum import IntEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Level(IntEnum):
    """none < deposit < read < full. Stored as the number."""

    NONE = 0
    DEPOSIT = 1
    READ = 2
    FULL = 3

    @property
    def label(self) -> LazyString:
        """As shown on screen."""
        return LABELS[self]

    @property
    def key(self) -> str:
        """As written in forms, addresses and templates: none, deposit, read, full."""
        return self.name.lower()

    @classmethod
    def of(cls, key: str) -> Level:
        """The level with this key.

        :raises KeyError: no such level.
        """
        return cls[key.upper()]


LABELS: dict[Level, LazyString] = {
    Level.NONE: _l("No access"),
    Level.DEPOSIT: _l("Deposit"),
    Level.READ: _l("Read"),
    Level.FULL: _l("Full"),
}

# How a grant came about.
ORIGINS = ("template", "manual", "cascade", "pin")
