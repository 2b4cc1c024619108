"""What a change means for people, said before it is made: the change is done, looked at, and taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.permissions.levels import Level

# As many folders are named; the rest is counted.
MOST_NAMED = 200


@dataclass(frozen=True)
class LostLevel:
    """A level of its own that a folder loses."""

    folder_id: uuid.UUID
    folder_name: str
    person_id: uuid.UUID
    person_name: str
    level: Level


class FolderEffect(NamedTuple):
    """What one person may on one folder, before and after. ``name`` is the folder's."""

    folder_id: uuid.UUID
    name: str
    person_id: uuid.UUID
    before: Level
    after: Level


@dataclass(frozen=True)
class PersonEffect:
    """What one person gains and loses, counted over folders and files as the person sees them.

    ``folders_raised`` and ``folders_lowered`` stay visible, with more or less that may be done.
    """

    person_id: uuid.UUID
    person_name: str
    folders_gained: int = 0
    folders_lost: int = 0
    files_gained: int = 0
    files_lost: int = 0
    folders_raised: int = 0
    folders_lowered: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing that this person could notice now."""
        return not self.sentences

    @property
    def widens(self) -> bool:
        """The person gets to see or do more than before."""
        return bool(self.folders_gained or self.files_gained or self.folders_raised)

    @property
    def sentences(self) -> list[str]:
        """Whole sentences: what is lost, what is gained, what may be done less and more."""
        name, said = self.person_name, []
        if self.folders_lost or self.files_lost:
            what = _counted(self.folders_lost, self.files_lost)
            said.append(_("%(name)s will no longer see %(what)s.", name=name, what=what))
        if self.folders_gained or self.files_gained:
            what = _counted(self.folders_gained, self.files_gained)
            said.append(_("%(name)s will see %(what)s in addition.", name=name, what=what))
        if self.folders_lowered:
            said.append(
                ngettext(
                    "%(name)s will be able to do less in %(num)s folder.",
                    "%(name)s will be able to do less in %(num)s folders.",
                    self.folders_lowered,
                    name=name,
                )
            )
        if self.folders_raised:
            said.append(
                ngettext(
                    "%(name)s will be able to do more in %(num)s folder.",
                    "%(name)s will be able to do more in %(num)s folders.",
                    self.folders_raised,
                    name=name,
                )
            )
        return said


@dataclass(frozen=True)
class Preview:
    """What would happen. The same fingerprint means the same outcome.

    ``folders`` and ``lost`` name the first 200 of those that the asking person sees; the counts count all.
    """

    people: tuple[PersonEffect, ...]
    lost: tuple[LostLevel, ...]
    folders: tuple[FolderEffect, ...]
    folder_count: int
    lost_count: int
    fingerprint: str
    is_empty: bool

    @property
    def sentences(self) -> list[str]:
        """Those of all people, one after the other."""
        return [sentence for person in self.people for sentence in person.sentences]

    @property
    def widens(self) -> bool:
        """Somebody gets to see or do more than before."""
        return any(person.widens for person in self.people)


def _counted(folders: int, files: int) -> str:
    parts = []
    if folders:
        parts.append(ngettext("%(num)s folder", "%(num)s folders", folders))
    if files:
        parts.append(ngettext("%(num)s file", "%(num)s files", files))
    return ", ".join(parts)
