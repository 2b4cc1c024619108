"""The firm's settings for documents: said in numbers, shown before something goes, never saved over somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.models import Firm
from portal.activity.models import Activity
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.settings import fingerprint
from portal.files.queries.room import room
from portal.files.retention import Retention
from portal.kit.db import db
from tests.cast import Cast
from tests.files.test_retention import binned_ago
from tests.files.test_versions import filled
from tests.statements import counted

PAGE = "/settings/documents"


def firm() -> Firm:
    """As it stands in the database."""
    return db.session.scalars(select(Firm).execution_options(populate_existing=True)).one()


def sent(**changed: Any) -> dict[str, Any]:
    """What the form sends."""
    usual = {"versions_kept": "", "versions_days": "", "bin_days": "90", "quota": "", "client_quota": ""}
    return {**usual, "version": str(firm().version), **changed}


def test_alice_says_how_long_and_how_much(cast: Cast, sign_in: Any) -> None:
    store_bytes(cast.exchange, "a.txt", b"x" * 1500, actor=cast.bob)
    browser = sign_in(cast.alice)
    page = browser.get(PAGE).text
    assert "Used now: 2\u00a0kB" in page
    assert "“Acme” has most now" in page
    values = sent(versions_kept="10", versions_days="365", bin_days="30", quota="1 500,5", client_quota="0.5")
    assert browser.post(PAGE, data=values).status_code == 303
    found = firm()
    assert (found.versions_kept, found.versions_days, found.bin_days) == (10, 365, 30)
    assert (found.quota_bytes, found.client_quota_bytes) == (1_500_500_000_000, 500_000_000)
    page = browser.get(PAGE).text
    assert 'value="1500.5"' in page
    assert browser.post(PAGE, data=sent()).status_code == 303
    found = firm()
    assert (found.versions_kept, found.versions_days, found.quota_bytes, found.client_quota_bytes) == (None,) * 4
    lines = db.session.scalars(select(Activity).where(Activity.verb == "settings.changed")).all()
    assert "versions_kept" in lines[0].details["fields"]


def test_what_would_go_is_said_before_it_is_saved_and_only_that_is_saved(cast: Cast, sign_in: Any) -> None:
    filled(cast.exchange, "a.txt", b"x" * 3000, b"y", b"z", actor=cast.bob)
    binned_ago(bin_file(store_bytes(cast.books, "b", b"b", actor=cast.bob), actor=cast.bob), 40)
    browser = sign_in(cast.alice)
    asked = browser.post(PAGE, data=sent(versions_kept="2", bin_days="30"))
    assert asked.status_code == 409
    assert "One earlier version goes, which frees 3\u00a0kB. One entry of the bin goes." in asked.text
    assert firm().versions_kept is None
    confirmed = fingerprint(Retention(2, None, 30))
    other = browser.post(PAGE, data=sent(versions_kept="1", bin_days="30", confirmed=confirmed))
    assert other.status_code == 409, "confirmed was another rule"
    assert "2 earlier versions go" in other.text
    assert browser.post(PAGE, data=sent(versions_kept="2", bin_days="30", confirmed=confirmed)).status_code == 303
    assert (firm().versions_kept, firm().bin_days) == (2, 30)


def test_a_longer_rule_and_one_that_deletes_nothing_are_saved_at_once(cast: Cast, sign_in: Any) -> None:
    filled(cast.exchange, "a.txt", b"1", b"2", actor=cast.bob)
    browser = sign_in(cast.alice)
    assert browser.post(PAGE, data=sent(versions_kept="2", bin_days="10")).status_code == 303
    assert browser.post(PAGE, data=sent(versions_kept="5", bin_days="100")).status_code == 303
    assert Retention(2, None, 90).is_shorter_than(Retention(3, None, 90))
    assert Retention(None, 5, 90).is_shorter_than(Retention(None, None, 90))
    assert not Retention(None, None, 90).is_shorter_than(Retention(1, 1, 90))


def test_nobody_saves_over_somebody_else(cast: Cast, sign_in: Any) -> None:
    browser = sign_in(cast.alice)
    early = sent(versions_kept="7")
    assert browser.post(PAGE, data=sent(versions_kept="4")).status_code == 303
    answer = browser.post(PAGE, data=early)
    assert answer.status_code == 409
    assert 'value="7"' in answer.text, "what was typed is kept"
    assert "Somebody else has saved “4” here." in answer.text
    assert firm().versions_kept == 4


@pytest.mark.parametrize("field", ["versions_kept", "versions_days", "bin_days", "quota", "client_quota"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "abc", "1e3", "9" * 30, "0.0001", "١", "\x00", "<b>", "1.2.3", "NaN", "Infinity", "0x10"]
)
def test_what_is_no_number_is_refused_beside_its_field(cast: Cast, sign_in: Any, field: str, value: str) -> None:
    before = sent()
    answer = sign_in(cast.alice).post(PAGE, data={**before, field: value})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert sent() == before


def test_the_bin_cannot_keep_things_for_ever_and_half_days_are_none(cast: Cast, sign_in: Any) -> None:
    browser = sign_in(cast.alice)
    for values in ({"bin_days": ""}, {"bin_days": "1,5"}, {"versions_kept": "1001"}, {"version": "x"}):
        assert browser.post(PAGE, data=sent(**values)).status_code == 422, values
    before = sent()
    browser.post(PAGE, data={})
    assert sent() == before


def test_others_are_kept_out(cast: Cast, sign_in: Any) -> None:
    for person in (cast.bob, cast.tess, cast.clara, cast.mallory):
        browser = sign_in(person)
        assert browser.get(PAGE).status_code == 403
        assert browser.post(PAGE, data=sent(bin_days="1")).status_code == 403
    assert firm().bin_days == 90


def test_what_is_used_is_counted_in_one_statement(cast: Cast) -> None:
    assert (room().used, room().largest) == (0, None)
    store_bytes(cast.exchange, "a", b"12345", actor=cast.bob)
    store_bytes(cast.other_folder, "b", b"123", actor=cast.alice)
    with counted() as asked:
        found = room()
    assert (found.used, found.largest, found.largest_size) == (8, "Acme", 5)
    assert len(asked) == 1
