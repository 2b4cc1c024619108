"""The firm's settings for documents."""

from __future__ import annotations

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.models import Firm
from portal.accounts.policies import can_administer
from portal.accounts.queries import firm
from portal.files.blueprint import bp
from portal.files.commands.settings import DeletesSoon, set_documents
from portal.files.queries.room import room
from portal.files.retention import Due
from portal.files.settings_form import DocumentsForm, typed
from portal.kit.db import db
from portal.kit.errors import Conflict
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.route("/settings/documents", methods=["GET", "POST"])
@allowed(can_administer)
def document_settings() -> ResponseReturnValue:
    """How long versions and the bin are kept, and how much room there is."""
    found = firm()
    assert found is not None, "without a firm every page leads to the set-up"
    form = DocumentsForm(data=typed(found))
    if not form.validate_on_submit():
        return _page(form), status_of(form)
    try:
        set_documents(
            actor=current_viewer(), version=form.version.data or 0, confirmed=form.confirmed.data, **form.settings()
        )
    except DeletesSoon as asked:
        form.confirmed.data = asked.confirmation
        return _page(form, going=asked.going), asked.status
    except Conflict as refusal:
        _show_conflict(form, found, refusal)
        return _page(form), status_of(form)
    flash(_("The settings are saved."), "success")
    return redirect_to("files.document_settings")


def _page(form: DocumentsForm, *, going: Due | None = None) -> str:
    return render_template("files/settings.html", form=form, going=going, room=room())


def _show_conflict(form: DocumentsForm, found: Firm, refusal: Conflict) -> None:
    """Keep what was typed and say beside each differing field what stands there now; sending again overwrites it."""
    db.session.refresh(found)
    refuse(form, refusal)
    for name, value in typed(found).items():
        field = form._fields[name]
        if name != "version" and value != field.data:
            field.errors = [*field.errors, _("Somebody else has saved “%(value)s” here.", value=value)]
    form.version.data, form.version.raw_data = found.version, None
