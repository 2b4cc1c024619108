"""The same completion sent twice, and by eight hands at once: one file, and every answer names it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files import acceptance
from portal.files.models import FileVersion, Upload
from portal.kit.db import db
from tests.faults.conftest import Site
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, checksum, complete, parts_of, send

HANDS = 8


def at_once(site: Site, ask: Callable[[Any], Any]) -> list[Any]:
    """The answers of eight browsers of Clara's that ask the same at the same moment."""
    start, answers = threading.Barrier(HANDS), []
    browsers = [site.browser(site.cast.clara) for _ in range(HANDS)]

    def hand(browser: Any) -> None:
        with site.app.app_context():
            start.wait()
            answers.append(ask(browser))
            db.session.remove()

    threads = [threading.Thread(target=hand, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == HANDS
    return answers


def versions_of(file_id: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(FileVersion.file_id == file_id)) or 0


def published(name: str) -> int:
    return db.session.scalar(select(func.count()).where(Upload.name == name, Upload.state == "published")) or 0


@pytest.mark.parametrize("size", [1000, 200_000], ids=["one piece", "parts"])
def test_eight_completions_at_once_make_one_file(site: Site, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 64 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 64 * 1024)
    browser, doubled = site.browser(site.cast.clara), 0
    for turn in range(5):
        data, name = os.urandom(size), f"at once {size} {turn}.bin"
        begun = begin(browser, site.cast.exchange, name, size).json
        for number, part in enumerate(parts_of(data, begun["part_size"]), start=1):
            assert send(address(browser, begun, number, part), part) == 200
        answers = at_once(site, lambda hand, begun=begun, data=data: complete(hand, begun, data))
        # A hand that finds the parts being joined may be told to ask again, never that it failed for good.
        again = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in again} <= {409, 503}, [answer.text for answer in again]
        ids = {answer.json["id"] for answer in answers if answer.status_code == 200}
        ids.add(complete(browser, begun, data).json["id"])
        assert len(ids) == 1
        doubled += versions_of(ids.pop()) - 1
        assert published(name) == 1
    record_figure("completed eight times at once: doubled", doubled, "0 of 10", doubled == 0)
    assert doubled == 0


def test_eight_completions_of_a_batch_at_once_make_each_file_once(site: Site) -> None:
    browser = site.browser(site.cast.clara)
    files = {f"together {n}.txt": os.urandom(50) for n in range(20)}
    wishes = [{"name": name, "size": len(data), "sha256": checksum(data)} for name, data in files.items()]
    begun = browser.post(f"/folders/{site.cast.exchange.id}/upload-batches", json={"files": wishes}, headers=JSON)
    for each, data in zip(begun.json["files"], files.values(), strict=True):
        assert send(each, data) == 200
    sent = {"uploads": [each["id"] for each in begun.json["files"]]}
    answers = at_once(site, lambda hand: hand.post("/upload-batches/completion", json=sent, headers=JSON))
    told = {tuple(each["file"]["id"] for each in answer.json["files"]) for answer in answers}
    assert len(told) == 1
    assert [versions_of(ident) for ident in told.pop()] == [1] * 20
    assert [name for name in site.names() if name.startswith("together")] == sorted(files)
