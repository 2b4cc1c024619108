"""What the matrix of rights shows: folders in rows, people in columns, a level with its origin in each cell.

Rows are only those that the viewer reaches; people are those of the client. The number of statements depends neither
on how many people there are nor on how many rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.queries import collaborators_of, contacts_of
from portal.files.models import Folder
from portal.files.queries import FolderRow, children, folder_counts, folder_level, folder_levels, reachable_folders
from portal.files.rights_cells import Cell, Facts, read_facts
from portal.kit.db import db
from portal.permissions.levels import Level

CONTACTS = "contacts"
COLLABORATORS = "collaborators"
TABS = (CONTACTS, COLLABORATORS)

MOST_CONTACTS = 60
MOST_COLLABORATORS = 12
# A page of rows holds about so many cells: with sixty people come fewer rows at once than with two.
CELLS_AT_ONCE = 1800
ROWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A person of the matrix. ``settable``: the viewer may set this person's levels where they have *full*."""

    person: Person
    is_member: bool
    settable: bool

    @property
    def id(self) -> uuid.UUID:
        """The person's id."""
        return self.person.id


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A folder of the matrix. ``folders``: how many sub-folders the viewer sees in it; ``depth`` counts from 0."""

    folder: Folder
    depth: int
    folders: int
    cells: list[Cell]
    settable: bool

    @property
    def differs(self) -> bool:
        """Somewhere below, somebody has another level than here."""
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True)
class People:
    """Who can stand in the columns of one tab, and who does."""

    tab: str
    everybody: list[Column]
    shown: list[Column]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[uuid.UUID]:
        """Of the columns that are shown."""
        return [column.id for column in self.shown]


def people_of(
    viewer: Viewer,
    client_id: uuid.UUID,
    *,
    tab: str = CONTACTS,
    ticked: Collection[uuid.UUID] = (),
    only: uuid.UUID | None = None,
) -> People:
    """The columns of a tab. Two statements.

    :param ticked: ids of those to show; without any, all contacts or the collaborators who belong to the client.
    :param only: one person, as a phone shows them.
    """
    found = {CONTACTS: _contacts(viewer, client_id), COLLABORATORS: _collaborators(viewer, client_id)}
    everybody = found[tab]
    shown = [column for column in everybody if column.id in ticked]
    if not shown:
        most = MOST_CONTACTS if tab == CONTACTS else MOST_COLLABORATORS
        shown = [column for column in everybody if column.is_member or tab == CONTACTS][:most] or everybody[:most]
    shown = [column for column in shown if column.id == only] or shown
    return People(tab, everybody, shown, {key: len(columns) for key, columns in found.items()})


def _contacts(viewer: Viewer, client_id: uuid.UUID) -> list[Column]:
    may = viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)
    return [Column(person, True, may) for person, _membership in contacts_of(client_id)]


def _collaborators(viewer: Viewer, client_id: uuid.UUID) -> list[Column]:
    """Those with a level on the client, and those whose role sees all clients."""
    may = viewer.may(Feature.ASSIGN_COLLABORATORS)
    # Nobody changes their own rights, but for those who could give themselves any at any moment.
    own = viewer.person_id if not viewer.sees_all else None
    columns = []
    for person, membership in collaborators_of(client_id):
        is_member = membership is not None and membership.level > 0
        if is_member or person.viewer.sees_all:
            columns.append(Column(person, is_member, may and is_member and person.id != own))
    return columns


@dataclass(frozen=True)
class Rows:
    """A page of rows; ``next_place`` is where the next one begins."""

    items: list[MatrixRow]
    next_place: str | None = None


def top_row(viewer: Viewer, folder: Folder, people: People) -> Rows:
    """The folder itself."""
    counts = folder_counts(viewer, folder.client_id, [folder.id])
    row = FolderRow(folder, folder_level(viewer, folder), *counts[folder.id])
    return Rows(_with_cells(viewer, [row], people, depth=0))


def rows_below(viewer: Viewer, folder: Folder, people: People, *, depth: int, place: str | None = None) -> Rows:
    """The sub-folders that the viewer sees, by position and name."""
    size = max(20, min(ROWS_AT_ONCE, CELLS_AT_ONCE // max(1, len(people.shown))))
    page = children(viewer, folder, size=size, place=place, for_rights=True)
    return Rows(_with_cells(viewer, page.items, people, depth=depth), page.next_place)


def rows_again(viewer: Viewer, client_id: uuid.UUID, ids: Collection[uuid.UUID], people: People) -> Rows:
    """Just these rows, by name, as after a change. Those that the viewer does not reach are left out."""
    wanted = reachable_folders(viewer).where(Folder.id.in_(ids), Folder.client_id == client_id)
    folders = db.session.scalars(wanted.order_by(Folder.name_key, Folder.id)).all()
    found = [folder.id for folder in folders]
    levels, counts = folder_levels(viewer, found), folder_counts(viewer, client_id, found)
    rows = [FolderRow(folder, levels[folder.id], *counts[folder.id]) for folder in folders]
    return Rows(_with_cells(viewer, rows, people, depth=1))


def _with_cells(viewer: Viewer, rows: Sequence[FolderRow], people: People, *, depth: int) -> list[MatrixRow]:
    folders = [row.folder for row in rows]
    facts = read_facts(viewer, folders, people.ids)
    everywhere = viewer.sees_all and viewer.may(Feature.ASSIGN_COLLABORATORS)
    found = []
    for row in rows:
        may = everywhere or row.level == Level.FULL
        cells = [_cell(facts, row.folder, column, may) for column in people.shown]
        found.append(MatrixRow(row.folder, depth, row.folders, cells, may))
    return found


def _cell(facts: Facts, folder: Folder, column: Column, may: bool) -> Cell:
    return facts.cell(folder, column.person, settable=may and column.settable)


def member_column(viewer: Viewer, client_id: uuid.UUID, person_id: uuid.UUID) -> Column | None:
    """A person who has a column in this client's matrix, on whichever tab."""
    every = [*_contacts(viewer, client_id), *_collaborators(viewer, client_id)]
    return next((column for column in every if column.id == person_id), None)


def folders_by_id(viewer: Viewer, client_id: uuid.UUID, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Folder]:
    """Those of a client's folders that the viewer reaches, by id. One statement."""
    wanted: Any = reachable_folders(viewer).where(Folder.id.in_(ids), Folder.client_id == client_id)
    return {folder.id: folder for folder in db.session.scalars(wanted)}


def known_to(viewer: Viewer, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the folders whose names the viewer may be told. One statement."""
    if not ids:
        return set()
    reached = reachable_folders(viewer).where(Folder.id.in_(ids)).with_only_columns(Folder.id)
    return set(db.session.execute(select(reached.subquery().c.id)).scalars())
