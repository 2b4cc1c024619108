"""Addresses of this site for mails and the terminal: made from PORTAL_URL, never from what a request calls its host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app


def canonical_url(endpoint: str, **values: Any) -> str:
    """The full address of an endpoint.

    :raises werkzeug.routing.BuildError: no such endpoint in this installation.
    """
    base = str(current_app.config["PORTAL_URL"])
    parts = urlsplit(base)
    adapter = current_app.url_map.bind(parts.netloc or "localhost", url_scheme=parts.scheme or "https")
    path: str = adapter.build(endpoint, values, force_external=False)
    return base + path
