"""What is done with the clients that were chosen in the table."""

from __future__ import annotations

from flask import flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from portal.clients import commands
from portal.clients.commands.chosen import Done
from portal.clients.policies import can_change_clients
from portal.clients.queries.chosen import Chosen
from portal.clients.queries.filters import Filters
from portal.clients.views.blueprint import bp
from portal.kit.web import allowed, current_viewer, redirect_to, wants_json


@bp.post("/clients/selection/group")
@allowed(can_change_clients)
def set_group_of_chosen() -> ResponseReturnValue:
    """Put what was chosen into the group ``value``, or into none; with ``holding`` only what is in that one now."""
    value, holding = request.form.get("value", ""), request.form.get("holding")
    done = commands.set_group(_chosen(), value, actor=current_viewer(), holding=holding)
    if done.name:
        said = ngettext(
            "%(num)s client stands in the group “%(name)s” now.",
            "%(num)s clients stand in the group “%(name)s” now.",
            done.done,
            name=done.name,
        )
    else:
        said = ngettext("%(num)s client is in no group now.", "%(num)s clients are in no group now.", done.done)
    return _answer(done, said)


@bp.post("/clients/selection/type")
@allowed(can_change_clients)
def set_type_of_chosen() -> ResponseReturnValue:
    """Give what was chosen the type ``value``, or none; with ``holding`` only what has that one now."""
    value, holding = request.form.get("value", ""), request.form.get("holding")
    done = commands.set_type(_chosen(), value, actor=current_viewer(), holding=holding)
    if done.name:
        said = ngettext(
            "%(num)s client is of the type “%(name)s” now.",
            "%(num)s clients are of the type “%(name)s” now.",
            done.done,
            name=done.name,
        )
    else:
        said = ngettext("%(num)s client has no type now.", "%(num)s clients have no type now.", done.done)
    return _answer(done, said)


def _chosen() -> Chosen:
    return Chosen.of(request.form.to_dict(flat=False))


def _answer(done: Done, said: str) -> ResponseReturnValue:
    """To a script: what to say, and what each client had before, for the way back."""
    left = ""
    if done.left:
        left = ngettext(
            "%(num)s client stayed as it was: it is gone, or you do not have full access to it.",
            "%(num)s clients stayed as they were: they are gone, or you do not have full access to them.",
            done.left,
        )
    if wants_json():
        before = [[str(value or ""), ",".join(map(str, ids))] for value, ids in done.before.items()]
        return jsonify({"said": said if done.done else "", "left": left, "before": before})
    if done.done:
        flash(said, "success")
    if left:
        flash(left, "warning")
    return redirect_to("clients.index", **Filters.of(request.form.to_dict(flat=False)).arguments())
