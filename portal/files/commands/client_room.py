"""How much room one client has, where it differs from what the firm gives to each."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.clients.commands.clients import lock, record_change, str_in_firm_language
from portal.clients.models import Client
from portal.kit.db import transactional
from portal.kit.errors import Conflict


@transactional
def set_client_room(client: Client, *, quota_bytes: int | None, before: int | None, actor: Any) -> Client:
    """Give a client room of its own; what is there already stays, however little it is.

    :param quota_bytes: in bytes; None follows what the firm gives to each.
    :param before: what stood there when it was looked at.
    :raises Conflict: somebody else changed it meanwhile.
    :raises Unknown: the client was erased meanwhile.
    """
    held = lock(client)
    if held.quota_bytes == quota_bytes:
        return held
    if held.quota_bytes != before:
        raise Conflict()
    held.quota_bytes = quota_bytes
    record_change(held, [str_in_firm_language(_l("the room for documents"))], actor)
    return held
