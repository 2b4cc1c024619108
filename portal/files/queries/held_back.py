"""Contents that the virus check holds back, for those who administer the firm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, select

from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import was_not_looked_into
from portal.kit.db import db
from portal.kit.paging import Page, page_of

STATES = ("waiting", "infected")


@dataclass(frozen=True)
class HeldBack:
    """A content that is held back, with what is known of it. ``alone``: its file has no other content to show."""

    version: FileVersion
    file: File
    client: Client
    folder: Folder
    person: Person | None

    @property
    def alone(self) -> bool:
        """The file itself is held back, because it has no clean content."""
        return bool(self.file.quarantine)

    @property
    def was_not_looked_into(self) -> bool:
        """The scanner let it pass by, because it is beyond its limits: it waits for an administrator."""
        return self.version.quarantine == "waiting" and was_not_looked_into(self.version.signature)


def held_back_versions(viewer: Viewer) -> Select[Any]:
    """Contents that are held back, of the clients that the viewer knows of; for administrators alone."""
    held = select(FileVersion).where(FileVersion.quarantine != "")
    if not viewer.may(Feature.SETTINGS):
        return held.where(false())
    seen: Any = visible_clients(viewer)
    known = File.client_id.in_(seen.with_only_columns(Client.id).order_by(None))
    return held.join(File, File.id == FileVersion.file_id).where(known)


def held_back_page(viewer: Viewer, *, state: str = "", size: int = 50, place: str | None = None) -> Page[HeldBack]:
    """A page of them with all that a list says, newest first. Two statements.

    :param state: "waiting" or "infected"; anything else narrows nothing.
    """
    page = page_of(_with_facts(viewer, state), size=size, place=place)
    return Page([HeldBack(*row) for row in page.items], page.next_place)


def held_back(viewer: Viewer, version: FileVersion) -> HeldBack:
    """One of them."""
    return HeldBack(*db.session.execute(_with_facts(viewer, "").where(FileVersion.id == version.id)).one())


def _with_facts(viewer: Viewer, state: str) -> Select[Any]:
    selected: Any = (
        held_back_versions(viewer)
        .join(Client, Client.id == File.client_id)
        .join(Folder, Folder.id == File.folder_id)
        .outerjoin(Person, Person.id == FileVersion.uploaded_by_id)
        .with_only_columns(FileVersion, File, Client, Folder, Person)
    )
    if state in STATES:
        selected = selected.where(FileVersion.quarantine == state)
    return selected.order_by(FileVersion.created_at.desc(), FileVersion.id.desc())  # type: ignore[no-any-return]
