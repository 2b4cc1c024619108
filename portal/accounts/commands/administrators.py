"""What holds for every change of roles: somebody administers the firm, and nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.accounts.models import Person, Role
from portal.accounts.roles import Feature
from portal.kit.db import db
from portal.kit.errors import Conflict, Refused


class LastAdministrator(Refused):
    """A firm without an administrator could never be administered again."""

    sentence = _l("This is the last administrator. Make somebody else an administrator first.")
    field = "role_id"


class MoreThanOwn(Refused):
    """Else whoever may edit roles could give themselves everything."""

    sentence = _l("You can give only what your own role allows.")
    field = "role_id"


def locked_roles() -> list[Role]:
    """All roles, locked: whatever could take the last administrator away happens one after the other."""
    rows = select(Role).order_by(Role.id).with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


@contextmanager
def an_administrator_stays() -> Iterator[list[Role]]:
    """Around a change of roles or accounts: gives all roles, locked, and looks at the end who is left.

    :raises LastAdministrator: nobody would be left; the command undoes everything.
    """
    roles = locked_roles()
    before = _administrators()
    yield roles
    db.session.flush()  # what was changed must be counted
    if before and not _administrators():
        raise LastAdministrator()


def among(roles: list[Role], role: Role) -> Role:
    """The locked row of a role.

    :raises portal.kit.errors.Conflict: it was deleted meanwhile.
    """
    found = next((one for one in roles if one.id == role.id), None)
    if found is None:
        raise Conflict()
    return found


def _administrators() -> int:
    """How many people can sign in now and administer the firm."""
    administer = Role.features.contains([Feature.SETTINGS.value])
    count = (
        select(func.count())
        .select_from(Person)
        .join(Role, Role.id == Person.role_id)
        .where(
            Person.kind == "collaborator",
            Person.disabled_at.is_(None),
            Person.activated_at.is_not(None),
            administer,
        )
    )
    return db.session.scalar(count) or 0


def only_own_features(features: Collection[str], actor: Any) -> None:
    """Nobody gives what their own role does not allow.

    :param actor: a person or viewer; None for the system, which may give everything.
    :raises MoreThanOwn: one of the features is not among the actor's.
    """
    if actor is None:
        return
    viewer = actor.viewer if isinstance(actor, Person) else actor
    if not set(features) <= viewer.features:
        raise MoreThanOwn()
