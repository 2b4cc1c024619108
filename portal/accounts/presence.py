"""Is somebody still there? Asked by work that goes on after the request that began it was let in."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal.accounts.models import Person, Role, SignInSession
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


def still_as_now(viewer: Viewer, session_id: uuid.UUID) -> ColumnElement[bool]:
    """The condition that the session and the account are open and the role gives what it gave to this viewer."""
    features = literal(sorted(viewer.features), JSONB)
    same = and_(Role.features.contains(features), Role.features.contained_by(features))
    if not viewer.features:
        same = or_(Role.id.is_(None), same, literal(not viewer.is_staff))
    there = (
        select(literal(1))
        .select_from(SignInSession)
        .join(Person, Person.id == SignInSession.person_id)
        .outerjoin(Role, Role.id == Person.role_id)
        .where(
            SignInSession.id == session_id,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > func.now(),
            Person.id == viewer.person_id,
            Person.kind == viewer.kind,
            Person.disabled_at.is_(None),
            same,
        )
    )
    return there.correlate(None).exists()
