"""Where folders and files go: moves and copies of any selection, shown first where they change who sees what."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.files.blueprint import bp
from portal.files.commands.bulk import Done, move_chosen
from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.copies_many import copy_chosen
from portal.files.commands.previews import Preview
from portal.files.forms import PlaceForm
from portal.files.models import File, Folder
from portal.files.policies import can_open_folder
from portal.files.queries import reachable_folders
from portal.files.selection_forms import left_said, sent_selection
from portal.files.selections import Selection, read_chosen
from portal.files.targets import branch, search_places, target_folder, tree_to
from portal.kit.errors import Refused
from portal.kit.forms import refuse, searched, status_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to, wants_json

# As many folders are shown with their levels before and after; the sentences count all.
MOST_SHOWN = 50
# As many folders can be chosen from where no script fetches branches.
WITHOUT_SCRIPT = 500


@bp.get("/folders/<uuid:folder_id>/selection/place")
@allowed(can_open_folder, folder=reachable_folders)
def choose_place(folder: Folder) -> ResponseReturnValue:
    """Where what was chosen may go: the folders of the client as a tree."""
    return _place_page(PlaceForm(), "move", folder)


@bp.post("/folders/<uuid:folder_id>/selection/place")
@allowed(can_open_folder, folder=reachable_folders)
def move_selection(folder: Folder) -> ResponseReturnValue:
    """Move what was chosen; each folder and file is asked about in the command."""
    return _placed("move", folder, move_chosen)


@bp.get("/folders/<uuid:folder_id>/selection/copies")
@allowed(can_open_folder, folder=reachable_folders)
def choose_copies(folder: Folder) -> ResponseReturnValue:
    """Where copies of what was chosen may go."""
    return _place_page(PlaceForm(), "copy", folder)


@bp.post("/folders/<uuid:folder_id>/selection/copies")
@allowed(can_open_folder, folder=reachable_folders)
def copy_selection(folder: Folder) -> ResponseReturnValue:
    """Copy what was chosen, as far as the viewer reads it."""
    return _placed("copy", folder, copy_chosen)


@bp.get("/folders/<uuid:folder_id>/branches")
@allowed(can_open_folder, folder=reachable_folders)
def branches(folder: Folder) -> ResponseReturnValue:
    """Sub-folders for the tree of targets; with ``q`` the folders of the client that are called so."""
    words = searched()
    if words:
        found = search_places(current_viewer(), folder.client_id, words)
        return render_template("files/_places_found.html", found=found, words=words)
    places, more = branch(current_viewer(), folder, place=request.args.get("after"))
    return render_template("files/_place_branch.html", places=places, more=more, folder_id=folder.id)


def _placed(verb: str, folder: Folder, act: Callable[..., Done]) -> ResponseReturnValue:
    form = PlaceForm()
    selection = sent_selection(folder)
    try:
        to = target_folder(current_viewer(), form.folder.data)
        done = act(selection, to=to, actor=current_viewer(), confirmed=form.confirmed.data or None)
    except NeedsConfirmation as asked:
        return confirm_selection(asked, verb, selection, to)
    except Refused as refusal:
        if wants_json():
            raise
        refuse(form, refusal)
        return _place_page(form, verb, folder)
    said = _said(verb, done, to)
    if wants_json():
        return jsonify({"said": said, "left": left_said(done)})
    flash(said, "success")
    if done.left:
        flash(left_said(done), "warning")
    return redirect_to("files.folder", folder_id=to.id)


def _said(verb: str, done: Done, to: Folder) -> str:
    name = called(to)
    if verb == "copy":
        return str(
            ngettext(
                "%(num)s item was copied to “%(folder)s”.",
                "%(num)s items were copied to “%(folder)s”.",
                done.done,
                folder=name,
            )
        )
    return str(
        ngettext(
            "%(num)s item was moved to “%(folder)s”.",
            "%(num)s items were moved to “%(folder)s”.",
            done.done,
            folder=name,
        )
    )


def called(folder: Folder) -> str:
    """The top bears the client's name, which is never shown for it."""
    return str(_("Documents")) if folder.is_root else folder.name


def _place_page(form: PlaceForm, verb: str, folder: Folder) -> ResponseReturnValue:
    """The tree to choose from. A script that asks for it sends only how many were chosen, and adds the ids itself."""
    viewer = current_viewer()
    fragment = is_fragment_request()
    fields, names, count = [], [], request.args.get("count", 0, type=int)
    if not fragment or request.values.get("item"):
        selection = sent_selection(folder)
        chosen = read_chosen(viewer, selection)
        fields, names, count = selection.fields, chosen.names, chosen.total
    page = render_template(
        "files/_place_form.html" if fragment else "files/place.html",
        form=form, verb=verb, names=names, count=count, fields=fields, action=request.path, folder=folder,
        tree=tree_to(viewer, folder),
        listed=[] if fragment else search_places(viewer, folder.client_id, searched(), most=WITHOUT_SCRIPT),
    )  # fmt: skip
    return page, status_of(form)


def confirm_selection(
    asked: NeedsConfirmation, verb: str, selection: Selection, to: Folder | None
) -> ResponseReturnValue:
    """The same for many; a script is told to send the form itself, so that the page comes."""
    if wants_json():
        return jsonify({"title": str(asked), "detail": str(asked), "status": 409, "code": "confirm"}), 409
    chosen = read_chosen(current_viewer(), selection)
    return confirm_page(
        asked.preview, verb, _Several(chosen.names, selection.folder.id), action=request.path, to=to,
        fields=selection.fields,
    )  # fmt: skip


class _Several:
    """Stands for many where a page speaks of one: their number, or the name of the only one."""

    def __init__(self, names: list[str], place_id: uuid.UUID) -> None:
        self.parent_id = place_id
        self.name = names[0] if len(names) == 1 else ngettext("%(num)s item", "%(num)s items", len(names))


def confirm_page(
    preview: Preview,
    verb: str,
    what: Any,
    *,
    action: str,
    to: Folder | None = None,
    fields: list[tuple[str, str]] | None = None,
    cancel: str | None = None,
) -> ResponseReturnValue:
    """Who would see what, before and after, and the form that confirms just this.

    :param verb: move, copy, restore or version.
    :param fields: what else the form sends.
    :param cancel: where "Cancel" leads; None for the folder in which it stands, or stood.
    """
    people = {person.person_id: person.person_name for person in preview.people}
    effects = [effect for effect in preview.folders if effect.person_id in people]
    return render_template(
        "files/place_confirm.html",
        preview=preview, people=people, effects=effects[:MOST_SHOWN], more=len(effects) > MOST_SHOWN,
        verb=verb, moved=what, to=to, target=called(to) if to else None, action=action,
        cancel=cancel or url_for("files.folder", folder_id=_folder_of(what)), fields=fields or [],
    )  # fmt: skip


def _folder_of(what: Any) -> uuid.UUID:
    """Where "Cancel" leads: the folder in which it stands, or stood."""
    if isinstance(what, Folder):
        found = what.parent_id or what.id
    else:
        found = what.folder_id if isinstance(what, File) else what.parent_id
    return uuid.UUID(str(found))
