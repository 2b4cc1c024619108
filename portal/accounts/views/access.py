"""Sign in, sign out, choose the language, ask for a new password."""

from __future__ import annotations

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.accounts import commands
from portal.accounts.eye import open_eye
from portal.accounts.forms import AddressForm, SignInForm
from portal.accounts.models import Person
from portal.accounts.queries import demo_people
from portal.accounts.sessions import current_session_id, keep_signed_in, session_owner
from portal.accounts.views.blueprint import bp, user_agent, with_theme
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.i18n import LANGUAGES
from portal.kit.web import public, redirect_to, safe_next, signed_in


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    target = safe_next(url_for("home.index"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(target, 303)
    form = SignInForm()
    if form.validate_on_submit():
        try:
            person, token = commands.sign_in(
                form.email.data or "", form.password.data or "", ip=request.remote_addr, user_agent=user_agent()
            )
            return let_in(person, token, target)
        except Refused as refusal:
            refuse(form, refusal)
    demo = current_app.config["SETTINGS"].demo
    people = demo_people() if demo else []
    page = render_template("accounts/sign_in.html", form=form, next=safe_next(""), demo_people=people)
    return page, status_of(form)


def let_in(person: Person, token: str, target: str) -> Response:
    """Put the new session into the cookie and go on."""
    keep_signed_in(token)
    session["language"] = person.language
    return with_theme(redirect(target, 303), person.theme)


@bp.post("/demo/sign-in")
@public
def sign_in_as() -> ResponseReturnValue:
    """One click on the sign-in page of a demo; nothing of the kind exists elsewhere."""
    if not current_app.config["SETTINGS"].demo:
        abort(404)
    person = next((one for one in demo_people() if str(one.id) == request.form.get("person_id")), None)
    if person is None:
        abort(404)
    person, token = commands.sign_in_as(person, ip=request.remote_addr, user_agent=user_agent())
    return let_in(person, token, safe_next(url_for("home.index")))


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    commands.sign_out(session_owner(), current_session_id())
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    flash(_("You are signed out."), "success")
    return redirect_to("accounts.sign_in")


@bp.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Another language: for this browser, and for the person who is signed in."""
    language = request.form.get("language", "")
    if language in LANGUAGES:
        if current_user.is_authenticated and open_eye() is not None:
            session["eye_language"] = language
        else:
            if current_user.is_authenticated:
                commands.choose_language(current_user, language)
            session["language"] = language
        refresh()
    return redirect(safe_next(url_for("home.index")), 303)


@bp.route("/password-reset", methods=["GET", "POST"])
@public
def forgotten() -> ResponseReturnValue:
    """Ask for a mail to choose a new password. The answer is the same whether or not the address is known."""
    form = AddressForm()
    if form.validate_on_submit():
        try:
            commands.request_reset(form.email.data or "", ip=request.remote_addr)
            return render_template("accounts/reset_promised.html", email=form.email.data)
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/forgotten.html", form=form), status_of(form)
