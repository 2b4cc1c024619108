"""Mails: promised inside a command, written in their reader's language, delivered afterwards, kept in a log."""

from portal.mailer.commands import send

__all__ = ["send"]
