"""The store is slow, cut, mute or down in the middle of the work: said at once, nothing lost, and all goes on later."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from sqlalchemy import func, select

from portal.files import acceptance
from portal.files.models import File, FileVersion, Upload
from portal.kit import storage
from portal.kit.db import db
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry
from tests.faults.conftest import Site, after_a_week, left_over
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, complete, parts_of, send, upload_file

# A reader who is told nothing goes away after about this long, in seconds.
PATIENCE = 30


def until(answer: Callable[[], Any], seconds: float = 90) -> Any:
    """What a browser does: ask again while it is told that the store is away."""
    deadline = time.monotonic() + seconds
    while True:
        found = answer()
        if found is not None and getattr(found, "status_code", 200) not in (409, 503):
            return found
        assert time.monotonic() < deadline, "the store came back and nobody noticed"
        time.sleep(0.1)


def send_again(where: Callable[[], dict[str, Any]], part: bytes) -> Any:
    """Send one part; None where the line broke, so that it is sent again."""
    try:
        return True if send(where(), part) == 200 else None
    except (urllib3.exceptions.HTTPError, OSError):
        return None


def upload_patiently(site: Site, browser: Any, name: str, data: bytes) -> str:
    """The whole way as the browser goes it when the store comes and goes; the id of the file."""
    begun = until(lambda: begin(browser, site.cast.exchange, name, len(data))).json
    for number, part in enumerate(parts_of(data, begun["part_size"]), start=1):
        until(lambda number=number, part=part: send_again(lambda: address(browser, begun, number, part), part))
    ident: str = until(lambda: complete(browser, begun, data)).json["id"]
    return ident


def test_uploads_go_on_while_the_store_comes_and_goes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four browsers upload, in one piece and in parts, while the line is cut, slowed down and taken away."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 64 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 64 * 1024)
    done: dict[str, tuple[str, bytes]] = {}
    faults: list[BaseException] = []

    def work(hand: int, browser: Any) -> None:
        try:
            with site.app.app_context():
                for number in range(8):
                    name, data = f"hand {hand} {number}.bin", os.urandom(200_000 if number % 4 == 0 else 5000)
                    done[name] = (upload_patiently(site, browser, name, data), data)
                db.session.remove()
        except BaseException as fault:  # noqa: BLE001 - told by the test, which waits for all hands
            faults.append(fault)

    hands = [threading.Thread(target=work, args=(n, site.browser(site.cast.clara))) for n in range(4)]
    for hand in hands:
        hand.start()
    disturb(site, hands)
    for hand in hands:
        hand.join()
    assert faults == []
    db.session.rollback()
    kept = dict(db.session.execute(select(File.id, File.name)).all())
    for name, (ident, data) in done.items():
        version = f"/files/{ident}/content"
        assert [str(found) for found, called in kept.items() if called == name] == [ident], name
        address_of = site.browser(site.cast.clara).get(version).headers["Location"]
        assert urllib3.request("GET", address_of).data == data
    record_figure("store that comes and goes: uploads lost or doubled", 0, f"0 of {len(done)}")


def disturb(site: Site, hands: list[threading.Thread]) -> None:
    """One trouble after the other until the hands are done, with a moment of peace in between."""
    chance, began = random.Random(7), time.monotonic()
    while any(hand.is_alive() for hand in hands) and time.monotonic() - began < 20:
        trouble = chance.choice(["down", "slow", "cut", "break"])
        if trouble == "down":
            site.line.down = True
        elif trouble == "slow":
            site.line.delay = 0.2
        elif trouble == "cut":
            site.line.cut_answers_after = chance.randrange(300)
        site.line.break_off()
        time.sleep(chance.uniform(0.1, 0.5))
        site.line.mend()
        time.sleep(chance.uniform(0.2, 0.6))
    site.line.mend()


@pytest.mark.parametrize("trouble", ["down", "mute"])
def test_a_store_that_is_away_is_said_in_time_and_the_upload_goes_on_later(site: Site, trouble: str) -> None:
    """503, a sentence and when to ask again; no row, no stack, and folders can still be read."""
    browser, data = site.browser(site.cast.clara), b"patience"
    begun = begin(browser, site.cast.exchange, f"{trouble}.txt", len(data)).json
    assert send(address(browser, begun, 1, data), data) == 200
    rows = db.session.scalar(select(func.count()).select_from(Upload))
    setattr(site.line, trouble, True)
    site.line.break_off()
    waited = time.monotonic()
    answer = complete(browser, begun, data)
    assert time.monotonic() - waited < PATIENCE
    assert answer.status_code == 503
    assert "document store" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert browser.get(f"/folders/{site.cast.exchange.id}").status_code == 200
    large = begin(browser, site.cast.exchange, "large.zip", 40 * 1024 * 1024)
    assert (large.status_code, "Traceback" in large.text) == (503, False)
    assert db.session.scalar(select(func.count()).select_from(Upload)) == rows
    site.line.mend()
    assert complete(browser, begun, data).status_code == 200


def test_an_archive_that_is_cut_is_no_whole_archive(site: Site) -> None:
    """The store breaks off in the middle: the connection ends before the length that was promised."""
    browser = site.browser(site.cast.clara)
    for number in range(3):
        upload_file(browser, site.cast.exchange, f"pack {number}.bin", os.urandom(300_000))
    answer = browser.get(f"/folders/{site.cast.exchange.id}/archive", buffered=False)
    assert answer.status_code == 200
    site.line.cut_answers_after = 100_000
    received: list[bytes] = []
    with pytest.raises(storage.StoreAway):
        received.extend(answer.response)
    assert sum(map(len, received)) < answer.content_length
    site.line.mend()
    whole = browser.get(f"/folders/{site.cast.exchange.id}/archive")
    assert len(whole.data) == whole.content_length


def test_a_checksum_waits_for_the_store_however_long_it_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given up by age, never by the number of tries: a store that is away for a night costs nothing."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 64 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 64 * 1024)
    done = upload_file(site.browser(site.cast.clara), site.cast.exchange, "summed.bin", os.urandom(100_000))
    version_id = db.session.scalars(select(File.version_id).where(File.id == done.json["id"])).one()
    promised = select(OutboxEntry).where(OutboxEntry.payload["version_id"].astext == str(version_id))
    entry = db.session.scalars(promised.where(OutboxEntry.name == "files.hash")).one()
    entry.attempts = 50
    db.session.commit()
    site.line.down = True
    site.line.break_off()
    assert outbox.work(entry.id) is False
    db.session.refresh(entry)
    assert entry.failed_at is None
    site.line.mend()
    entry.available_at = func.now()
    db.session.commit()
    assert outbox.work(entry.id) is True
    assert db.session.get_one(FileVersion, version_id, populate_existing=True).sha256


def test_after_all_this_nothing_is_left_in_the_store(site: Site) -> None:
    after_a_week()
    found = [fault for fault in left_over() if "has not been computed" not in fault]
    assert found == []
    record_figure("store that comes and goes: left over", len(found), "0", not found)
    assert site.browser(site.cast.clara).get("/", headers=JSON).status_code < 500
