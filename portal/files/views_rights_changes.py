"""Changing rights from the matrix: the dialog of cells, what it would change, the change and its undoing."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response, abort, flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.changes import Preview, apply_changes, preview_changes, undo_change
from portal.files.models import Folder, RightsChange
from portal.files.policies import can_set_rights, can_undo
from portal.files.queries import reachable_folders, visible_changes
from portal.files.queries.why import explain
from portal.files.refusals import PreviewOutdated
from portal.files.rights_asked import Asked, asked_for, change_of, one_cell
from portal.files.rights_forms import FOLLOW, KINDS, LEVEL_NOTES, RightsForm
from portal.files.rights_page import member_column
from portal.files.views_rights import can_view_rights
from portal.kit.days import last_day
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to, safe_next, wants_json

# As many folders and lost levels are named in a dialog; the rest is counted.
NAMED = 20


def can_change_rights(viewer: Viewer, client: Client) -> bool:
    """Staff whose role sets levels of contacts or collaborators; which folders and people is checked one by one."""
    return viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)


@bp.get("/folders/<uuid:folder_id>/rights/<uuid:person_id>")
@allowed(can_view_rights, folder=reachable_folders)
def right(folder: Folder, person_id: uuid.UUID) -> ResponseReturnValue:
    """One cell: why the level is what it is, and the form that changes it."""
    viewer = current_viewer()
    column = member_column(viewer, folder.client_id, person_id)
    if column is None:
        abort(404)
    asked = one_cell(viewer, db.session.get_one(Client, folder.client_id), folder, column)
    form = _form("set", asked)
    cell = asked.cells[0]
    form.level.data = request.args.get("level") or (cell.level.key if cell.is_own else FOLLOW)
    form.reach.data = request.args.get("reach") or form.reach.default
    if cell.is_own and cell.valid_until is not None:
        form.until.data = last_day(cell.valid_until).isoformat()
    return _dialog(asked, form, preview=None)


@bp.post("/clients/<uuid:client_id>/rights-previews")
@allowed(can_change_rights, client=visible_clients)
def preview_rights(client: Client) -> ResponseReturnValue:
    """What a change would do, in the dialog that asks for it. Nothing is changed."""
    asked, form = _asked(client)
    preview = _preview(asked, form) if form.validate() else None
    return _dialog(asked, form, preview=preview)


@bp.post("/clients/<uuid:client_id>/rights-changes")
@allowed(can_change_rights, client=visible_clients)
def change_rights(client: Client) -> ResponseReturnValue:
    """Make the change that was looked at; where the outcome would be another one by now, it is shown first."""
    asked, form = _asked(client)
    valid = form.validate()
    wanted = change_of(asked, form, actor=current_viewer()) if valid else None
    if wanted is None:
        return _dialog(asked, form, preview=None, status=422)
    try:
        change = apply_changes(client, wanted, actor=current_viewer(), expected=form.fingerprint.data or "")
    except PreviewOutdated as refusal:
        return _dialog(asked, form, preview=_preview(asked, form), refusal=refusal, status=422)
    return _done(change, asked)


@bp.post("/rights-changes/<uuid:change_id>/undoing")
@allowed(can_undo, change=visible_changes)
def undo_rights(change: RightsChange) -> ResponseReturnValue:
    """Put back what the change found; refused, with the reason, when something has changed since."""
    client_id = change.client_id
    undo_change(change, actor=current_viewer())
    said = _("The rights are again as they were before.")
    if wants_json():
        return jsonify({"said": said})
    flash(said, "success")
    return Response(status=303, headers={"Location": safe_next(url_for("files.client_rights", client_id=client_id))})


def _asked(client: Client) -> tuple[Asked, RightsForm]:
    kind = request.form.get("kind", "set")
    if kind not in KINDS:
        abort(404)
    asked = asked_for(current_viewer(), client, request.form, kind)
    return asked, _form(kind, asked)


def _form(kind: str, asked: Asked) -> RightsForm:
    form = RightsForm().offer(several=len(asked.cells) > 1)
    form.kind.data = kind
    targets = {column.id for column in asked.targets}
    form.source.choices = [
        ("", _("Choose a person")),
        *((str(column.id), column.person.full_name) for column in asked.others if column.id not in targets),
    ]
    return form


def _preview(asked: Asked, form: RightsForm) -> Preview | Refused | None:
    """What would change, the sentence that refuses it, or None while the form does not say enough."""
    viewer = current_viewer()
    wanted = change_of(asked, form, actor=viewer)
    if wanted is None:
        return None
    try:
        return preview_changes(asked.client, wanted, actor=viewer)
    except Refused as refusal:
        return refusal


def _dialog(
    asked: Asked,
    form: RightsForm,
    *,
    preview: Preview | Refused | None,
    refusal: Refused | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    viewer = current_viewer()
    if isinstance(preview, Refused):
        preview, refusal = None, preview
    values: dict[str, Any] = {}
    if asked.is_single:
        cell = asked.cells[0]
        values["why"] = explain(cell.person.id, asked.first, viewer=viewer)
        values["may_set"] = cell.settable and can_set_rights(viewer, asked.first, cell.person)
    template = "files/_rights_dialog.html" if is_fragment_request() else "files/rights_change.html"
    page = render_template(
        template, asked=asked, form=form, preview=preview, refusal=refusal, client=asked.client,
        notes=LEVEL_NOTES, named=NAMED, **{"why": None, "may_set": True, **values},
    )  # fmt: skip
    return page, status


def _done(change: RightsChange, asked: Asked) -> ResponseReturnValue:
    """The matrix is told to show its cells anew; a page of its own leads back to the matrix."""
    if is_fragment_request() and not request.form.get("page"):
        done = {"said": _("The rights were changed."), "undo": url_for("files.undo_rights", change_id=change.id)}
        # JSON in ASCII: a header holds nothing else.
        return Response(status=204, headers={"HX-Trigger": json.dumps({"rights:changed": done})})
    flash(_("The rights were changed. For 30 days this can be undone in the activity."), "success")
    return redirect_to("files.rights", folder_id=asked.first.id)
