"""What can be chosen in the search of the activity, and the chips that take a choice back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.activity.verbs import GROUPS, VERBS
from portal.clients.models import Client, Membership
from portal.feed.filters import Filters
from portal.files.models import Folder
from portal.files.queries import visible_folders
from portal.kit.assets import url_with
from portal.kit.db import db
from portal.kit.i18n import day

Options = list[tuple[str, str]]

# Formats that firms exchange most; any other one works in the address.
_FORMATS = ("pdf", "docx", "xlsx", "pptx", "csv", "txt", "jpg", "png", "zip", "eml", "odt", "ods", "xml")
# A longer list of folders could not be chosen from; deeper folders are reached from the documents page.
_MOST_FOLDERS = 400
_MOST_PEOPLE = 500

_FOR_CONTACTS = ("files", "folders")


def _single() -> dict[str, str]:
    return {
        "file.uploaded": _("Uploads"),
        "file.version_added": _("New versions"),
        "file.downloaded": _("Downloads"),
        "file.renamed": _("Renamed files"),
        "file.moved": _("Moved files"),
        "file.binned": _("Deleted files"),
        "file.restored": _("Restored files"),
    }


def types(viewer: Viewer) -> Options:
    """Groups of verbs, with single verbs below the group of files."""
    options: Options = []
    for key, label in GROUPS.items():
        if not viewer.is_staff and key not in _FOR_CONTACTS:
            continue
        options.append((key, str(label)))
        if key == "files":
            options += [(verb, f"– {text}") for verb, text in _single().items() if verb in VERBS]
    return options


def formats(filters: Filters) -> Options:
    """File formats, with those of the address."""
    keys = [*_FORMATS, *(ext for ext in filters.formats if ext not in _FORMATS)]
    return [(ext, ext.upper()) for ext in keys]


def folders(viewer: Viewer, client: Client | None, filters: Filters) -> Options:
    """The folders that the reader may open, each with the names above it that they may know."""
    if client is None:
        return []
    seen = visible_folders(viewer).where(Folder.client_id == client.id, Folder.parent_id.is_not(None))
    columns = seen.with_only_columns(Folder.id, Folder.parent_id, Folder.name, Folder.name_key)
    rows = db.session.execute(columns.order_by(Folder.path).limit(_MOST_FOLDERS)).all()
    below: dict[uuid.UUID | None, list[Any]] = defaultdict(list)
    known = {row.id for row in rows}
    for row in sorted(rows, key=lambda row: row.name_key):
        below[row.parent_id if row.parent_id in known else None].append(row)
    options: Options = []

    def add(parent: uuid.UUID | None, names: tuple[str, ...]) -> None:
        for row in below[parent]:
            options.append((str(row.id), " / ".join((*names, row.name))))
            add(row.id, (*names, row.name))

    add(None, ())
    return options


def people(viewer: Viewer, client: Client | None, filters: Filters) -> Options:
    """Who may have done something: collaborators, and the contacts of the client. Contacts are not told who else is."""
    if not viewer.is_staff:
        return []
    wanted = Person.kind == "collaborator"
    if client is not None:
        members = select(Membership.person_id).where(Membership.client_id == client.id)
        wanted = wanted | Person.id.in_(members)
    selected = select(Person.id, Person.first_name, Person.last_name, Person.email).where(wanted)
    rows = db.session.execute(selected.order_by(Person.kind, Person.search_key, Person.id).limit(_MOST_PEOPLE))
    return [(str(row.id), f"{row.first_name} {row.last_name}".strip() or row.email) for row in rows]


def chips(filters: Filters, folder_options: Options, people_options: Options) -> list[tuple[str, str]]:
    """(what narrows, the address without it) for each part of the search."""
    found = []
    labels = {**{key: str(label) for key, label in GROUPS.items()}, **_single()}
    if filters.name:
        found.append((_("Name: %(name)s", name=filters.name), _without(q=None)))
    for key in filters.types:
        found.append((labels.get(key, key), _without(type=[other for other in filters.types if other != key] or None)))
    for ext in filters.formats:
        found.append((ext.upper(), _without(format=[other for other in filters.formats if other != ext] or None)))
    if filters.folder_id is not None:
        name = dict(folder_options).get(str(filters.folder_id), _("Folder"))
        label = _("Only in %(folder)s", folder=name) if filters.only else _("In %(folder)s and below", folder=name)
        found.append((label, _without(folder=None, only=None)))
    if filters.since is not None:
        found.append((_("From %(day)s", day=day(filters.since)), _without(since=None)))
    if filters.until is not None:
        found.append((_("Until %(day)s", day=day(filters.until)), _without(until=None)))
    if filters.person_id is not None:
        name = dict(people_options).get(str(filters.person_id), _("One person"))
        found.append((name, _without(person=None)))
    return found


def _without(**changes: Any) -> str:
    return url_with(after=None, day=None, **changes)
