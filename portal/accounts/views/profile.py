"""One's own details, password and sessions."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user

from portal.accounts import commands
from portal.accounts.forms import ChangePasswordForm, ProfileForm
from portal.accounts.models import SignInSession
from portal.accounts.policies import can_end_session
from portal.accounts.queries import own_sessions, sessions_of
from portal.accounts.sessions import current_session_id
from portal.accounts.views.blueprint import bp, with_theme
from portal.accounts.views.conflicts import show_conflict
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to, signed_in


@bp.route("/profile", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    """One's own name, telephone, language, time zone and appearance."""
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        try:
            person = commands.update_person(
                current_user, actor=current_viewer(), version=form.version.data, **form.details()
            )
            session["language"] = person.language
            refresh()
            flash(_("Your details are saved."), "success")
            return with_theme(redirect_to("accounts.profile"), person.theme)
        except Conflict as refusal:
            show_conflict(form, current_user, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    return _page(form=form), status_of(form)


def _page(form: ProfileForm | None = None, password_form: ChangePasswordForm | None = None) -> str:
    return render_template(
        "accounts/profile.html",
        form=form or ProfileForm(formdata=None, obj=current_user),
        password_form=password_form or ChangePasswordForm(formdata=None),
        sessions=sessions_of(current_viewer()),
        this_session=current_session_id(),
    )


@bp.post("/profile/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Choose another password; the other sessions end."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            commands.change_password(
                current_user,
                current_password=form.current_password.data or "",
                password=form.password.data or "",
                session_id=current_session_id(),
                ip=request.remote_addr,
            )
            flash(_("Your new password is set. Your other sessions have ended."), "success")
            return redirect_to("accounts.profile")
        except Refused as refusal:
            refuse(form, refusal)
    return _page(password_form=form), status_of(form)


@bp.post("/profile/sessions/<uuid:session_id>/end")
@allowed(can_end_session, session=own_sessions)
def end_session(session: SignInSession) -> ResponseReturnValue:
    """End one of one's own sessions."""
    commands.end_own_session(session, actor=current_viewer())
    flash(_("That session has ended."), "success")
    return redirect(url_for("accounts.profile") + "#sessions", 303)


@bp.post("/profile/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's own sessions but this one."""
    commands.end_other_sessions(actor=current_viewer(), but=current_session_id())
    flash(_("All your other sessions have ended."), "success")
    return redirect(url_for("accounts.profile") + "#sessions", 303)
