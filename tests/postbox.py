"""What tests of mails share: do the promised work, read the mails that are kept, follow their links."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from portal.kit.db import db
from portal.mailer.models import Mail
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry


def do_promised_work(rounds: int = 5) -> int:
    """Do all open work that is due, and what follows from it. Returns how many pieces were done."""
    done = 0
    for _round in range(rounds):
        due = db.session.scalars(
            select(OutboxEntry.id)
            .where(
                OutboxEntry.done_at.is_(None), OutboxEntry.failed_at.is_(None), OutboxEntry.available_at <= func.now()
            )
            .order_by(OutboxEntry.id)
        ).all()
        if not due:
            break
        done += sum(outbox.work(ident) for ident in due)
    return done


def mails_to(address: str, template: str | None = None) -> list[Mail]:
    """The mails to an address, oldest first, after all promised work is done."""
    do_promised_work()
    query = select(Mail).where(Mail.to_address == address).order_by(Mail.id).execution_options(populate_existing=True)
    return [mail for mail in db.session.scalars(query) if template in (None, mail.template)]


def path_in(mail: Mail) -> str:
    """The path of the first link in a kept mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.body_text or "")
    assert found is not None, mail.body_text
    return found.group(1)
