"""Step 2: who, at this client, gets an access."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries as accounts
from portal.accounts.models import Person
from portal.kit.errors import Conflict
from portal.kit.forms import refuse, status_of
from portal.kit.i18n import LANGUAGES
from portal.kit.web import current_viewer
from portal.wizard.commands import contact_lines
from portal.wizard.forms import NewContactForm, StepForm
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, pressed, show, stay
from portal.wizard.steps import ContactLine, contacts_of, information_of

MOST = 100


def contacts(draft: Draft) -> ResponseReturnValue:
    """Show the step, or do what the pressed button says; the lines are saved with every button."""
    lines = contacts_of(draft)
    if request.method == "GET":
        return _page(draft, lines)
    _read_lines(lines)
    action, _separator, argument = pressed().partition(":")
    try:
        if action == "new":
            return _add_new(draft, lines)
        if action == "add":
            _add_known(lines, _known(argument), draft)
        elif action == "remove":
            lines = [line for line in lines if line.email.lower() != argument.lower()]
        if action in ("add", "remove"):
            return stay(draft, "contacts", contact_lines(lines))
        return go_on(draft, "contacts", contact_lines(lines))
    except Conflict as refusal:
        flash(str(refusal), "error")
        return _page(draft, lines, status=409)


def _read_lines(lines: list[ContactLine]) -> None:
    """Language, mail or no mail, and main contact of every line as the page sent them."""
    main = request.form.get("main", "")
    for number, line in enumerate(lines):
        if f"email_{number}" not in request.form or request.form[f"email_{number}"] != line.email:
            continue
        language = request.form.get(f"language_{number}", line.language)
        line.language = language if language in LANGUAGES else line.language
        line.invite = f"invite_{number}" in request.form
        line.is_main = main == line.email


def _known(person_id: str) -> Person | None:
    """A contact that this collaborator may pick."""
    try:
        ident = uuid.UUID(person_id)
    except ValueError:
        return None
    return accounts.contact_to_pick(current_viewer(), ident)


def _add_known(lines: list[ContactLine], person: Person | None, draft: Draft) -> None:
    if person is None or len(lines) >= MOST or any(line.email.lower() == person.email.lower() for line in lines):
        return
    lines.append(
        ContactLine(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            phone=person.phone,
            language=person.language,
            # Who is active already needs no second activation mail.
            invite=person.activated_at is None,
            person_id=str(person.id),
        )
    )


def _add_new(draft: Draft, lines: list[ContactLine]) -> ResponseReturnValue:
    form = NewContactForm(prefix="new")
    if not form.validate():
        return _page(draft, lines, form, status=422)
    email = form.email.data or ""
    known = accounts.person_by_email(email)
    if known is not None and known.is_staff:
        form.email.errors = [_("This is the address of a collaborator of the firm, who cannot be a contact.")]
        return _page(draft, lines, form, status=422)
    if any(line.email.lower() == email.lower() for line in lines):
        form.email.errors = [_("This contact is already in the list.")]
        return _page(draft, lines, form, status=422)
    if known is not None:
        _add_known(lines, known, draft)
        flash(_("%(name)s is already known: the existing account is used.", name=known.full_name), "info")
    else:
        lines.append(
            ContactLine(
                email=email,
                first_name=form.first_name.data or "",
                last_name=form.last_name.data or "",
                phone=form.phone.data or "",
                language=form.language.data,
            )
        )
    try:
        return stay(draft, "contacts", contact_lines(lines))
    except Conflict as refusal:
        refuse(form, refusal)
        return _page(draft, lines, form, status=status_of(form))


def _page(
    draft: Draft, lines: list[ContactLine], new: NewContactForm | None = None, *, status: int = 200
) -> ResponseReturnValue:
    version = StepForm(formdata=None, version=draft.version)
    fresh = NewContactForm(
        formdata=None, prefix="new", language=information_of(draft).language or current_user.language
    )
    return show(draft, "contacts", status=status, form=version, lines=lines, new=new or fresh, languages=LANGUAGES)


def contact_suggestions(draft: Draft, text: str) -> ResponseReturnValue:
    """Known contacts that match; those of the list already are left out."""
    taken = {line.email.lower() for line in contacts_of(draft)}
    found = accounts.contacts_like(text, viewer=current_viewer()) if len(text.strip()) >= 2 else []
    people = [person for person in found if person.email.lower() not in taken]
    return render_template("wizard/_suggestions.html", draft=draft, people=people, text=text.strip())
