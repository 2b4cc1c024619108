"""Promise a mail, write it out, hand it to the mail server once."""

from __future__ import annotations

import uuid
from typing import Any

from portal.kit.db import db
from portal.mailer.models import Mail
from portal.outbox import emit


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
