"""What the links in mails open: activation and a new password."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user

from portal.accounts import commands, links
from portal.accounts.forms import NewPasswordForm
from portal.accounts.models import Person
from portal.accounts.throttle import TooManyTries
from portal.accounts.views.access import let_in
from portal.accounts.views.blueprint import bp, user_agent
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import public, redirect_to


@bp.route("/activation/<token>", methods=["GET", "POST"])
@public
def activation(token: str) -> ResponseReturnValue:
    """Choose the first password. Opening the page changes nothing: mail programs open links by themselves."""
    try:
        person = links.reader_of(links.find("activation", token))
    except links.LinkDead:
        return render_template("accounts/activation_dead.html", token=token), links.LinkDead.status
    _speak_to(person)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            person = commands.activate(token, form.password.data or "")
            person, session_token = commands.sign_in_as(person, ip=request.remote_addr, user_agent=user_agent())
            return let_in(person, session_token, url_for("home.index"))
        except links.LinkDead:
            return render_template("accounts/activation_dead.html", token=token), links.LinkDead.status
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/activation.html", form=form, person=person), status_of(form)


def _speak_to(person: Person) -> None:
    """Mails are in their reader's language, and so are the pages behind them."""
    if not current_user.is_authenticated and "language" not in session:
        session["language"] = person.language
        refresh()


@bp.post("/activation/<token>/renewal")
@public
def renew_activation(token: str) -> ResponseReturnValue:
    """Ask for another activation mail. The answer is the same whatever the token is."""
    try:
        commands.request_new_activation(token, ip=request.remote_addr)
    except TooManyTries as refusal:
        return render_template("accounts/activation_dead.html", token=token, sentence=str(refusal)), refusal.status
    return render_template("accounts/renewal_promised.html")


@bp.route("/password-reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password; all sessions end, and one signs in with the new one."""
    try:
        person = links.reader_of(links.find("reset", token))
    except links.LinkDead:
        return render_template("accounts/reset_dead.html"), links.LinkDead.status
    _speak_to(person)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            commands.reset_password(token, form.password.data or "")
            flash(_("Your new password is set. Please sign in with it."), "success")
            return redirect_to("accounts.sign_in")
        except links.LinkDead:
            return render_template("accounts/reset_dead.html"), links.LinkDead.status
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/reset.html", form=form, person=person), status_of(form)


@bp.get("/.well-known/change-password")
@public
def change_password_elsewhere() -> ResponseReturnValue:
    """Where password managers send people (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("accounts.profile") + "#password", 303)
