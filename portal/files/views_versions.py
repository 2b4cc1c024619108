"""The versions of a file, and the way back to an earlier one."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.files.blueprint import bp
from portal.files.commands.confirmation import NeedsConfirmation, bring_back_version
from portal.files.commands.downloads import open_version
from portal.files.commands.retention import delete_version
from portal.files.models import File, FileVersion, Folder
from portal.files.policies import can_bring_back, can_change_file
from portal.files.queries import visible_files, visible_versions
from portal.files.retention import kept_of, present, version_facts
from portal.files.space import people_by_id
from portal.files.views_places import confirm_page
from portal.kit.db import db
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to


@bp.get("/files/<uuid:file_id>/versions")
@allowed(can_change_file, file=visible_files)
def versions(file: File) -> ResponseReturnValue:
    """What the file held before, newest first: who, when, how large, compared with the one before, kept until when."""
    rows = page_of(visible_versions(current_viewer(), file.id), size=50, place=request.args.get("after"))
    template = "files/_version_rows.html" if is_fragment_request() else "files/versions.html"
    return render_template(
        template,
        file=file,
        client=db.session.get_one(Client, file.client_id),
        folder=db.session.get_one(Folder, file.folder_id),
        versions=rows,
        facts=version_facts(file, rows.items),
        kept=kept_of(file),
        rule=present(),
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


@bp.get("/file-versions/<uuid:version_id>/content")
@allowed(can_bring_back, version=visible_versions)
def download_version(version: FileVersion) -> ResponseReturnValue:
    """To the content of one version in the store: an attachment, by an address that is good for 60 s."""
    response = Response(status=303, headers={"Location": open_version(version, actor=current_viewer())})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/file-versions/<uuid:version_id>/deletion")
@allowed(can_bring_back, version=visible_versions)
def delete_a_version(version: FileVersion) -> ResponseReturnValue:
    """Delete an earlier version for good."""
    file_id, number = version.file_id, version.number
    delete_version(version, actor=current_viewer())
    flash(_("Version %(number)s is deleted for ever.", number=number), "success")
    return redirect_to("files.versions", file_id=file_id)
