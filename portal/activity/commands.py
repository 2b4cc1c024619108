"""Write lines into the log, as part of the command that they report."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import DateTime, String, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from portal.activity.models import Activity
from portal.activity.verbs import Verb
from portal.kit.db import db, new_id, pretended_moments
from portal.kit.names import extension, search_key

# One round trip for one line. The name is looked for first, because an update on conflict would lock the row of a
# common name against everybody else.
_ONE = text(
    """
    WITH known AS (SELECT id FROM activity_name WHERE name = :name),
    added AS (
        INSERT INTO activity_name (name, key) SELECT :name, :key
        WHERE CAST(:name AS text) IS NOT NULL AND NOT EXISTS (SELECT FROM known)
        ON CONFLICT (name) DO UPDATE SET key = excluded.key RETURNING id
    )
    INSERT INTO activity (id, at, verb, client_id, actor_id, folder_id, file_id, name_id, ext, details)
    VALUES (
        :id, COALESCE(:at, clock_timestamp()), :verb, :client_id, :actor_id, :folder_id, :file_id,
        (SELECT id FROM known UNION ALL SELECT id FROM added LIMIT 1), :ext, :details
    )
    """
).bindparams(
    *[bindparam(key, type_=Uuid()) for key in ("id", "client_id", "actor_id", "folder_id", "file_id")],
    *[bindparam(key, type_=String()) for key in ("name", "key", "verb", "ext")],
    bindparam("details", type_=JSONB()),
    # None in earnest: the database's clock decides. The demo pretends moments.
    bindparam("at", type_=DateTime(timezone=True)),
)

# The same for any number of lines. Names that are new are added in one order, so that two of these never wait for each
# other in a ring.
_TAKEN_OVER = ("id", "verb", "client_id", "actor_id", "folder_id", "file_id", "ext")
_MANY = text(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:id AS uuid[]), CAST(:at AS timestamptz[]), CAST(:verb AS text[]), CAST(:client_id AS uuid[]),
            CAST(:actor_id AS uuid[]), CAST(:folder_id AS uuid[]), CAST(:file_id AS uuid[]), CAST(:name AS text[]),
            CAST(:key AS text[]), CAST(:ext AS text[]), CAST(:details AS jsonb[])
        ) AS given (id, at, verb, client_id, actor_id, folder_id, file_id, name, key, ext, details)
    ),
    known AS MATERIALIZED (SELECT id, name FROM activity_name WHERE name = ANY (CAST(:name AS text[]))),
    added AS (
        INSERT INTO activity_name (name, key) SELECT DISTINCT ON (name COLLATE "C") name, key FROM given
        WHERE name IS NOT NULL AND NOT EXISTS (SELECT FROM known WHERE known.name = given.name)
        ORDER BY name COLLATE "C"
        ON CONFLICT (name) DO UPDATE SET key = excluded.key RETURNING id, name
    )
    INSERT INTO activity (id, at, verb, client_id, actor_id, folder_id, file_id, name_id, ext, details)
    SELECT given.id, COALESCE(given.at, clock_timestamp()), given.verb, given.client_id, given.actor_id,
        given.folder_id, given.file_id, named.id, given.ext, given.details
    FROM given LEFT JOIN (SELECT id, name FROM known UNION ALL SELECT id, name FROM added) AS named
        ON named.name = given.name
    """
)


def record(
    verb: Verb, *, actor: Any = None, client: Any = None, folder: Any = None, file: Any = None, **details: Any
) -> uuid.UUID:
    """Add one line to the log, in the transaction of the running command.

    :param actor: the person who did it (anything with ``id``), or None for the system.
    :param client: the client concerned; taken from ``file`` or ``folder`` when left out.
    :param folder: the folder concerned, or the one that holds the file.
    :param file: the file concerned.
    :param details: what the verb's sentence needs beyond that; JSON values.
    :raises ValueError: a detail that the verb needs is missing.
    """
    entry = line(verb, actor=actor, client=client, folder=folder, file=file, **details)
    name = entry.pop("subject_name")
    db.session.execute(_ONE, {"at": None, **entry, "name": name, "key": search_key(name) if name else ""})
    ident: uuid.UUID = entry["id"]
    return ident


def line(
    verb: Verb, *, actor: Any = None, client: Any = None, folder: Any = None, file: Any = None, **details: Any
) -> dict[str, Any]:
    """One line, not yet written: for :func:`record_many`. Takes what :func:`record` takes."""
    if folder is not None and file is not None:
        details.setdefault("folder", folder.name)
    if client is not None and "client" in verb.needs:
        details.setdefault("client", client.name)
    missing = [need for need in verb.needs if need not in details]
    if missing:
        raise ValueError(f"{verb.key} needs {', '.join(missing)}")
    subject = file if file is not None else folder
    owner = client.id if client is not None else getattr(subject, "client_id", None)
    return {
        "id": new_id(),
        **pretended_moments(Activity),
        "verb": verb.key,
        "client_id": owner,
        "actor_id": actor.id if actor is not None else None,
        "folder_id": folder.id if folder is not None else getattr(file, "folder_id", None),
        "file_id": file.id if file is not None else None,
        "subject_name": subject.name if subject is not None else None,
        "ext": extension(file.name) if file is not None else None,
        "details": {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in details.items()},
    }


def record_many(lines: Sequence[dict[str, Any]]) -> list[uuid.UUID]:
    """Add many lines with one statement. Returns their ids in the same order."""
    if not lines:
        return []
    names = [str(entry["subject_name"]) if entry["subject_name"] else None for entry in lines]
    columns: dict[str, list[Any]] = {key: [entry[key] for entry in lines] for key in _TAKEN_OVER}
    columns |= {
        "at": [entry.get("at") for entry in lines],
        "name": names,
        "key": [search_key(name) if name else None for name in names],
        "details": [json.dumps(entry["details"]) for entry in lines],
    }
    db.session.execute(_MANY, columns)
    return columns["id"]
