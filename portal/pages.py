"""What every page shares: the signed-in person, the menu, the error pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from portal.kit.db import db
from portal.kit.errors import Forbidden, Refused
from portal.kit.web import current_viewer, is_fragment_request, wants_json

# Gives whole sentences about why a viewer may not do something with an object.
Explainer = Callable[[Any, Any], list[str]]


def init_app(app: Flask) -> None:
    """Register the template globals and one handler per kind of failure."""
    app.register_error_handler(Refused, show_refusal)
    app.register_error_handler(CSRFError, show_expired_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(OperationalError, show_database_away)
    app.register_error_handler(Exception, show_failure)


def _answer(status: int, sentence: str, template: str, **context: Any) -> ResponseReturnValue:
    db.session.rollback()
    if wants_json():
        problem = {"type": "about:blank", "status": status, "title": sentence, "detail": sentence, **context}
        response = jsonify(problem)
        response.content_type = "application/problem+json"
        return response, status
    if is_fragment_request():
        said = " ".join([sentence, *context.get("why", [])])
        return render_template("errors/_fragment.html", sentence=said, status=status), status
    return render_template(template, sentence=sentence, status=status, **context), status


def show_refusal(error: Refused) -> ResponseReturnValue:
    """A rule of the domain said no: its sentence, what to do, and for staff at a closed door why it is closed."""
    why = _why_closed(error.about) if isinstance(error, Forbidden) and error.about else []
    answer = _answer(error.status, str(error), "errors/refused.html", **({"why": why} if why else {}))
    if error.retry_after is None:
        return answer
    response = current_app.make_response(answer)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def explain_with(app: Flask, explainer: Explainer) -> None:
    """Let a package say why its doors are closed. An explainer answers nothing for what it does not know."""
    app.extensions.setdefault("why_closed", []).append(explainer)


def _why_closed(about: tuple[Any, ...]) -> list[str]:
    """Whole sentences for staff. Contacts learn nothing of folders and rules."""
    viewer = current_viewer()
    if not viewer.is_staff:
        return []
    explainers: list[Explainer] = current_app.extensions.get("why_closed", [])
    return [sentence for explainer in explainers for thing in about for sentence in explainer(viewer, thing)]


def show_expired_form(error: CSRFError) -> ResponseReturnValue:
    """The form's token is missing or stale: the page lets the person send the same values again."""
    sentence = _("This page had been open for too long, or in another session. Nothing was changed.")
    if wants_json() or is_fragment_request():
        return _answer(400, sentence, "errors/csrf.html")
    fields = [(key, value) for key, value in request.form.items(multi=True) if key != "csrf_token"]
    fields = [(key, value) for key, value in fields if "password" not in key and len(value) < 20000]
    # Only what was typed on this very site is offered again: a foreign page must not get its own form confirmed.
    own = _came_from_here()
    return _answer(
        400, sentence, "errors/csrf.html", fields=fields if own else [], action=request.full_path if own else None
    )


def _came_from_here() -> bool:
    """Did a page of this site send the form? Browsers say so themselves (Fetch Metadata, Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", "") == request.host_url.rstrip("/")


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """404 and the like, in the reader's language."""
    if error.response is not None:
        return error
    if isinstance(error, SecurityError):
        # A forged Host header: without a host of ours no address can be built, so no page either.
        return "400 Bad Request", 400, {"Content-Type": "text/plain"}
    status = error.code or 500
    sentences = {
        400: _("The request could not be understood."),
        401: _("Please sign in first."),
        403: _("You do not have the right to do this."),
        404: _("This page does not exist, or you may not see it."),
        405: _("This address cannot be used in this way."),
        409: _("Somebody else changed this in the meantime."),
        413: _("What you sent is too large."),
        429: _("Too many tries. Please wait a moment."),
    }
    known = status if status in (403, 404, 409, 413, 429) else (404 if status == 405 else 422)
    sentence = sentences.get(status, _("The request could not be understood."))
    return _answer(status, sentence, f"errors/{known}.html")


def show_database_away(error: OperationalError) -> ResponseReturnValue:
    """The database does not answer: nothing was half written, so trying again is safe."""
    current_app.logger.exception("database unavailable")
    sentence = _("The service is being restarted. Please try again in a moment.")
    try:
        response = current_app.make_response(_answer(503, sentence, "errors/503.html"))
    except Exception:
        # The page itself may need the database.
        response = current_app.response_class("503 Service Unavailable", 503, mimetype="text/plain")
    response.headers["Retry-After"] = "5"
    return response


def show_failure(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged with its trace, shown without."""
    if current_app.testing or current_app.debug:
        raise error
    current_app.logger.exception("unhandled")
    try:
        return _answer(500, _("Something went wrong on our side. Nothing was changed."), "errors/500.html")
    except Exception:  # noqa: BLE001 - the error page must never fail itself
        return "500 Internal Server Error", 500
