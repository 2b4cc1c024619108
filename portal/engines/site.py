"""The processes of the site itself: web, worker, beat. The same commands serve in production."""

from __future__ import annotations

import sys
from pathlib import Path

from config import ROOT
from portal.engines.place import Place, free_ports, is_free
from portal.engines.supervision import Program

_QUEUES = "default,mail,files,connectors,exports"


def site_programs(place: Place, port: int, environ: dict[str, str]) -> list[Program]:
    """Web server on ``port`` of the loopback address, one worker for all queues, one beat.

    Worker and beat wait until the web server answers: on two cores, somebody who waits for a page comes first.
    """
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "wsgi:celery_app"]
    schedule = place.var / "run" / "beat-schedule"
    web = [python, "-m", "gunicorn", "wsgi:app", "--worker-class=gthread", "--workers=2", "--threads=8", "--preload"]
    web += [f"--bind=127.0.0.1:{port}", "--timeout=60", "--graceful-timeout=8", "--no-control-socket"]
    worker = [*celery, "worker", "-Q", _QUEUES, "--concurrency=2", "--loglevel=INFO", "--without-gossip"]
    # One worker needs no greeting of others, which would cost a second at every start.
    worker += ["--without-mingle", "--hostname=portal@%h"]
    beat = [*celery, "beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="]
    return [
        Program("web", "site", web, ROOT, stop_seconds=10, environ=environ),
        Program("worker", "site", worker, ROOT, stop_seconds=10, environ=environ, waits=True),
        Program("beat", "site", beat, ROOT, stop_seconds=5, environ=environ, waits=True),
    ]


def web_port(var: Path, wanted: int | None) -> int:
    """The port for the web server: the one asked for, else last time's, else 8000, else any that is free.

    :raises RuntimeError: when the one asked for is taken.
    """
    note = var / "web-port"
    if wanted is not None:
        if not is_free(wanted):
            raise RuntimeError(f"Port {wanted} is taken by another program: choose another one with --port.")
        candidates = [wanted]
    else:
        candidates = [int(note.read_text())] if note.exists() else []
        candidates.append(8000)
    port = next((port for port in candidates if is_free(port)), None) or free_ports(1)[0]
    note.write_text(str(port))
    return port
