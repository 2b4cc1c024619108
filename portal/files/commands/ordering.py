"""The firm's own order of a folder: folders among folders, files among files."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, text

from portal import activity
from portal.files.commands.naming import lock_folder
from portal.files.commands.regions import reread
from portal.files.models import File, Folder
from portal.files.refusals import Gone
from portal.kit.db import db, transactional
from portal.permissions.commands import lock_client


@transactional
def put_before(folder: Folder, ids: Collection[uuid.UUID], *, before: uuid.UUID | None, actor: Any) -> None:
    """Put sub-folders or files of a folder before another of their kind, in the order that they have among themselves.

    Everybody sees this order who has not chosen one of their own. Six statements, whatever the number: the present
    order is read and written inside one transaction, so that two people who order at once do not mix theirs up.

    :param ids: folders or files of it; of both kinds, only those of the same kind as ``before`` move.
    :param before: the one to stand before; None for the end.
    :raises Gone: one of them is not in this folder any more.
    """
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    present = {model: _present(model, folder) for model in (Folder, File)}
    for model in _kinds(present, ids, before):
        moved = [ident for ident in present[model] if ident in ids]
        rest = [ident for ident in present[model] if ident not in ids]
        if before in moved or not moved:
            continue
        place = rest.index(before) if before is not None else len(rest)
        _write(model, present[model], [*rest[:place], *moved, *rest[place:]])
    reread(folder.client_id)
    activity.record(activity.verbs.FOLDER_ORDERED, actor=actor, folder=folder)


def _kinds(present: dict[Any, list[uuid.UUID]], ids: Collection[uuid.UUID], before: uuid.UUID | None) -> list[Any]:
    """The kinds that move: that of ``before``, or those of the ids."""
    known = {ident for found in present.values() for ident in found}
    if not ids or not set(ids) <= known or (before is not None and before not in known):
        raise Gone()
    return [model for model, found in present.items() if before is None or before in found]


def _present(model: Any, folder: Folder) -> list[uuid.UUID]:
    above = Folder.parent_id if model is Folder else File.folder_id
    rows = select(model.id).where(above == folder.id, model.bin_id.is_(None))
    return list(db.session.execute(rows.order_by(model.position, model.name_key, model.id)).scalars())


def _write(model: Any, present: Sequence[uuid.UUID], wanted: Sequence[uuid.UUID]) -> None:
    """Numbers below 0, so that what comes later, with 0, stands behind what was put into order."""
    if list(present) == list(wanted):
        return
    db.session.execute(
        text(
            f"UPDATE {model.__tablename__} AS kept SET position = wanted.position"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS int[])) AS wanted (id, position)"
            " WHERE kept.id = wanted.id AND kept.position <> wanted.position"
        ),
        {"ids": list(wanted), "positions": [number - len(wanted) for number in range(len(wanted))]},
    )
    if model is File:
        for known in [row for row in db.session().identity_map.values() if isinstance(row, File)]:
            db.session.expire(known, ["position"])
