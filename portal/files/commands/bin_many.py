"""Many folders and files to the bin at once, and back: an entry for each, as if they had gone one by one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, or_, select, text

from portal import activity
from portal.activity.commands import line, record_many
from portal.files.commands.bulk import NOT_THERE, Done, Named, forget_files, permitted
from portal.files.commands.many import inside_many
from portal.files.commands.naming import lock_folder
from portal.files.commands.outcomes import levels_by_scope
from portal.files.commands.permitted import viewer_of
from portal.files.commands.regions import reread
from portal.files.models import BinEntry, Folder
from portal.files.queries import folder_level
from portal.files.selections import Selection, read_chosen
from portal.kit.db import db, new_id, transactional
from portal.outbox import emit_many
from portal.permissions.commands import lock_client
from portal.permissions.snapshot import MEMBERSHIP

_Levels = dict[str, dict[str, int]]


@transactional
def bin_chosen(selection: Selection, *, actor: Any) -> Done:
    """Move folders and files of one folder to the bin. About fifteen statements, whatever the number.

    Each gets an entry of its own, so that each can be restored alone; ``ids`` of the answer are those of the entries.
    What the actor may not delete stays and is named in the answer.

    :raises NothingChosen: nothing of the selection is seen by the actor.
    :raises AllLeft: none could be deleted.
    :raises Gone: the folder was deleted meanwhile.
    """
    lock_client(selection.folder.client_id)
    source = lock_folder(selection.folder.id)
    viewer = viewer_of(actor)
    chosen = read_chosen(viewer, selection)
    done = Done(chosen.total)
    done.leave(NOT_THERE, [], chosen.missing)
    folders, files = permitted(chosen, folder_level(viewer, source), done)
    done.done = len(folders) + len(files)
    done.refuse_nothing()
    entries = _entries(source, folders, files, actor)
    db.session.execute(insert(BinEntry), entries)
    done.ids = [entry["id"] for entry in entries]
    _bin_trees(source, [entry for entry in entries if entry["kind"] == "folder"], folders)
    _bin_files([entry for entry in entries if entry["kind"] == "file"])
    reread(source.client_id)
    forget_files()
    _tell(source, folders, files, actor)
    return done


def _entries(source: Folder, folders: Sequence[Any], files: Sequence[Any], actor: Any) -> list[dict[str, Any]]:
    levels, here = _levels(source, folders)
    common = {"client_id": source.client_id, "parent_id": source.id, "binned_by_id": actor.id}
    return [
        *(
            {"id": new_id(), "kind": "folder", "name": row.name, "folder_id": row.id, "file_id": None,
             "levels": levels[row.path], **common}
            for row in folders
        ),
        *(
            {"id": new_id(), "kind": "file", "name": row.name, "folder_id": None, "file_id": row.id,
             "levels": here, **common}
            for row in files
        ),
    ]  # fmt: skip


def _levels(source: Folder, folders: Sequence[Any]) -> tuple[dict[str, _Levels], _Levels]:
    """Who may do what at this moment: for each folder by its path, and in the one that holds them. Three statements."""
    members = db.session.execute(select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == source.client_id))
    held = levels_by_scope(source.client_id, list(members.scalars()))

    def said(scope_id: uuid.UUID) -> dict[str, int]:
        return {str(person): level for person, level in held.get(scope_id, {}).items()}

    found: dict[str, _Levels] = defaultdict(dict)
    if folders:
        tops = {row.path for row in folders}
        rows = inside_many(sorted(tops), (Folder.id, Folder.scope_id))
        rows = rows.where(Folder.client_id == source.client_id, or_(Folder.starts_scope, Folder.path.in_(tops)))
        # The chosen folder itself first: a restore takes the first for the top.
        for ident, scope_id, top in db.session.execute(rows.order_by(Folder.path)).all():
            found[top][ident.hex] = said(scope_id)
    return found, {source.id.hex: said(source.scope_id)}


def _bin_trees(source: Folder, entries: list[dict[str, Any]], folders: Sequence[Any]) -> None:
    """Mark all that lives in these folders; what was in the bin before keeps its own entry."""
    if not entries:
        return
    paths = {row.id: row.path for row in folders}
    values = {
        "entries": [entry["id"] for entry in entries],
        "starts": [paths[entry["folder_id"]] for entry in entries],
        "client": source.client_id,
    }
    listed = "unnest(CAST(:entries AS uuid[]), CAST(:starts AS text[])) AS gone (entry, start)"
    inside = (
        'inner_folder.client_id = :client AND inner_folder.path >= gone.start COLLATE "C"'
        " AND inner_folder.path < (left(gone.start, -1) || '0') COLLATE \"C\""
    )
    db.session.execute(
        text(
            f"UPDATE file SET bin_id = gone.entry FROM {listed}, folder inner_folder"
            f" WHERE {inside} AND file.folder_id = inner_folder.id AND file.bin_id IS NULL"
        ),
        values,
    )
    db.session.execute(
        text(
            f"UPDATE folder AS inner_folder SET bin_id = gone.entry FROM {listed}"
            f" WHERE {inside} AND inner_folder.bin_id IS NULL"
        ),
        values,
    )


def _bin_files(entries: list[dict[str, Any]]) -> None:
    if not entries:
        return
    db.session.execute(
        text(
            "UPDATE file SET bin_id = gone.entry"
            " FROM unnest(CAST(:entries AS uuid[]), CAST(:files AS uuid[])) AS gone (entry, id)"
            " WHERE file.id = gone.id AND file.bin_id IS NULL"
        ),
        {"entries": [entry["id"] for entry in entries], "files": [entry["file_id"] for entry in entries]},
    )


def _tell(source: Folder, folders: Sequence[Any], files: Sequence[Any], actor: Any) -> None:
    lines, events = [], []
    for row in folders:
        folder = Named(row.id, row.name, source)
        lines.append(line(activity.verbs.FOLDER_BINNED, actor=actor, folder=folder))
        data = {"folder_id": str(row.id), "name": row.name}
        events.append({"event": "folder.binned", "client_id": source.client_id, "data": data})
    for row in files:
        file = Named(row.id, row.name, source)
        lines.append(line(activity.verbs.FILE_BINNED, actor=actor, folder=source, file=file))
        data = {"file_id": str(row.id), "name": row.name, "folder_id": str(source.id)}
        events.append({"event": "file.binned", "client_id": source.client_id, "data": data})
    record_many(lines)
    emit_many("connectors.publish", events)
