"""Workers and the clock that wakes them. The outbox is the truth; what travels through the broker is only an id."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask
from kombu import Connection, Queue
from kombu.pools import producers

from portal.outbox import commands as outbox
from portal.outbox.registry import PERIODIC

QUEUES = ("default", "mail", "files", "connectors", "exports")
SWEEP_SECONDS = 5.0
# A request must not wait for a broker that is away: this long for a connection, and then not again for a while.
BELL_SECONDS = 0.5
SILENT_SECONDS = 5.0

celery_app = Celery("atrium")


def connect(app: Flask) -> Celery:
    """Configure the workers for this application and let the outbox ring them."""
    celery_app.conf.update(
        broker_url=broker_url(app.config["SETTINGS"].redis_url),
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="default",
        task_queues=[Queue(name) for name in QUEUES],
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # A killed process keeps its place in the pool for this long; its results are ignored, so nothing is waited for.
        worker_lost_wait=0.5,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 1,
            "visibility_timeout": 3600,
        },
        timezone="UTC",
        beat_schedule=_schedule(),
    )
    celery_app.set_default()
    celery_app.flask_app = app  # type: ignore[attr-defined]
    outbox.connect_bell(Bell(celery_app.conf.broker_url).ring)
    return celery_app


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis address: ``redis+socket://`` for a Unix socket."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        database = query.removeprefix("db=") or "0"
        return f"redis+socket://{path}?virtual_host={database}"
    return redis_url


def _schedule() -> dict[str, dict[str, Any]]:
    schedule: dict[str, dict[str, Any]] = {
        "outbox.sweep": {
            "task": "outbox.sweep",
            "schedule": SWEEP_SECONDS,
            "options": {"expires": SWEEP_SECONDS},
        }
    }
    for job in PERIODIC.values():
        schedule[job.name] = {
            "task": "periodic",
            "schedule": job.every.total_seconds(),
            "args": [job.name],
        }
    return schedule


class BellSilent(Exception):
    """The broker was away a moment ago; it is not tried again yet."""


class Bell:
    """Rings workers through a connection of its own, which gives up at once.

    Celery's own producers wait for a broker that is away (four seconds and more per message): right for a worker,
    wrong for a request. The sweep rings again for whatever was not heard.
    """

    def __init__(self, url: str) -> None:
        self._connection = Connection(
            url,
            connect_timeout=BELL_SECONDS,
            transport_options={
                "socket_timeout": BELL_SECONDS,
                "socket_connect_timeout": BELL_SECONDS,
                "connect_retries_timeout": BELL_SECONDS,
                "max_retries": 1,
                "interval_start": 0,
                "interval_step": 0,
            },
        )
        self._process = os.getpid()
        self._silent_until = 0.0

    def ring(self, queue: str, entry_id: str) -> None:
        """Say that this entry waits.

        :raises BellSilent: the broker was away less than five seconds ago.
        :raises Exception: whatever the broker's client raises.
        """
        if time.monotonic() < self._silent_until:
            raise BellSilent(queue)
        if self._process != os.getpid():
            # A forked process must not talk through its parent's socket.
            self._connection, self._process = self._connection.clone(), os.getpid()
        try:
            with producers[self._connection].acquire(block=True, timeout=BELL_SECONDS) as producer:
                work.apply_async(
                    args=(entry_id,),
                    queue=queue,
                    producer=producer,
                    retry=False,
                    ignore_result=True,
                )
        except Exception:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            raise


class InApplication(Task):  # type: ignore[type-arg]
    """A task that runs inside the application, with a database session of its own."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with flask_app().app_context():
            return super().__call__(*args, **kwargs)


def flask_app() -> Flask:
    """The application of this worker; made on the first call when the worker was started by itself."""
    app: Flask | None = getattr(celery_app, "flask_app", None)
    if app is None:
        from portal.app import create_app

        app = create_app()
    return app


@worker_process_init.connect
def _fresh_connections(**_: Any) -> None:
    """A forked worker must not share its parent's database connections."""
    from portal.kit.db import db

    with flask_app().app_context():
        db.engine.dispose(close=False)


@celery_app.task(name="outbox.work", base=InApplication)  # type: ignore[untyped-decorator]
def work(entry_id: str) -> bool:
    """Do one promised piece of work."""
    return outbox.work(uuid.UUID(entry_id))


@celery_app.task(name="outbox.sweep", base=InApplication)  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Ring again for what is due."""
    return outbox.sweep()


@celery_app.task(name="periodic", base=InApplication)  # type: ignore[untyped-decorator]
def run_periodic(name: str) -> None:
    """Housekeeping by its name."""
    PERIODIC[name].handler()
