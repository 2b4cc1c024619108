"""Receipts for what was deposited: a page to keep or print, and lists of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from portal.files.blueprint import bp
from portal.files.models import Folder, Receipt
from portal.files.policies import can_view_folder
from portal.files.queries import visible_folders
from portal.files.receipt_pdf import file_name, receipt_pdf
from portal.files.receipts import (
    can_view_receipt,
    moment_in,
    own_receipts,
    receipt_number,
    receipt_page,
    receipt_rows,
    visible_receipts,
)
from portal.kit.paging import Page, page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, signed_in

ROWS = 50

bp.add_app_template_filter(moment_in, "moment_in")
bp.add_app_template_filter(receipt_number, "receipt_number")


@bp.app_template_global()
def folder_receipts(folder: Folder) -> Page[Any]:
    """The reader's latest receipts for this folder, for the page on which they deposit."""
    return Page(own_receipts(current_viewer(), folder_id=folder.id, limit=3), None)


@bp.get("/receipts")
@signed_in
def receipts() -> ResponseReturnValue:
    """One's own receipts, newest first."""
    viewer = current_viewer()
    return _list(visible_receipts(viewer).where(Receipt.person_id == viewer.person_id), folder=None)


@bp.get("/folders/<uuid:folder_id>/receipts")
@allowed(can_view_folder, folder=visible_folders)
def receipts_of_folder(folder: Folder) -> ResponseReturnValue:
    """What was deposited into a folder, as far as the reader sees it."""
    return _list(visible_receipts(current_viewer()).where(Receipt.folder_id == folder.id), folder=folder)


def _list(seen: Any, *, folder: Folder | None) -> ResponseReturnValue:
    page = page_of(receipt_rows(seen), size=ROWS, place=request.args.get("after"))
    template = "files/_receipt_rows.html" if is_fragment_request() else "files/receipts.html"
    return render_template(template, page=page, folder=folder)


@bp.get("/receipts/<uuid:receipt_id>")
@allowed(can_view_receipt, receipt=visible_receipts)
def receipt(receipt: Receipt) -> ResponseReturnValue:
    """One receipt."""
    return render_template("files/receipt.html", page=receipt_page(receipt))


@bp.get("/receipts/<uuid:receipt_id>/document")
@allowed(can_view_receipt, receipt=visible_receipts)
def receipt_document(receipt: Receipt) -> ResponseReturnValue:
    """The receipt as a PDF to keep."""
    page = receipt_page(receipt)
    response = Response(receipt_pdf(page), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name(page), safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response
