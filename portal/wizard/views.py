"""The pages of the wizard: one address per step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kit.errors import Refused
from portal.kit.web import allowed, current_viewer, redirect_to
from portal.wizard import commands, pages, progress, queries
from portal.wizard.models import Draft
from portal.wizard.policies import can_prepare_clients, can_work_on_draft
from portal.wizard.provision import provision, review
from portal.wizard.steps import KEYS, SUMMARY, StepRefused, information_of

bp = Blueprint("wizard", __name__)


@bp.app_context_processor
def helpers() -> dict[str, Any]:
    """What the templates of the wizard ask for."""
    return {
        "wizard_steps": progress.steps,
        "wizard_done": progress.done,
        "wizard_step_label": progress.label,
        "template_choices": progress.template_choices,
    }


@bp.route("/clients/new", methods=["GET", "POST"])
@allowed(can_prepare_clients)
def start() -> ResponseReturnValue:
    """The first step of a new draft; the draft is made when something was typed."""
    return pages.information(None)


@bp.get("/drafts")
@allowed(can_prepare_clients)
def drafts() -> ResponseReturnValue:
    """The drafts that can be resumed."""
    return render_template(
        "wizard/drafts.html", drafts=queries.drafts_of(current_viewer()), information_of=information_of
    )


@bp.get("/drafts/<uuid:draft_id>")
@allowed(can_work_on_draft, draft=queries.visible_drafts)
def resume(draft: Draft) -> ResponseReturnValue:
    """Go on where the draft was left."""
    return redirect_to("wizard.step", draft_id=draft.id, step=draft.step if draft.step in (*KEYS, SUMMARY) else KEYS[0])


@bp.route(
    "/drafts/<uuid:draft_id>/<any(information,contacts,collaborators,tree,connectors,forms):step>",
    methods=["GET", "POST"],
)
@allowed(can_work_on_draft, draft=queries.visible_drafts)
def step(draft: Draft, step: str) -> ResponseReturnValue:
    """One step: show it, or save it and go on."""
    page: Any = getattr(pages, step)
    answer: ResponseReturnValue = page(draft)
    return answer


@bp.get("/drafts/<uuid:draft_id>/contacts/suggestions")
@allowed(can_work_on_draft, draft=queries.visible_drafts)
def suggestions(draft: Draft) -> ResponseReturnValue:
    """Known contacts whose name or address matches what is being typed."""
    return pages.contact_suggestions(draft, request.args.get("q", ""))


@bp.get("/drafts/<uuid:draft_id>/summary")
@allowed(can_work_on_draft, draft=queries.visible_drafts)
def summary(draft: Draft) -> ResponseReturnValue:
    """Everything at a glance, and what is still missing."""
    return render_template("wizard/summary.html", draft=draft, current=SUMMARY, **review(draft, actor=current_user))


@bp.post("/drafts/<uuid:draft_id>/client")
@allowed(can_work_on_draft, draft=queries.own_drafts)
def finish(draft: Draft) -> ResponseReturnValue:
    """Open the client space. Pressed twice, it leads to the same client."""
    try:
        client = provision(draft, actor=current_user)
    except StepRefused as refusal:
        flash(str(refusal), "error")
        return redirect_to("wizard.step", draft_id=draft.id, step=refusal.step)
    except Refused as refusal:
        flash(str(refusal), "error")
        return redirect_to("wizard.summary", draft_id=draft.id)
    flash(_("The client space of “%(name)s” is open.", name=client.name), "success")
    return redirect_to("clients.show", client_id=client.id)


@bp.post("/drafts/<uuid:draft_id>/removal")
@allowed(can_work_on_draft, draft=queries.visible_drafts)
def discard(draft: Draft) -> ResponseReturnValue:
    """Throw a draft away."""
    commands.discard_draft(draft)
    flash(_("The draft was discarded."), "success")
    return redirect_to("wizard.drafts")
