"""How far a client is from its templates: the report, what mending would change, the repair."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.tree_repairs import Ticks, preview_repair, repair
from portal.files.refusals import PreviewOutdated
from portal.files.template_policies import can_apply_to
from portal.files.template_queries import templates_with_counts
from portal.files.tree_drift import MOST_EXTRAS, drifts, extras, names_above
from portal.kit.errors import Refused
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/clients/<uuid:client_id>/drift")
@allowed(can_apply_to, client=visible_clients)
def drift(client: Client) -> ResponseReturnValue:
    """What is not as the client's templates have it."""
    return _report(client, Ticks())


@bp.post("/clients/<uuid:client_id>/drift")
@allowed(can_apply_to, client=visible_clients)
def preview_drift_repair(client: Client) -> ResponseReturnValue:
    """What mending the ticked things would change, and for whom. Nothing is changed."""
    return _preview(client, Ticks.of(request.form.getlist("mend")))


@bp.post("/clients/<uuid:client_id>/repairs")
@allowed(can_apply_to, client=visible_clients)
def repair_drift(client: Client) -> ResponseReturnValue:
    """Mend it as it was shown; where the outcome would be another one by now, it is shown again."""
    viewer, ticks = current_viewer(), Ticks.of(request.form.getlist("mend"))
    try:
        change = repair(client, ticks, expected=request.form.get("fingerprint", ""), actor=viewer)
    except PreviewOutdated as refusal:
        return _preview(client, ticks, refusal)
    except Refused as refusal:
        return _report(client, ticks, refusal)
    flash(_("What you ticked is again as the template has it."), "success")
    if change is not None:
        flash(_("The rights were changed. For 30 days this can be undone in the activity."), "info")
    return redirect_to("files.drift", client_id=client.id)


def _report(client: Client, ticks: Ticks, refusal: Refused | None = None) -> ResponseReturnValue:
    viewer = current_viewer()
    found = drifts(viewer, [client.id]).get(client.id, [])
    applied = {one.template_id for one in found}
    page = render_template(
        "files/tree_drift.html", client=client, drifts=found, ticked=set(ticks.words()), refusal=refusal,
        extras=extras(viewer, found), most_extras=MOST_EXTRAS, above=names_above(viewer, found),
        others=[template for template, _count in templates_with_counts(viewer) if template.id not in applied],
    )  # fmt: skip
    return page, refusal.status if refusal else 200


def _preview(client: Client, ticks: Ticks, outdated: Refused | None = None) -> ResponseReturnValue:
    viewer = current_viewer()
    try:
        shown = preview_repair(client, ticks, actor=viewer)
    except Refused as refusal:
        return _report(client, ticks, refusal)
    above = names_above(viewer, [part.drift for part in shown.parts])
    page = render_template("files/tree_repair.html", client=client, shown=shown, above=above, refusal=outdated)
    return page, outdated.status if outdated else 200
