"""Promise a mail, write it out, hand it to the mail server once."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.kit.mail import PermanentFailure, TemporaryFailure, compose, hand_over
from portal.mailer.models import Mail
from portal.mailer.rendering import Written, firm_name, write_out
from portal.outbox import emit
from portal.outbox.registry import RetryLater

log = structlog.get_logger(__name__)

# With the outbox's waits (10 s doubling to 1 h) this is about half a day: longer than greylisting or a restart takes.
MAX_ATTEMPTS = 18


class NotFailed(Refused):
    """Only a mail that was given up can be tried again."""

    sentence = _l("This mail has not failed: there is nothing to try again.")
    status = 409


def send(
    template: str,
    *,
    to: Any,
    language: str | None = None,
    client_id: uuid.UUID | None = None,
    **context: Any,
) -> Mail:
    """Promise a mail; it leaves after the commit of the running command.

    :param template: a folder of ``templates/emails``: ``activation`` has ``subject.txt``, ``text.txt``, ``html.mjml``.
    :param to: the person who reads it: ``id``, ``email``, ``full_name``, ``language``.
    :param language: of the mail, when it is not the person's own.
    :param client_id: the client that it is about, for the log.
    :param context: JSON values for the template; ids instead of links and secrets.
    """
    mail = Mail(
        template=template,
        to_address=to.email,
        to_name=to.full_name,
        language=language or to.language,
        context={key: str(value) if isinstance(value, uuid.UUID) else value for key, value in context.items()},
        person_id=to.id,
        client_id=client_id,
    )
    db.session.add(mail)
    emit("mail.deliver", mail_id=mail.id)
    return mail


def deliver(mail_id: uuid.UUID) -> None:
    """Bring a promised mail on its way; does nothing when that has happened already.

    :raises RetryLater: the mail server could not take it now.
    """
    reason = _try_to_deliver(mail_id)
    if reason is not None:
        raise RetryLater(reason)


@transactional
def _try_to_deliver(mail_id: uuid.UUID) -> str | None:
    """One try. Returns why it must be tried again, or None when the mail is sent, kept or given up.

    The row stays locked until the answer of the mail server is written down: of two workers that were handed the same
    mail, the second one waits and then finds it sent.
    """
    mail = db.session.scalars(
        select(Mail).where(Mail.id == mail_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if mail is None or mail.state != "waiting":
        return None
    mail.attempts += 1
    try:
        written = write_out(mail)
    except Exception as error:
        log.exception("mail.not_written", mail=str(mail.id), template=mail.template)
        mail.state, mail.last_error = "failed", f"{type(error).__name__}: {error}"[:500]
        return None
    mail.subject = written.subject
    smtp_url = current_app.config["SETTINGS"].smtp_url
    if not smtp_url:
        _keep(mail, written)
        return None
    return _hand_over(mail, written, smtp_url)


def _keep(mail: Mail, written: Written) -> None:
    """Without a mail server: to be read on the mail log page and in the terminal."""
    mail.state, mail.body_text, mail.body_html, mail.last_error = "kept", written.text, written.html, None
    log.info("mail.kept", to=mail.to_address, subject=written.subject, links=written.links)


def _hand_over(mail: Mail, written: Written, smtp_url: str) -> str | None:
    host = urlsplit(str(current_app.config["PORTAL_URL"])).hostname or "localhost"
    message = compose(
        sender=current_app.config["SETTINGS"].mail_from,
        sender_name=firm_name(),
        to_address=mail.to_address,
        to_name=mail.to_name,
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=f"{mail.id}@{host}",
        date=now(),
        language=mail.language,
        attachments=written.attachments,
    )
    try:
        hand_over(message, smtp_url)
    except PermanentFailure as failure:
        mail.state, mail.last_error = "failed", str(failure)[:500]
    except TemporaryFailure as failure:
        mail.last_error = str(failure)[:500]
        if mail.attempts < MAX_ATTEMPTS:
            return mail.last_error
        mail.state = "failed"
    else:
        mail.state, mail.last_error = "sent", None
        mail.sent_at = func.clock_timestamp()
    return None


@transactional
def retry(mail: Mail, *, actor: Any) -> None:
    """Try a given-up mail again from the start.

    :raises NotFailed: it is waiting, kept or sent.
    """
    found = db.session.scalars(
        select(Mail).where(Mail.id == mail.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if found.state != "failed":
        raise NotFailed()
    found.state, found.attempts = "waiting", 0
    emit("mail.deliver", mail_id=found.id)
    log.info("mail.retried", mail=str(found.id), by=str(actor.id))
