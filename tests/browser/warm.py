"""What a web server and a worker import, without an application: each makes its own from its environment."""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module

import celery.apps.beat
import celery.apps.worker
import celery.bin.celery
import celery.concurrency.prefork
import celery.worker.worker
import gunicorn.app.wsgiapp
import gunicorn.workers.gthread
import kombu.transport.redis

import portal.app
import portal.celery_app

WARM = (
    celery.apps.beat, celery.apps.worker, celery.bin.celery, celery.concurrency.prefork, celery.worker.worker,
    gunicorn.app.wsgiapp, gunicorn.workers.gthread, kombu.transport.redis, portal.celery_app,
)  # fmt: skip

for package in {*portal.app.TABLES, *portal.app.PAGES, *portal.app.TASKS}:
    for part in ("models", "views", "tasks"):
        with suppress(ModuleNotFoundError):
            import_module(f"portal.{package}.{part}")
gc.freeze()
