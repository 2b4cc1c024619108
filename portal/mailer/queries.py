"""Reads of the mail log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, false, or_, select

from portal.mailer.models import Mail

STATES = ("waiting", "sent", "kept", "failed")


def visible_mails(viewer: Any) -> Select[Any]:
    """The mails that this viewer may see: all of them for those who administer the firm, else none."""
    return select(Mail) if viewer.may("settings") else select(Mail).where(false())


def log_of(viewer: Any, *, state: str = "", text: str = "") -> Select[Any]:
    """The mail log, newest first: of one state, or whose reader or subject holds a text."""
    chosen = visible_mails(viewer)
    if state in STATES:
        chosen = chosen.where(Mail.state == state)
    if text := text.replace("\x00", "").strip():
        part = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        chosen = chosen.where(or_(Mail.to_address.ilike(f"%{part}%"), Mail.subject.ilike(f"%{part}%")))
    return chosen.order_by(Mail.id.desc())
