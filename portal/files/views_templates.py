"""Administration of folder-tree templates."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.files.blueprint import bp
from portal.files.commands.tree_templates import (
    delete_tree_template,
    duplicate_tree_template,
    order_tree_templates,
    save_tree_template,
)
from portal.files.forms import TreeTemplateForm
from portal.files.models import TreeTemplate
from portal.files.template_policies import can_edit_templates, can_see_templates
from portal.files.template_queries import Node, nodes_of, templates_with_counts, tree_of, visible_tree_templates
from portal.files.tree_shape import read_tree, uuid_or_none
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to
from portal.permissions.levels import Level

# As many are put in order at once.
MOST_TEMPLATES = 1000


@bp.get("/templates/trees")
@allowed(can_see_templates)
def tree_templates() -> ResponseReturnValue:
    """All templates with their numbers of folders."""
    viewer = current_viewer()
    return render_template(
        "files/tree_templates.html", templates=templates_with_counts(viewer), may_edit=can_edit_templates(viewer)
    )


@bp.get("/templates/trees/<uuid:template_id>")
@allowed(can_see_templates, template=visible_tree_templates)
def tree_template(template: TreeTemplate) -> ResponseReturnValue:
    """A template to look at."""
    return render_template(
        "files/tree_template.html", template=template, nodes=nodes_of(template.id),
        may_edit=can_edit_templates(current_viewer()),
    )  # fmt: skip


@bp.route("/templates/trees/new", methods=["GET", "POST"])
@allowed(can_edit_templates)
def new_tree_template() -> ResponseReturnValue:
    """A new template."""
    return _edit(None, [])


@bp.route("/templates/trees/<uuid:template_id>/edit", methods=["GET", "POST"])
@allowed(can_edit_templates, template=visible_tree_templates)
def edit_tree_template(template: TreeTemplate) -> ResponseReturnValue:
    """Change a template."""
    return _edit(template, nodes_of(template.id))


@bp.post("/templates/trees/order")
@allowed(can_edit_templates)
def order_templates() -> ResponseReturnValue:
    """Keep the order of the form; ``sort`` puts all of them in alphabetical order."""
    by_name = "sort" in request.form
    sent = [] if by_name else request.form.getlist("template")[:MOST_TEMPLATES]
    order_tree_templates([ident for text in sent if (ident := uuid_or_none(text))], actor=current_viewer())
    flash(_("The templates stand in alphabetical order.") if by_name else _("The order was saved."), "success")
    return redirect_to("files.tree_templates")


@bp.post("/templates/trees/<uuid:template_id>/copy")
@allowed(can_edit_templates, template=visible_tree_templates)
def copy_tree_template(template: TreeTemplate) -> ResponseReturnValue:
    """A copy to change."""
    made = duplicate_tree_template(
        template,
        name=_("%(name)s – copy", name=template.name),
        tree=tree_of(nodes_of(template.id)),
        actor=current_viewer(),
    )
    return redirect_to("files.edit_tree_template", template_id=made.id)


@bp.post("/templates/trees/<uuid:template_id>/deletion")
@allowed(can_edit_templates, template=visible_tree_templates)
def remove_tree_template(template: TreeTemplate) -> ResponseReturnValue:
    """Delete a template; clients keep their folders."""
    delete_tree_template(template, actor=current_viewer())
    flash(_("The template “%(name)s” was deleted.", name=template.name), "success")
    return redirect_to("files.tree_templates")


def _edit(template: TreeTemplate | None, nodes: list[Node]) -> ResponseReturnValue:
    form = TreeTemplateForm(obj=template)
    if form.validate_on_submit():
        try:
            saved = save_tree_template(
                template, name=form.name.data or "", description=form.description.data or "",
                tree=read_tree(_sent(form)), version=form.version.data, actor=current_viewer(),
            )  # fmt: skip
            flash(_("The template “%(name)s” was saved.", name=saved.name), "success")
            return redirect_to("files.tree_template", template_id=saved.id)
        except Refused as refusal:
            refuse(form, refusal)
    sent = _sent(form) if form.is_submitted() else None
    # What was typed stays in the editor; what is no tree at all is replaced by the saved one.
    tree = sent if isinstance(sent, list) else _as_json(nodes)
    page = render_template(
        "files/tree_template_edit.html", form=form, template=template, tree=tree,
        levels=[(level.key, level.label) for level in Level],
    )  # fmt: skip
    return page, status_of(form)


def _sent(form: TreeTemplateForm) -> Any:
    try:
        return json.loads(form.tree.data or "[]")
    except (ValueError, RecursionError):
        return None


def _as_json(nodes: list[Node]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(node.id),
            "name": node.name,
            "level": "" if node.own is None else node.own.key,
            "children": _as_json(node.children),
        }
        for node in nodes
    ]
