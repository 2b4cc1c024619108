"""Who may read the mail log. The viewer is known one floor up; it is only asked for its features here."""

from __future__ import annotations

from typing import Any


def can_read_mail_log(viewer: Any, *_mails: Any) -> bool:
    """Collaborators who administer the firm: mails hold addresses and, without a mail server, links that let one in."""
    return bool(viewer.may("settings"))
