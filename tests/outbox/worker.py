"""A real Celery worker with the tasks of the proofs: ``python -m tests.outbox.worker <processes>``."""

from __future__ import annotations

import sys

from portal.app import create_app
from portal.celery_app import QUEUES, celery_app
from tests.outbox import proofs

if __name__ == "__main__":
    create_app()
    assert proofs.LEASE  # imported for the tasks that it registers
    options = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    celery_app.worker_main(["worker", f"--queues={','.join(QUEUES)}", f"--concurrency={sys.argv[1]}", *options])
