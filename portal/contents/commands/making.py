"""From a version of a file to its thumbnail, pages, document and words. Runs in workers; each step may come twice."""

from __future__ import annotations

import uuid
from pathlib import Path

import structlog
from botocore.exceptions import ClientError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.contents import child
from portal.contents.commands.keeping import keep, mark
from portal.contents.formats import AUDIO, HEAD_BYTES, VIDEO, agrees, kind_of
from portal.contents.models import Preview, Rendition
from portal.files.models import File, FileVersion
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.kit.names import extension
from portal.outbox import RetryLater

log = structlog.get_logger(__name__)

# What is larger is downloaded, not shown. Sound and video are played from the store and never read here.
MOST_BYTES = 100 * 1024**2
# Pages are made in groups: whoever looks at one turns to the next.
GROUP = 8


class TooMuch(Exception):
    """The object is larger than what is opened."""


class Subject:
    """A version and what is known of its file, free of the session."""

    def __init__(self, version: FileVersion, file: File) -> None:
        self.version_id, self.file_id, self.client_id = version.id, file.id, file.client_id
        self.object_key, self.size = version.object_key, version.size
        self.ending = extension(file.name)
        self.kind = kind_of(self.ending)
        self.quarantine = version.quarantine


def make(version_id: str) -> None:
    """Make what shows this version. Done before, or gone, or held back by the virus check: nothing happens.

    A file that cannot be shown is marked so and logged once; it is not tried again.

    :raises RetryLater: the store does not answer.
    """
    subject = _subject(uuid.UUID(version_id))
    if subject is None or subject.quarantine or not _begin(subject.version_id):
        return
    if not subject.kind or subject.size == 0:
        mark(subject.version_id, "none")
        return
    try:
        with child.workshop() as folder:
            _make(subject, folder)
    except storage.StoreAway as away:
        raise RetryLater(str(away)) from away
    except (ClientError, TooMuch) as error:
        _fail(subject, str(error)[:200])


def _make(subject: Subject, folder: Path) -> None:
    head = next(iter(storage.read(subject.object_key, HEAD_BYTES)), b"")
    if not agrees(subject.ending, head):
        _fail(subject, f"is not what its ending “{subject.ending}” says")
    elif subject.kind in (AUDIO, VIDEO):
        mark(subject.version_id, "ready", kind=subject.kind)
    else:
        _fetch(subject, folder / "source")
        result = child.run(folder, {"kind": subject.kind, "ending": subject.ending})
        if "failed" in result:
            _fail(subject, result["failed"])
        else:
            keep(subject, folder, result)


def make_pages(version_id: str, first: int) -> None:
    """Make the pages of a PDF from ``first`` on that are not there yet, eight at most.

    :raises RetryLater: the store does not answer.
    """
    subject = _subject(uuid.UUID(version_id))
    numbers = _missing(uuid.UUID(version_id), first)
    if subject is None or subject.quarantine or not numbers:
        return
    try:
        with child.workshop() as folder:
            _fetch(subject, folder / "source")
            result = child.run(folder, {"kind": subject.kind, "numbers": numbers})
            if "failed" not in result:
                keep(subject, folder, result)
                return
            log.warning("contents.pages_failed", version_id=version_id, first=first, reason=result["failed"])
            for number in numbers:
                _make_one(subject, folder, number)
    except storage.StoreAway as away:
        raise RetryLater(str(away)) from away


def _make_one(subject: Subject, folder: Path, number: int) -> None:
    """One page by itself; a page that cannot be drawn is kept as an empty sheet, so that nobody asks for it again."""
    result = child.run(folder, {"kind": subject.kind, "numbers": [number]})
    if "failed" in result:
        from portal.contents.maker.made import Made
        from portal.contents.maker.pdf import crossed_out
        from portal.contents.maker.pictures import add_picture

        made = Made(folder, kind=subject.kind)
        add_picture(made, crossed_out(), number=number)
        result = made.said()
    keep(subject, folder, result)


def _subject(version_id: uuid.UUID) -> Subject | None:
    row = db.session.execute(
        select(FileVersion, File).join(File, File.id == FileVersion.file_id).where(FileVersion.id == version_id)
    ).one_or_none()
    subject = Subject(*row) if row is not None else None
    db.session.rollback()
    return subject


@transactional
def _begin(version_id: uuid.UUID) -> bool:
    """True where there is something to make."""
    db.session.execute(insert(Preview).values(version_id=version_id).on_conflict_do_nothing())
    return db.session.scalar(select(Preview.state).where(Preview.version_id == version_id)) == "waiting"


def _missing(version_id: uuid.UUID, first: int) -> list[int]:
    """Numbers of the pages from ``first`` on that are not kept yet, eight at most."""
    preview = db.session.get(Preview, version_id)
    last = min(first + GROUP - 1, preview.pages if preview is not None and preview.kind == "pages" else 0)
    held = select(Rendition.number).where(
        Rendition.version_id == version_id, Rendition.kind == "page", Rendition.number.between(first, last)
    )
    known = set(db.session.scalars(held))
    db.session.rollback()
    return [number for number in range(max(first, 1), last + 1) if number not in known]


def _fetch(subject: Subject, target: Path) -> None:
    """The content as a file.

    :raises TooMuch: it is larger than what is opened.
    """
    if subject.size > MOST_BYTES:
        raise TooMuch(f"has {subject.size} bytes")
    written = 0
    with target.open("wb") as out:
        for chunk in storage.read(subject.object_key):
            written += len(chunk)
            if written > MOST_BYTES:
                raise TooMuch("is larger than its row says")
            out.write(chunk)


def _fail(subject: Subject, reason: str) -> None:
    log.warning("contents.not_shown", version_id=str(subject.version_id), ending=subject.ending, reason=reason)
    mark(subject.version_id, "failed", reason=reason)
