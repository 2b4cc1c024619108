"""Proof of what was deposited: written where the file is published, mailed a little later, once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.files import reaper
from portal.files.models import File, FileVersion, Folder, Receipt, ReceiptLine
from portal.files.queries import folder_level
from portal.files.receipt_pdf import file_name, receipt_pdf
from portal.files.receipts import receipt_mail, receipt_page
from portal.kit.bulk import insert_rows
from portal.kit.clock import now
from portal.kit.db import db, new_id, transactional
from portal.kit.mail import Attachment
from portal.kit.storage import StoreAway
from portal.mailer.commands import send
from portal.mailer.rendering import attaches
from portal.outbox import emit, keep_lease
from portal.outbox.registry import RetryLater
from portal.permissions.levels import Level

# What one person puts into one folder within this time is one receipt, and the mail leaves when it is over.
TOGETHER = timedelta(minutes=2)


def add_to_receipt(viewer: Viewer, folder: Folder, file: File) -> None:
    """Put a file that was published just now onto a receipt, where the person may only deposit.

    Part of the publishing transaction, which holds the folder's row: two files of one person do not open two receipts.
    """
    if folder_level(viewer, folder) is not Level.DEPOSIT:
        return
    version = db.session.scalars(select(FileVersion).where(FileVersion.id == file.version_id)).one()
    # A content that came in parts has no SHA-256 of the whole yet: "" says that it is being computed.
    line = ReceiptLine(
        receipt_id=_open_receipt(viewer, folder), version_id=version.id, name=file.name, size=version.size,
        sha256=version.sha256 or "",
    )  # fmt: skip
    db.session.add(line)


def add_all_to_receipt(viewer: Viewer, folder: Folder, contents: Sequence[Mapping[str, Any]]) -> None:
    """:func:`add_to_receipt` of many files that were published just now, in a bounded number of statements.

    :param contents: ``{"version_id", "name", "size", "sha256"}`` of each, the checksum in hex.
    """
    if contents and folder_level(viewer, folder) is Level.DEPOSIT:
        receipt_id = _open_receipt(viewer, folder)
        insert_rows(ReceiptLine, [{"id": new_id(), "receipt_id": receipt_id, **content} for content in contents])


def _open_receipt(viewer: Viewer, folder: Folder) -> uuid.UUID:
    """The id of the receipt that still takes files, locked against the mail; a new one where there is none."""
    found = db.session.scalar(
        select(Receipt.id)
        .where(
            Receipt.person_id == viewer.person_id,
            Receipt.folder_id == folder.id,
            Receipt.mailed_at.is_(None),
            Receipt.created_at > func.now() - TOGETHER,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
        .with_for_update()
    )
    if found is not None:
        return found
    receipt = Receipt(
        person_id=viewer.person_id, client_id=folder.client_id, folder_id=folder.id, folder_name=folder.name
    )
    db.session.add(receipt)
    db.session.flush()  # its lines refer to it
    emit("files.mail_receipt", at=now() + TOGETHER, receipt_id=receipt.id)
    return receipt.id


def mail_receipt(receipt_id: str) -> None:
    """Bring a receipt on its way: compute the checksums that are missing, then promise the mail.

    May be run twice, or be killed at any point: the mail and the mark that it was mailed are one transaction.

    :raises RetryLater: a content cannot be read now, or a file is being added at this moment.
    """
    ident = uuid.UUID(receipt_id)
    _compute_checksums(ident)
    if not _mail(ident):
        raise RetryLater("a file was added to the receipt", after=timedelta(seconds=5))


def _compute_checksums(receipt_id: uuid.UUID) -> None:
    for version_id in _without_checksum(receipt_id):
        try:
            reaper.hash_version(str(version_id))
        except StoreAway as away:
            raise RetryLater(str(away)) from away
        keep_lease()
    _copy_checksums(receipt_id)


def _without_checksum(receipt_id: uuid.UUID) -> list[uuid.UUID]:
    """Versions of the receipt that are there and whose checksum nobody has computed."""
    lines = (
        select(FileVersion.id)
        .join(ReceiptLine, ReceiptLine.version_id == FileVersion.id)
        .where(ReceiptLine.receipt_id == receipt_id, FileVersion.sha256.is_(None))
    )
    found = list(db.session.scalars(lines))
    db.session.rollback()  # reading a large content must not hold a transaction open
    return found


@transactional
def _copy_checksums(receipt_id: uuid.UUID) -> None:
    """A receipt outlives its files, so it holds the checksums itself."""
    db.session.execute(
        update(ReceiptLine)
        .where(
            ReceiptLine.receipt_id == receipt_id,
            ReceiptLine.sha256 == "",
            FileVersion.id == ReceiptLine.version_id,
            FileVersion.sha256.is_not(None),
        )
        .values(sha256=FileVersion.sha256)
        .execution_options(synchronize_session=False)
    )


@transactional
def _mail(receipt_id: uuid.UUID) -> bool:
    """Promise the mail and mark the receipt, both or neither. False where a line still lacks its checksum."""
    receipt = db.session.scalars(
        select(Receipt).where(Receipt.id == receipt_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if receipt is None or receipt.mailed_at is not None:
        return True
    if _without_checksum_now(receipt_id):
        return False
    person = db.session.get(Person, receipt.person_id)
    receipt.mailed_at = func.clock_timestamp()
    # A closed account gets no mail; what was deposited stays on the receipt's page for the firm.
    if person is not None and person.disabled_at is None:
        send("receipt", to=person, client_id=receipt.client_id, **receipt_mail(receipt, person))
    return True


def _without_checksum_now(receipt_id: uuid.UUID) -> bool:
    """A file may have been added between the computing and the lock. One that was erased meanwhile stays without."""
    lines = (
        select(ReceiptLine.id)
        .join(FileVersion, FileVersion.id == ReceiptLine.version_id)
        .where(ReceiptLine.receipt_id == receipt_id, ReceiptLine.sha256 == "")
        .limit(1)
    )
    return db.session.scalar(lines) is not None


@attaches("receipt")
def attach_receipt(context: Mapping[str, Any]) -> list[Attachment]:
    """The receipt as a PDF for its mail, made anew at every try to send it."""
    receipt = db.session.get(Receipt, uuid.UUID(context["receipt_id"]))
    if receipt is None:
        return []
    page = receipt_page(receipt)
    return [Attachment(file_name(page), "application/pdf", receipt_pdf(page, zone=context.get("zone")))]
