"""Where a folder or file goes: moves and copies, each shown first where it changes who sees what."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.files.commands.confirmation import NeedsConfirmation, copy, move
from portal.files.commands.previews import Preview
from portal.files.forms import PlaceForm
from portal.files.models import File, Folder
from portal.files.policies import can_change_file, can_change_folder, can_copy_folder, can_download
from portal.files.queries import visible_files, visible_folders
from portal.files.targets import places_for, target_folder
from portal.files.views import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

# As many folders are shown with their levels before and after; the sentences count all.
MOST_SHOWN = 50


@bp.get("/folders/<uuid:folder_id>/place")
@allowed(can_change_folder, folder=visible_folders)
def choose_folder_place(folder: Folder) -> ResponseReturnValue:
    """Where a folder may go: the folders of the client that the viewer may change."""
    return _place_page(PlaceForm(), "move", folder, url_for("files.place_folder", folder_id=folder.id))


@bp.post("/folders/<uuid:folder_id>/place")
@allowed(can_change_folder, folder=visible_folders)
def place_folder(folder: Folder) -> ResponseReturnValue:
    """Move a folder."""
    return _placed("move", folder, _moved)


@bp.get("/files/<uuid:file_id>/place")
@allowed(can_change_file, file=visible_files)
def choose_file_place(file: File) -> ResponseReturnValue:
    """Where a file may go."""
    return _place_page(PlaceForm(), "move", file, url_for("files.place_file", file_id=file.id))


@bp.post("/files/<uuid:file_id>/place")
@allowed(can_change_file, file=visible_files)
def place_file(file: File) -> ResponseReturnValue:
    """Move a file."""
    return _placed("move", file, _moved)


@bp.get("/folders/<uuid:folder_id>/copies")
@allowed(can_copy_folder, folder=visible_folders)
def choose_folder_copy(folder: Folder) -> ResponseReturnValue:
    """Where a copy of a folder may go."""
    return _place_page(PlaceForm(), "copy", folder, url_for("files.copy_a_folder", folder_id=folder.id))


@bp.post("/folders/<uuid:folder_id>/copies")
@allowed(can_copy_folder, folder=visible_folders)
def copy_a_folder(folder: Folder) -> ResponseReturnValue:
    """Copy a folder with what the viewer sees in it."""
    return _placed("copy", folder, _copied)


@bp.get("/files/<uuid:file_id>/copies")
@allowed(can_download, file=visible_files)
def choose_file_copy(file: File) -> ResponseReturnValue:
    """Where a copy of a file may go."""
    return _place_page(PlaceForm(), "copy", file, url_for("files.copy_a_file", file_id=file.id))


@bp.post("/files/<uuid:file_id>/copies")
@allowed(can_download, file=visible_files)
def copy_a_file(file: File) -> ResponseReturnValue:
    """Copy a file."""
    return _placed("copy", file, _copied)


def _moved(what: Any, to: Folder, confirmed: str | None) -> str:
    move(what, to=to, actor=current_viewer(), confirmed=confirmed)
    return str(_("“%(name)s” was moved to “%(folder)s”.", name=what.name, folder=_called(to)))


def _copied(what: Any, to: Folder, confirmed: str | None) -> str:
    made = copy(what, to=to, actor=current_viewer(), confirmed=confirmed).made
    return str(_("“%(name)s” was copied to “%(folder)s”.", name=made.name, folder=_called(to)))


def _called(folder: Folder) -> str:
    """The top bears the client's name, which is never shown for it."""
    return str(_("Documents")) if folder.is_root else folder.name


def _placed(verb: str, what: Any, act: Callable[[Any, Folder, str | None], str]) -> ResponseReturnValue:
    form = PlaceForm()
    if form.validate_on_submit():
        try:
            to = target_folder(current_viewer(), form.folder.data)
            try:
                said = act(what, to, form.confirmed.data or None)
            except NeedsConfirmation as asked:
                return confirm_page(asked.preview, verb, what, action=request.path, to=to)
            flash(said, "success")
            return redirect_to("files.folder", folder_id=to.id)
        except Refused as refusal:
            refuse(form, refusal)
    return _place_page(form, verb, what, request.path)


def _place_page(form: PlaceForm, verb: str, what: Any, action: str) -> ResponseReturnValue:
    places = places_for(current_viewer(), what)
    template = "files/_place_form.html" if is_fragment_request() else "files/place.html"
    page = render_template(
        template, form=form, moved=what, verb=verb, action=action, places=places, back=_folder_of(what)
    )
    return page, status_of(form)


def confirm_page(
    preview: Preview, verb: str, what: Any, *, action: str, to: Folder | None = None
) -> ResponseReturnValue:
    """Who would see what, before and after, and the form that confirms just this.

    :param verb: move, copy, restore or version.
    """
    people = {person.person_id: person.person_name for person in preview.people}
    effects = [effect for effect in preview.folders if effect.person_id in people]
    return render_template(
        "files/place_confirm.html",
        preview=preview, people=people, effects=effects[:MOST_SHOWN], more=len(effects) > MOST_SHOWN,
        verb=verb, moved=what, to=to, target=_called(to) if to else None, action=action, back=_folder_of(what),
    )  # fmt: skip


def _folder_of(what: Any) -> uuid.UUID:
    """Where "Cancel" leads: the folder in which it stands, or stood."""
    if isinstance(what, Folder):
        found = what.parent_id or what.id
    else:
        found = what.folder_id if isinstance(what, File) else what.parent_id
    return uuid.UUID(str(found))
