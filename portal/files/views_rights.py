"""Who may do what in a folder: a level for each person, and the cascade to all below."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.commands.rights import cascade, set_level
from portal.files.forms import LevelForm
from portal.files.models import Folder
from portal.files.policies import can_set_rights
from portal.files.queries import breadcrumbs, reachable_folders, root_of
from portal.files.space import access_of, member_of, opened_below, overrides_by_person
from portal.files.views import bp
from portal.kit.db import db
from portal.kit.errors import Forbidden
from portal.kit.web import allowed, current_viewer, redirect_to
from portal.permissions.levels import Level


def can_view_rights(viewer: Viewer, folder: Folder) -> bool:
    """Staff who may open the folder see who else may; setting levels asks for more."""
    return viewer.is_staff


def can_view_client_rights(viewer: Viewer, client: Client) -> bool:
    """The same, for the top of a client's space."""
    return viewer.is_staff


@bp.get("/clients/<uuid:client_id>/documents/rights")
@allowed(can_view_client_rights, client=visible_clients)
def client_rights(client: Client) -> ResponseReturnValue:
    """The rights at the top of a client's space."""
    root = root_of(client.id)
    if root is None:
        return redirect(url_for("files.space", client_id=client.id), 303)
    return redirect(url_for("files.rights", folder_id=root.id), 303)


@bp.get("/folders/<uuid:folder_id>/rights")
@allowed(can_view_rights, folder=reachable_folders)
def rights(folder: Folder) -> ResponseReturnValue:
    """The people of the client with their levels on this folder, and where each comes from."""
    viewer = current_viewer()
    access = access_of(folder)
    people = {
        entry.person.id: can_set_rights(viewer, folder, entry.person)
        for entry in access
        if entry.why.origin != "nobody"
    }
    client = db.session.get(Client, folder.client_id)
    return render_template(
        "files/rights.html",
        folder=folder,
        client=client,
        access=access,
        may_set=people,
        overrides=overrides_by_person(folder),
        opened=opened_below(folder),
        crumbs=breadcrumbs(viewer, folder), form=LevelForm(),
    )  # fmt: skip


@bp.post("/folders/<uuid:folder_id>/rights/<uuid:person_id>")
@allowed(can_set_rights, folder=reachable_folders)
def set_right(folder: Folder, person_id: uuid.UUID) -> ResponseReturnValue:
    """Set one person's level on this folder only."""
    person = _settable(folder, person_id)
    form = LevelForm()
    if not form.validate_on_submit():
        abort(422)
    level = Level.of(form.level.data)
    set_level(folder, person=person, level=level, actor=current_viewer())
    flash(_("%(name)s now has the level “%(level)s” here.", name=person.full_name, level=level.label), "success")
    return redirect_to("files.rights", folder_id=folder.id)


@bp.post("/folders/<uuid:folder_id>/rights/<uuid:person_id>/cascade")
@allowed(can_set_rights, folder=reachable_folders)
def cascade_right(folder: Folder, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let all sub-folders follow this one for one person."""
    person = _settable(folder, person_id)
    removed = cascade(folder, person=person, actor=current_viewer())
    sentence = ngettext(
        "All sub-folders now follow this one for %(name)s; %(num)s level of its own was removed.",
        "All sub-folders now follow this one for %(name)s; %(num)s levels of their own were removed.",
        removed,
        name=person.full_name,
    )
    flash(sentence, "success")
    return redirect_to("files.rights", folder_id=folder.id)


def _settable(folder: Folder, person_id: uuid.UUID) -> Person:
    person = member_of(folder, person_id)
    if person is None:
        abort(404)
    if not can_set_rights(current_viewer(), folder, person):
        raise Forbidden()
    return person
