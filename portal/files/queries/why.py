"""Why somebody has the level that they have: the folder and the rule that decided, who set it, when, until when."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.files.models import BinEntry, File, Folder
from portal.files.queries.paths import ids_above, reachable_folders
from portal.kit.days import last_day
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.queries import Why, why


@dataclass(frozen=True)
class Explanation:
    """The level of a person on a folder, and what decided.

    ``folder`` is the folder whose level decided; None where none did, or where the asking viewer cannot reach it
    (``is_hidden``). ``origin`` is one of levels.ORIGINS, ``standing`` or ``nobody``. ``lifted``: the role raised the
    level to *read*.
    """

    person_name: str
    level: Level
    origin: str
    asked: Folder
    folder: Folder | None = None
    is_hidden: bool = False
    setter: str | None = None
    set_at: datetime | None = None
    valid_until: datetime | None = None
    lifted: bool = False

    @property
    def is_here(self) -> bool:
        """The folder's own level decided, not one from above."""
        return self.folder is not None and self.folder.id == self.asked.id

    @property
    def sentence(self) -> str:
        """Which folder and which rule decided."""
        about = {"name": self.person_name, "level": self.level.label}
        if self.lifted:
            return str(_("%(name)s may read because the role sees all clients.", **about))
        if self.origin == "nobody":
            return str(_("%(name)s does not belong to this client, or no longer does.", **about))
        if self.origin == "standing" and self.level == Level.NONE:
            return str(_("Nothing was set for %(name)s here or above.", **about))
        if self.origin == "standing":
            return str(_("“%(level)s” is the level of %(name)s on the whole client.", **about))
        if self.is_hidden or self.folder is None:
            return str(_("“%(level)s” comes from a folder above.", **about))
        if self.folder.is_root:
            return _top_sentence(self.origin, **about)
        return _folder_sentence(self.origin, folder=self.folder.name, **about)

    @property
    def details(self) -> str:
        """Who set it, when, and until when; empty where nobody did."""
        if self.lifted or self.set_at is None:
            return self._end()
        day = format_date(self.set_at, "long")
        if self.setter:
            said = str(_("Set by %(name)s on %(day)s.", name=self.setter, day=day))
        else:
            said = str(_("Set on %(day)s.", day=day))
        return f"{said} {self._end()}".strip()

    def _end(self) -> str:
        if self.valid_until is None:
            return ""
        return str(_("It ends after %(day)s.", day=format_date(last_day(self.valid_until), "long")))


def explain(person_id: uuid.UUID, folder: Folder, *, viewer: Viewer) -> Explanation:
    """Why a person has their level on a folder. Eight statements at most.

    :param viewer: who asks: a folder that they cannot reach is not named.
    """
    person = db.session.get_one(Person, person_id)
    found = why(person_id, folder.scope_id)
    lifted = person.viewer.sees_all and found.level < Level.READ
    decider = _decider(folder, found)
    hidden = decider is not None and decider.id != folder.id and not _reaches(viewer, decider)
    setter = db.session.get(Person, found.set_by_id) if found.set_by_id else None
    return Explanation(
        person_name=person.full_name,
        level=Level.READ if lifted else found.level,
        origin=found.origin,
        asked=folder,
        folder=None if hidden else decider,
        is_hidden=hidden,
        setter=setter.full_name if setter else None,
        set_at=found.set_at,
        valid_until=found.valid_until,
        lifted=lifted,
    )


def why_refused(viewer: Viewer, thing: Any) -> list[str]:
    """Why a door over a folder or file is closed to this viewer: the level there, and what decided it.

    :param thing: what the door had loaded; nothing is said about other things than folders, files and the bin.
    """
    place = {Folder: "id", File: "folder_id", BinEntry: "parent_id"}.get(type(thing))
    folder = db.session.get(Folder, getattr(thing, place)) if place else None
    if folder is None:
        return []
    found = explain(viewer.person_id, folder, viewer=viewer)
    name = _("Documents") if folder.is_root else folder.name
    said = [str(_("Your level on “%(folder)s” is “%(level)s”.", folder=name, level=found.level.label))]
    if found.level == Level.FULL:
        return [*said, str(_("What your role allows decided, not the folder."))]
    return [*said, f"{found.sentence} {found.details}".strip()]


def _decider(folder: Folder, found: Why) -> Folder | None:
    """The folder, at or above the one asked about, that starts the scope of the grant."""
    if found.scope_id is None:
        return None
    rows = select(Folder).where(
        Folder.id.in_([*ids_above(folder.path), folder.id]), Folder.scope_id == found.scope_id, Folder.starts_scope
    )
    return db.session.scalars(rows).one_or_none()


def _reaches(viewer: Viewer, folder: Folder) -> bool:
    rows = reachable_folders(viewer).with_only_columns(Folder.id).where(Folder.id == folder.id)
    return db.session.execute(rows).scalar() is not None


def _top_sentence(origin: str, *, name: str, level: object) -> str:
    about = {"name": name, "level": level}
    if origin == "template":
        return str(_("“%(level)s” is what the template says for %(name)s on the whole document space.", **about))
    return str(_("“%(level)s” was set for %(name)s at the top of the documents.", **about))


def _folder_sentence(origin: str, *, folder: str, name: str, level: object) -> str:
    about = {"name": name, "level": level, "folder": folder}
    match origin:
        case "template":
            return str(_("“%(level)s” on “%(folder)s” is what the template says for %(name)s.", **about))
        case "cascade":
            return str(_("“%(level)s” was set for %(name)s on “%(folder)s” and on all below it.", **about))
        case "pin":
            return str(
                _("“%(level)s” was kept for %(name)s on “%(folder)s” when the folder above was changed.", **about)
            )
        case _:
            return str(_("“%(level)s” was set for %(name)s on “%(folder)s”.", **about))
