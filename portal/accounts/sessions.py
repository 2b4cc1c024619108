"""Who is signed in: a token in the cookie, its hash in a row. Ending the row ends the session at the next request."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from sqlalchemy import bindparam, func, select, true, update
from sqlalchemy.orm import joinedload

from portal.accounts.eye import open_eye, person_seen
from portal.accounts.models import Firm, Person, SignInSession
from portal.kit.crypto import new_token, token_hash
from portal.kit.db import db, transactional
from portal.kit.web import is_fragment_request, wants_json

COOKIE_KEY = "sign_in"
# OWASP ASVS 5.0 V7.3: an absolute and an inactivity limit.
ABSOLUTE = timedelta(days=14)
IDLE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=5)
# Every page asks for the firm as well: it comes along. Built once; each request has nothing but a token of its own.
_OPEN = (
    select(SignInSession, Firm)
    .join(SignInSession.person)
    .outerjoin(Firm, true())
    .where(
        SignInSession.token_hash == bindparam("token_hash"),
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > func.now(),
        SignInSession.last_seen_at > func.now() - IDLE,
        Person.disabled_at.is_(None),
        Person.activated_at.is_not(None),
    )
    .options(joinedload(SignInSession.person).joinedload(Person.role))
    # A right or role that was taken away must be gone at this very request, also for objects that live on.
    .execution_options(populate_existing=True)
)

login_manager = LoginManager()


def init_app(app: Flask) -> None:
    """Let Flask-Login find the person behind a request, and templates the eye."""
    app.jinja_env.globals["open_eye"] = open_eye
    login_manager.init_app(app)
    login_manager.request_loader(lambda _request: person_of_request())
    login_manager.unauthorized_handler(ask_to_sign_in)


def person_of_request() -> Person | None:
    """The signed-in person, by the cookie's token; one query, which brings the firm (:func:`queries.firm`) along.

    While the eye is open: the person who is seen.
    """
    token = session.get(COOKIE_KEY)
    if not isinstance(token, str):
        return None
    found = db.session.execute(_OPEN, {"token_hash": token_hash(token)}).one_or_none()
    if found is None:
        return None
    row, firm = found
    g.sign_in_session_id = row.id
    g.setdefault("firm", firm)
    # The database decides again in the update; this only spares a write per request.
    if datetime.now(UTC) - row.last_seen_at > _SEEN_EVERY:
        _note_presence(row.id)
    return person_seen(row)


def current_session_id() -> uuid.UUID | None:
    """The session of this request, or None for a stranger."""
    found: uuid.UUID | None = g.get("sign_in_session_id") if current_user.is_authenticated else None
    return found


def session_owner() -> Person:
    """Whose session this is: the one who looks while the eye is open, else the signed-in person."""
    eye = open_eye() if current_user.is_authenticated else None
    return eye.actor if eye is not None else cast(Person, current_user)


@transactional
def _note_presence(session_id: uuid.UUID) -> None:
    """Remember that the session is alive, every few minutes at most."""
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.last_seen_at < func.now() - _SEEN_EVERY)
        .values(last_seen_at=func.now())
        .execution_options(synchronize_session=False)
    )


@transactional
def open_session(person: Person, *, ip: str, user_agent: str) -> str:
    """Open a session for this person; returns the token for the cookie."""
    token = new_token()
    db.session.add(
        SignInSession(
            person_id=person.id,
            token_hash=token_hash(token),
            expires_at=func.now() + ABSOLUTE,
            ip=ip[:64],
            user_agent=user_agent[:400],
        )
    )
    return token


@transactional
def point_eye(session_id: uuid.UUID, at: tuple[uuid.UUID, uuid.UUID] | None) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Let a session see what a person sees of a client; None: its owner's own pages again.

    :param at: (person, client).
    :returns: what it showed before.
    """
    row = db.session.scalars(
        select(SignInSession)
        .where(SignInSession.id == session_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    before = (row.eye_person_id, row.eye_client_id)
    row.eye_person_id, row.eye_client_id = at if at is not None else (None, None)
    person_id, client_id = before
    return (person_id, client_id) if person_id is not None and client_id is not None else None


def keep_signed_in(token: str) -> None:
    """Put the token into this browser's cookie. Whatever the cookie held before is dropped (session fixation)."""
    language = session.get("language")
    session.clear()
    session[COOKIE_KEY] = token
    if language:
        session["language"] = language
    session.permanent = True


@transactional
def end_session(session_id: uuid.UUID) -> None:
    """End one session."""
    _end(SignInSession.id == session_id)


@transactional
def end_sessions_of(person_id: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
    """End all sessions of a person, except perhaps the one that asks."""
    _end(SignInSession.person_id == person_id, *([SignInSession.id != but] if but else []))


def _end(*conditions: object) -> None:
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.ended_at.is_(None), *conditions)  # type: ignore[arg-type]
        .values(ended_at=func.now())
        .execution_options(synchronize_session=False)
    )


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a stranger to the sign-in page; scripts get 401 instead of a page."""
    if wants_json():
        return {"type": "about:blank", "status": 401, "title": "Sign in first."}, 401
    target = url_for("accounts.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if is_fragment_request():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)
