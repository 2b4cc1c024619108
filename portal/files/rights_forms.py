"""What the dialogs of the matrix ask for: shapes only, the views load and check what is named."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import AnyOf

from portal.kit.days import BadDay, typed_end
from portal.kit.errors import Refused
from portal.kit.forms import Form, optional, optional_text
from portal.permissions.levels import LABELS, Level

# As many cells may be changed in one go.
MOST_CELLS = 500
MOST_PEOPLE = 100

FOLLOW = "follow"
KEEP = "keep"
HERE = "here"
BELOW = "below"
KINDS = ("set", "copy", "defaults")

LEVEL_NOTES: dict[str, LazyString] = {
    "none": _l("Sees nothing here"),
    "deposit": _l("Uploads, and sees only their own files"),
    "read": _l("Opens and downloads"),
    "full": _l("Also uploads, renames, moves and deletes"),
    FOLLOW: _l("No level of its own"),
    KEEP: _l("Each cell keeps the level it has"),
}


class TooManyCells(Refused):
    """A selection without bounds would keep everybody else waiting."""

    sentence = _l("Choose at most %(most)s cells at once, or cascade from a folder above.")


class RightsForm(Form):
    """A change of rights. ``level`` is a level's key, *follow* or *keep*; ``reach`` says how far it goes."""

    kind = HiddenField(default="set", validators=[optional(), AnyOf(KINDS)])
    level = RadioField(_l("Access level"), validators=[optional()], validate_choice=False)
    reach = RadioField(
        _l("Where"),
        choices=[(HERE, _l("This folder only")), (BELOW, _l("This folder and all below"))],
        default=HERE,
        validators=[optional()],
        validate_choice=False,
    )
    until = optional_text(_l("Valid until"), limit=40)
    source = SelectField(_l("Same rights as"), validators=[optional()], validate_choice=False)
    fingerprint = HiddenField(validators=[optional()])

    known_levels: frozenset[str] = frozenset()
    ends_at: datetime | None = None

    def offer(self, *, several: bool) -> RightsForm:
        """Set the choices of the level: cells of several may also keep what each has."""
        choices: list[tuple[str, Any]] = [(level.key, LABELS[level]) for level in Level]
        choices.append((FOLLOW, _l("As the folder above")))
        if several:
            choices.append((KEEP, _l("Leave as it is")))
        self.level.choices = choices
        self.known_levels = frozenset(key for key, _label in choices)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Unknown words are refused, and so are days that are over."""
        valid = super().validate(extra_validators=extra_validators)
        if self.level.data and self.level.data not in self.known_levels:
            self.level.errors = [str(_l("Choose a level."))]
            valid = False
        if self.reach.data not in (None, "", HERE, BELOW):
            self.reach.errors = [str(_l("Choose where the level holds."))]
            valid = False
        try:
            self.ends_at = typed_end(self.until.data or "")
        except BadDay as refusal:
            self.until.errors = [str(refusal)]
            valid = False
        return valid


def named_cells(values: list[str]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(folder id, person id) of each ``"folder:person"``, each once, in order.

    :raises TooManyCells: more than :data:`MOST_CELLS`.
    :raises ValueError: no ids.
    """
    if len(values) > MOST_CELLS:
        raise TooManyCells(most=MOST_CELLS)
    found: dict[tuple[uuid.UUID, uuid.UUID], None] = {}
    for value in values:
        folder, colon, person = value.partition(":")
        if not colon:
            raise ValueError(value)
        found[uuid.UUID(folder), uuid.UUID(person)] = None
    return list(found)
