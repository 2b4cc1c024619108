"""Receipts as they are read: who sees which, and what their page and mail say."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask_babel import get_locale, get_timezone
from sqlalchemy import Select, func, or_, select, true

from portal.accounts.models import Person
from portal.accounts.queries import firm
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.models import FileVersion, Folder, Receipt, ReceiptLine
from portal.files.queries import visible_folders
from portal.kit import i18n
from portal.kit.db import db
from portal.permissions.levels import Level

# A mail of a thousand lines helps nobody; its page has them all.
MOST_IN_MAIL = 200


def visible_receipts(viewer: Viewer) -> Select[Any]:
    """One's own while one belongs to the client; for staff also those of folders that they read."""
    clients: Any = visible_clients(viewer)
    seen = select(Receipt).where(Receipt.client_id.in_(clients.with_only_columns(Client.id).order_by(None)))
    if viewer.sees_all:
        return seen
    own = Receipt.person_id == viewer.person_id
    if not viewer.is_staff:
        return seen.where(own)
    folders = visible_folders(viewer, at_least=Level.READ).with_only_columns(Folder.id)
    return seen.where(or_(own, Receipt.folder_id.in_(folders)))


def can_view_receipt(viewer: Viewer, receipt: Receipt) -> bool:
    """Whoever sees it may read it: it holds no content."""
    return True


def receipt_rows(seen: Select[Any]) -> Select[Any]:
    """Rows for a list, newest first.

    Columns: id, at, client_id, person_id, person (their name), folder_name, files (how many), size (bytes of all) and
    first (the name of one).
    """
    # Added up per receipt of the page: a grouped table would add up all there ever were.
    lines = (
        select(
            func.count().label("files"),
            func.sum(ReceiptLine.size).label("size"),
            func.min(ReceiptLine.name).label("first"),
        )
        .where(ReceiptLine.receipt_id == Receipt.id)
        .lateral()
    )
    person = func.trim(func.concat(Person.first_name, " ", Person.last_name))
    return (
        seen.with_only_columns(
            Receipt.id,
            Receipt.created_at.label("at"),
            Receipt.client_id,
            Receipt.person_id,
            func.coalesce(func.nullif(person, ""), Person.email).label("person"),
            Receipt.folder_name,
            lines.c.files,
            lines.c.size,
            lines.c.first,
        )
        .select_from(Receipt)
        .join(lines, true())
        .join(Person, Person.id == Receipt.person_id)
        .order_by(Receipt.id.desc())
    )


def own_receipts(viewer: Viewer, *, folder_id: uuid.UUID | None = None, limit: int = 5) -> list[Any]:
    """The viewer's latest receipts, of all folders or of one."""
    mine = visible_receipts(viewer).where(Receipt.person_id == viewer.person_id)
    if folder_id is not None:
        mine = mine.where(Receipt.folder_id == folder_id)
    return list(db.session.execute(receipt_rows(mine).limit(limit)))


@dataclass(frozen=True)
class ReceivedFile:
    """One line: ``sha256`` in hex, or None while it is computed; ``lost`` where the file went before it was."""

    name: str
    size: int
    at: datetime
    sha256: str | None
    lost: bool


@dataclass(frozen=True)
class ReceiptPage:
    """A receipt with all that its page and its mail say."""

    receipt: Receipt
    person: Person
    client_name: str
    firm_name: str
    files: list[ReceivedFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def is_computing(self) -> bool:
        """A checksum is not there yet."""
        return any(file.sha256 is None and not file.lost for file in self.files)


def receipt_page(receipt: Receipt) -> ReceiptPage:
    """A receipt that the viewer sees, with its lines. Three statements."""
    person, client_name = db.session.execute(
        select(Person, Client.name).join(Client, Client.id == receipt.client_id).where(Person.id == receipt.person_id)
    ).one()
    rows = db.session.execute(
        select(ReceiptLine, FileVersion.id, FileVersion.sha256)
        .outerjoin(FileVersion, FileVersion.id == ReceiptLine.version_id)
        .where(ReceiptLine.receipt_id == receipt.id)
        .order_by(ReceiptLine.id)
    )
    files = []
    for line, version_id, computed in rows:
        sha256 = line.sha256 or computed
        files.append(ReceivedFile(line.name, line.size, line.created_at, sha256, not sha256 and version_id is None))
    found = firm()
    return ReceiptPage(receipt, person, client_name, found.name if found else "", files)


def receipt_mail(receipt: Receipt, person: Person) -> dict[str, Any]:
    """What the mail of a receipt says: JSON values. Times are written out by the template in the reader's zone."""
    page = receipt_page(receipt)
    files = [
        {"name": file.name, "size": file.size, "at": file.at.isoformat(), "sha256": file.sha256 or ""}
        for file in page.files[:MOST_IN_MAIL]
    ]
    return {
        "receipt_id": receipt.id,
        "number": receipt_number(receipt.id),
        "client_name": page.client_name,
        "folder_name": receipt.folder_name,
        "person_name": person.full_name,
        "zone": person.time_zone or i18n.firm_time_zone(),
        "files": files,
        "count": len(page.files),
    }


def receipt_number(ident: uuid.UUID | str) -> str:
    """What people read to each other over the telephone: the last twelve digits of the id."""
    digits = str(ident).replace("-", "")[-12:].upper()
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def moment_in(value: datetime | str, zone: str | None = None) -> str:
    """A moment to the second with its distance from UTC, as a proof says it: "22 Nov 2026, 01:12:45 GMT+01:00".

    :param value: with time zone, or its ISO 8601.
    :param zone: a name of the IANA database; the reader's when left out.
    """
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    info = ZoneInfo(zone) if zone else get_timezone()
    return str(format_datetime(at, "d MMM y, HH:mm:ss ZZZZ", tzinfo=info, locale=get_locale()))
