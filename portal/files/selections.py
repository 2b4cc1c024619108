"""What somebody chose in a folder: by id, or all of it without a few."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries import visible_files
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.permissions.levels import Level
from portal.permissions.queries import with_level

# As many are taken in one go: beyond that a single transaction would hold the client for too long.
MOST_CHOSEN = 10_000

_FOLDER = (Folder.id, Folder.name, Folder.name_key, Folder.path, Folder.scope_id, Folder.starts_scope)
_FILE = (File.id, File.name, File.name_key)


class NothingChosen(Refused):
    """No id that the viewer sees in this folder."""

    sentence = _l("Choose at least one folder or file.")


class TooMuchChosen(Refused):
    """More than can be done in one go."""

    sentence = _l("This is too much at once: choose 10,000 folders and files at most.")


@dataclass(frozen=True)
class Selection:
    """What was chosen in a folder.

    :param ids: folders and files of it.
    :param everything: all that the viewer sees there, also what no page has shown yet; ``ids`` then stays empty.
    :param without: what was taken out of ``everything`` again.
    """

    folder: Folder
    ids: frozenset[uuid.UUID] = frozenset()
    everything: bool = False
    without: frozenset[uuid.UUID] = frozenset()

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The same as hidden fields of a form."""
        if self.everything:
            return [("all", "1"), *(("without", str(ident)) for ident in sorted(self.without))]
        return [("item", str(ident)) for ident in sorted(self.ids)]


@dataclass(frozen=True)
class Chosen:
    """What the viewer sees of a selection: rows with id, name, name_key; those of folders also with path and level.

    ``missing`` counts ids of which the viewer sees nothing: gone, or never theirs.
    """

    folders: list[Any] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)
    missing: int = 0

    @property
    def total(self) -> int:
        """How many were chosen."""
        return len(self.folders) + len(self.files) + self.missing

    @property
    def names(self) -> list[str]:
        """The names of all, folders first."""
        return [row.name for row in (*self.folders, *self.files)]


def selection_of(
    folder: Folder, items: Iterable[str], *, everything: bool = False, without: Iterable[str] = ()
) -> Selection:
    """A selection from what a form sent.

    :raises NothingChosen: no id at all, or something that is none.
    :raises TooMuchChosen: more than 10,000.
    """
    ids: frozenset[uuid.UUID] = frozenset() if everything else ids_sent(items)
    if not ids and not everything:
        raise NothingChosen()
    return Selection(folder, ids, everything, ids_sent(without))


def read_chosen(viewer: Viewer, selection: Selection) -> Chosen:
    """What the viewer sees of a selection, by name. Two statements, whatever the number.

    :raises NothingChosen: nothing of it.
    :raises TooMuchChosen: more than 10,000.
    """
    folders = _narrowed(_folders_seen(viewer, selection.folder), Folder, selection)
    files: Any = visible_files(viewer).with_only_columns(*_FILE).where(File.folder_id == selection.folder.id)
    files = _narrowed(files, File, selection)
    chosen = Chosen(list(db.session.execute(folders).all()), list(db.session.execute(files).all()))
    if len(chosen.folders) > MOST_CHOSEN or len(chosen.files) > MOST_CHOSEN:
        raise TooMuchChosen()
    if not chosen.total:
        raise NothingChosen()
    missing = max(0, len(selection.ids) - chosen.total)
    return Chosen(chosen.folders, chosen.files, missing)


def _folders_seen(viewer: Viewer, folder: Folder) -> Select[Any]:
    """Sub-folders in which the viewer has a level. Those that are shown as a path only can be opened, and no more."""
    facts: Any = select(*_FOLDER)
    rows, level = with_level(
        facts, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id, at_least=Level.DEPOSIT
    )
    rows = rows.add_columns(level.label("level"))
    return rows.where(Folder.parent_id == folder.id, Folder.bin_id.is_(None))


def _narrowed(rows: Select[Any], model: Any, selection: Selection) -> Select[Any]:
    if not selection.everything:
        rows = rows.where(model.id == any_ids(selection.ids))
    elif selection.without:
        rows = rows.where(model.id.not_in(select(func.unnest(_array(selection.without)))))
    return rows.order_by(model.name_key, model.id).limit(MOST_CHOSEN + 1)


def _array(ids: Collection[uuid.UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid()))


def ids_sent(texts: Iterable[str]) -> frozenset[uuid.UUID]:
    """The ids that a form sent.

    :raises NothingChosen: something among them is none.
    :raises TooMuchChosen: more than 10,000.
    """
    try:
        found = frozenset(uuid.UUID(text) for text in texts)
    except ValueError:
        raise NothingChosen() from None
    if len(found) > MOST_CHOSEN:
        raise TooMuchChosen()
    return found
