"""Step 3: which collaborators work on this client, and how."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.accounts import queries as accounts
from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.kit.errors import Conflict
from portal.kit.web import current_viewer
from portal.permissions.levels import Level
from portal.wizard.forms import collaborators_form, level_name
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, pressed, show, stay
from portal.wizard.steps import levels_of

_LEVELS = {Level.NONE.key, Level.READ.key, Level.FULL.key}


def collaborators(draft: Draft) -> ResponseReturnValue:
    """Show the step, set a whole role at once, or save."""
    people = accounts.collaborators()
    levels = levels_of(draft)
    if "collaborators" not in draft.data:
        levels = {str(current_user.id): Level.FULL.key}
    if request.method == "GET":
        return _page(draft, people, levels)
    if current_viewer().may(Feature.ASSIGN_COLLABORATORS):
        levels = _chosen(people, levels)
    action, _separator, argument = pressed().partition(":")
    try:
        if action == "role":
            return stay(draft, "collaborators", _with_role(people, levels, argument))
        return go_on(draft, "collaborators", levels)
    except Conflict as refusal:
        flash(str(refusal), "error")
        return _page(draft, people, levels, status=409)


def _chosen(people: Sequence[Person], levels: dict[str, str]) -> dict[str, str]:
    """The level per collaborator as the page sent it; a forged one counts as no access."""
    chosen = {}
    for person in people:
        level = request.form.get(level_name(person.id), levels.get(str(person.id), Level.NONE.key))
        chosen[str(person.id)] = level if level in _LEVELS else Level.NONE.key
    return chosen


def _with_role(people: Sequence[Person], levels: dict[str, str], argument: str) -> dict[str, str]:
    """``<role id>:<level>`` sets everybody of that role."""
    role_id, _separator, level = argument.partition(":")
    if level not in _LEVELS or not current_viewer().may(Feature.ASSIGN_COLLABORATORS):
        return levels
    return {**levels, **{str(person.id): level for person in people if str(person.role_id) == role_id}}


def _page(draft: Draft, people: Sequence[Person], levels: dict[str, str], *, status: int = 200) -> ResponseReturnValue:
    form = collaborators_form(people, levels)
    form.version.data = draft.version
    return show(
        draft,
        "collaborators",
        status=status,
        form=form,
        people=people,
        levels=levels,
        level_name=level_name,
        roles=accounts.roles(),
        may_assign=current_viewer().may(Feature.ASSIGN_COLLABORATORS),
    )
