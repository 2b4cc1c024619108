"""Workers and the clock that wakes them. The outbox is the truth; what travels through the broker is only an id."""

from __future__ import annotations

import uuid
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask
from kombu import Queue

from portal.outbox import commands as outbox
from portal.outbox.registry import PERIODIC

QUEUES = ("default", "mail", "files", "connectors", "exports")
SWEEP_SECONDS = 5.0

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
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 1, "visibility_timeout": 3600},
        timezone="UTC",
        beat_schedule=_schedule(),
    )
    celery_app.set_default()
    celery_app.flask_app = app  # type: ignore[attr-defined]
    outbox.connect_bell(_ring)
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
        "outbox.sweep": {"task": "outbox.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}}
    }
    for job in PERIODIC.values():
        schedule[job.name] = {"task": "periodic", "schedule": job.every.total_seconds(), "args": [job.name]}
    return schedule


def _ring(queue: str, entry_id: str) -> None:
    # No retry: a silent bell must not hold up the request; the sweep rings again.
    work.apply_async(args=[entry_id], queue=queue, retry=False, ignore_result=True)


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
