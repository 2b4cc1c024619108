"""The card's tab of collaborators and their levels."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import roles
from portal.clients import commands
from portal.clients.models import Client
from portal.clients.policies import can_assign_collaborators, can_view_client
from portal.clients.queries import client_files, collaborators_of
from portal.clients.refusals import Unknown
from portal.clients.views.blueprint import bp
from portal.clients.views.ends import ends_of
from portal.kit.web import allowed, current_viewer, redirect_to
from portal.permissions.levels import Level

# Deposit makes no sense for a collaborator: it is for contacts who only hand in.
LEVELS = (Level.NONE, Level.READ, Level.FULL)


@bp.get("/clients/<uuid:client_id>/collaborators")
@allowed(can_view_client, client=client_files)
def collaborators(client: Client) -> ResponseReturnValue:
    """Every collaborator with the level on this client."""
    members = collaborators_of(client.id)
    people = [(one, belongs, Level(belongs.level if belongs else 0)) for one, belongs in members]
    return render_template(
        "clients/collaborators.html",
        client=client,
        people=people,
        ends=ends_of(members),
        roles=[(str(role.id), role.name) for role in roles()],
        levels=[(level.key, level.label) for level in LEVELS],
        level_keys=[level.key for level in LEVELS],
        may_assign=can_assign_collaborators(current_viewer(), client),
    )


def _level(key: str) -> Level:
    try:
        return next(level for level in LEVELS if level.key == key)
    except StopIteration:
        raise Unknown() from None


@bp.post("/clients/<uuid:client_id>/collaborators")
@allowed(can_assign_collaborators, client=client_files)
def set_standings(client: Client) -> ResponseReturnValue:
    """Set levels: of each collaborator (``level-<id>``), or of all with a role (``role``, ``level``)."""
    people = collaborators_of(client.id)
    if role := request.form.get("role"):
        level = _level(request.form.get("level", ""))
        wanted = {person.id: level for person, _membership in people if str(person.role_id) == role}
    else:
        known = {person.id for person, _membership in people}
        wanted = {}
        for name, value in request.form.items():
            if name.startswith("level-") and (ident := _id(name.removeprefix("level-"))) in known and ident:
                wanted[ident] = _level(value)
    commands.set_standings(client, wanted, actor=current_viewer(), keep_ends=True)
    flash(_("The levels have been saved. They hold from this moment."), "success")
    return redirect_to("clients.collaborators", client_id=client.id)


def _id(raw: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None
