"""Nothing lost, nothing doubled: real workers, a real broker, ``kill -9``."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import text

from portal.celery_app import Bell
from portal.kit.db import db
from portal.outbox import commands as outbox
from tests.figures import record_figure
from tests.outbox import proofs
from tests.outbox.conftest import Site

REPETITIONS = 100


def _tries(where: str) -> int:
    found = [proofs.broker().get(key) for key in proofs.broker().keys(f"tries:*:{where}")]
    return sum(int(value) for value in found if value is not None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a dead worker had been rung for and not begun is rung for again after 4 s instead of a minute."""
    monkeypatch.setattr(outbox, "RING_AGAIN", timedelta(seconds=4))


@pytest.mark.usefixtures("impatient")
def test_a_hundred_kills_in_the_middle_of_tasks_lose_and_double_nothing(site: Site) -> None:
    worker = site.need_worker()
    moments = ("middle", "before", "after")
    for number in range(REPETITIONS):
        die = moments[number % 3]
        site.promise("proof.atomic" if die == "middle" else "proof.idempotent", key=f"k{number}", die=die)
    site.sweep_until(lambda: sum(site.counts().values()) + len(site.counts("proof_once")) > 20)
    # The worker as a whole dies, too, with whatever its processes had begun.
    site.kill(worker)
    site.need_worker()
    site.sweep_until(lambda: not site.open_work())

    effects = {**site.counts(), **site.counts("proof_once")}
    lost = [f"k{number}" for number in range(REPETITIONS) if f"k{number}" not in effects]
    doubled = {key: count for key, count in effects.items() if count != 1}
    again = _tries("middle") + _tries("before") + _tries("after")
    record_figure("outbox: kill -9 in the middle, lost", len(lost), "0 of 100", not lost)
    record_figure("outbox: kill -9 in the middle, doubled", len(doubled), "0 of 100", not doubled)
    assert (lost, doubled) == ([], {})
    assert len(effects) == REPETITIONS
    # Every first try was killed: each task came at least twice past the place where it died.
    assert again >= 2 * REPETITIONS
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT min(attempts) FROM outbox")).scalar_one() >= 2


@pytest.mark.usefixtures("impatient")
def test_work_that_kills_every_worker_is_given_up(site: Site) -> None:
    site.need_worker()
    site.promise("proof.deadly", key="deadly")
    site.sweep_until(lambda: not site.open_work())
    with db.engine.connect() as connection:
        attempts, failed_at, error = connection.execute(
            text("SELECT attempts, failed_at, last_error FROM outbox")
        ).one()
    assert (attempts, _tries("deadly")) == (3, 3)
    assert failed_at is not None
    assert "died" in error


def test_a_task_rung_five_times_at_once_happens_once(site: Site) -> None:
    ids = [site.promise("proof.atomic", key=f"t{n}") for n in range(10)]
    ids += [site.promise("proof.idempotent", key=f"t{n}") for n in range(10, 20)]
    start = threading.Barrier(5)

    def deliver() -> None:
        with site.app.app_context():
            start.wait()
            for entry_id in ids:
                outbox.work(entry_id)

    site.need_worker()
    twins = [threading.Thread(target=deliver) for _ in range(5)]
    for twin in twins:
        twin.start()
    for entry_id in ids:
        for _ in range(5):
            outbox.nudge("proof.atomic", entry_id)
    for twin in twins:
        twin.join()
    site.sweep_until(lambda: not site.open_work())
    effects = {**site.counts(), **site.counts("proof_once")}
    doubled = sum(count - 1 for count in effects.values())
    record_figure("outbox: delivered five times at once, doubled", doubled, "0 of 20", doubled == 0)
    assert effects == {f"t{n}": 1 for n in range(20)}


def test_a_twin_stays_out_when_the_lease_runs_out_under_a_slow_worker(site: Site) -> None:
    site.mute()
    entry_id = site.promise("proof.slow", key="slow", seconds=2.5)

    def deliver() -> None:
        with site.app.app_context():
            outbox.work(entry_id)

    first = threading.Thread(target=deliver)
    first.start()
    time.sleep(1.5)
    assert outbox.work(entry_id) is False
    first.join()
    assert site.counts() == {"slow": 1}


def test_with_the_broker_down_nothing_fails_and_nothing_is_lost(site: Site) -> None:
    outbox.connect_bell(Bell("redis+socket:///nowhere/at/all.sock").ring)
    slowest = 0.0
    for number in range(REPETITIONS):
        begun = time.monotonic()
        site.promise("proof.atomic", key=f"b{number}")
        slowest = max(slowest, time.monotonic() - begun)
    assert outbox.sweep() == 0
    assert site.counts() == {}

    outbox.connect_bell(Bell(str(Connection(_broker_address(site)).as_uri(include_password=True))).ring)
    site.need_worker()
    site.sweep_until(lambda: not site.open_work())
    effects = site.counts()
    lost, doubled = REPETITIONS - len(effects), sum(count - 1 for count in effects.values())
    record_figure("outbox: broker down, lost", lost, "0 of 100", lost == 0)
    record_figure("outbox: broker down, doubled", doubled, "0 of 100", doubled == 0)
    record_figure("outbox: slowest request, broker down (ms)", round(slowest * 1000), "< 1000", slowest < 1)
    assert (lost, doubled) == (0, 0)
    assert slowest < 1


def _broker_address(site: Site) -> str:
    from portal.celery_app import broker_url

    return broker_url(site.env["REDIS_URL"])


def test_a_broker_that_takes_connections_and_says_nothing_holds_up_one_request_only(site: Site, tmp_path: Path) -> None:
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(tmp_path / "s"))
    silent.listen(16)
    bell = Bell(f"redis+socket://{tmp_path}/s")
    outbox.connect_bell(bell.ring)
    waits = []
    for number in range(10):
        begun = time.monotonic()
        site.promise("proof.atomic", key=f"s{number}")
        waits.append(time.monotonic() - begun)
    silent.close()
    record_figure("outbox: request, broker mute (ms)", round(max(waits) * 1000), "< 1000", max(waits) < 1)
    assert max(waits) < 1
    assert sum(waits) < 1.5
    assert len(site.open_work()) == 10


def test_a_backlog_is_rung_for_once_a_minute_and_not_every_five_seconds(site: Site) -> None:
    site.mute()
    for number in range(30):
        site.promise("proof.atomic", key=f"r{number}")
    assert outbox.sweep() == 30
    assert outbox.sweep() == 0
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET rung_at = now() - interval '61 s'"))
    assert outbox.sweep() == 30


def test_a_worker_runs_no_pickle(site: Site, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    worker = site.need_worker()

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (marker,)  # type: ignore[return-value]

    with Connection(_broker_address(site)) as connection, connection.Producer() as producer:
        producer.publish(
            ((Bomb(),), {}, {}),
            routing_key="default",
            exchange="",
            serializer="pickle",
            headers={"task": "outbox.work", "id": "bomb", "lang": "py", "argsrepr": "", "kwargsrepr": ""},
        )
    site.promise("proof.atomic", key="after")
    site.sweep_until(lambda: site.counts() == {"after": 1})
    assert worker.poll() is None
    assert not marker.exists()
    assert "ContentDisallowed" in site.logs() or "Refusing to deserialize" in site.logs()


@pytest.mark.parametrize("name", ["proof.atomic", "proof.idempotent"])
def test_work_promised_in_a_command_that_fails_never_happens(site: Site, name: str) -> None:
    from portal.kit.db import transactional
    from portal.outbox import emit

    @transactional
    def command() -> None:
        emit(name, key="never")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        command()
    assert site.open_work() == []
