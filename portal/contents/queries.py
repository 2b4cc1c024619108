"""What is there to show of a file, and which files stand beside it. Who may see a file was asked before."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, literal, select

from portal.accounts.viewer import Viewer
from portal.contents.formats import kind_of
from portal.contents.models import Preview, Rendition
from portal.files.models import File
from portal.files.order import Sort
from portal.files.queries import openable_files
from portal.kit.db import db

# Who opens a file just after it arrived waits for its preview; what is not made by then is not about to be.
PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Shown:
    """How a file is shown. ``kind``: pages, image, text, table, mail, audio, video; empty: by its icon alone.

    ``sizes`` are width and height in pixels of the pages that are made, by number.
    """

    kind: str
    pages: int
    is_waiting: bool
    sizes: dict[int, tuple[int, int]]

    def size_of(self, number: int) -> tuple[int, int]:
        """Width and height of a page; one that is not made yet is taken for as large as the first."""
        return self.sizes.get(number) or self.sizes.get(1) or (1400, 1980)


def shown(file: File) -> Shown:
    """What there is to show of a file's current version. Two statements at most."""
    row = db.session.execute(
        select(Preview, (Preview.created_at > func.now() - PATIENCE).label("young")).where(
            Preview.version_id == file.version_id
        )
    ).one_or_none()
    if row is None:
        # Not promised yet, or held back by the virus check.
        return Shown("", 0, is_waiting=bool(kind_of(file.ext)), sizes={})
    preview, young = row
    if preview.state != "ready":
        return Shown("", 0, is_waiting=preview.state == "waiting" and young, sizes={})
    pages = select(Rendition.number, Rendition.width, Rendition.height).where(
        Rendition.version_id == file.version_id, Rendition.kind == "page", Rendition.number <= MOST_PAGES_LISTED
    )
    sizes = {number: (width, height) for number, width, height in db.session.execute(pages).all()}
    return Shown(preview.kind, preview.pages, is_waiting=False, sizes=sizes)


# A longer document is read on paper or downloaded; a page with this many pictures still scrolls well.
MOST_PAGES_LISTED = 1000


def rendition_of(file: File, kind: str, number: int = 0) -> Rendition | None:
    """One picture or document that was made of a file's current version."""
    return db.session.scalars(
        select(Rendition).where(
            Rendition.version_id == file.version_id, Rendition.kind == kind, Rendition.number == number
        )
    ).one_or_none()


def page_count(file: File) -> int:
    """Pages of the current version's preview; 0 where there is none."""
    found = select(Preview.pages).where(Preview.version_id == file.version_id, Preview.state == "ready")
    return db.session.scalar(found) or 0


def previewed(version_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the versions whose preview is ready. One statement, for a list."""
    ready = select(Preview.version_id).where(Preview.version_id.in_(list(version_ids)), Preview.state == "ready")
    return set(db.session.scalars(ready))


def thumbnails(version_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the versions that have a thumbnail. One statement, for a list."""
    held = select(Rendition.version_id).where(
        Rendition.version_id.in_(list(version_ids)), Rendition.kind == "thumbnail", Rendition.number == 0
    )
    return set(db.session.scalars(held))


@dataclass(frozen=True)
class Neighbours:
    """The files before and after one in its folder, as (id, name); None at the ends."""

    before: Any
    after: Any


def neighbours(viewer: Viewer, file: File, sort: Sort) -> Neighbours:
    """What stands before and after a file in its folder, of the files that the viewer sees. Two statements.

    :param sort: that of the documents page, so that the arrows walk as the rows stand there.
    """
    order = sort.of_files
    here = [literal(value, column.type) for value, column in zip(order.values_of(file), order.columns, strict=True)]
    visible = openable_files(viewer).where(File.folder_id == file.folder_id).with_only_columns(File.id, File.name)

    def nearest(*, backwards: bool) -> Any:
        beyond = visible.where(order.beyond(here, backwards=backwards))
        return db.session.execute(beyond.order_by(*order.clauses(backwards=backwards)).limit(1)).one_or_none()

    return Neighbours(nearest(backwards=True), nearest(backwards=False))
