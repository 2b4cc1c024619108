"""Forget what has served its time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_

from portal.accounts.models import OneTimeLink, SignInFailure, SignInSession
from portal.kit.db import db, transactional


@transactional
def tidy() -> None:
    """Delete old tries, links and sessions. The log keeps what happened; these rows only hold addresses of networks."""
    moment = func.now()
    gone = [
        delete(SignInFailure).where(SignInFailure.created_at < moment - timedelta(days=1)),
        # A used or old link must still be recognised for a while, so that its reader can ask for another.
        delete(OneTimeLink).where(OneTimeLink.expires_at < moment - timedelta(days=90)),
        delete(SignInSession).where(
            or_(
                SignInSession.expires_at < moment - timedelta(days=30),
                SignInSession.ended_at < moment - timedelta(days=30),
            )
        ),
    ]
    for statement in gone:
        db.session.execute(statement.execution_options(synchronize_session=False))
