"""Keep what a search of the client base looks at."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select, update

from portal.clients.models import Attribute, Client, ClientAttribute
from portal.clients.values import shown
from portal.kit.db import db, transactional
from portal.kit.names import search_key

# A trigram index over endless notes would be larger than the table.
SEARCHED_CHARACTERS = 4000


@transactional
def refresh_search(client_ids: Iterable[uuid.UUID]) -> None:
    """Write ``search_text`` of these clients anew: name, address, e-mail, phone and attribute values.

    Contacts are not in it: they are searched in their own table, so that a contact's new name is found at once.
    Four statements whatever the number of clients.
    """
    ids = list(set(client_ids))
    if not ids:
        return
    # The values below may have been set in this very transaction and not been written yet.
    db.session.flush()
    columns = (
        Client.id,
        Client.name,
        Client.address,
        Client.postal_code,
        Client.city,
        Client.email,
        Client.phone,
        Client.tax,
    )
    words: dict[uuid.UUID, list[str]] = {}
    for row in db.session.execute(select(*columns).where(Client.id.in_(ids))):
        words[row.id] = [part for part in row[1:] if part]
    for client_id, text in _attribute_words(ids):
        words[client_id].append(text)
    updates = [
        {"ident": client_id, "text": " " + search_key(" ".join(dict.fromkeys(parts)))[:SEARCHED_CHARACTERS]}
        for client_id, parts in words.items()
    ]
    table: Any = Client.__table__
    db.session.connection().execute(
        update(table).where(table.c.id == bindparam("ident")).values(search_text=bindparam("text")), updates
    )


def _attribute_words(ids: list[uuid.UUID]) -> list[tuple[uuid.UUID, str]]:
    rows = db.session.execute(
        select(ClientAttribute.client_id, ClientAttribute.value, Attribute)
        .join(Attribute, Attribute.id == ClientAttribute.attribute_id)
        .where(ClientAttribute.client_id.in_(ids), ClientAttribute.value.is_not(None), Attribute.archived_at.is_(None))
        .execution_options(populate_existing=True)
    )
    found = []
    for client_id, value, attribute in rows:
        if attribute.type in ("yes_no", "long_text"):
            continue
        # Both the compact and the printed form of a number are typed into the search.
        found.append((client_id, shown(attribute, value)))
        if attribute.type not in ("one_of", "many_of"):
            found.append((client_id, str(value)))
    return found
