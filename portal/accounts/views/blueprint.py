"""The blueprint that all views of the accounts hang on."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts import passwords
from portal.accounts.devices import device

bp = Blueprint("accounts", __name__)

# Made at the start, so that the first try on an unknown address does not take longer than the others.
bp.add_app_template_filter(device)


@bp.record_once
def _prepare(_state: object) -> None:
    passwords.dummy_hash()


@bp.app_template_global("here")
def here() -> str:
    """The address of this page, for forms that come back to it; whatever it holds is percent-encoded (RFC 3986)."""
    query = request.query_string.decode("latin-1")
    return quote(request.path, safe="/") + ("?" + quote(query, safe="=&%+") if query else "")


def user_agent() -> str:
    """How the browser calls itself."""
    return request.user_agent.string[:400]


def with_theme(answer: ResponseReturnValue, theme: str) -> Response:
    """The answer with the cookie that pages read the appearance from."""
    response: Response = make_response(answer)
    if theme in ("light", "dark"):
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie("theme", theme, max_age=31_536_000, samesite="Lax", secure=secure)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
