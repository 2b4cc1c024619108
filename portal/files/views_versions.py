"""The versions of a file, and the way back to an earlier one."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.files.commands.confirmation import NeedsConfirmation, bring_back_version
from portal.files.models import File, FileVersion
from portal.files.policies import can_bring_back, can_change_file
from portal.files.queries import visible_files, visible_versions
from portal.files.space import people_by_id
from portal.files.views import bp
from portal.files.views_places import confirm_page
from portal.kit.db import db
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/files/<uuid:file_id>/versions")
@allowed(can_change_file, file=visible_files)
def versions(file: File) -> ResponseReturnValue:
    """What the file held before, newest first."""
    rows = page_of(visible_versions(current_viewer(), file.id), size=50, place=request.args.get("after"))
    return render_template(
        "files/versions.html",
        file=file,
        client=db.session.get_one(Client, file.client_id),
        versions=rows,
        people=people_by_id({version.uploaded_by_id for version in rows.items}),
    )


@bp.post("/file-versions/<uuid:version_id>/restoration")
@allowed(can_bring_back, version=visible_versions)
def restore_a_version(version: FileVersion) -> ResponseReturnValue:
    """Make an earlier content the newest."""
    file = db.session.get_one(File, version.file_id)
    try:
        bring_back_version(file, version, actor=current_viewer(), confirmed=request.form.get("confirmed"))
    except NeedsConfirmation as asked:
        return confirm_page(asked.preview, "version", file, action=request.path)
    flash(_("Version %(number)s of “%(name)s” is the newest again.", number=version.number, name=file.name), "success")
    return redirect_to("files.versions", file_id=file.id)
