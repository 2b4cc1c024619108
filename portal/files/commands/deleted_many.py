"""What restoring many entries of the bin gives and takes, compared with the moments at which they were deleted."""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.viewer import Viewer
from portal.files.commands.confirmation import only_files
from portal.files.commands.deleted_levels import nearest
from portal.files.commands.differences import difference, preview_from
from portal.files.commands.many import inside_many
from portal.files.commands.outcomes import Files, Outcome, Somebody
from portal.files.commands.previews import PersonEffect, Preview
from portal.files.models import File, Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db, new_id


def compared(
    client_id: uuid.UUID,
    entries: Sequence[Any],
    before: Outcome,
    after: Outcome,
    people: Sequence[Somebody],
    *,
    viewer: Viewer,
) -> Preview:
    """Who sees and may do what that was not so when the entries were deleted. A bounded number of statements.

    :param entries: with kind, subject_id and the levels that were kept; where one has none, all is compared with the
        moment before the restore.
    """
    if not all(entry.levels for entry in entries):
        return preview_from(client_id, difference(before, after, people), people, viewer=viewer)
    folders = [entry for entry in entries if entry.kind == "folder"]
    files = [entry for entry in entries if entry.kind == "file"]
    found = [
        preview_from(client_id, difference(*moments, people), people, viewer=viewer)
        for moments in ([_of_folders(folders, client_id, after)] if folders else [])
        + ([_of_files(files, after)] if files else [])
    ]
    if files:
        found[-1] = replace(found[-1], people=tuple(map(only_files, found[-1].people)), folders=())
    return found[0] if len(found) == 1 else _together(*found)


def _of_folders(entries: Sequence[Any], client_id: uuid.UUID, after: Outcome) -> tuple[Outcome, Outcome]:
    """Then and now, of the restored folders and all below them."""
    tops = dict(
        db.session.execute(
            select(Folder.path, Folder.id).where(Folder.id == any_ids(entry.subject_id for entry in entries))
        ).all()
    )
    kept = {entry.subject_id: entry.levels for entry in entries}
    rows = inside_many(sorted(tops), (Folder.id, Folder.path)).where(
        Folder.client_id == client_id, Folder.bin_id.is_(None)
    )
    scopes: dict[tuple[uuid.UUID, str], uuid.UUID] = defaultdict(new_id)
    begun = {}
    for ident, path, start in db.session.execute(rows).all():
        top = tops[start]
        begun[ident] = scopes[top, nearest(path, kept[top], top.hex)]
    levels = {scope: _people(kept[top].get(where, {})) for (top, where), scope in scopes.items()}
    held = _within(after, set(begun))
    was = Outcome(begun, levels, after.own, held)
    return was, replace(after, folders={ident: after.folders[ident] for ident in begun}, files=held)


def _of_files(entries: Sequence[Any], after: Outcome) -> tuple[Outcome, Outcome]:
    """Then and now, of restored files: those that were deleted from one folder under the same levels stand together."""
    valid = or_(File.valid_until.is_(None), File.valid_until > func.statement_timestamp())
    facts = select(File.id, File.folder_id, File.uploaded_by_id, valid.label("valid"))
    rows = {row.id: row for row in db.session.execute(facts.where(File.id == any_ids(e.subject_id for e in entries)))}
    groups: dict[tuple[uuid.UUID, str], uuid.UUID] = defaultdict(new_id)
    every: dict[uuid.UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
    own: dict[tuple[uuid.UUID, uuid.UUID], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for entry in entries:
        row = rows[entry.subject_id]
        group = groups[row.folder_id, json.dumps(next(iter(entry.levels.values())), sort_keys=True)]
        every[group] = (every[group][0] + 1, every[group][1] + int(row.valid))
        if row.uploaded_by_id:
            mine = group, row.uploaded_by_id
            own[mine] = (own[mine][0] + 1, own[mine][1] + int(row.valid))
    files = Files(dict(every), dict(own))
    was = {group: new_id() for group in groups.values()}
    levels = {was[group]: _people(json.loads(held)) for (_, held), group in groups.items()}
    now = {group: after.folders[folder_id] for (folder_id, _), group in groups.items()}
    return Outcome(was, levels, after.own, files), replace(after, folders=now, files=files)


def _together(one: Preview, other: Preview) -> Preview:
    """Both in one: numbers add up, person by person."""
    sums: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    names = {}
    counts = [part.name for part in fields(PersonEffect) if part.name not in ("person_id", "person_name")]
    for effect in (*one.people, *other.people):
        names[effect.person_id] = effect.person_name
        for name in counts:
            sums[effect.person_id][name] += getattr(effect, name)
    people = tuple(PersonEffect(ident, names[ident], **sums[ident]) for ident in names)
    return replace(one, people=people, is_empty=one.is_empty and other.is_empty)


def _people(held: dict[str, int]) -> dict[uuid.UUID, int]:
    return {uuid.UUID(who): level for who, level in held.items()}


def _within(after: Outcome, wanted: set[uuid.UUID]) -> Files:
    if after.files is None:
        raise ValueError("restores are compared with their files")
    return Files(
        all={ident: counts for ident, counts in after.files.all.items() if ident in wanted},
        own={pair: counts for pair, counts in after.files.own.items() if pair[0] in wanted},
    )
