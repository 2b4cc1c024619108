"""The hub of templates, and the attribute templates."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients import commands
from portal.clients.forms import AttributeForm, TemplateForm
from portal.clients.models import Attribute, AttributeTemplate
from portal.clients.policies import can_manage_templates
from portal.clients.queries import all_attributes, attribute_templates
from portal.clients.queries.attributes import templates_to_edit
from portal.clients.values import RULES, TYPES, WITH_OPTIONS
from portal.clients.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/templates")
@allowed(can_manage_templates)
def templates() -> ResponseReturnValue:
    """The three kinds of templates."""
    return render_template("clients/templates.html")


@bp.get("/templates/attributes")
@allowed(can_manage_templates)
def template_list() -> ResponseReturnValue:
    """The attribute templates."""
    return render_template("clients/template_list.html", templates=attribute_templates())


def _items(attributes: list[Attribute]) -> list[tuple[Attribute, bool]]:
    """The fields of the form in their order, with "required"; a pressed arrow moves one of them."""
    known = {str(attribute.id): attribute for attribute in attributes}
    order = [key for key in dict.fromkeys(request.form.getlist("items")) if key in known]
    needed = set(request.form.getlist("required"))
    added, dropped = request.form.getlist("add"), request.form.get("drop")
    order += [key for key in added if key in known and key not in order]
    order = [key for key in order if key != dropped]
    for way, step in (("up", -1), ("down", 1)):
        if (moved := request.form.get(way)) in order:
            place = order.index(str(moved))
            other = max(0, min(len(order) - 1, place + step))
            order[place], order[other] = order[other], order[place]
    return [(known[key], key in needed) for key in order]


def _editor(
    form: TemplateForm, items: list[tuple[Attribute, bool]], template: AttributeTemplate | None
) -> ResponseReturnValue:
    present = {attribute.id for attribute, _needed in items}
    return render_template(
        "clients/template_edit.html",
        form=form,
        items=items,
        template=template,
        addable=[attribute for attribute in all_attributes() if attribute.id not in present],
        attribute_form=AttributeForm(formdata=None),
        types=TYPES,
        rules=RULES,
        with_options=WITH_OPTIONS,
    ), status_of(form)


def _save(template: AttributeTemplate | None) -> ResponseReturnValue:
    """The editor's answer: a step (add, drop, up, down) shows it again, "save" keeps it."""
    form = TemplateForm()
    items = _items(all_attributes())
    if "save" not in request.form:
        form.name.data = form.name.data or ""
        return _editor(form, items, template)
    if form.validate_on_submit():
        pairs: list[tuple[uuid.UUID, bool]] = [(attribute.id, needed) for attribute, needed in items]
        try:
            version = form.version.data if template is not None else None
            commands.save_attribute_template(
                template, name=form.name.data or "", items=pairs, version=version, actor=current_viewer()
            )
            flash(_("The template “%(name)s” has been saved.", name=form.name.data), "success")
            return redirect_to("clients.template_list")
        except Refused as refusal:
            refuse(form, refusal)
    return _editor(form, items, template)


@bp.route("/templates/attributes/new", methods=["GET", "POST"])
@allowed(can_manage_templates)
def new_template() -> ResponseReturnValue:
    """Make a template."""
    if request.method == "POST":
        return _save(None)
    return _editor(TemplateForm(formdata=None), [], None)


@bp.route("/templates/attributes/<uuid:template_id>", methods=["GET", "POST"])
@allowed(can_manage_templates, template=templates_to_edit)
def template(template: AttributeTemplate) -> ResponseReturnValue:
    """Change a template."""
    if request.method == "POST":
        return _save(template)
    items = [(item.attribute, item.required) for item in template.items if item.attribute.archived_at is None]
    return _editor(TemplateForm(formdata=None, name=template.name, version=template.version), items, template)


@bp.post("/templates/attributes/<uuid:template_id>/copies")
@allowed(can_manage_templates, template=templates_to_edit)
def duplicate_template(template: AttributeTemplate) -> ResponseReturnValue:
    """Make a copy of a template."""
    copy = commands.duplicate_attribute_template(template, actor=current_viewer())
    flash(_("The copy is called “%(name)s”.", name=copy.name), "success")
    return redirect_to("clients.template", template_id=copy.id)


@bp.post("/templates/attributes/<uuid:template_id>/removal")
@allowed(can_manage_templates, template=templates_to_edit)
def delete_template(template: AttributeTemplate) -> ResponseReturnValue:
    """Delete a template; cards keep their fields."""
    name = template.name
    commands.delete_attribute_template(template, actor=current_viewer())
    flash(_("The template “%(name)s” was deleted. Cards keep their fields.", name=name), "success")
    return redirect_to("clients.template_list")
