"""Applying a template to clients that are there: choose, look at what would be made, confirm, follow it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.clients.queries import client_groups, client_types
from portal.clients.queries.chosen import Chosen
from portal.clients.queries.filters import Filters
from portal.files.blueprint import bp
from portal.files.commands.tree_applications import apply_to_clients
from portal.files.models import TreeTemplate
from portal.files.refusals import NothingChosen, PreviewOutdated
from portal.files.template_policies import can_apply_templates, can_follow
from portal.files.template_queries import visible_tree_templates
from portal.files.tree_clients import (
    MOST_CLIENTS,
    applied_to,
    chosen_clients,
    clients_offered,
    clients_to_look_at,
    followers,
    previews,
    together,
)
from portal.files.tree_drift import drifts
from portal.files.tree_progress import progress_of, visible_applications
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.forms import choices_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to, safe_next
from portal.outbox.models import OutboxEntry

# As many folders are named on the page of a preview, over all clients; the others are counted.
MOST_NAMED = 2000


@bp.get("/templates/trees/<uuid:template_id>/clients")
@allowed(can_apply_templates, template=visible_tree_templates)
def tree_clients(template: TreeTemplate) -> ResponseReturnValue:
    """The clients that the template was applied to, and how far each is from it."""
    viewer = current_viewer()
    page = followers(viewer, template, place=request.args.get("after"))
    found = drifts(viewer, [client.id for client in page.items], template_id=template.id)
    lines = [(client, found[client.id][0]) for client in page.items if client.id in found]
    return render_template("files/tree_clients.html", template=template, lines=lines, next_place=page.next_place)


@bp.get("/templates/trees/<uuid:template_id>/application")
@allowed(can_apply_templates, template=visible_tree_templates)
def choose_tree_clients(template: TreeTemplate) -> ResponseReturnValue:
    """Whom to apply it to; ``clients`` are ids that are ticked already, separated by commas."""
    return _choose(template, _ids(request.args))


@bp.post("/templates/trees/<uuid:template_id>/application")
@allowed(can_apply_templates, template=visible_tree_templates)
def preview_tree(template: TreeTemplate) -> ResponseReturnValue:
    """What would be made for each of the chosen clients (the words of ``Chosen``). Nothing is changed."""
    chosen = Chosen.of(request.form.to_dict(flat=False))
    clients, total = clients_to_look_at(current_viewer(), chosen, template)
    if not clients:
        return _choose(template, set(), refusal=NothingChosen())
    return _preview(template, clients, further=total - len(clients))


@bp.post("/templates/trees/<uuid:template_id>/applications")
@allowed(can_apply_templates, template=visible_tree_templates)
def apply_tree_template(template: TreeTemplate) -> ResponseReturnValue:
    """Apply it as it was shown; where the outcome would be another one by now, it is shown again."""
    viewer, ids = current_viewer(), _ids(request.form)
    try:
        made = apply_to_clients(template, ids, fingerprint=request.form.get("fingerprint", ""), actor=viewer)
    except NothingChosen as refusal:
        return _choose(template, set(), refusal=refusal)
    except PreviewOutdated as refusal:
        return _preview(template, chosen_clients(viewer, ids), refusal=refusal)
    return redirect_to("files.tree_application", application_id=made)


@bp.get("/tree-applications/<uuid:application_id>")
@allowed(can_follow, application=visible_applications)
def tree_application(application: OutboxEntry) -> ResponseReturnValue:
    """How far it is; the part that changes is fetched again by itself until all is done."""
    part = "files/_tree_progress.html" if is_fragment_request() else "files/tree_application.html"
    return render_template(part, application=application, progress=progress_of(application, current_viewer()))


@bp.app_template_global()
def tree_templates_to_apply() -> list[TreeTemplate]:
    """Templates that the reader may apply to clients, in the firm's order. One statement, or none."""
    viewer = current_viewer()
    return list(db.session.scalars(visible_tree_templates(viewer))) if can_apply_templates(viewer) else []


def _choose(
    template: TreeTemplate, ticked: Collection[uuid.UUID], refusal: Refused | None = None
) -> ResponseReturnValue:
    viewer = current_viewer()
    filters = Filters.of(request.values.to_dict(flat=False))
    offered, total = clients_offered(viewer, filters, ticked)
    page = render_template(
        "files/tree_choose.html", template=template, clients=offered, total=total, ticked=ticked, filters=filters,
        applied=applied_to(template.id, [client.id for client in offered]), most=MOST_CLIENTS, refusal=refusal,
        group_choices=choices_of(client_groups(), empty=_("All groups")),
        type_choices=choices_of(client_types(), empty=_("All types")),
    )  # fmt: skip
    return page, refusal.status if refusal else 200


def _preview(
    template: TreeTemplate, chosen: list[Client], refusal: Refused | None = None, further: int = 0
) -> ResponseReturnValue:
    found = previews(template, chosen, viewer=current_viewer())
    page = render_template(
        "files/tree_apply.html", template=template, previews=found, fingerprint=together(found), refusal=refusal,
        named=max(5, MOST_NAMED // max(1, len(found))), without_space=len(chosen) - len(found), further=further,
        back=safe_next(url_for("files.choose_tree_clients", template_id=template.id)),
    )  # fmt: skip
    return page, refusal.status if refusal else 200


def _ids(sent: Any) -> frozenset[uuid.UUID]:
    return Chosen.of({"clients": sent.getlist("clients")}).ids
