"""What the preview page and the frame inside of it need beyond the rows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from html import escape
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.contents.formats import MEDIA_TYPES
from portal.contents.models import Rendition
from portal.contents.queries import MOST_PAGES_LISTED, Neighbours, Shown, neighbours, shown
from portal.files.models import File, FileVersion, Folder
from portal.files.order import sort_of
from portal.kit import storage
from portal.kit.db import db

# A document is as long as what it was made of, cut at about two megabytes; more than this is none of ours.
MOST_DOCUMENT = 8 * 1024**2


@dataclass(frozen=True)
class PreviewPage:
    """Everything that one file's preview shows to one viewer."""

    file: File
    client: Client
    folder: Folder
    who: Person | None
    shown: Shown
    beside: Neighbours

    @property
    def numbers(self) -> list[int]:
        """Pages to list."""
        return list(range(1, min(self.shown.pages, MOST_PAGES_LISTED) + 1))

    @property
    def is_cut(self) -> bool:
        """There are more pages than are listed."""
        return self.shown.pages > MOST_PAGES_LISTED


def preview_page(viewer: Viewer, file: File) -> PreviewPage:
    """The preview of a file that the viewer may read. A bounded number of statements."""
    return PreviewPage(
        file=file,
        client=db.session.get_one(Client, file.client_id),
        folder=db.session.get_one(Folder, file.folder_id),
        who=_person(file.uploaded_by_id),
        shown=shown(file),
        beside=neighbours(viewer, file, sort_of(viewer)),
    )


def _person(ident: uuid.UUID | None) -> Person | None:
    return db.session.get(Person, ident) if ident is not None else None


def picture_address(rendition: Rendition, file: File) -> str:
    """Where the store has a picture, good for 60 s."""
    name = f"{file.name} ({rendition.number}).webp" if rendition.number else f"{file.name}.webp"
    return storage.download_url(rendition.object_key, file_name=name, content_type=rendition.content_type)


def media_address(file: File) -> str:
    """Where the store has a sound or film, good for 60 s; whoever plays for longer asks again."""
    key = db.session.execute(select(FileVersion.object_key).where(FileVersion.id == file.version_id)).scalar_one()
    return storage.download_url(key, file_name=file.name, content_type=MEDIA_TYPES[file.ext])


def document_body(rendition: Rendition) -> str:
    """The safe HTML of a document, with our own words in the reader's language.

    :raises StoreAway: the store does not answer.
    """
    content = b""
    for chunk in storage.read(rendition.object_key):
        content += chunk
        if len(content) > MOST_DOCUMENT:
            break
    html = content[:MOST_DOCUMENT].decode("utf-8", "replace")
    for key, words in _said().items():
        html = html.replace(f"<!--said:{key}-->", words)
    return html


def _said() -> dict[str, Any]:
    cut = _("Only the beginning is shown here. Download the file to see all of it.")
    return {
        "cut": f'<p class="cut">{escape(cut)}</p>',
        "from": escape(_("From")),
        "to": escape(_("To")),
        "cc": escape(_("Copy to")),
        "date": escape(_("Date")),
        "subject": escape(_("Subject")),
        "attachments": escape(_("Attachments")),
    }
