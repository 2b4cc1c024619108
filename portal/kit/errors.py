"""Refusals: what a person asked for and does not get, with a sentence that says why and what to do."""

from __future__ import annotations

from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Refused(Exception):
    """A rule of the domain says no.

    Subclasses set ``sentence`` (lazy, translated, may hold ``%(name)s`` places) and, where a form field is at fault,
    ``field``. One handler renders them: beside the field, as a page with status 422, or as a JSON problem (RFC 9457).
    """

    sentence: LazyString | str = _l("This is not possible.")
    field: str | None = None
    status = 422
    # Seconds after which the same may be tried again (RFC 9110, 10.2.3), where that alone helps.
    retry_after: int | None = None

    def __init__(self, sentence: LazyString | str | None = None, *, field: str | None = None, **values: Any) -> None:
        if sentence is not None:
            self.sentence = sentence
        if field is not None:
            self.field = field
        self.values = values
        super().__init__(type(self).__name__)

    def __str__(self) -> str:
        text = str(self.sentence)
        return text % self.values if self.values else text


class Conflict(Refused):
    """Somebody else saved first; both versions must be shown."""

    sentence = _l("Somebody else changed this in the meantime. Reload the page to see the latest state.")
    status = 409


class OnlyLooking(Refused):
    """Somebody looks through another person's eyes, where nothing may change."""

    sentence = _l("You are only looking: nothing can be changed, sent or downloaded. Close the eye first.")
    status = 403


class Forbidden(Refused):
    """The person may see this but not do that. ``about``: what a door had loaded, for those who are told why."""

    sentence = _l("You do not have the right to do this.")
    status = 403
    about: tuple[Any, ...] = ()

    @classmethod
    def over(cls, *about: Any) -> Forbidden:
        """The refusal of a door that had loaded these."""
        refusal = cls()
        refusal.about = about
        return refusal
