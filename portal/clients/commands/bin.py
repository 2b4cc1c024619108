"""The bin of clients: in, out, and after 30 days away for good (F12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import column, delete, func, insert, literal, select, table, union_all
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.clients.commands.clients import lock
from portal.clients.fields import clean_client_name
from portal.clients.models import Client
from portal.clients.refusals import ClientNameTaken, NameNotTyped, StillUsed
from portal.kit.db import db, transactional
from portal.kit.names import search_key

KEPT_FOR = timedelta(days=30)

# Tables of the floor above, named here and not imported.
_FILE = table("file", column("id"), column("client_id"))
_VERSION = table("file_version", column("file_id"), column("object_key"))
_UPLOAD = table("upload", column("client_id"), column("object_key"), column("state"))
_OBJECT_DELETION = table("object_deletion", column("id"), column("object_key"))


@transactional
def bin_client(client: Client, *, confirmed_name: str, actor: Any) -> Client:
    """Move the client and its space to the bin. Its contacts stay, and lose sight of it at once.

    :param confirmed_name: the client's name as the person typed it.
    :raises NameNotTyped: it is another one.
    """
    client = lock(client)
    if search_key(confirmed_name or "") != client.name_key:
        raise NameNotTyped()
    if client.binned_at is None:
        client.binned_at = db.session.execute(select(func.now())).scalar_one()
        client.binned_by_id = actor.id
        activity.record(activity.verbs.CLIENT_BINNED, actor=actor, client=client)
    return client


@transactional
def restore_client(client: Client, *, actor: Any, name: str | None = None) -> Client:
    """Take the client back out of the bin, whole.

    :param name: another name, when a new client has taken the old one.
    :raises ClientNameTaken: the name belongs to another client now.
    """
    client = lock(client)
    if client.binned_at is None:
        return client
    wanted = clean_client_name(name) if name else client.name
    try:
        with db.session.begin_nested():
            client.name, client.name_key = wanted, search_key(wanted)
            client.binned_at = client.binned_by_id = None
    except IntegrityError:
        raise ClientNameTaken(
            _l("Another client is called “%(name)s” now. Restore this one under another name."), name=wanted
        ) from None
    activity.record(activity.verbs.CLIENT_RESTORED, actor=actor, client=client)
    return client


@transactional
def erase_client(client: Client, *, actor: Any = None, confirmed_name: str | None = None) -> None:
    """Delete the client, its space and all that hangs on it, for good. Contacts are never deleted with it.

    :param confirmed_name: what was typed to confirm; None when time has run out.
    :raises StillUsed: the client is not in the bin.
    :raises NameNotTyped: another name was typed.
    """
    client = lock(client)
    if client.binned_at is None:
        raise StillUsed(_l("Only a client in the bin can be erased."))
    if confirmed_name is not None and search_key(confirmed_name) != client.name_key:
        raise NameNotTyped()
    _promise_deletions(client)
    activity.record(activity.verbs.CLIENT_ERASED, actor=actor, client=client)
    db.session.execute(delete(Client).where(Client.id == client.id).execution_options(synchronize_session=False))
    db.session.expunge(client)


def _promise_deletions(client: Client) -> None:
    """List the client's objects for the store's sweeper, in the transaction that deletes the rows that know them."""
    versions = (
        select(_VERSION.c.object_key)
        .join(_FILE, _FILE.c.id == _VERSION.c.file_id)
        .where(_FILE.c.client_id == literal(client.id))
    )
    uploads = select(_UPLOAD.c.object_key).where(
        _UPLOAD.c.client_id == literal(client.id), _UPLOAD.c.state == "pending"
    )
    keys = union_all(versions, uploads).subquery()
    db.session.execute(
        insert(_OBJECT_DELETION).from_select(["id", "object_key"], select(func.gen_random_uuid(), keys.c.object_key))
    )


def erase_old() -> int:
    """Erase what has been in the bin for 30 days, each client in a transaction of its own. Returns how many."""
    due = list(
        db.session.scalars(
            select(Client).where(Client.binned_at < func.now() - KEPT_FOR).order_by(Client.binned_at).limit(100)
        )
    )
    for client in due:
        erase_client(client)
    return len(due)
