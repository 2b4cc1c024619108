"""The page on which a contact answers. Answers are kept as they are typed."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.eye import open_eye
from portal.clients.queries import visible_clients
from portal.kit.web import allowed, current_viewer, get_or_404, redirect_to
from portal.questionnaires import commands, queries
from portal.questionnaires.answers import Incomplete, fault_of_typed, is_typed
from portal.questionnaires.models import Form
from portal.questionnaires.policies import can_fill, can_read_answers
from portal.questionnaires.queries import visible_forms
from portal.questionnaires.schema import questions_of
from portal.questionnaires.views.blueprint import bp


@bp.get("/forms/<uuid:form_id>")
@allowed(can_read_answers, form=visible_forms)
def fill(form: Form) -> ResponseReturnValue:
    """The form with the answers so far; read-only once it was submitted. Collaborators are led to the answers."""
    if current_viewer().is_staff:
        return redirect_to("questionnaires.show", form_id=form.id)
    if form.opened_at is None and open_eye() is None:
        commands.mark_opened(form)
    faults = {
        question["id"]: fault_of_typed(question, form.answers[question["id"]])
        for question in questions_of(form.sections)
        if is_typed(form.answers.get(question["id"]))
    }
    return _page(form, faults), 200


def _page(form: Form, faults: dict[str, str], *, refused: bool = False) -> str:
    return render_template(
        "questionnaires/fill.html",
        form=form,
        client=get_or_404(visible_clients(current_viewer()), form.client_id),
        faults=faults,
        refused=refused,
        today=queries.today(),
        progress=progress_of(form),
    )


def progress_of(form: Form) -> tuple[int, int]:
    """(answered, all) questions."""
    questions = list(questions_of(form.sections))
    given = sum(
        1 for question in questions if form.answers.get(question["id"]) and not is_typed(form.answers[question["id"]])
    )
    return given, len(questions)


@bp.post("/forms/<uuid:form_id>/answers/<question_id>")
@allowed(can_fill, form=visible_forms)
def save_answer(form: Form, question_id: str) -> ResponseReturnValue:
    """Keep one answer while it is being typed."""
    fault = commands.save_answer(form, question_id, request.form.getlist(question_id), actor=current_viewer())
    fresh = get_or_404(visible_forms(current_viewer()).execution_options(populate_existing=True), form.id)
    return render_template(
        "questionnaires/_saved.html", question_id=question_id, fault=fault, progress=progress_of(fresh)
    )


@bp.post("/forms/<uuid:form_id>/answers")
@allowed(can_fill, form=visible_forms)
def save(form: Form) -> ResponseReturnValue:
    """Keep all answers and go on later (the way without script)."""
    commands.save_answers(form, request.form.to_dict(flat=False), actor=current_viewer())
    flash(_("Your answers so far are kept. You can go on at any time."), "success")
    return redirect_to("questionnaires.fill", form_id=form.id)


@bp.post("/forms/<uuid:form_id>/submission")
@allowed(can_fill, form=visible_forms)
def submit(form: Form) -> ResponseReturnValue:
    """Finish the form."""
    try:
        commands.submit(form, request.form.to_dict(flat=False), actor=current_viewer())
    except Incomplete as refusal:
        fresh = get_or_404(visible_forms(current_viewer()).execution_options(populate_existing=True), form.id)
        return _page(fresh, refusal.faults, refused=True), refusal.status
    flash(_("Thank you. Your answers were sent."), "success")
    return redirect_to("questionnaires.fill", form_id=form.id)
