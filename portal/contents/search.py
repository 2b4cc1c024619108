"""Files that hold words in their name or in their text, as far as the viewer sees them at this moment."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, not_, or_, select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.contents.models import FileText
from portal.contents.passages import Piece, marked, passage, stems_of
from portal.contents.seeking import FEW_CLIENTS, Reach, Words, newest
from portal.contents.terms import BEFORE_A_WORD, Terms, begins_word, parse, text_query
from portal.files.models import File, Folder
from portal.files.queries import visible_files
from portal.files.queries.paths import ids_above
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from portal.permissions.queries import with_level

SIZE = 20
# How many files a search walks through before it looks the words up. To unpack a text costs more than to read a name.
NAMES_WALKED, TEXTS_WALKED = 20_000, 5_000
NAME, TEXT = "name", "text"

FORMATS: dict[str, tuple[str, ...]] = {
    "pdf": ("pdf",),
    "text": ("docx", "doc", "odt", "rtf", "txt", "md"),
    "sheet": ("xlsx", "xls", "xlsm", "ods", "csv"),
    "slides": ("pptx", "ppt", "odp"),
    "image": ("jpg", "jpeg", "png", "heic", "tif", "tiff", "webp", "gif"),
    "mail": ("eml", "msg"),
}
PERIODS = {"7": timedelta(days=7), "30": timedelta(days=30), "365": timedelta(days=365)}


@dataclass(frozen=True)
class Question:
    """What is looked for, and where. Unknown formats and periods narrow nothing."""

    typed: str = ""
    client_id: uuid.UUID | None = None
    format: str = ""
    period: str = ""

    @property
    def terms(self) -> Terms:
        """What was typed, taken apart."""
        return parse(self.typed)


@dataclass(frozen=True)
class Result:
    """One file: where it stands, and why it was found. ``path`` are folders from the top down."""

    file: File
    client: Client
    path: list[Folder]
    why: str
    name: list[Piece]
    passage: list[Piece] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """A page of results: those by name come first. ``next_place`` is None at the end."""

    results: list[Result]
    next_place: str | None = None


def search(viewer: Viewer, question: Question, *, place: str | None = None) -> Found:
    """Visible files whose name or text holds all the words, newest first; names before texts.

    :param place: where the page before ended, as it gave it; a forged one gives the first page.
    """
    terms = question.terms
    if terms.is_empty:
        return Found([])
    part, before = _place(place)
    narrowed, reach = _narrowed(viewer, question)
    hits: list[tuple[File, str]] = []
    if part == NAME:
        by_name = newest(narrowed, _names(terms), reach, before=before, size=SIZE + 1)
        hits = [(file, NAME) for file in by_name]
        before = None
    if len(hits) <= SIZE:
        # Files whose name was enough stand on an earlier page.
        others = narrowed.join(FileText, FileText.file_id == File.id).where(not_(and_(*_in_name(terms))))
        by_text = newest(others, _texts(terms), reach, before=before, size=SIZE + 1 - len(hits))
        hits += [(file, TEXT) for file in by_text]
    shown = hits[:SIZE]
    following = f"{shown[-1][1]}:{shown[-1][0].id.hex}" if len(hits) > SIZE else None
    return Found(_results(shown, terms), following)


def _narrowed(viewer: Viewer, question: Question) -> tuple[Select[Any], Reach]:
    """The files in question, as far as the viewer sees them, and the clients to which they belong."""
    selected = visible_files(viewer)
    if question.format in FORMATS:
        selected = selected.where(File.ext.in_(FORMATS[question.format]))
    if question.period in PERIODS:
        selected = selected.where(File.uploaded_at > func.now() - PERIODS[question.period])
    reach = _reach(viewer, question)
    # Said of both tables, so that the planner may begin with either.
    return selected.where(*([] if reach.is_wide else reach.on(File.client_id))), reach


def _reach(viewer: Viewer, question: Question) -> Reach:
    if question.client_id is not None:
        return _reached(viewer, [question.client_id])
    if viewer.sees_all:
        return Reach()
    seen: Any = visible_clients(viewer)
    mine = seen.with_only_columns(Client.id).order_by(None)
    ids = list(db.session.scalars(mine.limit(FEW_CLIENTS + 1)))
    return _reached(viewer, ids) if len(ids) <= FEW_CLIENTS else Reach()


def _reached(viewer: Viewer, ids: list[uuid.UUID]) -> Reach:
    return Reach(ids, None if _reads_in(viewer, Reach(ids)) else viewer.person_id)


def _reads_in(viewer: Viewer, reach: Reach) -> bool:
    """Whether the viewer has more than *deposit* anywhere in these clients."""
    if viewer.sees_all:
        return True
    readable, _ = with_level(
        select(Scope.id), viewer, scope_id=Scope.id, client_id=Scope.client_id, at_least=Level.READ
    )
    return db.session.scalar(readable.where(*reach.on(Scope.client_id)).limit(1)) is not None


def _names(terms: Terms) -> Words:
    return Words(File.id, File.client_id, and_(*_in_name(terms)), NAMES_WALKED)


def _texts(terms: Terms) -> Words:
    holds = FileText.words.op("@@")(text_query(terms))
    return Words(FileText.file_id, FileText.client_id, holds, TEXTS_WALKED)


def _in_name(terms: Terms) -> list[Any]:
    return [*map(_holds, (*terms.words, *terms.phrases)), *(not_(_holds(text)) for text in terms.without)]


def _holds(text: str) -> Any:
    key = File.search_key
    if begins_word(text):
        # Each is answered by the index of trigrams, which drops a single letter of a regular expression.
        return or_(key.startswith(text), *(key.contains(sign + text, autoescape=True) for sign in BEFORE_A_WORD))
    return key.contains(text, autoescape=True)


def _place(place: str | None) -> tuple[str, uuid.UUID | None]:
    found = re.fullmatch(r"(name|text):([0-9a-f]{32})", place or "")
    return (found.group(1), uuid.UUID(found.group(2))) if found else (NAME, None)


def _results(hits: list[tuple[File, str]], terms: Terms) -> list[Result]:
    files = [file for file, _why in hits]
    paths = _paths({file.folder_id for file in files})
    clients = {client.id: client for client in _by_ids(Client, {file.client_id for file in files})}
    bodies = _bodies([file.id for file, why in hits if why == TEXT])
    stems = stems_of(terms) if bodies else []
    return [
        Result(
            file, clients[file.client_id], paths[file.folder_id], why, marked(file.name, terms.all_words, inside=True),
            passage(bodies[file.id], stems) if file.id in bodies else [],
        )
        for file, why in hits
    ]  # fmt: skip


def _bodies(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not ids:
        return {}
    rows: Any = db.session.execute(select(FileText.file_id, FileText.body).where(FileText.file_id.in_(ids))).all()
    return dict(rows)


def _paths(folder_ids: set[uuid.UUID]) -> dict[uuid.UUID, list[Folder]]:
    """The way to each folder. Every folder above a visible file leads to it, so its name may be shown (as a path)."""
    folders = {folder.id: folder for folder in _by_ids(Folder, folder_ids)}
    ways = {ident: [*ids_above(folder.path), ident] for ident, folder in folders.items()}
    above = {ident for way in ways.values() for ident in way} - folders.keys()
    folders |= {folder.id: folder for folder in _by_ids(Folder, above)}
    return {ident: [folders[step] for step in way if step in folders] for ident, way in ways.items()}


def _by_ids(model: Any, ids: set[uuid.UUID]) -> list[Any]:
    return list(db.session.scalars(select(model).where(model.id.in_(ids))).unique()) if ids else []
