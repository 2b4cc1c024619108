"""The quarantine: contents in which a virus was found, or that wait for their check. For administrators."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.policies import can_administer
from portal.files.blueprint import bp
from portal.files.commands import quarantine
from portal.files.forms import ReleaseForm
from portal.files.models import FileVersion
from portal.files.queries.held_back import held_back, held_back_page, held_back_versions
from portal.files.scanning import checks_of_files, scanner_now, scanner_url
from portal.kit.forms import refuse, searched, status_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

bp.add_app_template_global(checks_of_files, "checks_of_files")


@bp.get("/quarantine")
@allowed(can_administer)
def in_quarantine() -> ResponseReturnValue:
    """What is held back, and how the scanner does."""
    state = searched("state")
    page = held_back_page(current_viewer(), state=state, place=request.args.get("after"))
    if is_fragment_request():
        return render_template("files/_quarantine_rows.html", page=page)
    return render_template("files/quarantine.html", page=page, state=state, scanner=scanner_now())


@bp.get("/quarantine/<uuid:version_id>")
@allowed(can_administer, version=held_back_versions)
def one_in_quarantine(version: FileVersion) -> ResponseReturnValue:
    """One content that is held back, with what can be done about it."""
    return _page(version, ReleaseForm())


@bp.post("/quarantine/<uuid:version_id>/release")
@allowed(can_administer, version=held_back_versions)
def release_from_quarantine(version: FileVersion) -> ResponseReturnValue:
    """Let it be opened, for a reason."""
    form = ReleaseForm()
    if form.validate_on_submit():
        try:
            file = quarantine.release(version, reason=form.reason.data or "", actor=current_viewer())
        except quarantine.NoReason as refusal:
            refuse(form, refusal)
        else:
            flash(_("“%(name)s” can be opened now.", name=file.name), "success")
            return redirect_to("files.in_quarantine")
    return _page(version, form), status_of(form)


@bp.post("/quarantine/<uuid:version_id>/erasure")
@allowed(can_administer, version=held_back_versions)
def erase_from_quarantine(version: FileVersion) -> ResponseReturnValue:
    """Delete it for good."""
    quarantine.erase(version, actor=current_viewer())
    flash(_("The file was deleted for good."), "success")
    return redirect_to("files.in_quarantine")


@bp.post("/quarantine/<uuid:version_id>/check")
@allowed(can_administer, version=held_back_versions)
def check_in_quarantine(version: FileVersion) -> ResponseReturnValue:
    """Have it checked once more."""
    quarantine.check_again(version, actor=current_viewer())
    flash(_("The file is being checked."), "success")
    return redirect_to("files.in_quarantine")


def _page(version: FileVersion, form: ReleaseForm) -> str:
    held = held_back(current_viewer(), version)
    return render_template("files/quarantine_one.html", held=held, form=form, has_scanner=bool(scanner_url()))
