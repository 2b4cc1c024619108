"""Links from lines to what they speak of, where the reader may still open it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries import visible_files, visible_folders
from portal.kit.assets import url_if
from portal.kit.db import db

_ANCHOR = Markup('<a href="{}">{}</a>')
# Addresses are built once a page and filled in per line: a thousand lines would spend most of their time in url_for.
_ANY = str(uuid.UUID(int=0))


class Links:
    """Looks up with two statements which files and folders of a page can be opened."""

    def __init__(self, rows: Sequence[Any], viewer: Viewer) -> None:
        self.files = _visible(visible_files(viewer), File.id, {row.file_id for row in rows})
        self._file_address = url_if("files.download", file_id=_ANY)
        self._folder_address = url_if("files.folder", folder_id=_ANY)
        self.folders = _visible(visible_folders(viewer), Folder.id, {row.folder_id for row in rows})

    def to_file(self, row: Any, name: Markup) -> Markup:
        """The file's name, with a link where it can be downloaded."""
        if row.file_id not in self.files:
            return name
        return _link(self._file_address, row.file_id, name)

    def to_folder(self, row: Any, name: Markup) -> Markup:
        """The folder's name, with a link where it can be opened."""
        if row.folder_id not in self.folders:
            return name
        return _link(self._folder_address, row.folder_id, name)


def _visible(selected: Any, column: Any, wanted: set[uuid.UUID | None]) -> set[uuid.UUID]:
    wanted.discard(None)
    if not wanted:
        return set()
    return set(db.session.scalars(selected.where(column.in_(wanted)).order_by(None).with_only_columns(column)))


def _link(pattern: str | None, ident: uuid.UUID, name: Markup) -> Markup:
    return _ANCHOR.format(pattern.replace(_ANY, str(ident)), name) if pattern else name
