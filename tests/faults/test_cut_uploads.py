"""Five hundred uploads that are cut at random points: nothing half visible, nothing lost, nothing left in the store."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from portal.files import acceptance
from portal.files.models import File, FileVersion
from portal.kit.db import db
from tests.faults.conftest import Site, after_a_week, keys_in_store, left_over
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, checksum, complete, parts_of, send

CUTS = int(os.environ.get("ATRIUM_CUT_UPLOADS", "500"))
PART = 256 * 1024


@dataclass
class Sent:
    """An upload and how far its browser means to go: where the line is cut, and whether it comes back."""

    name: str
    data: bytes
    comes_back: bool
    begun: dict[str, Any]
    acknowledged: str | None = None


def cut_put(where: dict[str, Any], body: bytes, at: int, *, hard: bool) -> None:
    """Send the head of a PUT and ``at`` bytes of its body, then hang up: with a goodbye, or as if the cable broke."""
    parts = urlsplit(where["url"])
    head = [f"PUT {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in where["headers"].items()]
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=20) as line:
        if hard:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.sendall("\r\n".join([*head, "", ""]).encode() + body[:at])


def places(chance: random.Random, length: int) -> int:
    """Somewhere in a body: its very ends more often than the middle."""
    return chance.choice([0, 1, length - 1, chance.randrange(length), chance.randrange(length)])


def cut_batches(site: Site, chance: random.Random, count: int) -> list[Sent]:
    """Small files in batches of twenty; each is cut, and half of them come back."""
    browser, sent = site.browser(site.cast.clara), []
    for start in range(0, count, 20):
        files = {f"small {start + n}.bin": chance.randbytes(chance.randrange(2, 3000)) for n in range(20)}
        wishes = [{"name": n, "size": len(d), "sha256": checksum(d)} for n, d in files.items()]
        answer = browser.post(f"/folders/{site.cast.exchange.id}/upload-batches", json={"files": wishes}, headers=JSON)
        for (name, data), begun in zip(files.items(), answer.json["files"], strict=True):
            cut_put(begun, data, places(chance, len(data)), hard=chance.random() < 0.5)
            sent.append(Sent(name, data, chance.random() < 0.5, begun))
        ids = [one.begun["id"] for one in sent[-20:]]
        early = browser.post("/upload-batches/completion", json={"uploads": ids}, headers=JSON)
        assert {each["problem"]["code"] for each in early.json["files"]} == {"incomplete"}
        back = [one for one in sent[-20:] if one.comes_back]
        for one in back:
            assert send(one.begun, one.data) == 200
        for _ in range(chance.choice([1, 1, 2]) if back else 0):
            ids = [one.begun["id"] for one in back]
            done = browser.post("/upload-batches/completion", json={"uploads": ids}, headers=JSON)
            for one, each in zip(back, done.json["files"], strict=True):
                assert one.acknowledged in (None, each["file"]["id"])
                one.acknowledged = each["file"]["id"]
    return sent


def cut_single(site: Site, chance: random.Random, number: int, size: int) -> Sent:
    """One file, in one PUT or in parts; it is cut in one of its pieces, and comes back or not."""
    browser = site.browser(site.cast.clara)
    data = chance.randbytes(size)
    begun = begin(browser, site.cast.exchange, f"large {number}.bin", size).json
    one = Sent(f"large {number}.bin", data, chance.random() < 0.5, begun)
    pieces = parts_of(data, begun["part_size"])
    broken = chance.randrange(len(pieces))
    for place, piece in enumerate(pieces[: broken + 1], start=1):
        where = address(browser, begun, place, piece)
        if place == broken + 1:
            cut_put(where, piece, places(chance, len(piece)), hard=chance.random() < 0.5)
        else:
            assert send(where, piece) == 200
    assert complete(browser, begun, data).status_code == 409
    if one.comes_back:
        held = browser.get(f"/uploads/{begun['id']}", headers=JSON).json["held"]
        assert held == list(range(1, broken + 1))
        for place, piece in enumerate(pieces, start=1):
            if place not in held:
                assert send(address(browser, begun, place, piece), piece) == 200
        for _ in range(chance.choice([1, 1, 2])):
            answer = complete(browser, begun, data)
            assert answer.status_code == 200, answer.text
            assert one.acknowledged in (None, answer.json["id"])
            one.acknowledged = answer.json["id"]
    return one


def test_five_hundred_cut_uploads_leave_whole_files_or_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 64 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", PART)
    chance = random.Random(500)
    small = CUTS * 4 // 5 // 20 * 20
    sent = cut_batches(site, chance, small)
    for number in range(CUTS - small):
        in_parts = number % 4 == 0
        size = chance.randrange(PART, 3 * PART) if in_parts else chance.randrange(2, 64 * 1024)
        sent.append(cut_single(site, chance, number, size))
    assert len(sent) == CUTS
    kept = {one.name: one for one in sent if one.acknowledged}
    assert site.names() == sorted(kept), "half of one is visible, or one is lost"
    _compare(kept)
    after_a_week()
    db.session.rollback()
    faults = [fault for fault in left_over() if "has not been computed" not in fault]
    orphans = keys_in_store() - set(db.session.scalars(select(FileVersion.object_key)))
    record_figure("cut uploads: cut at random points", CUTS, f"{CUTS}")
    record_figure("cut uploads: acknowledged and lost, or half visible", 0, "0")
    record_figure("cut uploads: left in the store after the reaper", len(orphans) + len(faults), "0", not faults)
    assert (faults, orphans) == ([], set())
    assert site.names() == sorted(kept)


def _compare(kept: dict[str, Sent]) -> None:
    """Each file is the one that was acknowledged, with the very bytes that its browser read."""
    rows = db.session.execute(select(File, FileVersion).join(FileVersion, FileVersion.file_id == File.id)).all()
    assert len(rows) == len(kept), "one was published twice"
    from portal.kit import storage

    for file, version in rows:
        one = kept[file.name]
        assert str(file.id) == one.acknowledged
        assert version.sha256 in (None, hashlib.sha256(one.data).hexdigest())
        assert b"".join(storage.read(version.object_key)) == one.data
