"""``kill -9`` in the middle of a preview, a text, an export, an archive: done later, whole and once."""

from __future__ import annotations

import io
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import urllib3
from sqlalchemy import select, text, update
from werkzeug.serving import make_server

from config import ROOT
from portal.contents.models import FileText, Preview, Rendition
from portal.exports import commands as exports
from portal.exports.models import Export
from portal.files.commands.completion import store_bytes
from portal.files.models import FileVersion
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.outbox import emit
from portal.outbox.models import OutboxEntry
from tests.contents import papers
from tests.faults.conftest import Site, after_a_week, keys_in_store, left_over
from tests.figures import record_figure

KILLS = int(os.environ.get("ATRIUM_KILLED_WORKERS", "8"))


class Forker:
    """The program that does work in children, and how to kill them."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forker"], cwd=ROOT, env={**os.environ, **env}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def work(self, entry_id: Any, *, killed_after: float | None = None) -> int:
        """Do one piece of work, or begin it and die ``killed_after`` seconds later. The status of the child."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{entry_id}\n")
        self.process.stdin.flush()
        child = int(self._line())
        if killed_after is not None:
            time.sleep(killed_after)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._line())


@pytest.fixture(scope="module")
def forker(site: Site) -> Iterator[Forker]:
    found = Forker(site.env)
    yield found
    found.process.kill()
    found.process.wait()


@transactional
def promise(name: str, **payload: Any) -> Any:
    return emit(name, **payload)


def lease_is_over() -> None:
    """What time does: the dead worker's claim ends, and the work is due again."""
    past = text("now() - interval '1 s'")
    db.session.rollback()
    db.session.execute(update(OutboxEntry).where(OutboxEntry.done_at.is_(None)).values(leased_until=past))
    db.session.execute(update(OutboxEntry).where(OutboxEntry.done_at.is_(None)).values(available_at=past))
    db.session.commit()


def is_done(entry_id: Any) -> bool:
    db.session.rollback()
    return db.session.get_one(OutboxEntry, entry_id, populate_existing=True).done_at is not None


def killed_and_done(forker: Forker, chance: random.Random, entry_id: Any, most: float) -> int:
    """Kill one worker over this work, or two, and let the next one do it. How many died."""
    died = 0
    for _ in range(chance.choice([1, 1, 2])):
        died += forker.work(entry_id, killed_after=chance.uniform(0, most)) == signal.SIGKILL
        lease_is_over()
    if not is_done(entry_id):
        assert forker.work(entry_id) == 0
    assert is_done(entry_id)
    return died


def seconds_of(forker: Forker, entry_id: Any) -> float:
    """How long this work takes on this machine when nobody kills it: a kill later than that kills nothing."""
    begun = time.monotonic()
    assert forker.work(entry_id) == 0
    return time.monotonic() - begun


def test_workers_killed_over_previews_and_texts_leave_each_once(site: Site, forker: Forker) -> None:
    chance, died, made = random.Random(9), 0, []
    kinds = {"p.pdf": papers.pdf(3), "t.txt": b"mot " * 500, "i.png": papers.picture()}

    def work(kind: str) -> Any:
        file = store_bytes(site.cast.exchange, f"{len(made)} {kind}", kinds[kind], actor=site.cast.bob)
        made.append(file.version_id)
        return promise("contents.make", version_id=file.version_id)

    most = {kind: seconds_of(forker, work(kind)) for kind in kinds}
    for _ in range(KILLS):
        kind = chance.choice(list(kinds))
        died += killed_and_done(forker, chance, work(kind), most[kind])
    states = dict(db.session.execute(select(Preview.version_id, Preview.state)).all())
    assert {states[version_id] for version_id in made} == {"ready"}
    assert len(set(db.session.scalars(select(FileText.version_id)))) == db.session.query(FileText).count()
    for key, size in db.session.execute(select(Rendition.object_key, Rendition.size)).all():
        stored = storage.head(key)
        assert stored is not None
        assert stored.size == size
    orphans = keys_in_store() - _known()
    after_a_week()
    left = [*left_over(), *(keys_in_store() - _known())]
    record_figure("workers killed over previews and texts", died, f"{KILLS // 2} at least", died >= KILLS // 2)
    record_figure("workers killed over previews: left over", len(left), "0", not left)
    assert left == [], orphans
    assert died >= KILLS // 2, "a kill that hits nothing proves nothing"


def _known() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(FileVersion.object_key).union_all(select(Rendition.object_key))))


def test_a_worker_killed_over_an_export_makes_one_workbook(site: Site, forker: Forker) -> None:
    chance, died = random.Random(10), 0
    everything = {"what": "everything", "filters": {}, "columns": []}
    most = 0.0
    for turn in range(5):
        wanted = exports.request_export(actor=site.cast.alice, parameters=everything, language="en")
        entry_id = db.session.scalars(
            select(OutboxEntry.id).where(OutboxEntry.name == "exports.make").order_by(OutboxEntry.id.desc()).limit(1)
        ).one()
        if turn == 0:
            most = seconds_of(forker, entry_id)
        else:
            died += killed_and_done(forker, chance, entry_id, most)
        db.session.rollback()
        export = db.session.get_one(Export, wanted.id, populate_existing=True)
        assert (export.state, export.error) == ("done", None)
        content = b"".join(storage.read(export.object_key or ""))
        assert len(content) == export.size
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert len(list(storage.keys("exports/"))) == 5
    record_figure("workers killed over exports", died, "2 at least", died >= 2)
    assert died >= 2


def test_a_web_server_killed_over_an_archive_leaves_nothing_and_no_whole_archive(site: Site) -> None:
    """The reader is told by the length that was promised; the next request gives the archive whole."""
    for number in range(4):
        store_bytes(site.cast.books, f"{number}.bin", os.urandom(3_000_000), actor=site.cast.bob)
    token = site.token(site.cast.alice)
    with site.app.test_request_context():
        cookie = site.app.session_interface.get_signing_serializer(site.app).dumps({"sign_in": token})  # type: ignore[attr-defined]
    name = site.app.config["SESSION_COOKIE_NAME"]
    asked = {"Cookie": f"{name}={cookie}", "Host": "localhost"}
    path = f"/folders/{site.cast.books.id}/archive"
    port, child = _serve(site)
    answer = urllib3.request("GET", f"http://127.0.0.1:{port}{path}", headers=asked, preload_content=False)
    assert answer.status == 200
    promised = int(answer.headers["Content-Length"])
    received = len(answer.read(1_000_000))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        received += len(answer.read())
    assert received < promised
    whole = site.browser(site.cast.alice).get(path)
    assert zipfile.ZipFile(io.BytesIO(whole.data)).testzip() is None
    after_a_week()
    assert left_over() == []


def _serve(site: Site) -> tuple[int, int]:
    """(port, process id) of a web server in a process of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    db.session.remove()
    child = os.fork()
    if child == 0:
        # The parent's connections are the parent's: the child opens its own.
        db.engine.dispose(close=False)
        server = make_server("127.0.0.1", port, site.app, threaded=True, fd=listener.fileno())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        time.sleep(60)
        os._exit(0)
    listener.close()
    return port, child
