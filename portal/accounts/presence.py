"""Is somebody still there? Asked by work that goes on after the request that began it was let in."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, SignInSession
from portal.accounts.viewer import Viewer


def viewer_still_signed_in(asking: Session, person_id: uuid.UUID, session_id: uuid.UUID) -> Viewer | None:
    """The person as a viewer with the role of this very moment, or None once the session or the account has ended."""
    found = (
        asking.scalars(
            select(Person)
            .join(SignInSession, SignInSession.person_id == Person.id)
            .where(
                Person.id == person_id,
                Person.disabled_at.is_(None),
                SignInSession.id == session_id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > func.now(),
            )
        )
        .unique()
        .one_or_none()
    )
    return found.viewer if found is not None else None
