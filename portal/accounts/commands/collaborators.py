"""Add collaborators, change their details and their role."""

from __future__ import annotations

from typing import Any

from portal import activity
from portal.accounts.commands.administrators import among, an_administrator_stays, only_own_features
from portal.accounts.commands.invitations import invite
from portal.accounts.commands.people import add_person, locked, update_person
from portal.accounts.models import Person, Role
from portal.kit.db import transactional
from portal.kit.errors import Forbidden


@transactional
def create_collaborator(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    language: str | None = None,
    role: Role,
    actor: Any,
) -> Person:
    """Add a collaborator with a role; no mail is sent until :func:`invite`.

    :raises AddressTaken: a person with this address exists.
    :raises MoreThanOwn: the role allows what the actor's own does not.
    """
    only_own_features(role.features, actor)
    person = add_person("collaborator", email, first_name, last_name, phone, language, role)
    activity.record(activity.verbs.COLLABORATOR_ADDED, actor=actor, person=person.full_name)
    return person


@transactional
def add_collaborator(*, role: Role, actor: Any, **details: Any) -> Person:
    """Add a collaborator and send the activation mail."""
    person = create_collaborator(role=role, actor=actor, **details)
    invite(person, actor=actor)
    return person


@transactional
def update_collaborator(person: Person, *, role: Role, actor: Any, version: int | None, **fields: Any) -> Person:
    """Change details and role of a collaborator together: both or none.

    :raises LastAdministrator: nobody else could administer the firm.
    :raises MoreThanOwn: one of the two roles allows what the actor's own does not.
    """
    if person.role is not None and fields.get("email", person.email) != person.email:
        # Whoever has the address can choose the password.
        only_own_features(person.role.features, actor)
    person = update_person(person, actor=actor, version=version, **fields)
    set_role(person, role, actor=actor)
    return person


@transactional
def set_role(person: Person, role: Role, *, actor: Any) -> None:
    """Give a collaborator another role; it counts from their next request on.

    :raises LastAdministrator: nobody else could administer the firm.
    :raises MoreThanOwn: the role allows what the actor's own does not.
    """
    if person.kind != "collaborator":
        raise Forbidden()
    if person.role_id == role.id:
        return
    with an_administrator_stays() as roles:
        role = among(roles, role)
        only_own_features(role.features, actor)
        person = locked(person)
        person.role = role
        person.version += 1
        activity.record(activity.verbs.ROLE_CHANGED, actor=actor, person=person.full_name, role=role.shown_key)
