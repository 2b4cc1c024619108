"""The line between browser and portal breaks during the completion itself: one file or none, and asking again helps."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files.models import File, FileVersion
from portal.kit import storage
from portal.kit.db import db
from tests.faults.conftest import Site, after_a_week, keys_in_store, left_over
from tests.faults.severing import Severing, random_cut
from tests.faults.web import Hand, Severed, served
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, checksum, complete, parts_of, send

CUTS = int(os.environ.get("ATRIUM_CUT_COMPLETIONS", "60"))
BATCH = 6


@dataclass
class Web:
    """The line to the web server, Clara before it, and what became of what she sent."""

    site: Site
    line: Severing
    clara: Hand
    sent: dict[str, bytes] = field(default_factory=dict)
    # Names whose browser was told, at last, that they are files: the file's id.
    acknowledged: dict[str, str] = field(default_factory=dict)
    # After each cut: had the server carried the completion out by then?
    carried_out: list[bool] = field(default_factory=list)
    half_visible: int = 0

    def visible(self, names: list[str]) -> tuple[int, int]:
        """How many of these names are files by now, and how many versions they have together."""
        db.session.rollback()
        joined = select(func.count(File.id.distinct()), func.count()).join(FileVersion, FileVersion.file_id == File.id)
        files, versions = db.session.execute(joined.where(File.name.in_(names))).one()
        return files, versions


@pytest.fixture(scope="module")
def web(site: Site, tmp_path_factory: Any) -> Iterator[Web]:
    """Completions on their way to this server can be cut; all other requests come through."""
    with served(site, tmp_path_factory.mktemp("web") / "web.log") as line:
        yield Web(site, line, Hand(site, line.url, site.cast.clara))


def ended(web: Web, chance: random.Random, names: list[str], ask: Any) -> Any:
    """Complete over a line that breaks once or several times. The answer, or None for a browser that never came back.

    Whenever it broke: all of them are files with one version each, or none is.
    """
    web.line.planned[:] = [random_cut(chance) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    comes_back = chance.random() < 0.75
    try:
        while True:
            try:
                answer = ask()
            except Severed:
                seen = web.visible(names)
                web.carried_out.append(seen[0] > 0)
                web.half_visible += seen not in ((0, 0), (len(names), len(names)))
                if not comes_back:
                    return None
            else:
                # The parts are being joined for the request whose answer was lost: it is asked once more.
                if answer.status_code not in (409, 503):
                    return answer
                time.sleep(0.05)
    finally:
        web.line.planned.clear()


def cut_single(web: Web, chance: random.Random, number: int, size: int) -> None:
    """One file, in one piece or in parts, whose completion is cut."""
    name, data = f"single {number}.bin", chance.randbytes(size)
    web.sent[name] = data
    begun = begin(web.clara, web.site.cast.exchange, name, size).json
    for place, piece in enumerate(parts_of(data, begun["part_size"]), start=1):
        assert send(address(web.clara, begun, place, piece), piece) == 200
    answer = ended(web, chance, [name], lambda: complete(web.clara, begun, data))
    if answer is not None:
        assert answer.status_code == 200, answer.text
        web.acknowledged[name] = answer.json["id"]
        assert complete(web.clara, begun, data).json["id"] == answer.json["id"]
        assert web.clara.get(f"/uploads/{begun['id']}").json["state"] == "published"


def cut_batch(web: Web, chance: random.Random, number: int) -> None:
    """Small files whose common completion is cut."""
    files = {f"batch {number} {n}.bin": chance.randbytes(chance.randrange(1, 3000)) for n in range(BATCH)}
    web.sent |= files
    wishes = [{"name": name, "size": len(data), "sha256": checksum(data)} for name, data in files.items()]
    door = f"/folders/{web.site.cast.exchange.id}/upload-batches"
    begun = web.clara.post(door, json={"files": wishes}, headers=JSON).json["files"]
    for each, data in zip(begun, files.values(), strict=True):
        assert send(each, data) == 200
    ids = {"uploads": [each["id"] for each in begun]}
    answer = ended(web, chance, list(files), lambda: web.clara.post("/upload-batches/completion", json=ids))
    if answer is not None:
        assert answer.status_code == 200, answer.text
        told = [each["file"]["id"] for each in answer.json["files"]]
        web.acknowledged |= dict(zip(files, told, strict=True))
        again = web.clara.post("/upload-batches/completion", json=ids).json
        assert [each["file"]["id"] for each in again["files"]] == told


def test_completions_cut_at_random_points_make_one_file_or_none(web: Web) -> None:
    chance, number = random.Random(12), 0
    while len(web.line.happened) < CUTS:
        if number % 3 == 2:
            cut_batch(web, chance, number)
        else:
            smallest, largest = (130_000, 400_000) if number % 6 == 0 else (1, 60_000)
            cut_single(web, chance, number, chance.randrange(smallest, largest))
        number += 1
    where = [cut.where for cut in web.line.happened]
    assert set(where) == {"request", "working", "answer"}
    assert set(web.carried_out) == {True, False}
    record_figure("cut completions: connections severed", len(where), f"{CUTS}")
    record_figure("cut completions: carried out although nobody was told", sum(web.carried_out))
    record_figure("cut completions: half visible or doubled", web.half_visible, "0", not web.half_visible)
    assert web.half_visible == 0


def test_what_was_acknowledged_is_there_once_and_all_that_is_there_is_whole(web: Web) -> None:
    """Nobody who asked again was told anything but the truth; who did not ask again left a whole file or nothing."""
    db.session.rollback()
    rows = db.session.execute(select(File, FileVersion).join(FileVersion, FileVersion.file_id == File.id)).all()
    kept = {file.name: str(file.id) for file, _ in rows}
    assert len(rows) == len(kept), "one was published twice"
    assert kept.keys() <= web.sent.keys(), "one got another name"
    assert {name: kept.get(name) for name in web.acknowledged} == web.acknowledged
    for file, version in rows:
        data = web.sent[file.name]
        assert b"".join(storage.read(version.object_key)) == data
        assert version.sha256 in (None, hashlib.sha256(data).hexdigest())
    record_figure("cut completions: acknowledged and lost", 0, f"0 of {len(web.acknowledged)}")


def test_nothing_of_it_is_left_in_the_store(web: Web) -> None:
    after_a_week()
    db.session.rollback()
    faults = [fault for fault in left_over() if "has not been computed" not in fault]
    orphans = keys_in_store() - set(db.session.scalars(select(FileVersion.object_key)))
    record_figure("cut completions: left in the store after the reaper", len(orphans) + len(faults), "0", not faults)
    assert (faults, orphans) == ([], set())
