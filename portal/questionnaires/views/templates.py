"""Administration of form templates."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to
from portal.questionnaires import commands, queries, schema
from portal.questionnaires.forms import TemplateForm
from portal.questionnaires.models import FormTemplate
from portal.questionnaires.policies import can_manage_form_templates
from portal.questionnaires.queries import visible_templates
from portal.questionnaires.templates import TemplateChanged
from portal.questionnaires.views.blueprint import bp

_BLANK = [{"id": "", "title": "", "help": "", "questions": [{"id": "", "type": "text", "label": "", "help": ""}]}]


@bp.get("/administration/forms")
@allowed(can_manage_form_templates)
def templates() -> ResponseReturnValue:
    """The firm's form templates."""
    archived = request.args.get("archived") == "1"
    return render_template(
        "questionnaires/templates.html",
        found=queries.templates(archived=archived),
        archived=archived,
        sent=queries.times_sent(),
    )


@bp.route("/administration/forms/new", methods=["GET", "POST"])
@allowed(can_manage_form_templates)
def new_template() -> ResponseReturnValue:
    """Write a new form template."""
    return _edit(None)


@bp.route("/administration/forms/<uuid:template_id>", methods=["GET", "POST"])
@allowed(can_manage_form_templates, template=visible_templates)
def edit_template(template: FormTemplate) -> ResponseReturnValue:
    """Change a form template."""
    return _edit(template)


def _edit(template: FormTemplate | None) -> ResponseReturnValue:
    form = TemplateForm(obj=template)
    latest: int | None = None
    if form.validate_on_submit():
        try:
            saved = _save(template, form)
            flash(_("The form was saved."), "success")
            return redirect_to("questionnaires.edit_template", template_id=saved.id)
        except TemplateChanged as refusal:
            latest = refusal.latest
            refuse(form, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    stored = template.sections if template is not None else _BLANK
    sections = (schema.as_typed(str(form.sections.data)) if request.method == "POST" else stored) or _BLANK
    form.sections.data = json.dumps(sections, ensure_ascii=False)
    page = render_template(
        "questionnaires/edit.html",
        form=form,
        template=template,
        sections=sections,
        types=schema.TYPES,
        latest=latest,
        limits={"questions": schema.MOST_QUESTIONS, "options": schema.MOST_OPTIONS},
    )
    return page, status_of(form)


def _save(template: FormTemplate | None, form: TemplateForm) -> FormTemplate:
    values: dict[str, Any] = form.values("sections", "version")
    # "Save mine nevertheless" carries the version that its button has shown.
    over = request.form.get("over", type=int)
    version = over if over is not None else form.version.data
    return commands.save_template(
        template,
        actor=current_viewer(),
        sections=schema.parse_sections(str(form.sections.data or "")),
        version=version if template is not None else None,
        **values,
    )


@bp.get("/administration/forms/<uuid:template_id>/preview")
@allowed(can_manage_form_templates, template=visible_templates)
def preview_template(template: FormTemplate) -> ResponseReturnValue:
    """The form as the person who answers will see it; nothing is kept."""
    return render_template("questionnaires/preview.html", template=template)


@bp.post("/administration/forms/<uuid:template_id>/copies")
@allowed(can_manage_form_templates, template=visible_templates)
def duplicate_template(template: FormTemplate) -> ResponseReturnValue:
    """Make a copy and open it."""
    copy = commands.duplicate_template(template, actor=current_viewer())
    flash(_("This is the copy. Change what differs."), "success")
    return redirect_to("questionnaires.edit_template", template_id=copy.id)


@bp.post("/administration/forms/<uuid:template_id>/archival")
@allowed(can_manage_form_templates, template=visible_templates)
def archive_template(template: FormTemplate) -> ResponseReturnValue:
    """Offer it no longer."""
    commands.archive_template(template, actor=current_viewer())
    flash(_("“%(title)s” was archived.", title=template.title), "success")
    return redirect_to("questionnaires.templates")


@bp.post("/administration/forms/<uuid:template_id>/restoration")
@allowed(can_manage_form_templates, template=visible_templates)
def restore_template(template: FormTemplate) -> ResponseReturnValue:
    """Offer it again."""
    commands.restore_template(template, actor=current_viewer())
    flash(_("“%(title)s” can be sent again.", title=template.title), "success")
    return redirect_to("questionnaires.templates")


@bp.post("/administration/forms/<uuid:template_id>/deletion")
@allowed(can_manage_form_templates, template=visible_templates)
def delete_template(template: FormTemplate) -> ResponseReturnValue:
    """Remove it; what was sent stays."""
    title = template.title
    commands.delete_template(template, actor=current_viewer())
    flash(_("“%(title)s” was deleted.", title=title), "success")
    return redirect_to("questionnaires.templates")
