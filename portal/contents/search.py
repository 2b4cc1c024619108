"""Files that hold words in their name or in their text, as far as the viewer sees them at this moment."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, not_, select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.contents.models import FileText
from portal.contents.passages import Piece, marked, passage, stems_of
from portal.contents.terms import Terms, parse, text_query
from portal.files.models import File, Folder
from portal.files.queries import visible_files
from portal.files.queries.paths import ids_above
from portal.kit.db import db

SIZE = 20
# With this many clients or fewer, saying which ones is quicker than asking each file's folder.
FEW_CLIENTS = 100
# Words that find no more than this are looked up first, whoever asks; the reader's rights narrow what they found.
FEW_HITS = 1000
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
    narrowed, is_wide = _narrowed(viewer, question)
    hits: list[tuple[File, str]] = []
    if part == NAME:
        few = _few(select(File.id).where(*_in_name(terms))) if is_wide else None
        by_name = _page(narrowed.where(*_in_name(terms)), before, SIZE + 1, few)
        hits = [(file, NAME) for file in by_name]
        before = None
    if len(hits) <= SIZE:
        few = _few(select(FileText.file_id).where(FileText.words.op("@@")(text_query(terms)))) if is_wide else None
        hits += [(file, TEXT) for file in _page(_by_text(narrowed, terms), before, SIZE + 1 - len(hits), few)]
    shown = hits[:SIZE]
    following = f"{shown[-1][1]}:{shown[-1][0].id.hex}" if len(hits) > SIZE else None
    return Found(_results(shown, terms), following)


def _narrowed(viewer: Viewer, question: Question) -> tuple[Select[Any], bool]:
    """(the files in question, are they those of many clients)."""
    selected = visible_files(viewer)
    is_wide = question.client_id is None
    if question.client_id is not None:
        selected = selected.where(File.client_id == question.client_id)
    elif not viewer.sees_all:
        seen: Any = visible_clients(viewer)
        ids = list(db.session.scalars(seen.with_only_columns(Client.id).order_by(None).limit(FEW_CLIENTS + 1)))
        if len(ids) <= FEW_CLIENTS:
            selected, is_wide = selected.where(File.client_id.in_(ids)), False
    if question.format in FORMATS:
        selected = selected.where(File.ext.in_(FORMATS[question.format]))
    if question.period in PERIODS:
        selected = selected.where(File.uploaded_at > func.now() - PERIODS[question.period])
    return selected, is_wide


def _few(ids: Select[Any]) -> list[uuid.UUID] | None:
    """What the words alone find, where that is little; None where it is much.

    Asked without an order: a planner that takes a rare word for a common one would walk through all files by their
    ids, hoping to find a page full soon.
    """
    found = list(db.session.scalars(ids.limit(FEW_HITS + 1)))
    return found if len(found) <= FEW_HITS else None


def _in_name(terms: Terms) -> list[Any]:
    wanted = [File.search_key.contains(text, autoescape=True) for text in (*terms.words, *terms.phrases)]
    return wanted + [not_(File.search_key.contains(text, autoescape=True)) for text in terms.without]


def _by_text(narrowed: Select[Any], terms: Terms) -> Select[Any]:
    """Files by their text; those whose name was enough stand on an earlier page."""
    selected = narrowed.join(FileText, FileText.file_id == File.id)
    return selected.where(FileText.words.op("@@")(text_query(terms)), not_(and_(*_in_name(terms))))


def _page(selected: Select[Any], before: uuid.UUID | None, size: int, few: list[uuid.UUID] | None = None) -> list[File]:
    if few is not None:
        selected = selected.where(File.id.in_(few))
    # By id, which tells the moment of creation: with a common word the newest are found without finding all.
    if before is not None:
        selected = selected.where(File.id < before)
    return list(db.session.scalars(selected.order_by(File.id.desc()).limit(size)))


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
