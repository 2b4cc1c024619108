"""All components in all states. Only where the site is being developed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, render_template

from portal.kit.web import public
from portal.styleguide import samples

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@public
def index() -> Any:
    """The style guide; elsewhere than in development it does not exist."""
    if not current_app.config["SETTINGS"].development:
        abort(404)
    return render_template(
        "styleguide/index.html",
        form=samples.SampleForm(formdata=None),
        bad_form=samples.bad_form(),
        nodes=samples.tree(),
        people=samples.PEOPLE,
    )
