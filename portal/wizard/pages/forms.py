"""Step 6: the forms that go out as soon as the client exists."""

from __future__ import annotations

from datetime import date

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.document_requests.queries import request_templates
from portal.kit.clock import now
from portal.kit.errors import Conflict
from portal.kit.forms import choices_of
from portal.questionnaires.queries import templates
from portal.wizard.forms import FormsForm
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, pressed, show
from portal.wizard.requested import folder_choices
from portal.wizard.steps import contacts_of, forms_of


def forms(draft: Draft) -> ResponseReturnValue:
    """Show the form templates and the contacts, or save the choice."""
    saved = forms_of(draft)
    if "forms" not in draft.data:
        saved["contacts"] = [line.email for line in contacts_of(draft) if line.is_main]
    form = _form(draft, saved)
    if request.method == "GET":
        return _page(draft, form)
    if pressed() != "back" and not (form.validate() and _makes_sense(form)):
        return _page(draft, form, status=422)
    value = {
        "template_ids": form.template_ids.data or [],
        "contacts": form.contacts.data or [],
        "due_on": form.due_on.data.isoformat() if form.due_on.data else None,
        "request_id": form.request_id.data or None,
        "request_node": form.request_node.data or None,
    }
    try:
        return go_on(draft, "forms", value)
    except Conflict as refusal:
        flash(str(refusal), "error")
        return _page(draft, form, status=409)


def _form(draft: Draft, saved: dict[str, object]) -> FormsForm:
    due = date.fromisoformat(str(saved["due_on"])) if saved["due_on"] else None
    form = FormsForm(
        template_ids=saved["template_ids"],
        contacts=saved["contacts"],
        due_on=due,
        request_id=saved["request_id"] or "",
        request_node=saved["request_node"] or "",
    )
    form.request_id.choices = choices_of(request_templates(), empty=_("None"))
    form.request_node.choices = [("", _("Choose a folder")), *folder_choices(draft)]
    form.template_ids.choices = [(str(template.id), template.title) for template in templates()]
    form.contacts.choices = [
        (line.email, f"{line.first_name} {line.last_name}".strip() or line.email) for line in contacts_of(draft)
    ]
    return form


def _makes_sense(form: FormsForm) -> bool:
    """A form needs somebody who receives it, and a day that has not passed."""
    if form.template_ids.data and not form.contacts.data:
        form.contacts.errors = [_("Choose at least one contact who receives the forms.")]
    if form.request_id.data and not form.request_node.data:
        form.request_node.errors = [_("Choose where the documents go.")]
    if form.due_on.data and form.due_on.data < now().date():
        form.due_on.errors = [_("This day has passed. Choose a day from today on.")]
    return not form.errors


def _page(draft: Draft, form: FormsForm, *, status: int = 200) -> ResponseReturnValue:
    form.version.data = draft.version
    return show(draft, "forms", status=status, form=form)
