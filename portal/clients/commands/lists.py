"""Groups and types of clients."""

from __future__ import annotations

from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.clients.commands.clients import str_in_firm_language
from portal.clients.models import ClientGroup, ClientType
from portal.clients.refusals import LabelTaken
from portal.kit.assets import tone
from portal.kit.db import db, transactional
from portal.kit.names import clean_name, search_key

Label = TypeVar("Label", ClientGroup, ClientType)


@transactional
def create_group(*, name: str, actor: Any) -> ClientGroup:
    """Make a client group.

    :raises LabelTaken: another group has the name.
    """
    return _named(ClientGroup(tone=tone(name)), name, actor)


@transactional
def create_type(*, name: str, actor: Any) -> ClientType:
    """Make a client type.

    :raises LabelTaken: another type has the name.
    """
    return _named(ClientType(), name, actor)


@transactional
def rename_group(group: ClientGroup, *, name: str, actor: Any) -> ClientGroup:
    """Give a group another name.

    :raises LabelTaken: another group has it.
    """
    return _named(group, name, actor)


@transactional
def rename_type(kind: ClientType, *, name: str, actor: Any) -> ClientType:
    """Give a type another name.

    :raises LabelTaken: another type has it.
    """
    return _named(kind, name, actor)


def _named(item: Label, name: str, actor: Any) -> Label:
    cleaned = clean_name(name or "", path_safe=False)
    try:
        with db.session.begin_nested():
            item.name, item.name_key = cleaned, search_key(cleaned)
            db.session.add(item)
    except IntegrityError:
        raise LabelTaken() from None
    _record(item, actor)
    return item


def _record(item: ClientGroup | ClientType, actor: Any) -> None:
    what = _l("client groups") if isinstance(item, ClientGroup) else _l("client types")
    activity.record(activity.verbs.SETTINGS_CHANGED, actor=actor, fields=f"{str_in_firm_language(what)}: {item.name}")


@transactional
def delete_group(group: ClientGroup, *, actor: Any) -> None:
    """Delete a group; its clients stay, without a group."""
    _record(group, actor)
    db.session.delete(group)


@transactional
def delete_type(kind: ClientType, *, actor: Any) -> None:
    """Delete a type; its clients stay, without a type."""
    _record(kind, actor)
    db.session.delete(kind)
