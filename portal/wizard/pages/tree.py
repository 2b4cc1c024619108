"""Step 4: the folders that the space begins with."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.kit.errors import Conflict
from portal.kit.web import current_viewer
from portal.wizard.forms import StepForm
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, show
from portal.wizard.queries import TreeChoice, tree_choices
from portal.wizard.steps import tree_of


def tree(draft: Draft) -> ResponseReturnValue:
    """Show the templates with what is in them, or save the choice."""
    templates = tree_choices(current_viewer())
    if request.method == "GET":
        return _page(draft, templates, tree_of(draft) if "tree" in draft.data else None)
    chosen = request.form.get("template_id", "")
    if chosen and chosen not in {template.id for template in templates}:
        flash(_("This template does not exist any more. Choose another one."), "error")
        return _page(draft, templates, None, status=422)
    try:
        return go_on(draft, "tree", {"template_id": chosen or None})
    except Conflict as refusal:
        flash(str(refusal), "error")
        return _page(draft, templates, chosen, status=409)


def _page(draft: Draft, templates: list[TreeChoice], chosen: str | None, *, status: int = 200) -> ResponseReturnValue:
    form = StepForm(formdata=None, version=draft.version)
    return show(draft, "tree", status=status, form=form, templates=templates, chosen=chosen)
