"""New folder, rename, delete: each one form, one command."""

from __future__ import annotations

import uuid

from flask import flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.files.acceptance import accepted_name
from portal.files.blueprint import bp
from portal.files.commands.bin import bin_file, bin_folder
from portal.files.commands.files import rename_file
from portal.files.commands.folders import create_folder, ensure_folder, rename_folder
from portal.files.forms import NameForm
from portal.files.models import BinEntry, File, Folder
from portal.files.policies import can_change_file, can_change_folder, can_upload
from portal.files.queries import visible_files, visible_folders
from portal.files.refusals import NameTaken
from portal.files.views_uploads import json_sent
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.names import BadName
from portal.kit.web import allowed, current_viewer, redirect_to, wants_json


@bp.post("/folders/<uuid:folder_id>/folders")
@allowed(can_change_folder, folder=visible_folders)
def create(folder: Folder) -> ResponseReturnValue:
    """A new sub-folder. Sent as JSON (a whole folder was dropped), one that is there already is taken."""
    viewer = current_viewer()
    if request.is_json:
        name = json_sent().get("name")
        made = ensure_folder(folder, name=name if isinstance(name, str) else "", actor=viewer)
        if not can_upload(viewer, made):
            # It is there and closed to this person; they must not learn more than that the name is in use.
            raise NameTaken(name=made.name)
        return jsonify({"id": str(made.id), "name": made.name}), 201
    form = NameForm()
    if form.validate_on_submit():
        try:
            made = create_folder(folder, name=form.name.data or "", actor=viewer)
            return _named(made, folder.id)
        except Refused as refusal:
            if wants_json():
                raise
            refuse(form, refusal)
    return _name_page(form, title=_("New folder"), button=_("Create the folder"), back=folder.id)


@bp.post("/folders/<uuid:folder_id>/name")
@allowed(can_change_folder, folder=visible_folders)
def rename_a_folder(folder: Folder) -> ResponseReturnValue:
    """Another name for a folder."""
    form = NameForm(obj=folder)
    back = folder.parent_id or folder.id
    if form.validate_on_submit():
        try:
            return _named(rename_folder(folder, name=form.name.data or "", actor=current_viewer()), back)
        except Refused as refusal:
            if wants_json():
                raise
            refuse(form, refusal)
    return _name_page(form, title=_("Rename the folder"), button=_("Rename"), back=back)


@bp.post("/files/<uuid:file_id>/name")
@allowed(can_change_file, file=visible_files)
def rename_a_file(file: File) -> ResponseReturnValue:
    """Another name for a file; it cannot become a program by it."""
    form = NameForm(obj=file)
    if form.validate_on_submit():
        try:
            renamed = rename_file(file, name=accepted_name(form.name.data or ""), actor=current_viewer())
            return _named(renamed, renamed.folder_id)
        except Refused as refusal:
            if wants_json():
                raise
            refuse(form, refusal)
    return _name_page(form, title=_("Rename the file"), button=_("Rename"), back=file.folder_id)


def _named(what: Folder | File, folder_id: uuid.UUID) -> ResponseReturnValue:
    """It has its name: a script puts it into the row, a person goes on in the folder."""
    if wants_json():
        return jsonify({"id": str(what.id), "name": what.name})
    return redirect_to("files.folder", folder_id=folder_id)


def _name_page(form: NameForm, *, title: str, button: str, back: uuid.UUID) -> ResponseReturnValue:
    """What was typed, with the reason why it cannot be a name."""
    if wants_json():
        raise BadName(form.name.errors[0] if form.name.errors else form.form_errors[0])
    return render_template("files/name.html", form=form, title=title, submit_label=button, back=back), status_of(form)


@bp.post("/folders/<uuid:folder_id>/deletion")
@allowed(can_change_folder, folder=visible_folders)
def delete_folder(folder: Folder) -> ResponseReturnValue:
    """A folder with all that it holds goes to the bin."""
    parent_id = folder.parent_id or folder.id
    return _binned(bin_folder(folder, actor=current_viewer()), parent_id)


@bp.post("/files/<uuid:file_id>/deletion")
@allowed(can_change_file, file=visible_files)
def delete_file(file: File) -> ResponseReturnValue:
    """A file goes to the bin."""
    folder_id = file.folder_id
    return _binned(bin_file(file, actor=current_viewer()), folder_id)


def _binned(entry: BinEntry, folder_id: uuid.UUID) -> ResponseReturnValue:
    said = _("“%(name)s” was moved to the bin.", name=entry.name)
    if wants_json():
        return jsonify({"said": said, "undo": url_for("files.restore_entry", entry_id=entry.id)})
    flash(said, "success")
    return redirect_to("files.folder", folder_id=folder_id)
