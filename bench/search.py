"""The search by name and by text on a million files, against reading one row by its key."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.dialects import postgresql

from bench import generate
from bench.operations import Operation, Pair
from bench.site import Site, driver_connection
from portal.accounts.models import Person
from portal.contents.commands.keeping import word_vector
from portal.contents.search import Question, search
from portal.files.models import File
from portal.kit.db import db, new_id

FILES = 1_000_000
CLIENTS, FOLDERS = 1000, 20
WORDS = 24
_KINDS = (
    "Facture",
    "Relevé",
    "Bulletin",
    "Contrat",
    "Avenant",
    "Bilan",
    "Déclaration",
    "Courrier",
    "Attestation",
    "Devis",
)
_STEMS = (
    "fact",
    "releve",
    "compt",
    "soci",
    "annu",
    "gest",
    "contr",
    "verif",
    "paie",
    "cotis",
    "credit",
    "debit",
    "banqu",
)
_ENDS = ("ure", "ment", "able", "ation", "eur", "ante", "aire", "isme", "age", "ence", "oire", "ette", "ance", "erie")
# In every third text and in every tenth name; in five texts and five names; nowhere.
COMMON, RARE = "facture", "zanzibar"


def _vocabulary() -> list[str]:
    return [f"{stem}{end}{number:x}" for stem in _STEMS for end in _ENDS for number in range(110)]


def fill(site: Site) -> uuid.UUID:
    """A million files with names and words, once for all operations; returns the id of one of them."""
    if "searched" in site.notes:
        return uuid.UUID(str(site.notes["searched"]))
    with driver_connection() as connection:
        connection.execute("DROP INDEX ix_file_text_words")
        connection.execute("DROP INDEX ix_file_search_trgm")
        ids = generate.clients(connection, CLIENTS, mark="s")
        places = generate.folders(connection, ids, FOLDERS)
        count = int(site.notes.get("files", FILES))
        one = _copy(connection, places, count)
        connection.commit()
        _index(connection)
    with driver_connection() as connection:
        connection.autocommit = True
        # Of all tables: a planner that knows nothing of the folders asks each of them.
        connection.execute("VACUUM ANALYZE")
    site.notes["searched"] = one
    return one


def _copy(connection: Any, places: Sequence[tuple[uuid.UUID, uuid.UUID]], count: int) -> uuid.UUID:
    chance = random.Random(7)
    vocabulary = _vocabulary()
    # Some words are much more frequent than others, as in any language.
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    drawn = chance.choices(vocabulary, weights, k=2_000_000)
    rare = {chance.randrange(count) for _ in range(5)}
    ids = [new_id() for _ in range(count)]

    def files() -> Iterable[Sequence[Any]]:
        for number, ident in enumerate(ids):
            client, folder = places[number % len(places)]
            kind = _KINDS[number % 10] if number not in rare else "Zanzibar"
            name = f"{kind} {drawn[number % 2_000_000]} {number}.pdf"
            yield ident, client, folder, name, name.casefold(), name.casefold(), "pdf", ident, 12345, "application/pdf"

    def texts() -> Iterable[Sequence[Any]]:
        for number, ident in enumerate(ids):
            start = (number * WORDS) % (2_000_000 - WORDS)
            body = " ".join(drawn[start : start + WORDS])
            body += f" {COMMON}" * (number % 3 == 0) + f" {RARE}" * (number in rare)
            yield ident, ident, places[number % len(places)][0], body

    columns = "id, client_id, folder_id, name, name_key, search_key, ext, version_id, size, content_type"
    generate.copy(connection, "file", columns, files())
    connection.execute("CREATE TEMP TABLE raw_text (file_id uuid, version_id uuid, client_id uuid, body text)")
    generate.copy(connection, "raw_text", "file_id, version_id, client_id, body", texts())
    vector = select(word_vector(literal_column("body"))).compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    connection.execute(
        "INSERT INTO file_text (file_id, version_id, client_id, body, words)"
        f" SELECT file_id, version_id, client_id, body, ({vector}) FROM raw_text"
    )
    return ids[count // 2]


def _index(connection: Any) -> None:
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("CREATE INDEX ix_file_text_words ON file_text USING gin (words)")
    connection.execute("CREATE INDEX ix_file_search_trgm ON file USING gin (search_key gin_trgm_ops)")
    connection.commit()


def _against_a_row(typed: str, who: str = "alice") -> Callable[[Site], Pair]:
    def prepare(site: Site) -> Pair:
        one = fill(site)
        db.session.expunge_all()
        viewer = db.session.get_one(Person, getattr(site.cast, who).id).viewer
        row = select(File).where(File.id == one)

        def ours() -> None:
            search(viewer, Question(typed))
            db.session.rollback()

        def floor() -> None:
            db.session.execute(row).scalar_one()
            db.session.rollback()
            db.session.expunge_all()

        return ours, floor

    return prepare


def _operation(name: str, typed: str, goal: float, who: str = "alice") -> Operation:
    return Operation(name, _against_a_row(typed, who), goal, rounds=20, warm_up=3)


# A common word may take what a row takes a hundred times: about 50 ms where a row takes half a millisecond.
OPERATIONS = {
    operation.name: operation
    for operation in (
        _operation("search-rare-1m", f"{RARE} ", 30),
        _operation("search-nothing-1m", "xylophone ", 30),
        _operation("search-common-1m", f"{COMMON} ", 100),
        _operation("search-two-common-1m", f"{COMMON} releve ", 100),
        _operation("search-beginning-1m", "releveur", 100),
        _operation("search-common-of-a-contact-1m", f"{COMMON} ", 100, who="clara"),
    )
}
