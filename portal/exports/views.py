"""Ask for a workbook, watch it being made, fetch it."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user

from portal.exports import commands, parameters
from portal.exports.models import Export
from portal.exports.policies import can_export, can_fetch_export
from portal.exports.queries import visible_exports
from portal.kit import storage
from portal.kit.db import db
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

bp = Blueprint("exports", __name__)


@bp.get("/exports")
@allowed(can_export)
def index() -> ResponseReturnValue:
    """One's own exports, newest first."""
    found = page_of(
        visible_exports(current_viewer()).order_by(Export.id.desc()), size=50, place=request.args.get("after")
    )
    return render_template("exports/index.html", exports=found.items, next_place=found.next_place)


@bp.post("/exports")
@allowed(can_export)
def create() -> ResponseReturnValue:
    """Promise a workbook; ``what`` is ``current`` or ``everything``, the rest are the table's filters and columns."""
    wanted = parameters.clean(request.values.to_dict(flat=False), request.values.getlist("columns"))
    export = commands.request_export(actor=current_user, parameters=wanted, language=get_locale().language)
    return redirect_to("exports.show", export_id=export.id)


@bp.get("/exports/<uuid:export_id>")
@allowed(can_fetch_export, export=visible_exports)
def show(export: Export) -> ResponseReturnValue:
    """How far it is; the part that changes is fetched again by itself until it is done."""
    db.session.refresh(export)
    template = "exports/_progress.html" if is_fragment_request() else "exports/show.html"
    return render_template(template, export=export)


@bp.get("/exports/<uuid:export_id>/workbook")
@allowed(can_fetch_export, export=visible_exports)
def download(export: Export) -> ResponseReturnValue:
    """The workbook itself, straight from the store."""
    if export.object_key is None:
        abort(404)
    address = storage.download_url(
        export.object_key, file_name=export.file_name or "clients.xlsx", content_type=commands.XLSX
    )
    return redirect(address, code=303)
