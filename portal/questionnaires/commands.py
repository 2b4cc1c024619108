"""Send forms, keep answers as they are typed, take the finished form."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Text, cast, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from portal import activity, mailer
from portal.clients.models import Client
from portal.clients.queries import contacts_of
from portal.kit.clock import now_in_sql
from portal.kit.db import db, new_id, pretended_moments, transactional
from portal.kit.errors import Refused
from portal.outbox import emit
from portal.questionnaires.answers import Answers, BadAnswer, Incomplete, clean_answer, faults_of, kept_as_typed
from portal.questionnaires.models import Form, FormTemplate
from portal.questionnaires.queries import today
from portal.questionnaires.schema import Question, questions_of
from portal.questionnaires.templates import (
    archive_template,
    delete_template,
    duplicate_template,
    restore_template,
    save_template,
)

__all__ = [
    "archive_template",
    "delete_template",
    "duplicate_template",
    "mark_opened",
    "restore_template",
    "save_answer",
    "save_answers",
    "save_template",
    "send_form",
    "submit",
]


class NobodyToAsk(Refused):
    """A form needs somebody who answers it."""

    sentence = _l("Choose at least one contact of this client.")
    field = "contacts"


class AlreadySubmitted(Refused):
    """A submitted form is read-only."""

    sentence = _l("This form has been sent already; its answers can no longer be changed.")
    status = 409


@transactional
def send_form(
    template: FormTemplate, *, client: Client, contacts: Sequence[Any], actor: Any, due_on: date | None = None
) -> list[Form]:
    """Send a copy of a template to contacts of a client, with a mail in each one's language.

    A fixed number of statements however many contacts there are. What the template says now is what they answer.

    :param contacts: people, each a contact of the client whose account is not disabled.
    :param due_on: the day by which it should be answered; today at the earliest.
    :raises NobodyToAsk: no contact, or somebody who is not a contact of this client.
    :raises Refused: the day has passed, or the template is archived.
    """
    if template.archived_at is not None:
        raise Refused(_l("This form is archived. Choose another one."), field="template")
    if due_on is not None and due_on < today():
        raise Refused(_l("This day has passed. Choose today or a later day."), field="due_on")
    chosen = list({person.id: person for person in contacts}.values())
    theirs = {person.id for person, _membership in contacts_of(client.id) if person.disabled_at is None}
    if not chosen or any(person.id not in theirs for person in chosen):
        raise NobodyToAsk()
    rows = [_copy_for(template, client, person, actor, due_on) for person in chosen]
    forms = list(db.session.scalars(insert(Form).returning(Form, sort_by_parameter_order=True), rows))
    verbs = activity.verbs
    activity.commands.record_many(
        [
            activity.commands.line(
                verbs.FORM_SENT, actor=actor, client=client, form=template.title, person=person.full_name
            )
            for person in chosen
        ]
    )
    for form, person in zip(forms, chosen, strict=True):
        mailer.send(
            "form_request",
            to=person,
            client_id=client.id,
            form_id=form.id,
            title=template.title,
            client_name=client.name,
            sender=actor.full_name,
            mail_text=template.mail_text,
            due_on=due_on.isoformat() if due_on else None,
        )
    sent = [{"id": str(form.id), "contact_id": str(form.contact_id)} for form in forms]
    emit("connectors.publish", event="form.sent", client_id=client.id, data={"title": template.title, "forms": sent})
    return forms


def _copy_for(template: FormTemplate, client: Client, person: Any, actor: Any, due_on: date | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        **pretended_moments(Form),
        "template_id": template.id,
        "client_id": client.id,
        "contact_id": person.id,
        "sent_by_id": actor.id,
        "title": template.title,
        "description": template.description,
        "sections": template.sections,
        "answers": {},
        "due_on": due_on,
    }


@transactional
def mark_opened(form: Form) -> None:
    """The contact has seen it; the first time counts."""
    db.session.execute(update(Form).where(Form.id == form.id, Form.opened_at.is_(None)).values(opened_at=now_in_sql()))


@transactional
def save_answer(form: Form, question_id: str, values: Sequence[str], *, actor: Any) -> str | None:
    """Keep one answer as it is being typed. Returns what is wrong with it, or None.

    Written into its own place of the stored object, so that two answers saved at once do not overwrite one another.

    :raises Refused: no such question.
    :raises AlreadySubmitted: the form was submitted meanwhile.
    """
    question = next((found for found in questions_of(form.sections) if found["id"] == question_id), None)
    if question is None:
        raise Refused(_l("This question is not part of the form."))
    answer, fault = _answer_or_typed(question, values)
    stored = (
        Form.answers.op("-")(cast(literal(question_id), Text))
        if answer is None
        else Form.answers.op("||")(cast(literal({question_id: answer}, JSONB), JSONB))
    )
    _write(form.id, stored)
    return fault


@transactional
def save_answers(form: Form, given: Mapping[str, Sequence[str]], *, actor: Any) -> dict[str, str]:
    """Keep all answers of the page. Returns a sentence per question whose answer does not fit.

    :param given: what the fields hold, by question id; questions that are missing are empty.
    :raises AlreadySubmitted: the form was submitted meanwhile.
    """
    answers: Answers = {}
    faults = {}
    for question in questions_of(form.sections):
        answer, fault = _answer_or_typed(question, given.get(question["id"], ()))
        if answer is not None:
            answers[question["id"]] = answer
        if fault:
            faults[question["id"]] = fault
    _write(form.id, literal(answers, JSONB))
    return faults


def submit(form: Form, given: Mapping[str, Sequence[str]] | None = None, *, actor: Any) -> Form:
    """Finish the form: from now on it is read-only.

    :param given: the answers of the page; None takes those that are stored.
    :raises Incomplete: with a sentence per question; what was typed is kept nevertheless.
    :raises AlreadySubmitted: it was submitted before.
    """
    if given is not None:
        save_answers(form, given, actor=actor)
    return _close(form, actor)


@transactional
def _close(form: Form, actor: Any) -> Form:
    found = db.session.scalars(
        select(Form).where(Form.id == form.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if found.submitted_at is not None:
        raise AlreadySubmitted()
    faults = faults_of(found.sections, found.answers)
    if faults:
        raise Incomplete(faults)
    found.submitted_at = now_in_sql()
    found.version += 1
    client = db.session.get(Client, found.client_id)
    activity.record(activity.verbs.FORM_ANSWERED, actor=actor, client=client, form=found.title)
    data = {
        "id": str(found.id),
        "title": found.title,
        "contact_id": str(found.contact_id),
        "answers": answers_of(found),
    }
    emit("connectors.publish", event="form.answered", client_id=found.client_id, data=data)
    return found


def answers_of(form: Form) -> list[dict[str, Any]]:
    """The answers for an outside tool: question, type and canonical value, in order."""
    return [
        {"question": question["label"], "type": question["type"], "answer": form.answers.get(question["id"])}
        for question in questions_of(form.sections)
    ]


def _answer_or_typed(question: Question, values: Iterable[str]) -> tuple[Any, str | None]:
    given = list(values)
    try:
        return clean_answer(question, given), None
    except BadAnswer as refusal:
        return kept_as_typed(question, given), str(refusal)


def _write(form_id: uuid.UUID, answers: Any) -> None:
    written = db.session.execute(
        update(Form)
        .where(Form.id == form_id, Form.submitted_at.is_(None))
        .values(answers=answers, opened_at=func.coalesce(Form.opened_at, now_in_sql()))
        .execution_options(synchronize_session=False)
        .returning(Form.id)
    ).one_or_none()
    if written is None:
        raise AlreadySubmitted()
