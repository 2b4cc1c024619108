"""Reads about the firm and its people."""

from __future__ import annotations

from flask import g, has_app_context
from sqlalchemy import select

from portal.accounts.models import Firm
from portal.kit.db import db


def firm() -> Firm | None:
    """The firm of this installation, read once per request; None before it was set up."""
    if "firm" not in g:
        g.firm = db.session.scalars(select(Firm)).one_or_none()
    found: Firm | None = g.firm
    return found


def firm_defaults() -> tuple[str, str]:
    """(language, time zone) for readers who chose none."""
    found = firm() if has_app_context() else None
    return (found.language, found.time_zone) if found is not None else ("fr", "Europe/Paris")
