"""What the web server of these tests loads: ``gunicorn "tests.faults.served:small_parts()"``."""

from __future__ import annotations

from flask import Flask

from portal.app import create_app
from portal.files import acceptance

SINGLE_BYTES = 64 * 1024
PART_BYTES = 128 * 1024


def small_parts() -> Flask:
    """The application as in production, but what is larger than 64 KiB comes in parts, and no form has a token."""
    acceptance.SINGLE_BYTES, acceptance.PART_BYTES = SINGLE_BYTES, PART_BYTES
    app = create_app()
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    return app
