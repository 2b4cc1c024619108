"""Doors: every route says who may pass, loads what it shows through the viewer, and answers refusals in one way."""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select

from portal.kit.db import db
from portal.kit.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
Loader = Callable[[Any], Select[Any]]


class PolicyFunction(Protocol):
    """``policy(viewer, *objects) -> bool``; its name is what the route table shows."""

    __name__: str

    def __call__(self, viewer: Any, *objects: Any) -> bool: ...


@dataclass(frozen=True)
class Policy:
    """Who may pass a door. Stored on the view as ``__policy__``; the architecture tests and `portal routes` read it."""

    name: str
    loads: tuple[str, ...] = field(default=())


def public(view: View) -> View:
    """Anybody may pass, signed in or not."""
    return _guarded(view, Policy("public"), lambda kwargs: kwargs)


def signed_in(view: View) -> View:
    """Any person who is signed in may pass."""

    def check(kwargs: dict[str, Any]) -> dict[str, Any]:
        _require_sign_in()
        return kwargs

    return _guarded(view, Policy("signed_in"), check)


def allowed(policy: PolicyFunction, **loaders: Loader) -> Callable[[View], View]:
    """The viewer must see the objects (else 404) and the policy must agree (else 403).

    ``@allowed(can_upload, folder=visible_folders)`` takes ``folder_id`` from the address, loads the folder through
    ``visible_folders(viewer)``, asks ``can_upload(viewer, folder)`` and calls the view with ``folder=...``.
    """

    def decorate(view: View) -> View:
        def check(kwargs: dict[str, Any]) -> dict[str, Any]:
            _require_sign_in()
            viewer = current_viewer()
            loaded = {name: get_or_404(loader(viewer), kwargs.pop(f"{name}_id")) for name, loader in loaders.items()}
            if not policy(viewer, *loaded.values()):
                raise Forbidden.over(*loaded.values())
            return {**kwargs, **loaded}

        return _guarded(view, Policy(policy.__name__, tuple(loaders)), check)

    return decorate


def _guarded(view: View, policy: Policy, check: Callable[[dict[str, Any]], dict[str, Any]]) -> View:
    if hasattr(view, "__policy__"):
        raise RuntimeError(f"{view.__name__} carries two policies")

    @functools.wraps(view)
    def wrapper(**kwargs: Any) -> Any:
        return view(**check(kwargs))

    wrapper.__policy__ = policy  # type: ignore[attr-defined]
    return cast(View, wrapper)


def _require_sign_in() -> None:
    if not current_user.is_authenticated:
        # Made a response first: the answer to a script is a pair of body and status, which ``abort`` does not take.
        abort(current_app.make_response(current_app.login_manager.unauthorized()))  # type: ignore[attr-defined]


def current_viewer() -> Any:
    """The viewer of this request: who asks, with what feature permissions. Built once per request."""
    if "viewer" not in g:
        own = current_user.viewer
        # Finding the person may have put a narrower viewer there already: that of the eye.
        g.setdefault("viewer", own)
    return g.viewer


def get_or_404(select: Select[Any], ident: uuid.UUID) -> Any:
    """The one object of a visible selection with this id; 404 when it is not there or not visible."""
    entity = select.column_descriptions[0]["entity"]
    found = db.session.scalars(select.where(entity.id == ident)).unique().one_or_none()
    if found is None:
        abort(404)
    return found


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """The policy that a view function carries, or None."""
    return cast(
        "Policy | None", getattr(inspect.unwrap(view, stop=lambda f: hasattr(f, "__policy__")), "__policy__", None)
    )


def safe_next(fallback: str, target: str | None = None) -> str:
    """Where to go after a form: a path of this site only, else the fallback (open redirects, OWASP ASVS V3.7.2)."""
    target = request.values.get("next", "") if target is None else target
    parts = urlsplit(target.replace("\\", "/"))
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if plain and not any(ord(c) < 32 for c in target) else fallback


def is_fragment_request() -> bool:
    """True when htmx asks for a part of a page (not for a whole page it will boost or restore from history)."""
    headers = request.headers
    return "HX-Request" in headers and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def wants_json() -> bool:
    """True when the caller prefers JSON: our own scripts and the API."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def redirect_to(endpoint: str, **values: Any) -> ResponseReturnValue:
    """See other: after a POST the browser fetches the next page; htmx is told to do the same with the whole page."""
    address = url_for(endpoint, **values)
    if "HX-Request" in request.headers:
        return current_app.response_class(status=204, headers={"HX-Redirect": address})
    return current_app.response_class(status=303, headers={"Location": address})
