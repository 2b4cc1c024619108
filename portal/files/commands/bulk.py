"""Moves of many folders and files at once: one transaction, the rights of each, and what is left is said."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from portal import activity
from portal.activity.commands import line, record_many
from portal.files.commands.confirmation import watched
from portal.files.commands.many import depths, fits_below, place_many
from portal.files.commands.naming import lock_folder, taken_keys
from portal.files.commands.permitted import viewer_of
from portal.files.models import File, Folder
from portal.files.queries import folder_level
from portal.files.refusals import OtherClient
from portal.files.selections import Chosen, Selection, read_chosen
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.permissions.commands import lock_client
from portal.permissions.levels import Level

NO_RIGHT = _l("you may not do this with them")
NAME_TAKEN = _l("there is something of this name already")
TOO_DEEP = _l("folders would be nested too deep")
INTO_ITSELF = _l("a folder cannot go into itself")
NOT_THERE = _l("they are no longer here")


class SamePlace(Refused):
    """What is to be moved is there already."""

    sentence = _l("They are in this folder already. Choose another one.")
    field = "folder"


class AllLeft(Refused):
    """Nothing of what was chosen could be done; the sentence says why."""

    sentence = _l("Nothing was changed: %(reasons)s.")
    field = "folder"


@dataclass(frozen=True)
class Left:
    """Of what was chosen, some that stayed as they were, and why. ``names`` may be fewer than ``count``."""

    reason: LazyString
    count: int
    names: tuple[str, ...] = ()


@dataclass
class Done:
    """What was done: how many of how many, what was left, and what the command made or changed, by id."""

    total: int
    done: int = 0
    left: list[Left] = field(default_factory=list)
    ids: list[uuid.UUID] = field(default_factory=list)

    def leave(self, reason: LazyString, names: Sequence[str], count: int | None = None) -> None:
        """Note what is not done."""
        many = len(names) if count is None else count
        if many:
            self.left.append(Left(reason, many, tuple(names[:3])))

    def refuse_nothing(self) -> None:
        """:raises AllLeft: nothing was done."""
        if not self.done:
            raise AllLeft(reasons="; ".join(said_left(left) for left in self.left))


def said_left(left: Left) -> str:
    """ "a.pdf, b.pdf: there is something of this name already"."""
    if not left.names:
        return str(left.reason)
    names = ", ".join(f"“{name}”" for name in left.names) + (", …" if left.count > len(left.names) else "")
    return f"{names}: {left.reason}"


@transactional
def move_chosen(selection: Selection, *, to: Folder, actor: Any, confirmed: str | None = None) -> Done:
    """Move folders and files of one folder into another of the same client. About thirty statements for any number.

    What the actor may not move, and what would meet its name there, stays and is named in the answer.

    :param confirmed: the fingerprint of the preview that was confirmed.
    :raises NeedsConfirmation: it would change who sees what, and this was not what was confirmed.
    :raises OtherClient: the target belongs to another client.
    :raises SamePlace: it is the folder in which they are.
    :raises NothingChosen: nothing of the selection is seen by the actor.
    :raises AllLeft: none could be moved.
    :raises Gone: one of the two folders was deleted meanwhile.
    """
    source = selection.folder
    if source.client_id != to.client_id:
        raise OtherClient()
    if source.id == to.id:
        raise SamePlace()

    def act() -> Done:
        return _moved(selection, to, actor)

    done: Done = watched(about(selection, to), source.client_id, act, actor=actor, confirmed=confirmed)
    return done


def about(selection: Selection, to: Folder) -> tuple[Any, ...]:
    """What a confirmation holds for: this selection and this target alone."""
    return (selection.folder.id, to.id, selection.everything, sorted(selection.ids), sorted(selection.without))


def lock_both(source: Folder, to: Folder) -> tuple[Folder, Folder]:
    """Hold both folders until the transaction ends, in one order for everybody.

    :raises Gone: one of them was deleted meanwhile.
    """
    held = {ident: lock_folder(ident) for ident in sorted({source.id, to.id})}
    return held[source.id], held[to.id]


def _moved(selection: Selection, to: Folder, actor: Any) -> Done:
    lock_client(to.client_id)
    source, to = lock_both(selection.folder, to)
    viewer = viewer_of(actor)
    chosen = read_chosen(viewer, selection)
    done = Done(chosen.total)
    done.leave(NOT_THERE, [], chosen.missing)
    folders, files = permitted(chosen, folder_level(viewer, source), done)
    folders = [row for row in folders if not _is_inside(row, to, done)]
    folders = _fitting(folders, to, done)
    taken = taken_keys(to.id, [row.name_key for row in (*folders, *files)])
    folders, files = (_free(rows, taken, done) for rows in (folders, files))
    done.done = len(folders) + len(files)
    done.refuse_nothing()
    place_many(folders, source=source, target=to)
    if files:
        moved = update(File).where(File.id == any_ids(row.id for row in files), File.folder_id == source.id)
        moved = moved.values(folder_id=to.id, position=0).execution_options(synchronize_session=False)
        db.session.execute(moved)
        forget_files()
    _note_moves(folders, files, source, to, actor)
    return done


def permitted(chosen: Chosen, above: Level, done: Done) -> tuple[list[Any], list[Any]]:
    """Those that the actor may move or delete: *full* on the folder itself, for files on the one that holds them."""
    folders = [row for row in chosen.folders if row.level == Level.FULL]
    files = chosen.files if above == Level.FULL else []
    kept = {row.id for row in (*folders, *files)}
    done.leave(NO_RIGHT, [row.name for row in (*chosen.folders, *chosen.files) if row.id not in kept])
    return folders, list(files)


def _is_inside(row: Any, to: Folder, done: Done) -> bool:
    inside = to.path.startswith(row.path)
    if inside:
        done.leave(INTO_ITSELF, [row.name])
    return inside


def _fitting(folders: list[Any], to: Folder, done: Done) -> list[Any]:
    if not folders:
        return []
    levels = depths(to.client_id, [row.path for row in folders])
    deep = {row.id for row in folders if not fits_below(to, levels.get(row.path, 1))}
    done.leave(TOO_DEEP, [row.name for row in folders if row.id in deep])
    return [row for row in folders if row.id not in deep]


def _free(rows: list[Any], taken: set[str], done: Done) -> list[Any]:
    done.leave(NAME_TAKEN, [row.name for row in rows if row.name_key in taken])
    return [row for row in rows if row.name_key not in taken]


def _note_moves(folders: list[Any], files: list[Any], source: Folder, to: Folder, actor: Any) -> None:
    told = activity.verbs
    facts = {"actor": actor, "before": source.name}
    lines = [
        *(line(told.FOLDER_MOVED, folder=Named(row.id, row.name, to), target=to.name, **facts) for row in folders),
        *(line(told.FILE_MOVED, folder=to, file=Named(row.id, row.name, to), **facts) for row in files),
    ]
    record_many(lines)


class Named:
    """What the log needs to know of a row: its id, name and client."""

    def __init__(self, ident: uuid.UUID, name: str, near: Folder) -> None:
        self.id, self.name, self.client_id, self.folder_id = ident, name, near.client_id, near.id


def forget_files() -> None:
    """Files that this session has at hand are read anew: statements changed them behind its back."""
    for known in list(db.session().identity_map.values()):
        if isinstance(known, File):
            db.session.expire(known)
