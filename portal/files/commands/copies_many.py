"""Copies of many folders and files at once, in about as many statements as one takes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l

from portal import activity
from portal.activity.commands import line, record_many
from portal.files.commands.bulk import NO_RIGHT, NOT_THERE, TOO_DEEP, Done, Named, about, lock_both
from portal.files.commands.confirmation import as_if_moved, watched
from portal.files.commands.copies import Rows, plan_files, private_scope
from portal.files.commands.folders import contact_ids
from portal.files.commands.many import depths, fits_below, inside_many
from portal.files.commands.naming import free_names
from portal.files.commands.permitted import viewer_of
from portal.files.commands.rooms import take_room
from portal.files.models import File, FileVersion, Folder
from portal.files.queries import path_folders, visible_files, visible_folders
from portal.files.refusals import OtherClient
from portal.files.selections import Chosen, Selection, read_chosen
from portal.kit.bulk import any_ids
from portal.kit.db import db, new_id, transactional
from portal.kit.names import name_key
from portal.outbox import emit_many
from portal.permissions.commands import NewScope, insert_scopes, lock_client, start_contact_rights
from portal.permissions.levels import Level

HELD_BACK = _l("the check for viruses holds them back")


@dataclass
class CopiedMany(Done):
    """What was copied; ``folders`` gives for each new folder the one that it was copied from."""

    folders: Mapping[uuid.UUID, uuid.UUID] = field(default_factory=dict)


@transactional
def copy_chosen(selection: Selection, *, to: Folder, actor: Any, confirmed: str | None = None) -> CopiedMany:
    """Copy folders and files of one folder into another, or the same, of this client. Copies whose name is taken get a
    number.

    Compared is who sees the first with who would see the copies. What the actor does not see is not copied.

    :param confirmed: the fingerprint of the preview that was confirmed.
    :raises NeedsConfirmation: somebody would see or do more with a copy, and this was not what was confirmed.
    :raises OtherClient: the target belongs to another client.
    :raises NothingChosen: nothing of the selection is seen by the actor.
    :raises AllLeft: none could be copied.
    :raises QuotaExceeded: there is no room for all of them.
    :raises Gone: one of the two folders was deleted meanwhile.
    """
    source = selection.folder
    if source.client_id != to.client_id:
        raise OtherClient()

    def act() -> CopiedMany:
        return _copied(selection, to, actor)

    adapt = partial(as_if_moved, source_id=source.id, to_id=to.id)
    done: CopiedMany = watched(
        about(selection, to), source.client_id, act, actor=actor, confirmed=confirmed, adapt=adapt
    )
    return done


def _copied(selection: Selection, to: Folder, actor: Any) -> CopiedMany:
    lock_client(to.client_id)
    source, to = lock_both(selection.folder, to)
    viewer = viewer_of(actor)
    chosen = read_chosen(viewer, selection)
    done = CopiedMany(chosen.total)
    done.leave(NOT_THERE, [], chosen.missing)
    folders = _readable(chosen, to, done)
    files = _contents(viewer, chosen, done)
    done.done = len(folders) + len(files)
    done.refuse_nothing()
    rows = Rows(actor)
    names = free_names(to.id, [row.name for row in folders] + [file.name for file, _ in files])
    scope = private_scope(to) if folders else None
    _plan_trees(rows, viewer, folders, names, to, scope)
    plan_files(rows, viewer)
    made = [
        rows.add_file(file, version, folder_id=to.id, name=name)
        for (file, version), name in zip(files, names[len(folders) :], strict=True)
    ]
    insert_scopes(to.client_id, [scope] if scope else [])
    first = [*folders, *(file for file, _ in files)][0]
    take_room(to.client_id, sum(version["size"] for version in rows.versions), name=first.name)
    rows.write()
    if scope is not None:
        start_contact_rights(to.client_id, contact_ids(to.client_id), actor=actor, scope_ids=[scope.id])
    done.folders = {copy: first for first, copy in rows.copies.items()}
    done.ids = [*(rows.copies[row.id] for row in folders), *made]
    _tell(rows, folders, made, source, to, actor)
    return done


def _readable(chosen: Chosen, to: Folder, done: Done) -> list[Any]:
    """Folders of which the actor reads the files, and that do not nest too deep there."""
    readable = [row for row in chosen.folders if row.level >= Level.READ]
    kept = {row.id for row in readable}
    done.leave(NO_RIGHT, [row.name for row in chosen.folders if row.id not in kept])
    if not readable:
        return []
    levels = depths(to.client_id, [row.path for row in readable])
    fitting = [row for row in readable if fits_below(to, levels.get(row.path, 1))]
    kept = {row.id for row in fitting}
    done.leave(TOO_DEEP, [row.name for row in readable if row.id not in kept])
    return fitting


def _contents(viewer: Any, chosen: Chosen, done: Done) -> list[tuple[File, FileVersion]]:
    if not chosen.files:
        return []
    selected = visible_files(viewer).join(FileVersion, FileVersion.id == File.version_id).add_columns(FileVersion)
    selected = selected.where(File.id == any_ids(row.id for row in chosen.files)).order_by(File.name_key, File.id)
    found = db.session.execute(selected.execution_options(populate_existing=True)).all()
    held = [file.name for file, _ in found if file.quarantine]
    done.leave(HELD_BACK, held)
    done.leave(NOT_THERE, [], len(chosen.files) - len(found))
    return [(file, version) for file, version in found if not file.quarantine]


def _plan_trees(rows: Rows, viewer: Any, tops: list[Any], names: list[str], to: Folder, scope: NewScope | None) -> None:
    """Each chosen folder with all below it that the viewer sees, also what is shown as a path, from the top down."""
    if not tops:
        return
    columns = (Folder.id, Folder.parent_id, Folder.name, Folder.name_key, Folder.position, Folder.path)
    below = inside_many([row.path for row in tops], columns)
    found = db.session.execute(
        below.where(Folder.client_id == to.client_id, Folder.bin_id.is_(None)).order_by(Folder.path)
    ).all()
    seen = visible_folders(viewer).with_only_columns(Folder.id)
    ids = set(db.session.execute(seen.where(Folder.id == any_ids(row.id for row in found))).scalars())
    ids |= path_folders(viewer, to.client_id)
    named = dict(zip((row.id for row in tops), names, strict=False))
    paths: dict[uuid.UUID, str] = {}
    for row in found:
        is_top = row.id in named
        if row.id not in ids or not (is_top or row.parent_id in rows.copies):
            continue
        ident = rows.copies[row.id] = new_id()
        above = to.id if is_top else rows.copies[row.parent_id]
        paths[ident] = f"{to.path if is_top else paths[above]}{ident.hex}/"
        name = named[row.id] if is_top else row.name
        rows.folders.append(
            {
                "id": ident,
                "client_id": to.client_id,
                "parent_id": above,
                "name": name,
                "name_key": name_key(name),
                "path": paths[ident],
                "scope_id": scope.id if scope is not None else to.scope_id,
                "starts_scope": is_top and scope is not None,
                "position": 0 if is_top else row.position,
                "created_by_id": rows.actor.id,
            }
        )


def _tell(rows: Rows, folders: list[Any], made: list[uuid.UUID], source: Folder, to: Folder, actor: Any) -> None:
    """A line of the log and an event for each, as if they had been copied one by one."""
    new_folders = {row["id"]: row for row in rows.folders}
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    data: dict[str, Any]
    for first in folders:
        row = new_folders[rows.copies[first.id]]
        folder = Named(row["id"], row["name"], to)
        told = activity.verbs.FOLDER_COPIED
        lines.append(line(told, actor=actor, folder=folder, before=first.name, target=to.name))
        data = {"folder_id": str(folder.id), "name": folder.name, "parent_id": str(to.id)}
        events.append({"event": "folder.created", "client_id": to.client_id, "data": data})
    direct = set(made)
    for row in (row for row in rows.files if row["id"] in direct):
        file = Named(row["id"], row["name"], to)
        lines.append(line(activity.verbs.FILE_COPIED, actor=actor, folder=to, file=file, before=source.name))
        data = {
            "file_id": str(file.id),
            "name": file.name,
            "size": row["size"],
            "version": 1,
            "folder_id": str(to.id),
        }
        events.append({"event": "file.uploaded", "client_id": to.client_id, "data": data})
    record_many(lines)
    emit_many("connectors.publish", events)
