"""What ends soon, in one place; and the last day of a file."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.accounts.models import Person
from portal.clients.models import Client
from portal.clients.queries import client_files
from portal.expirations import commands
from portal.expirations.policies import Renewing, can_limit_file, can_limit_files, can_renew_levels, can_see_endings
from portal.expirations.queries import end_of_level, ending_page, ends_of_files, person_with_level
from portal.expirations.sources import GRANT
from portal.files.models import File, Folder
from portal.files.queries import visible_files, visible_folders
from portal.files.selection_forms import left_said, sent_selection
from portal.files.selections import read_chosen
from portal.kit import days
from portal.kit.errors import Forbidden
from portal.kit.i18n import day
from portal.kit.periods import SAME, end_of, renewed_last, seen_end
from portal.kit.web import allowed, current_viewer, get_or_404, is_fragment_request, redirect_to, safe_next, wants_json

bp = Blueprint("expirations", __name__)

bp.add_app_template_filter(days.last_day, "last_day")
bp.add_app_template_global(ends_of_files, "ends_of_files")


@bp.get("/expirations")
@allowed(can_see_endings)
def index() -> ResponseReturnValue:
    """What ends within 60 days, or has ended within the last 60; of all clients in sight or of one."""
    viewer, client = current_viewer(), _client()
    over = request.args.get("state") == "ended"
    page = ending_page(viewer, client=client, over=over, place=request.args.get("after"))
    template = "expirations/_rows.html" if is_fragment_request() else "expirations/index.html"
    return render_template(template, page=page, client=client, over=over)


def _client() -> Client | None:
    raw = request.args.get("client", "")
    if not raw:
        return None
    try:
        ident = uuid.UUID(raw)
    except ValueError:
        abort(404)
    found: Client = get_or_404(client_files(current_viewer()), ident)
    return found


@bp.post("/folders/<uuid:folder_id>/people/<uuid:person_id>/renewal")
@allowed(can_renew_levels, folder=visible_folders)
def renew_level(folder: Folder, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let a person's limited level on a folder go on: ``period`` says for how long."""
    person: Person | None = person_with_level(folder, person_id)
    held = end_of_level(folder, person_id)
    if person is None or held is None:
        abort(404)
    viewer = current_viewer()
    if not Renewing(viewer, {folder.client_id}, {folder.id}).allowed(GRANT, folder.client_id, person, folder.id):
        raise Forbidden(_l("You cannot renew your own access, nor that of a colleague unless your role assigns them."))
    last = renewed_last(request.form.get("period", SAME), *held)
    commands.renew_level(folder, person, last, seen=_seen(), actor=viewer)
    flash(_("%(name)s has access until the end of %(day)s.", name=person.full_name, day=day(last)), "success")
    return _back(url_for("expirations.index"))


@bp.get("/files/<uuid:file_id>/end")
@allowed(can_limit_file, file=visible_files)
def file_end(file: File) -> ResponseReturnValue:
    """The form for the last day on which contacts see a file: a page, or what a dialog holds."""
    return _file_page(file)


@bp.post("/files/<uuid:file_id>/end")
@allowed(can_limit_file, file=visible_files)
def set_file_end(file: File) -> ResponseReturnValue:
    """Until the end of which day contacts see a file; empty: without end."""
    try:
        until = days.typed_end(request.form.get("valid_until", ""))
    except days.BadDay as refusal:
        return _file_page(file, fault=str(refusal)), refusal.status
    commands.set_file_end(file, until, actor=current_viewer())
    if until is None:
        flash(_("“%(name)s” has no end any more.", name=file.name), "success")
    else:
        last = day(days.last_day(until))
        flash(_("Contacts see “%(name)s” until the end of %(day)s.", name=file.name, day=last), "success")
    return _back(url_for("files.folder", folder_id=file.folder_id))


@bp.post("/files/<uuid:file_id>/renewal")
@allowed(can_limit_file, file=visible_files)
def renew_file(file: File) -> ResponseReturnValue:
    """Let contacts see a limited file longer."""
    if file.valid_until is None:
        abort(404)
    last = renewed_last(request.form.get("period", SAME), file.valid_until, file.uploaded_at)
    commands.renew_file(file, last, seen=_seen(), actor=current_viewer())
    flash(_("Contacts see “%(name)s” until the end of %(day)s.", name=file.name, day=day(last)), "success")
    return _back(url_for("files.folder", folder_id=file.folder_id))


def _file_page(file: File, *, fault: str = "") -> str:
    template = "expirations/_file_form.html" if is_fragment_request() else "expirations/file.html"
    end = end_of(file.valid_until, file.uploaded_at)
    return render_template(template, file=file, end=end, fault=fault)


@bp.get("/folders/<uuid:folder_id>/selection/end")
@allowed(can_limit_files, folder=visible_folders)
def chosen_end(folder: Folder) -> ResponseReturnValue:
    """The form for the last day of the files that were chosen. A script sends only their number, and adds the ids."""
    return _chosen_page(folder)


@bp.post("/folders/<uuid:folder_id>/selection/end")
@allowed(can_limit_files, folder=visible_folders)
def set_chosen_end(folder: Folder) -> ResponseReturnValue:
    """Until the end of which day contacts see the files that were chosen; empty: without end."""
    try:
        until = days.typed_end(request.form.get("valid_until", ""))
    except days.BadDay as refusal:
        if wants_json():
            raise
        return _chosen_page(folder, fault=str(refusal)), refusal.status
    done = commands.set_chosen_end(sent_selection(folder), until, actor=current_viewer())
    said = _said(done.done, until)
    if wants_json():
        return jsonify({"said": said, "left": left_said(done)})
    flash(said, "success")
    if done.left:
        flash(left_said(done), "warning")
    return redirect_to("files.folder", folder_id=folder.id)


def _said(count: int, until: datetime | None) -> str:
    if until is None:
        return str(ngettext("%(num)s file has no end any more.", "%(num)s files have no end any more.", count))
    last = day(days.last_day(until))
    return str(
        ngettext(
            "Contacts see %(num)s file until the end of %(day)s.",
            "Contacts see %(num)s files until the end of %(day)s.",
            count,
            day=last,
        )
    )


def _chosen_page(folder: Folder, *, fault: str = "") -> str:
    fragment = is_fragment_request()
    fields, count = [], request.args.get("count", 0, type=int)
    if not fragment:
        selection = sent_selection(folder)
        fields, count = selection.fields, len(read_chosen(current_viewer(), selection).files)
    template = "expirations/_chosen_form.html" if fragment else "expirations/chosen.html"
    return render_template(template, folder=folder, fields=fields, count=count, fault=fault)


def _seen() -> Any:
    return seen_end(request.form.get("seen", ""))


def _back(fallback: str) -> ResponseReturnValue:
    return redirect(safe_next(fallback), 303)
