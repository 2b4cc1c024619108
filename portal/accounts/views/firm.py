"""The settings of the firm."""

from __future__ import annotations

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import commands
from portal.accounts.forms import FirmForm
from portal.accounts.models import Firm
from portal.accounts.policies import can_administer
from portal.accounts.queries import firm
from portal.accounts.views.blueprint import bp
from portal.accounts.views.conflicts import show_conflict
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import refuse, status_of
from portal.kit.i18n import LANGUAGES
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.route("/settings/firm", methods=["GET", "POST"])
@allowed(can_administer)
def firm_settings() -> ResponseReturnValue:
    """Name, address, language, time zone, currency, working term, how new folders start."""
    found = firm()
    assert found is not None, "without a firm every page leads to the set-up"
    form = FirmForm(obj=found, **_own_words(found))
    if form.validate_on_submit():
        try:
            commands.update_firm(actor=current_viewer(), version=form.version.data or 0, **form.settings())
            flash(_("The settings are saved."), "success")
            return redirect_to("accounts.firm_settings")
        except Conflict as refusal:
            show_conflict(form, found, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/firm.html", form=form), status_of(form)


def _own_words(found: Firm) -> dict[str, str]:
    words = found.own_term or {}
    values: dict[str, str] = {}
    for code in LANGUAGES:
        one, many = (*words.get(code, ["", ""]), "")[:2]
        values |= {f"own_{code}_one": one, f"own_{code}_many": many}
    return values
