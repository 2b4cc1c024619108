"""Much data fast: ``python -m bench.generate --clients 1000 --folders 200 --files 50 --activities 1000000``.

Rows go in by COPY, into the database of DATABASE_URL. For measuring only: nothing here asks for rights or leaves a line
in the log, which is why the demo is made in another way.
"""

from __future__ import annotations

import argparse
import os
import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from portal.kit.db import new_id

_WORDS = ("Boulangerie", "Garage", "Pharmacie", "Menuiserie", "Cabinet", "Atelier", "Ferme", "Transports", "Librairie")
_NAMES = ("Martin", "Bernard", "Petit", "Durand", "Leroy", "Moreau", "Simon", "Laurent", "Michel", "Garcia", "Roux")


def main() -> None:
    """Read the sizes and write the rows."""
    parser = argparse.ArgumentParser(prog="bench.generate", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--folders", type=int, default=20, help="per client")
    parser.add_argument("--files", type=int, default=5, help="per folder")
    parser.add_argument("--activities", type=int, default=100_000, help="in all")
    options = parser.parse_args()
    address = os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        made = clients(connection, options.clients)
        contacts(connection, made)
        places = folders(connection, made, options.folders)
        files(connection, places, options.files)
        activities(connection, places, options.activities)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ANALYZE")


def copy(connection: Any, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table; ``columns`` is the comma-separated list."""
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as out:
        for row in rows:
            out.write_row(row)


def clients(connection: Any, count: int, *, mark: str = "") -> list[uuid.UUID]:
    """Clients with all their fields; returns their ids."""
    chance = random.Random(count)
    ids = [new_id() for _ in range(count)]
    columns = (
        "id, name, name_key, search_text, status, language, address, city, postal_code, country, phone, email,"
        " tax, price_list, discount_percent, note, group_id, type_id"
    )
    groups = _labels(connection, "client_group", 20, mark)
    types = _labels(connection, "client_type", 5, mark)

    def rows() -> Iterable[Sequence[Any]]:
        for number, ident in enumerate(ids):
            name = f"{chance.choice(_WORDS)} {chance.choice(_NAMES)} {mark}{number}"
            key = name.casefold()
            address = f"{number % 200} rue de la Paix", "Lyon", f"69{number % 1000:03}", "FR"
            reach = f"+3347{number:07}", f"c{number}@client.example"
            prices = "FR20", f"Tarif {number % 7}", number % 30, f"Dossier {number} suivi par le cabinet"
            yield (
                *(ident, name, key, key, "active", "fr", *address, *reach, *prices),
                *(groups[number % len(groups)], types[number % len(types)]),
            )

    copy(connection, "client", columns, rows())
    return ids


def _labels(connection: Any, table: str, count: int, mark: str) -> list[uuid.UUID]:
    made = [(new_id(), f"{mark}{number} {table}", f"{mark}{number} {table}") for number in range(count)]
    copy(connection, table, "id, name, name_key", made)
    return [ident for ident, _name, _key in made]


def contacts(connection: Any, client_ids: Sequence[uuid.UUID], *, each: int = 1, mark: str = "") -> None:
    """People who have never signed in, ``each`` of them for every client."""
    people = [(new_id(), client, number) for number, client in enumerate(client_ids) for _ in range(each)]
    columns = "id, kind, email, first_name, last_name, search_key"
    rows = (
        (
            ident,
            "contact",
            f"{ident.hex}@{mark}client.example",
            "Claire",
            f"{_NAMES[n % len(_NAMES)]} {n}",
            f"claire {n}",
        )
        for ident, _client, n in people
    )
    copy(connection, "person", columns, rows)
    members = ((client, ident, "contact") for ident, client, _number in people)
    copy(connection, "membership", "client_id, person_id, kind", members)


def folders(connection: Any, client_ids: Sequence[uuid.UUID], per_client: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """A root with a scope and ``per_client`` folders below it; returns (client id, folder id)."""
    scopes = [(new_id(), client) for client in client_ids]
    copy(connection, "scope", "id, client_id", scopes)
    rows: list[Sequence[Any]] = []
    places = []
    for scope, client in scopes:
        root = new_id()
        rows.append((root, client, None, "", "", f"{root.hex}/", scope, True))
        for number in range(per_client):
            ident = new_id()
            rows.append(
                (
                    ident,
                    client,
                    root,
                    f"Dossier {number}",
                    f"dossier {number}",
                    f"{root.hex}/{ident.hex}/",
                    scope,
                    False,
                )
            )
            places.append((client, ident))
    copy(connection, "folder", "id, client_id, parent_id, name, name_key, path, scope_id, starts_scope", rows)
    return places


def files(connection: Any, places: Sequence[tuple[uuid.UUID, uuid.UUID]], per_folder: int) -> None:
    """Files without content: rows only."""
    columns = "id, client_id, folder_id, name, name_key, search_key, ext, version_id, size, content_type"
    rows = (
        (new_id(), client, folder, name, name, name, "pdf", new_id(), 12345, "application/pdf")
        for client, folder in places
        for name in (f"piece {number}.pdf" for number in range(per_folder))
    )
    copy(connection, "file", columns, rows)


def activities(
    connection: Any, places: Sequence[tuple[uuid.UUID, uuid.UUID]], count: int, *, names: int = 20_000
) -> None:
    """Uploads spread over the folders and two years, with ``names`` different names."""
    chance = random.Random(count)
    names = min(names, max(count // 10, 1))
    added = [(f"Facture {number}.pdf", f"facture {number}.pdf") for number in range(names)]
    copy(connection, "activity_name", "name, key", added)
    first = connection.execute("SELECT min(id) FROM activity_name WHERE name LIKE 'Facture %'").fetchone()[0]
    begin = datetime.now(UTC) - timedelta(days=730)
    step = timedelta(days=730) / max(count, 1)

    def rows() -> Iterable[Sequence[Any]]:
        for number in range(count):
            at = begin + number * step
            client, folder = places[chance.randrange(len(places))]
            ident = uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62))
            yield (
                ident,
                at,
                "file.uploaded",
                client,
                folder,
                first + chance.randrange(names),
                "pdf",
                '{"folder": "Dossier"}',
            )

    copy(connection, "activity", "id, at, verb, client_id, folder_id, name_id, ext, details", rows())


if __name__ == "__main__":
    main()
