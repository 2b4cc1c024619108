"""Lines of the log as sentences in the reader's language, grouped by day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import to_user_timezone
from markupsafe import Markup, escape
from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.roles import PRESET_NAMES
from portal.accounts.viewer import Viewer
from portal.activity import verbs
from portal.activity.verbs import VERBS
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.connectors.registry import connector
from portal.feed.links import Links
from portal.feed.undos import Undos
from portal.kit.assets import icon, url_if
from portal.kit.db import db
from portal.kit.i18n import day
from portal.permissions.levels import Level


@dataclass(frozen=True)
class Line:
    """One line as it is shown."""

    icon: Markup
    sentence: Markup
    clock: str
    at: str
    client: Markup | None = None
    undo: str | None = None


@dataclass
class Day:
    """The lines of one day of the reader; ``label`` is empty where the page before has begun this day."""

    key: str
    label: str
    lines: list[Line] = field(default_factory=list)


def days_of(rows: Sequence[Any], viewer: Viewer, *, began: str = "", name_clients: bool = False) -> list[Day]:
    """The rows of ``visible_activity`` by day, with a bounded number of statements.

    :param began: key of the day with which the page before ended.
    :param name_clients: say of which client each line is.
    """
    writer = _Writer(rows, viewer, name_clients=name_clients)
    days: list[Day] = []
    for row in rows:
        local = to_user_timezone(row.at)
        key = local.date().isoformat()
        if not days or days[-1].key != key:
            days.append(Day(key, "" if not days and key == began else _day_label(local.date())))
        days[-1].lines.append(writer.line(row, local))
    return days


def _day_label(of: date) -> str:
    today = to_user_timezone(datetime.now().astimezone()).date()
    distance = (today - of).days
    return _("Today") if distance == 0 else _("Yesterday") if distance == 1 else day(of)


class _Writer:
    """Writes one page: every verb is translated and drawn once, names are looked up for all lines together."""

    def __init__(self, rows: Sequence[Any], viewer: Viewer, *, name_clients: bool) -> None:
        self.viewer = viewer
        self.people = _names(row.actor_id for row in rows)
        self.links = Links(rows, viewer)
        self.undos = Undos(rows, viewer)
        self.clients = _clients(rows, viewer) if name_clients else {}
        self.sentences: dict[str, tuple[Markup, Markup]] = {}

    def line(self, row: Any, local: datetime) -> Line:
        """One row as a line."""
        drawn, sentence = self._verb(row.verb)
        return Line(
            drawn,
            Markup(sentence % self._values(row)),
            local.strftime("%H:%M"),
            local.isoformat(timespec="seconds"),
            self._client(row.client_id),
            self.undos.address(row),
        )

    def _verb(self, key: str) -> tuple[Markup, Markup]:
        found = self.sentences.get(key)
        if found is None:
            verb = VERBS.get(key)
            # A line outlives its verb: one that a later version no longer knows is still a line.
            text = str(self._sentence(verb)) if verb else "%(actor)s"
            found = self.sentences[key] = icon(verb.icon if verb else "history"), escape(text)
        return found

    def _sentence(self, verb: verbs.Verb) -> str:
        # Where something came from may be a folder that the reader cannot see: only those who see all are told.
        if not self.viewer.sees_all and verb is verbs.FILE_MOVED:
            return str(_("%(actor)s moved “%(name)s” to “%(folder)s”.", **_KEEP))
        if not self.viewer.sees_all and verb is verbs.FOLDER_MOVED:
            return str(_("%(actor)s moved the folder “%(name)s”.", **_KEEP))
        return str(verb.sentence)

    def _values(self, row: Any) -> _Values:
        values = _Values((key, escape(_text(key, value))) for key, value in row.details.items())
        nobody = _("Atrium") if row.actor_id is None else _("Somebody")
        values["actor"] = self.people.get(row.actor_id) or escape(nobody)
        name = escape(row.name or "–")
        if row.file_id is not None:
            values["name"] = self.links.to_file(row, name)
            if "folder" in values:
                values["folder"] = self.links.to_folder(row, values["folder"])
        else:
            values["name"] = self.links.to_folder(row, name)
        return values

    def _client(self, client_id: uuid.UUID | None) -> Markup | None:
        return self.clients.get(client_id) if client_id is not None else None


class _Values(dict[str, Markup]):
    """A sentence of a later version may name what an older line does not hold."""

    def __missing__(self, key: str) -> Markup:
        return Markup("–")


# gettext fills places at once; these stay for the line.
_KEEP = {key: f"%({key})s" for key in ("actor", "name", "folder")}


def _text(key: str, value: Any) -> str:
    """A detail as the reader reads it: what was kept as a key is named in their language."""
    if key == "level" and isinstance(value, str | int):
        return _level(value)
    if key == "role" and value in PRESET_NAMES:
        return str(PRESET_NAMES[value])
    if key == "until":
        return _last_day(str(value))
    if key == "connector" and (known := connector(str(value))) is not None:
        return str(known.name)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _last_day(value: str) -> str:
    try:
        return day(date.fromisoformat(value))
    except ValueError:
        return value


def _level(value: str | int) -> str:
    try:
        return str((Level(value) if isinstance(value, int) else Level.of(value)).label)
    except (KeyError, ValueError):
        return str(value)


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, Markup]:
    wanted = {ident for ident in ids if ident is not None}
    if not wanted:
        return {}
    people = db.session.execute(
        select(Person.id, Person.first_name, Person.last_name, Person.email).where(Person.id.in_(wanted))
    )
    bold = Markup("<b>{}</b>")
    return {ident: bold.format(f"{first} {last}".strip() or email) for ident, first, last, email in people}


def _clients(rows: Sequence[Any], viewer: Viewer) -> dict[uuid.UUID, Markup]:
    wanted = {row.client_id for row in rows if row.client_id is not None}
    if not wanted:
        return {}
    seen = visible_clients(viewer).where(Client.id.in_(wanted)).with_only_columns(Client.id, Client.name)
    found = {}
    for ident, name in db.session.execute(seen):
        address = url_if("clients.show", client_id=ident)
        found[ident] = Markup('<a href="{}">{}</a>').format(address, name) if address else escape(name)
    return found
