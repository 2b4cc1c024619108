"""The first start: a one-time link in the terminal leads to the page that makes the firm."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.accounts import commands, links
from portal.accounts.forms import SetUpForm
from portal.accounts.queries import firm
from portal.accounts.views.access import let_in
from portal.accounts.views.blueprint import bp, user_agent
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import public, wants_json

# What must answer before there is a firm.
_BEFORE = ("static", "accounts.set_up", "accounts.not_set_up", "accounts.choose_language")
_BEFORE_PARTS = ("styleguide.", "home.health", "home.ready", "home.live")


@bp.before_app_request
def ask_for_set_up() -> ResponseReturnValue | None:
    """Without a firm there is nothing to show: every page says where the set-up link stands."""
    endpoint = request.endpoint or ""
    if request.routing_exception is not None:
        # No such page, or a forged Host header: the error page answers.
        return None
    if endpoint in _BEFORE or endpoint.startswith(_BEFORE_PARTS):
        return None
    # Who is signed in comes with the firm.
    if current_user.is_authenticated or firm() is not None:
        return None
    if wants_json():
        return {"type": "about:blank", "status": 503, "title": "Not set up yet."}, 503
    return redirect(url_for("accounts.not_set_up"), 303)


@bp.get("/setup")
@public
def not_set_up() -> ResponseReturnValue:
    """Says where the link stands; once there is a firm, leads to it."""
    if firm() is not None:
        return redirect(url_for("accounts.sign_in"), 303)
    return render_template("accounts/not_set_up.html")


@bp.route("/setup/<token>", methods=["GET", "POST"])
@public
def set_up(token: str) -> ResponseReturnValue:
    """Make the firm and its administrator, and sign in."""
    try:
        links.find("setup", token)
    except links.LinkDead:
        if firm() is not None:
            return redirect(url_for("accounts.sign_in"), 303)
        return render_template("accounts/not_set_up.html", dead=True), links.LinkDead.status
    form = SetUpForm()
    if form.validate_on_submit():
        try:
            person = commands.set_up_firm(token, **form.values("repeated"))
            person, session_token = commands.sign_in_as(person, ip=request.remote_addr, user_agent=user_agent())
            return let_in(person, session_token, url_for("home.index"))
        except links.LinkDead as refusal:
            return render_template("accounts/not_set_up.html", dead=True), refusal.status
        except Refused as refusal:
            refuse(form, refusal)
    elif request.method == "GET":
        form.time_zone.data = "Europe/Paris"
    return render_template("accounts/set_up.html", form=form), status_of(form)
