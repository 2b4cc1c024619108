"""Texts of a million accents on one letter: brought into normal form in the time that any other text takes."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest

from portal.contents.words import body_of
from portal.kit.names import BadName, clean_name, search_key
from portal.kit.normal import normal

PILE = "a" + "\u0301\u0316" * 250_000


def test_usual_texts_are_as_the_standard_says() -> None:
    for text in ("e\u0301té", "e\u0301" * 2000, "한국어" * 1000, "Ωﬁ①" * 500, "e" + "\u0301\u0316" * 400):
        for form in ("NFC", "NFKC", "NFKD"):
            assert normal(text, form) == unicodedata.normalize(form, text)


def test_long_piles_of_accents_are_broken_after_thirty() -> None:
    """Nothing is lost but the order in which marks were typed; the joiner shows nothing."""
    text = "x" * 1000 + "a" + "\u0301" * 61 + "b"
    assert normal(text).replace("\u034f", "") == unicodedata.normalize("NFC", text)
    assert normal(text).count("\u034f") == 2


@pytest.mark.parametrize("work", [normal, search_key, body_of], ids=lambda work: work.__name__)
def test_a_pile_of_half_a_million_takes_seconds_at_most(work: Any) -> None:
    before = time.process_time()
    work(PILE)
    assert time.process_time() - before < 3


def test_nobody_can_hold_up_the_site_with_one_request(client: Any, cast: Any, sign_in: Any) -> None:
    """Before signing in and after: a form, a name, an answer of a megabyte of accents is answered like any other."""
    before = time.process_time()
    refused = client.post("/sign-in", data={"email": PILE, "password": PILE})
    assert refused.status_code in (200, 401, 422)
    files = [{"name": PILE, "size": 1, "sha256": "x"}]
    begun = sign_in(cast.clara).post(f"/folders/{cast.exchange.id}/upload-batches", json={"files": files})
    assert begun.json["files"][0]["problem"]["status"] == 422
    assert time.process_time() - before < 12
    with pytest.raises(BadName):
        clean_name(PILE)
