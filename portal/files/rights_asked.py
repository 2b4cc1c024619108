"""What a dialog of the matrix asks for, with the folders and people that it names loaded through the viewer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import abort
from werkzeug.datastructures import MultiDict

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.files.commands.changes import LevelChange, Plan, same_rights, template_defaults
from portal.files.models import Folder
from portal.files.rights_cells import Cell, read_facts
from portal.files.rights_forms import BELOW, FOLLOW, KEEP, MOST_PEOPLE, RightsForm, named_cells
from portal.files.rights_page import COLLABORATORS, CONTACTS, Column, folders_by_id, people_of
from portal.permissions.levels import Level


@dataclass(frozen=True)
class Asked:
    """The cells to set, or the people who get somebody else's rights or the template's. ``folder``: only there."""

    client: Client
    kind: str
    cells: list[Cell] = field(default_factory=list)
    folders: dict[uuid.UUID, Folder] = field(default_factory=dict)
    targets: list[Column] = field(default_factory=list)
    others: list[Column] = field(default_factory=list)
    folder: Folder | None = None

    @property
    def is_single(self) -> bool:
        """One person on one folder."""
        return len(self.cells) == 1

    @property
    def first(self) -> Folder:
        """The folder to go back to."""
        return self.folders[self.cells[0].folder_id] if self.cells else next(iter(self.folders.values()))

    @property
    def people(self) -> list[Any]:
        """Everybody whose cells are chosen, each once."""
        return list({cell.person.id: cell.person for cell in self.cells}.values())


def one_cell(viewer: Viewer, client: Client, folder: Folder, column: Column) -> Asked:
    """The dialog of one cell."""
    cell = read_facts(viewer, [folder], [column.id]).cell(folder, column.person, settable=column.settable)
    return Asked(client, "set", [cell], {folder.id: folder})


def asked_for(viewer: Viewer, client: Client, data: MultiDict[str, str], kind: str) -> Asked:
    """What a form names: ``cell`` (folder:person) for *set*, ``target`` and ``folder`` for *copy* and *defaults*.

    What is not there, or not for the viewer, is 404.

    :raises TooManyCells: more than may be changed in one go.
    """
    try:
        return _set(viewer, client, data) if kind == "set" else _given(viewer, client, data, kind)
    except ValueError:
        abort(404)


def _set(viewer: Viewer, client: Client, data: MultiDict[str, str]) -> Asked:
    pairs = named_cells(data.getlist("cell"))
    columns = _columns(viewer, client)
    folders = folders_by_id(viewer, client.id, {folder_id for folder_id, _person in pairs})
    if not pairs or any(folder_id not in folders or person_id not in columns for folder_id, person_id in pairs):
        abort(404)
    facts = read_facts(viewer, list(folders.values()), {person_id for _folder, person_id in pairs})
    cells = [
        facts.cell(folders[folder_id], columns[person_id].person, settable=columns[person_id].settable)
        for folder_id, person_id in pairs
    ]
    return Asked(client, "set", cells, folders)


def _given(viewer: Viewer, client: Client, data: MultiDict[str, str], kind: str) -> Asked:
    folder_id = uuid.UUID(data.get("folder", ""))
    folder = folders_by_id(viewer, client.id, [folder_id]).get(folder_id)
    columns = _columns(viewer, client)
    wanted = [uuid.UUID(value) for value in data.getlist("target")[:MOST_PEOPLE]]
    if folder is None or any(ident not in columns for ident in wanted):
        abort(404)
    targets = [columns[ident] for ident in dict.fromkeys(wanted)]
    # Contacts are compared with contacts, and collaborators with collaborators.
    known = targets[:1] or [column for column in columns.values() if str(column.id) == data.get("source")]
    staff = bool(known) and known[0].person.is_staff
    others = [column for column in columns.values() if column.person.is_staff == staff and column.is_member]
    return Asked(client, kind, [], {folder.id: folder}, targets, others, folder)


def _columns(viewer: Viewer, client: Client) -> dict[uuid.UUID, Column]:
    every = [*people_of(viewer, client.id, tab=CONTACTS).everybody]
    every += people_of(viewer, client.id, tab=COLLABORATORS).everybody
    return {column.id: column for column in every}


def change_of(asked: Asked, form: RightsForm, *, actor: Viewer) -> Sequence[LevelChange] | Plan | None:
    """The change that the form describes; None while it does not say enough."""
    if asked.kind == "set":
        return [_level_change(cell, form) for cell in asked.cells] if form.level.data else None
    targets = [column.id for column in asked.targets]
    folder = asked.folder if asked.folder is not None and not asked.folder.is_root else None
    within = folder if form.reach.data == BELOW else None
    if not targets:
        return None
    if asked.kind == "defaults":
        return template_defaults(asked.client, targets, actor=actor, folder=within)
    source = next((column.id for column in asked.others if str(column.id) == form.source.data), None)
    if source is None or source in targets:
        return None
    return same_rights(asked.client, source, targets, actor=actor, folder=within)


def _level_change(cell: Cell, form: RightsForm) -> LevelChange:
    """One cell's part. What is to stay as it is keeps its end too, unless another day was given."""
    chosen, until = form.level.data, form.ends_at
    level: Level | None
    if chosen == KEEP:
        level = cell.level if cell.is_own or until is not None else None
        until = until or cell.valid_until
    else:
        level = None if chosen == FOLLOW else Level.of(chosen)
    cascade = form.reach.data == BELOW
    return LevelChange(cell.folder_id, cell.person.id, level, cascade, until if level is not None else None)
