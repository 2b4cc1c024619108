"""Make, change and delete roles. What changes acts on the next request of everybody who has the role."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from portal import activity
from portal.accounts.commands.administrators import among, an_administrator_stays, locked_roles, only_own_features
from portal.accounts.models import Person, Role
from portal.accounts.roles import PRESETS, Feature
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.names import clean_name, search_key


class RoleNameTaken(Refused):
    """Two roles of one name could not be told apart where people are given one."""

    sentence = _l("Another role has this name already.")
    field = "name"


class PresetStays(Refused):
    """The four roles that every firm begins with can be changed, but not deleted."""

    sentence = _l("The four roles that Atrium comes with can be changed and renamed, but not deleted.")


class NoPreset(Refused):
    """A role of the firm's own has nothing to go back to."""

    sentence = _l("This role is the firm's own: there is no preset to go back to.")


class RoleInUse(Refused):
    """Nobody may be left without a role."""

    sentence = _l("Say which role its people get instead.")
    field = "into"


@transactional
def create_role(*, name: str, features: Collection[str], actor: Any) -> Role:
    """Add a role.

    :param features: keys of :class:`portal.accounts.roles.Feature`; unknown ones are left out.
    :raises RoleNameTaken: neither case nor accents count.
    :raises MoreThanOwn: one of the features is not the actor's.
    """
    roles = locked_roles()
    only_own_features(_known(features), actor)
    role = Role(
        own_name=_free_name(name, roles),
        features=_known(features),
        position=max((one.position for one in roles), default=0) + 1,
    )
    db.session.add(role)
    activity.record(activity.verbs.ROLE_CREATED, actor=actor, role=role.name, granted=role.features)
    return role


@transactional
def duplicate_role(role: Role, *, actor: Any) -> Role:
    """Add a role that allows the same, under a name that is free.

    :raises MoreThanOwn: the role allows what the actor's own does not.
    """
    taken = {search_key(one.name) for one in locked_roles()}
    name = _("%(name)s (copy)", name=role.name)[:60]
    number = 2
    while search_key(name) in taken:
        name, number = _("%(name)s (copy %(number)s)", name=role.name[:40], number=number), number + 1
    return create_role(name=name, features=role.features, actor=actor)


@transactional
def edit_role(role: Role, *, name: str, features: Collection[str], version: int, actor: Any) -> Role:
    """Change the name of a role and what it allows.

    :param name: empty for a preset: its own name in the reader's language.
    :param version: the version that the page had read.
    :raises portal.kit.errors.Conflict: somebody saved in between.
    :raises RoleNameTaken: another role is called so.
    :raises MoreThanOwn: a feature is added that is not the actor's.
    :raises LastAdministrator: nobody could administer the firm any more.
    """
    with an_administrator_stays() as roles:
        role = among(roles, role)
        if version != role.version:
            raise Conflict()
        own_name = None if role.preset and not name.strip() else _free_name(name, roles, besides=role)
        before, after = set(role.features), _known(features)
        if own_name == role.own_name and before == set(after):
            return role
        only_own_features(set(after) - before, actor)
        role.own_name, role.features = own_name, after
        role.version += 1
        granted, taken = sorted(set(after) - before), sorted(before - set(after))
        activity.record(activity.verbs.ROLE_EDITED, actor=actor, role=role.shown_key, granted=granted, taken=taken)
    return role


@transactional
def reset_role(role: Role, *, actor: Any) -> Role:
    """Let a preset allow again what it allowed when the firm began; its name stays.

    :raises MoreThanOwn, LastAdministrator: as :func:`edit_role`.
    """
    preset = role.preset
    if preset is None:
        raise NoPreset()
    role = among(locked_roles(), role)
    return edit_role(
        role,
        name=role.own_name or "",
        features=[feature.value for feature in PRESETS[preset]],
        version=role.version,
        actor=actor,
    )


@transactional
def delete_role(role: Role, *, into: Role | None, actor: Any) -> int:
    """Delete a role; whoever has it gets another one instead. Returns how many people that were.

    :param into: may be None while nobody has the role.
    :raises PresetStays: one of the four that every firm begins with.
    :raises RoleInUse: people have it, and no other role was named.
    :raises MoreThanOwn: the other role allows what the actor's own does not.
    :raises LastAdministrator: nobody could administer the firm any more.
    """
    with an_administrator_stays() as roles:
        role = among(roles, role)
        if role.preset is not None:
            raise PresetStays()
        if into is not None:
            into = among(roles, into)
            only_own_features(into.features, actor)
        name, moved = role.name, _move_people(role, into) if into is not None and into is not role else 0
        if db.session.query(Person.id).filter_by(role_id=role.id).first() is not None:
            raise RoleInUse()
        db.session.delete(role)
        instead = into.shown_key if into is not None and moved else None
        activity.record(activity.verbs.ROLE_DELETED, actor=actor, role=name, people=moved, instead=instead)
    return moved


def _move_people(role: Role, into: Role) -> int:
    moved = db.session.execute(
        update(Person)
        .where(Person.role_id == role.id)
        .values(role_id=into.id, version=Person.version + 1)
        .returning(Person.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return len(moved)


def _known(features: Collection[str]) -> list[str]:
    return sorted(feature.value for feature in Feature if feature.value in features)


def _free_name(name: str, roles: list[Role], besides: Role | None = None) -> str:
    wanted = clean_name(name, path_safe=False)
    if any(search_key(one.name) == search_key(wanted) for one in roles if besides is None or one.id != besides.id):
        raise RoleNameTaken()
    return wanted
