"""A million files with names and words, and the people who search them.

Thousands of clients, of which some are large and most are small, as in life. Of the people of the tests **Alice** sees
all, **Bob** belongs to every fifth client, **Tess** to five; **Clara** and **Diego** are contacts of Acme, which has
a tenth of all files (Clara reads seven in ten of them, Diego deposits and sees none), **Mallory** is a contact of a
client with a five-hundredth.

Words that are looked for: ``COMMON`` is in every third text and in a tenth of the names, ``SOME`` in a hundredth of the
texts and names, ``FEW`` in a five-hundredth, ``RARE`` in five. Each text holds one of ``NEVER_TOGETHER``, and
``ELSEWHERE`` is in every third text of the clients to which Bob does not belong.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.dialects import postgresql

from bench import generate
from bench.site import Site, driver_connection
from bench.vocabulary import Vocabulary
from portal.contents.commands.keeping import word_vector
from portal.kit.db import new_id
from portal.kit.names import name_key, search_key

FILES = 1_000_000
CLIENTS, FOLDERS = 5000, 20
PARAGRAPHS = 20_000
COMMON, ACCENTED, SOME, FEW, RARE = "facture", "règlement", "tracteur", "péniche", "zanzibar"
NEVER_TOGETHER, ELSEWHERE = ("recto", "verso"), "lointain"
# Of the clients: every so many-th is one of Bob's.
BOBS = 5

Place = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class Corpus:
    """What was made: ``one`` is the id of a file in the middle."""

    one: uuid.UUID
    files: int


def fill(site: Site) -> Corpus:
    """Make the files once for all operations; the indexes are made after the rows, which is many times quicker."""
    if "corpus" in site.notes:
        made: Corpus = site.notes["corpus"]
        return made
    count = int(site.notes.get("files", FILES))
    with driver_connection() as connection:
        left_out = _left_out(connection)
        clients = generate.clients(connection, max(CLIENTS * count // FILES, 10), mark="s")
        places = generate.folders(connection, clients, FOLDERS)
        _memberships(connection, site, clients)
        one = _files(connection, site, clients, places, count)
        _texts(connection)
        connection.commit()
        connection.execute("SET maintenance_work_mem = '512MB'")
        for definition in left_out:
            connection.execute(definition)
        connection.commit()
    with driver_connection() as connection:
        connection.autocommit = True
        # Of all tables: a planner that knows nothing of the folders asks each of them.
        connection.execute("VACUUM ANALYZE")
    site.notes["corpus"] = Corpus(one, count)
    return Corpus(one, count)


def _left_out(connection: Any) -> list[str]:
    """Drop references and indexes of the two tables, but their keys; returns how they are made again."""
    references = connection.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid IN ('file'::regclass, 'file_text'::regclass)"
    ).fetchall()
    for table, name, _definition in references:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename IN ('file', 'file_text') AND indexname NOT IN ('pk_file', 'pk_file_text')"
    ).fetchall()
    for name, _definition in indexes:
        connection.execute(f"DROP INDEX {name}")
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in references]
    return [definition for _name, definition in indexes] + again


def _memberships(connection: Any, site: Site, clients: Sequence[uuid.UUID]) -> None:
    """Bob in every fifth client, Tess in five of those, both with full access."""
    scopes = dict(connection.execute("SELECT client_id, scope_id FROM folder WHERE parent_id IS NULL").fetchall())
    mine = [(client, site.cast.bob.id) for client in clients[::BOBS]]
    mine += [(client, site.cast.tess.id) for client in clients[:: max(len(clients) // 5, 1)][:5]]
    members = [(client, person, "collaborator", 3) for client, person in mine]
    generate.copy(connection, "membership", "client_id, person_id, kind, level", members)
    levels = [(scopes[client], person, 3) for client, person in mine]
    generate.copy(connection, "effective", "scope_id, person_id, level", levels)


def _files(
    connection: Any, site: Site, clients: Sequence[uuid.UUID], places: Sequence[Place], count: int
) -> uuid.UUID:  # fmt: skip
    chance = random.Random(count)
    vocabulary = Vocabulary()
    ids = [new_id() for _ in range(count)]
    special = Words(chance, count, {*clients[::BOBS], site.cast.acme.id})
    drawn = list(_places(site, places, chance, count))
    named = zip(ids, drawn, vocabulary.names(count), strict=True)

    def files() -> Iterator[Sequence[Any]]:
        for number, (ident, (client, folder), stem) in enumerate(named):
            ext = vocabulary.format()
            name = f"{stem}{special.in_name(number)}.{ext}"
            keys = name_key(name), search_key(name)
            yield ident, client, folder, name, *keys, ext, ident, 12345, "application/pdf"

    columns = "id, client_id, folder_id, name, name_key, search_key, ext, version_id, size, content_type"
    generate.copy(connection, "file", columns, files())
    connection.execute("CREATE TEMP TABLE paragraph (number int PRIMARY KEY, body text, folded text, words tsvector)")
    rows = ((number, *both) for number, both in enumerate(vocabulary.paragraphs(PARAGRAPHS)))
    generate.copy(connection, "paragraph", "number, body, folded", rows)
    connection.execute("CREATE TEMP TABLE raw_text (file_id uuid, client_id uuid, parts int[], body text, folded text)")

    def texts() -> Iterable[Sequence[Any]]:
        for number, (ident, (client, _folder)) in enumerate(zip(ids, drawn, strict=True)):
            parts = [chance.randrange(PARAGRAPHS) for _ in range(chance.choice((1, 1, 1, 1, 1, 2, 6)))]
            body = special.in_text(number, client)
            yield ident, client, parts, body, search_key(body)

    generate.copy(connection, "raw_text", "file_id, client_id, parts, body, folded", texts())
    return ids[count // 2]


def _places(site: Site, places: Sequence[Place], chance: random.Random, count: int) -> Iterator[Place]:
    """Where each file stands: a tenth at Acme, a five-hundredth at Mallory's, of the rest much with a few clients."""
    cast = site.cast
    acme = [(cast.acme.id, cast.exchange.id)] * 4 + [(cast.acme.id, cast.books.id)] * 3
    acme += [(cast.acme.id, cast.payroll.id)] * 3
    other = [(cast.other.id, cast.other_folder.id)]
    per_client = [chance.paretovariate(1.2) for _ in range(len(places) // FOLDERS)]
    weights = [min(per_client[number // FOLDERS], 200.0) for number in range(len(places))]
    # Unlike the folders, the clients of these are not beside each other.
    everywhere = chance.choices(places, weights, k=count)
    for number in range(count):
        if number % 10 == 3:
            yield chance.choice(acme)
        else:
            yield other[0] if number % 500 == 7 else everywhere[number]


class Words:
    """The words that are looked for, spread over names and texts by number."""

    def __init__(self, chance: random.Random, count: int, bobs: set[uuid.UUID]) -> None:
        self._bobs = bobs
        self._rare_names = set(chance.sample(range(count), 5))
        self._rare_texts = set(chance.sample(range(count), 5))
        self._dice = random.Random(count + 1)

    def in_name(self, number: int) -> str:
        """What is added to the name of a file."""
        roll = self._dice.random
        added = [COMMON.title()] if roll() < 0.05 else []
        added += [SOME] if roll() < 0.01 else []
        added += [FEW] if roll() < 0.002 else []
        added += [NEVER_TOGETHER[number % 2]] if roll() < 0.2 else []
        added += [RARE] if number in self._rare_names else []
        return "".join(f" {word}" for word in added)

    def in_text(self, number: int, client: uuid.UUID) -> str:
        """What is added to the text of a file."""
        roll = self._dice.random
        added = [NEVER_TOGETHER[number % 2]]
        added += [COMMON] if roll() < 1 / 3 else []
        added += [ACCENTED] if roll() < 1 / 4 else []
        added += [SOME] if roll() < 0.01 else []
        added += [FEW] if roll() < 0.002 else []
        added += [ELSEWHERE] if client not in self._bobs and roll() < 1 / 3 else []
        added += [RARE] if number in self._rare_texts else []
        return " ".join(added)


def _texts(connection: Any) -> None:
    """Texts of paragraphs. The words of a paragraph are taken apart once, which is most of the work."""
    connection.execute(f"UPDATE paragraph SET words = {_vector('folded')}")
    connection.execute("CREATE AGGREGATE pg_temp.joined(tsvector) (sfunc = tsvector_concat, stype = tsvector)")
    connection.execute("ANALYZE paragraph")
    connection.execute(
        "INSERT INTO file_text (file_id, version_id, client_id, body, words)"
        " SELECT file_id, file_id, client_id, text.body || ' ' || raw_text.body,"
        f" text.words || {_vector('raw_text.folded')}"
        " FROM raw_text CROSS JOIN LATERAL (SELECT string_agg(body, ' ') AS body, pg_temp.joined(words) AS words"
        " FROM paragraph WHERE number = ANY(parts)) AS text"
    )


def _vector(column: str) -> str:
    vector = select(word_vector(literal_column(column)))
    return f"({vector.compile(dialect=postgresql.dialect(), compile_kwargs={'literal_binds': True})})"
