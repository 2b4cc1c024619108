"""Administration of connectors."""

from __future__ import annotations

from flask import abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.connectors import commands, queries
from portal.connectors.base import Connector
from portal.connectors.forms import PlainForm
from portal.connectors.policies import can_manage_connectors
from portal.connectors.registry import connector
from portal.connectors.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to


def installed_or_404(key: str) -> Connector:
    """The connector with this key."""
    found = connector(key)
    if found is None:
        abort(404)
    return found


@bp.get("/administration/connectors")
@allowed(can_manage_connectors)
def index() -> ResponseReturnValue:
    """Every connector that is installed, with a search."""
    search = request.args.get("q", "")[:200]
    part = "connectors/_list.html" if is_fragment_request() else "connectors/index.html"
    return render_template(part, found=queries.listed_connectors(search), search=search)


@bp.route("/administration/connectors/<key>", methods=["GET", "POST"])
@allowed(can_manage_connectors)
def describe(key: str) -> ResponseReturnValue:
    """One connector: what it does, and what the firm sets once for all clients."""
    found = installed_or_404(key)
    row = queries.firm_connector(key)
    form = PlainForm()
    settings = None
    if found.firm_form is not None:
        settings = found.firm_form(request.form if request.method == "POST" else None, data=queries.settings_of(row))
    if settings is not None and form.validate_on_submit() and settings.validate():
        try:
            commands.set_firm_settings(key, settings.values(), actor=current_viewer())
            flash(_("The settings were saved."), "success")
            return redirect_to("connectors.describe", key=key)
        except Refused as refusal:
            refuse(settings, refusal)
    page = render_template(
        "connectors/describe.html", found=found, active=row is not None and row.active, form=form, settings=settings
    )
    return page, status_of(settings) if settings is not None else 200


@bp.post("/administration/connectors/<key>/activation")
@allowed(can_manage_connectors)
def activate(key: str) -> ResponseReturnValue:
    """Switch it on for the firm."""
    found = installed_or_404(key)
    commands.activate(key, actor=current_viewer())
    flash(_("“%(name)s” can now be used by clients.", name=found.name), "success")
    return redirect_to("connectors.index")


@bp.post("/administration/connectors/<key>/deactivation")
@allowed(can_manage_connectors)
def deactivate(key: str) -> ResponseReturnValue:
    """Switch it off for the firm; nothing that clients have set is lost."""
    found = installed_or_404(key)
    commands.deactivate(key, actor=current_viewer())
    flash(_("“%(name)s” was switched off. The settings are kept.", name=found.name), "success")
    return redirect_to("connectors.index")
