"""Administration of attributes: what fields there are."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients import commands
from portal.clients.forms import AttributeForm
from portal.clients.models import Attribute
from portal.clients.policies import can_manage_templates
from portal.clients.queries import all_attributes
from portal.clients.queries.attributes import attributes_to_edit
from portal.clients.values import RULES, TYPES
from portal.clients.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.i18n import LANGUAGES
from portal.kit.web import allowed, current_viewer, redirect_to, safe_next


@bp.get("/attributes")
@allowed(can_manage_templates)
def attributes() -> ResponseReturnValue:
    """All fields that are in use."""
    return render_template("clients/attributes.html", attributes=all_attributes(), types=TYPES, rules=RULES)


def _page(form: AttributeForm, attribute: Attribute | None) -> ResponseReturnValue:
    after = safe_next(url_for("clients.attributes"))
    return render_template(
        "clients/attribute.html", form=form, attribute=attribute, after=after, types=TYPES
    ), status_of(form)


@bp.route("/attributes/new", methods=["GET", "POST"])
@allowed(can_manage_templates)
def create_attribute() -> ResponseReturnValue:
    """Define a field; ``next`` says where to go on, for example back to a template's editor."""
    form = AttributeForm()
    if form.validate_on_submit():
        try:
            commands.create_attribute(
                label=form.labels(),
                type=form.type.data,
                options=form.choices(),
                rule=form.rule.data or "",
                section=form.section.data or "",
                actor=current_viewer(),
            )
            flash(_("The field has been made."), "success")
            return redirect(safe_next(url_for("clients.attributes")), code=303)
        except Refused as refusal:
            refuse(form, _beside(refusal))
    return _page(form, None)


def _beside(refusal: Refused) -> Refused:
    """The label stands in one field per language; the refusal goes to the first."""
    if refusal.field == "label":
        refusal.field = "label_fr"
    return refusal


@bp.route("/attributes/<uuid:attribute_id>", methods=["GET", "POST"])
@allowed(can_manage_templates, attribute=attributes_to_edit)
def attribute(attribute: Attribute) -> ResponseReturnValue:
    """Change a field. Its type stays."""
    form = AttributeForm(data=_as_typed(attribute))
    if request.method == "POST":
        # A browser does not send a control that is switched off.
        form.type.data = attribute.type
        if form.validate():
            try:
                commands.update_attribute(
                    attribute,
                    label=form.labels(),
                    options=form.choices(),
                    rule=form.rule.data or "",
                    section=form.section.data or "",
                    actor=current_viewer(),
                )
                flash(_("The field has been saved."), "success")
                return redirect_to("clients.attributes")
            except Refused as refusal:
                refuse(form, _beside(refusal))
    return _page(form, attribute)


def _as_typed(attribute: Attribute) -> dict[str, str]:
    lines = []
    for option in attribute.options:
        parts = [option["label"].get(code, "") for code in LANGUAGES]
        lines.append(" | ".join(parts).rstrip(" |"))
    return {
        **{f"label_{code}": attribute.label.get(code, "") for code in LANGUAGES},
        "type": attribute.type,
        "rule": attribute.rule,
        "section": attribute.section,
        "options": "\n".join(lines),
    }


@bp.post("/attributes/<uuid:attribute_id>/archival")
@allowed(can_manage_templates, attribute=attributes_to_edit)
def archive_attribute(attribute: Attribute) -> ResponseReturnValue:
    """Take a field out of use."""
    commands.archive_attribute(attribute, actor=current_viewer())
    flash(_("The field is out of use. Its values are kept."), "success")
    return redirect_to("clients.attributes")
