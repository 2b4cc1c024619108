"""Administration of request templates."""

from __future__ import annotations

import json

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.document_requests import checklist, commands, queries
from portal.document_requests.forms import RequestTemplateForm
from portal.document_requests.models import RequestTemplate
from portal.document_requests.policies import can_manage_request_templates
from portal.document_requests.queries import visible_request_templates
from portal.document_requests.refusals import BadLines, Faults, TemplateChanged
from portal.document_requests.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/templates/requests")
@allowed(can_manage_request_templates)
def templates() -> ResponseReturnValue:
    """The firm's request templates."""
    return render_template("document_requests/templates.html", found=queries.request_templates())


@bp.route("/templates/requests/new", methods=["GET", "POST"])
@allowed(can_manage_request_templates)
def new_template() -> ResponseReturnValue:
    """Write a new request template."""
    return _edit(None)


@bp.route("/templates/requests/<uuid:template_id>", methods=["GET", "POST"])
@allowed(can_manage_request_templates, template=visible_request_templates)
def edit_template(template: RequestTemplate) -> ResponseReturnValue:
    """Change a request template."""
    return _edit(template)


def _edit(template: RequestTemplate | None) -> ResponseReturnValue:
    form = RequestTemplateForm(obj=template)
    faults: Faults = {}
    latest: int | None = None
    if form.validate_on_submit():
        try:
            saved = _save(template, form)
            flash(_("“%(name)s” was saved.", name=saved.name), "success")
            return redirect_to("document_requests.edit_template", template_id=saved.id)
        except TemplateChanged as refusal:
            latest = refusal.latest
            refuse(form, refusal)
        except BadLines as refusal:
            faults = refusal.faults
            refuse(form, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    if request.method == "GET" and template is not None:
        form.lines.data = json.dumps(checklist.shown_items(checklist.items_of(template.items)))
    page = render_template(
        "document_requests/template_edit.html",
        form=form,
        template=template,
        lines=checklist.as_typed(str(form.lines.data or "[]"), faults) or [{}],
        latest=latest,
    )
    return page, status_of(form)


def _save(template: RequestTemplate | None, form: RequestTemplateForm) -> RequestTemplate:
    # "Save mine nevertheless" carries the version that its button has shown.
    over = request.form.get("over", type=int)
    version = over if over is not None else form.version.data
    return commands.save_template(
        template,
        actor=current_viewer(),
        name=str(form.name.data),
        note=str(form.note.data or ""),
        items=checklist.parse_items(str(form.lines.data or "")),
        version=version if template is not None else None,
    )


@bp.post("/templates/requests/<uuid:template_id>/copies")
@allowed(can_manage_request_templates, template=visible_request_templates)
def duplicate_template(template: RequestTemplate) -> ResponseReturnValue:
    """Make a copy and open it."""
    copy = commands.duplicate_template(template, actor=current_viewer())
    flash(_("This is the copy. Change what differs."), "success")
    return redirect_to("document_requests.edit_template", template_id=copy.id)


@bp.post("/templates/requests/<uuid:template_id>/deletion")
@allowed(can_manage_request_templates, template=visible_request_templates)
def delete_template(template: RequestTemplate) -> ResponseReturnValue:
    """Remove it; what was sent stays."""
    name = template.name
    commands.delete_template(template, actor=current_viewer())
    flash(_("“%(title)s” was deleted.", title=name), "success")
    return redirect_to("document_requests.templates")
