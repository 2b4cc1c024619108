"""The search: by name and by text, in three languages, only what the reader sees at that moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from portal.contents.search import SIZE, Question, search
from portal.contents.terms import parse
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.files import move_file
from portal.files.commands.rights import set_level
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.contents import papers
from tests.statements import counted

Put = Callable[..., Any]


def names(person: Any, typed: str, **narrowed: Any) -> list[str]:
    """Names of what somebody finds, in order."""
    return [result.file.name for result in search(person.viewer, Question(typed, **narrowed)).results]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Les factures réglées de l’été", "facture"),
        ("Les factures réglées de l’été", "REGLEE"),
        ("Les factures réglées de l’été", "ete"),
        ("Les factures réglées de l’été", "factu"),
        ("Œuvre de l’année", "oeuvre"),
        ("The companies were audited", "company audit"),
        ("Le dichiarazioni dei redditi", "dichiarazione"),
        ("Bilan du 31/12/2024 (n° 12.345)", "31/12/2024"),
        ("Bilan du 31/12/2024 (n° 12.345)", "2024"),
        ("clara.costa@client.example a écrit", "costa@client.example"),
        ("Contrat de bail commercial", '"bail commercial"'),
        ("Contrat de bail commercial", "bail -habitation"),
    ],
)
def test_words_are_found_as_people_remember_them(cast: Any, put: Put, written: str, typed: str) -> None:
    put("document.txt", written.encode())
    assert names(cast.clara, typed) == ["document.txt"]


@pytest.mark.parametrize(
    "typed", ["quittance", '"commercial bail"', "bail -commercial", "bail quittance", "", " ", "-bail"]
)
def test_what_is_not_there_is_not_found(cast: Any, put: Put, typed: str) -> None:
    put("document.txt", b"Contrat de bail commercial")
    assert names(cast.clara, typed) == []


@pytest.mark.parametrize(
    "typed",
    ["'", '"', "''", "a'b:*", "a & b | !c", "\\", "(", ":*", "<->", "%", "_", "\x00", "a\x00b", "-", '-"', "\ud800",
     "½:*", "x" * 5000, "a " * 500, "'; DROP TABLE file_text; --", "-- -", "𝟚", "İ", "ﬁ", "\u202e"],
)  # fmt: skip
def test_nothing_that_is_typed_breaks_the_search(cast: Any, put: Put, sign_in: Any, typed: str) -> None:
    put("document.txt", b"Contrat")
    assert names(cast.clara, typed) is not None
    address = typed.encode("utf-8", "replace").decode()
    assert sign_in(cast.clara).get("/search", query_string={"q": address}).status_code == 200


def test_what_was_typed_is_taken_apart() -> None:
    terms = parse('Factures "bail commercial" -brouillon EDF')
    assert (terms.words, terms.phrases, terms.without) == (("factures", "edf"), ("bail commercial",), ("brouillon",))
    assert terms.is_open
    assert not parse("edf ").is_open


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("z", ["zone.pdf", "plan_Zurich.pdf", "été-zen.pdf"]),
        ("zu", ["plan_Zurich.pdf"]),
        ("z -zo", ["plan_Zurich.pdf", "été-zen.pdf"]),
        ("urich", ["plan_Zurich.pdf"]),
        ("税", ["我的税表.pdf"]),
        ("é", ["été-zen.pdf"]),
        ("R&D", ["R&D n°a (b).pdf"]),
        ("n°a", ["R&D n°a (b).pdf"]),
        ("b n a r d", ["R&D n°a (b).pdf"]),
    ],
)
def test_one_or_two_letters_begin_a_word(cast: Any, put: Put, sign_in: Any, typed: str, found: list[str]) -> None:
    for name in ("été-zen.pdf", "plan_Zurich.pdf", "zone.pdf", "Bez titre.pdf", "我的税表.pdf", "R&D n°a (b).pdf"):
        put(name, b"")
    assert names(cast.clara, typed) == found
    if typed == "zu":
        assert "plan_<mark>Zu</mark>rich.pdf" in sign_in(cast.clara).get("/search?q=zu").text


def test_a_name_comes_before_a_text_and_the_page_says_why(cast: Any, put: Put, sign_in: Any) -> None:
    put("notes.txt", "La facture d’Électricité, réglée".encode())
    put("Facture EDF.pdf", papers.pdf(words="Rien"))
    page = sign_in(cast.clara).get("/search?q=facture").text
    assert page.index("<mark>Facture</mark> EDF.pdf") < page.index("notes.txt")
    assert "La <mark>facture</mark> d’Électricité" in page
    assert page.index("in the name") < page.index("in the text")
    assert "Exchange</a>" in page


def test_only_what_the_reader_sees_now_is_found(cast: Any, put: Put, sign_in: Any) -> None:
    """Closed folders, other clients, the bin; and what was taken away is gone with the next question."""
    for folder, name in ((cast.exchange, "a.txt"), (cast.payroll, "b.txt"), (cast.other_folder, "c.txt")):
        put(name, b"secret agreement", folder=folder, actor=cast.alice)
    assert names(cast.clara, "agreement") == ["a.txt"]
    assert names(cast.mallory, "agreement") == ["c.txt"]
    assert names(cast.tess, "agreement") == []
    assert sorted(names(cast.alice, "agreement")) == ["a.txt", "b.txt", "c.txt"]
    assert sorted(names(cast.bob, "agreement")) == ["a.txt", "b.txt"]
    set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    assert names(cast.clara, "agreement") == []
    assert "agreement" not in re.sub(
        r"<input[^>]*>|<title>.*</title>", "", sign_in(cast.clara).get("/search?q=agreement").text
    )


def test_a_depositor_finds_own_uploads_only(cast: Any, put: Put) -> None:
    put("theirs.txt", b"the agreement")
    put("mine.txt", b"the agreement", actor=cast.diego)
    assert names(cast.diego, "agreement") == ["mine.txt"]
    assert names(cast.diego, "theirs") == []


def test_binned_and_moved_files_follow_their_place(cast: Any, put: Put) -> None:
    file = put("a.txt", b"the agreement")
    move_file(file, to=cast.payroll, actor=cast.alice)
    assert names(cast.clara, "agreement") == []
    assert names(cast.bob, "agreement") == ["a.txt"]
    bin_file(file, actor=cast.alice)
    assert names(cast.bob, "agreement") == []


def test_the_search_inside_of_a_client_stays_there(cast: Any, put: Put, sign_in: Any) -> None:
    put("a.txt", b"the agreement")
    put("c.txt", b"the agreement", folder=cast.other_folder, actor=cast.alice)
    assert names(cast.alice, "agreement", client_id=cast.acme.id) == ["a.txt"]
    browser = sign_in(cast.mallory)
    assert browser.get(f"/search?q=agreement&client={cast.acme.id}").status_code == 404
    for forged in ("1", "%00", "a" * 32, "[]"):
        assert browser.get(f"/search?q=agreement&client={forged}").status_code == 404


def test_formats_and_periods_narrow(cast: Any, put: Put, session: Any) -> None:
    put("a.txt", b"the agreement")
    old = put("b.csv", b"the agreement")
    session.execute(text("UPDATE file SET uploaded_at = now() - interval '40 days' WHERE id = :id"), {"id": old.id})
    assert names(cast.bob, "agreement", format="sheet") == ["b.csv"]
    assert names(cast.bob, "agreement", period="30") == ["a.txt"]
    assert len(names(cast.bob, "agreement", format="?", period="?")) == 2


def test_pages_follow_each_other_without_a_gap(cast: Any, put: Put, sign_in: Any) -> None:
    """Names first, then texts, across the border between the two; a forged place gives the first page."""
    for number in range(SIZE - 3):
        store_bytes(cast.exchange, f"agreement {number}.bin", b"x", actor=cast.bob)
    for number in range(6):
        put(f"{number}.txt", b"the agreement")
    seen: list[str] = []
    place: str | None = None
    for _page in range(3):
        found = search(cast.clara.viewer, Question("agreement"), place=place)
        seen += [result.file.name for result in found.results]
        place = found.next_place
        if place is None:
            break
    assert len(seen) == len(set(seen)) == SIZE + 3
    assert seen[0] == f"agreement {SIZE - 4}.bin"
    for forged in ("text:", "name:zz", "\x00", "text:" + "0" * 31, "x" * 999):
        assert len(search(cast.clara.viewer, Question("agreement"), place=forged).results) == SIZE


def test_a_search_costs_the_same_whatever_it_finds(cast: Any, put: Put, sign_in: Any) -> None:
    browser = sign_in(cast.clara)
    put("0.txt", b"the agreement")
    with counted() as few:
        browser.get("/search?q=agreement")
    for number in range(1, 6):
        put(f"{number}.txt", b"the agreement")
    with counted() as many:
        browser.get("/search?q=agreement")
    assert len(many) == len(few) <= 16, many


def test_the_index_of_words_is_used(cast: Any, session: Any) -> None:
    """With enough rows, a rare word is looked up, not searched for row by row."""
    file = store_bytes(cast.exchange, "a.txt", b"x", actor=cast.bob)
    session.execute(
        text(
            "INSERT INTO file (id, client_id, folder_id, name, name_key, search_key, version_id, size, content_type)"
            " SELECT gen_random_uuid(), client_id, folder_id, 'n' || n, 'n' || n, 'n' || n, version_id, 1, 'text/plain'"
            " FROM file, generate_series(1, 5000) n WHERE id = :id"
        ),
        {"id": file.id},
    )
    session.execute(
        text(
            "INSERT INTO file_text (file_id, version_id, client_id, body, words) SELECT id, version_id, client_id,"
            " 'common rare' || name, to_tsvector('simple', 'common rare' || name) FROM file WHERE name LIKE 'n%'"
        )
    )
    session.execute(text("ANALYZE file"))
    session.execute(text("ANALYZE file_text"))
    for person in (cast.alice, cast.bob):
        plans = _plans(lambda person=person: names(person, "raren77 "))
        assert any("ix_file_search_trgm" in plan for plan in plans), plans
        assert any("ix_file_text_words" in plan for plan in plans), plans
    # One index holds words and clients: what is everywhere does not make the reader of one client wait.
    of_words = next(plan for plan in plans if "ix_file_text_words" in plan)
    condition = next(line for line in of_words.splitlines() if "Index Cond" in line)
    assert "client_id =" in condition
    assert "words @@" in condition
    # So few rows are read as quickly; that the index answers them is what counts with a million.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    for few_letters in ("z", "zq"):
        by_name = next(plan for plan in _plans(lambda typed=few_letters: names(cast.alice, typed)) if "~~" in plan)
        assert "ix_file_search_trgm" in by_name, by_name


def _plans(search_them: Callable[[], object]) -> list[str]:
    """How PostgreSQL answers each of the questions that a search asks."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        search_them()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    connection = db.session.connection()
    answers = [connection.exec_driver_sql(f"EXPLAIN {statement}", parameters) for statement, parameters in asked]
    return ["\n".join(row[0] for row in answer) for answer in answers]


def test_the_words_field_is_not_needed_for_names(cast: Any) -> None:
    """A format whose text nobody reads is found by its name."""
    store_bytes(cast.exchange, "Plan du bâtiment.dwg", b"x", actor=cast.bob)
    assert names(cast.clara, "batiment") == ["Plan du bâtiment.dwg"]


def test_the_words_that_lead_to_the_documents_lead_to_the_search(cast: Any, sign_in: Any) -> None:
    answer = sign_in(cast.clara).get(f"/clients/{cast.acme.id}/documents?q=bilan")
    assert answer.status_code == 303
    assert answer.location == f"/search?q=bilan&client={cast.acme.id}"


def test_the_search_is_closed_to_visitors(client: Any) -> None:
    assert client.get("/search?q=x").status_code in (302, 303)


def test_the_eye_finds_what_the_person_finds(cast: Any, put: Put, sign_in: Any) -> None:
    put("a.txt", b"the agreement")
    put("b.txt", b"the agreement", folder=cast.payroll)
    alice = sign_in(cast.alice)
    alice.post(f"/clients/{cast.acme.id}/eye/{cast.clara.id}")
    page = alice.get("/search?q=agreement").text
    assert "a.txt" in page
    assert "b.txt" not in page
