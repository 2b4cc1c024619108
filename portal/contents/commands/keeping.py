"""Keeping what was made: objects first, then the rows that point to them, in one transaction."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.contents.models import FileText, Preview, Rendition
from portal.contents.terms import LANGUAGES, config
from portal.contents.words import body_of, folded
from portal.files.models import File, FileVersion
from portal.files.rendition_objects import PREFIX
from portal.kit import storage
from portal.kit.db import db, new_id, transactional

if TYPE_CHECKING:
    from portal.contents.commands.making import Subject


def keep(subject: Subject, folder: Path, result: dict[str, Any]) -> None:
    """Store the pictures and documents of a result, then say in the database that they are there.

    What was stored and never entered, because somebody else was quicker or the version went meanwhile, has no row and
    is swept as an orphan.

    :raises StoreAway: the store does not answer.
    """
    rows = [_stored(subject, folder, made) for made in result["files"]]
    _enter(subject.version_id, rows, result)


def _stored(subject: Subject, folder: Path, made: dict[str, Any]) -> dict[str, Any]:
    key = f"{PREFIX}{subject.client_id.hex}/{subject.version_id.hex}/{new_id().hex}"
    content = (folder / Path(made["name"]).name).read_bytes()
    storage.put(key, content, content_type=made["content_type"])
    facts = {name: made[name] for name in ("kind", "number", "content_type", "width", "height")}
    return {**facts, "id": new_id(), "version_id": subject.version_id, "object_key": key, "size": len(content)}


@transactional
def _enter(version_id: uuid.UUID, rows: list[dict[str, Any]], result: dict[str, Any]) -> None:
    # The version's row is held, so that it cannot go between this look and the commit.
    held = select(FileVersion.id).where(FileVersion.id == version_id).with_for_update(read=True, key_share=True)
    if db.session.scalar(held) is None:
        return
    if rows:
        db.session.execute(insert(Rendition).values(rows).on_conflict_do_nothing())
    if result.get("pages") or result.get("words") or rows:
        _enter_words(version_id, str(result.get("words", "")))
    if result.get("pages"):
        shown = update(Preview).where(Preview.version_id == version_id)
        facts = {"state": "ready", "kind": result["kind"], "pages": result["pages"], "reason": ""}
        db.session.execute(shown.values(**facts, made_at=func.now()))
    elif not any(row["kind"] == "page" for row in rows):
        mark(version_id, "none")


def _enter_words(version_id: uuid.UUID, words: str) -> None:
    """The words of the file whose newest version this still is; an older version's words are not searched."""
    body = body_of(words)
    if not body:
        return
    vector = word_vector(literal(folded(body), Text()))
    current = select(
        File.id, literal(version_id), File.client_id, literal(body, Text()), vector
    ).where(File.version_id == version_id)  # fmt: skip
    entered = insert(FileText).from_select(["file_id", "version_id", "client_id", "body", "words"], current)
    anew = {name: entered.excluded[name] for name in ("version_id", "client_id", "body", "words")}
    db.session.execute(entered.on_conflict_do_update(index_elements=["file_id"], set_=anew))


def word_vector(text: Any) -> Any:
    """The vector of a folded text: every word as it stands, with its place, and its stem in three languages.

    Places only of the plain words: PostgreSQL keeps 16,383 of them, and phrases are looked for as they are written.
    """
    vector: Any = func.to_tsvector(config("simple"), text)
    for language in LANGUAGES:
        vector = vector.op("||")(func.strip(func.to_tsvector(config(language), text)))
    return cast(vector, FileText.words.type)


@transactional
def mark(version_id: uuid.UUID, state: str, *, kind: str = "", reason: str = "") -> None:
    """Say how it stands with a version that needs no renditions, or gets none."""
    facts = {"state": state, "kind": kind, "reason": reason[:500], "made_at": func.now()}
    db.session.execute(update(Preview).where(Preview.version_id == version_id).values(**facts))
