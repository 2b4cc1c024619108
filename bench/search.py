"""The search by name and by text on a million files, against reading one row by its key over the same connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from bench.corpus import COMMON, ELSEWHERE, FEW, NEVER_TOGETHER, RARE, SOME, fill
from bench.operations import Operation, Pair
from bench.site import Site
from portal.accounts.models import Person
from portal.contents.search import Found, Question, search
from portal.files.models import File
from portal.kit.db import db

# Of what is found by name, nothing: for the words that should be looked for in texts.
_FROM_TEXTS = f"text:{'f' * 32}"


def _against_a_row(typed: str, who: str, *, inside: str = "", page: int = 1, texts: bool = False) -> Any:
    def prepare(site: Site) -> Pair:
        row = select(File).where(File.id == fill(site).one)
        db.session.expunge_all()
        viewer = db.session.get_one(Person, getattr(site.cast, who).id).viewer
        question = Question(typed, client_id=getattr(site.cast, inside).id if inside else None)
        place = _FROM_TEXTS if texts else None
        for _page in range(page - 1):
            place = search(viewer, question, place=place).next_place
            assert place is not None, (typed, who)
        db.session.rollback()

        def ours() -> Found:
            found = search(viewer, question, place=place)
            db.session.rollback()
            db.session.expunge_all()
            return found

        def floor() -> None:
            db.session.execute(row).scalar_one()
            db.session.rollback()
            db.session.expunge_all()

        return ours, floor

    return prepare


# Rare words and none: as the search in the log. Others: 100 rows are about 50 ms where a row takes half a millisecond.
RARELY, OFTEN = 30, 100
# What nobody asks on purpose: an index of common words read to its end, names letter by letter. As in the log.
WORST = 2500


def _operation(name: str, typed: str, goal: float, who: str = "alice", **more: Any) -> Operation:
    prepare: Callable[[Site], Pair] = _against_a_row(typed, who, **more)
    return Operation(f"search-{name}-1m", prepare, goal, rounds=20, warm_up=3)


def _of(who: str, label: str) -> list[Operation]:
    """The questions that each kind of reader asks; words that end with a blank are whole."""
    both = " ".join(NEVER_TOGETHER)
    return [
        _operation(f"{label}-rare", f"{RARE} ", RARELY, who),
        _operation(f"{label}-nothing", "xylophoniste ", RARELY, who),
        _operation(f"{label}-few", f"{FEW} ", OFTEN, who),
        _operation(f"{label}-some", f"{SOME} ", OFTEN, who),
        _operation(f"{label}-name-common", f"{COMMON} ", OFTEN, who),
        _operation(f"{label}-text-common", f"{COMMON} ", OFTEN, who, texts=True),
        _operation(f"{label}-text-some", f"{SOME} ", OFTEN, who, texts=True),
        _operation(f"{label}-two-words", "contrat règlement ", OFTEN, who),
        _operation(f"{label}-never-together", f"{both} ", WORST, who),
        _operation(f"{label}-accents", "reglement", OFTEN, who),
        _operation(f"{label}-begun-1", "z", OFTEN, who),
        _operation(f"{label}-begun-2", "zq", WORST, who),
        _operation(f"{label}-begun-3", "zan", OFTEN, who),
        _operation(f"{label}-begun-5", "factu", OFTEN, who),
    ]


_ALL = [
    *_of("alice", "all"),
    _operation("all-text-common-page-5", f"{COMMON} ", OFTEN, "alice", texts=True, page=5),
    _operation("all-name-common-page-5", f"{COMMON} ", OFTEN, "alice", page=5),
    _operation("all-inside-common", f"{COMMON} ", OFTEN, "alice", inside="acme", texts=True),
    *_of("bob", "thousand-clients"),
    _operation("thousand-clients-elsewhere", f"{ELSEWHERE} ", WORST, "bob"),
    _operation("thousand-clients-page-5", f"{COMMON} ", OFTEN, "bob", texts=True, page=5),
    *_of("tess", "five-clients"),
    *_of("clara", "contact-of-100k"),
    _operation("contact-of-100k-page-5", f"{COMMON} ", OFTEN, "clara", texts=True, page=5),
    _operation("contact-of-100k-elsewhere", f"{ELSEWHERE} ", WORST, "clara"),
    _operation("depositor-of-100k-common", f"{COMMON} ", OFTEN, "diego"),
    *_of("mallory", "contact-of-2k"),
]
OPERATIONS = {operation.name: operation for operation in _ALL}
