"""Headers on every answer: content policy with a nonce, no sniffing, no framing, nothing private in a cache."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from secure import Secure
from secure.headers import (
    CrossOriginOpenerPolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)


def csp_nonce() -> str:
    """This answer's nonce for script elements."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_policy(store: str, nonce: str) -> str:
    """The Content-Security-Policy (level 3). ``store`` is the origin that the browser exchanges files with."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {store}",
            "font-src 'self'",
            f"connect-src 'self' {store}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def wider_policy(*directives: str) -> str:
    """The policy of this answer with further directives, for a page that holds a frame or plays a sound.

    ``{store}`` in a directive stands for the origin that the browser exchanges files with.
    """
    store = _origin(current_app.config["S3_PUBLIC_URL"])
    return "; ".join([content_policy(store, csp_nonce()), *(one.format(store=store) for one in directives)])


def init_app(app: Flask) -> None:
    """Set the headers after each request."""
    store = _origin(app.config["S3_PUBLIC_URL"])
    https = str(app.config["PORTAL_URL"]).startswith("https://")
    fixed = Secure(
        referrer=ReferrerPolicy().strict_origin_when_cross_origin(),
        xcto=XContentTypeOptions(),
        xfo=XFrameOptions().deny(),
        coop=CrossOriginOpenerPolicy().same_origin(),
        permissions=PermissionsPolicy(),
        hsts=StrictTransportSecurity().max_age(31536000).include_subdomains() if https else None,
    )
    headers = fixed.headers
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_policy(store, csp_nonce()))
        if request.endpoint != "static" and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response
