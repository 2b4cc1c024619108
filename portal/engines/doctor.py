"""`portal doctor`: does each part answer, how fast, in which version, and is there room left."""

from __future__ import annotations

import shutil
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import psycopg
import redis

from config import Settings
from portal.engines.migrating import newest_revision, revision_of
from portal.engines.seaweedfs import s3_client
from portal.kit.antivirus import ScannerAway, describe

_LEAST_FREE_BYTES = 1024**3


@dataclass
class Part:
    """The health of one part; ``latency_ms`` is one round trip, after the connection stood."""

    name: str
    ok: bool
    detail: str
    version: str | None = None
    latency_ms: float | None = None


def examine(settings: Settings) -> dict[str, object]:
    """Ask every part; ``ok`` is true when all of them are."""
    examinations: list[tuple[str, Callable[[Settings], Part]]] = [
        ("database", _database),
        ("object store", _object_store),
        ("broker", _broker),
        ("worker", _worker),
        ("web", _web),
        ("mail", _mail),
        ("antivirus", _antivirus),
        ("disk", _disk),
    ]
    parts = [_examined(name, examination, settings) for name, examination in examinations]
    return {"ok": all(part.ok for part in parts), "parts": [asdict(part) for part in parts]}


def without_settings(faults: list[str]) -> dict[str, object]:
    """The answer when the environment itself is not usable."""
    part = Part("settings", ok=False, detail=" ".join(faults) + " Is `portal up` running?")
    return {"ok": False, "parts": [asdict(part)]}


def _examined(name: str, examination: Callable[[Settings], Part], settings: Settings) -> Part:
    try:
        return examination(settings)
    except Exception as fault:  # whatever is wrong with one part must not hide the others
        return Part(name, ok=False, detail=f"Does not answer: {' '.join(str(fault).split())[:200]}")


def _database(settings: Settings) -> Part:
    url = settings.database_url.replace("+psycopg", "", 1)
    with psycopg.connect(url, connect_timeout=5) as connection:
        begun = time.perf_counter()
        row = connection.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        ).fetchone()
        latency = _since(begun)
    version, size = row or ("?", 0)
    has, needs = revision_of(url), newest_revision()
    state = "migrated" if has == needs else f"NOT migrated: has {has or 'nothing'}, needs {needs}"
    return Part("database", has == needs, f"{state}; {_readable(int(size))}", f"PostgreSQL {version}", latency)


def _object_store(settings: Settings) -> Part:
    env = {
        "S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "S3_REGION": settings.s3_region,
        "S3_ACCESS_KEY": settings.s3_access_key,
        "S3_SECRET_KEY": settings.s3_secret_key,
    }
    client = s3_client(env, seconds=10)
    client.head_bucket(Bucket=settings.s3_bucket)
    begun = time.perf_counter()
    answer = client.head_bucket(Bucket=settings.s3_bucket)
    server = answer["ResponseMetadata"]["HTTPHeaders"].get("server")
    return Part("object store", True, f"bucket {settings.s3_bucket}", server, _since(begun))


def _broker(settings: Settings) -> Part:
    client = redis.Redis.from_url(settings.redis_url.replace("redis+socket://", "unix://", 1), socket_timeout=5)
    facts = client.info()
    begun = time.perf_counter()
    client.ping()
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = facts.get("valkey_version") or facts.get("redis_version")
    return Part("broker", True, f"{facts['used_memory_human']} used", f"{name} {version}", _since(begun))


def _worker(settings: Settings) -> Part:
    import celery

    from portal.celery_app import broker_url

    app = celery.Celery(broker=broker_url(settings.redis_url))
    begun = time.perf_counter()
    answers = app.control.ping(timeout=3, limit=1)
    latency = _since(begun)
    if not answers:
        return Part("worker", False, "No worker answers: nothing delayed is done (mails, exports, checks).")
    return Part("worker", True, ", ".join(name for answer in answers for name in answer), celery.__version__, latency)


def _web(settings: Settings) -> Part:
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{settings.portal_url}/", timeout=10) as answer:
        answer.read()
    return Part("web", True, settings.portal_url, latency_ms=_since(begun))


def _mail(settings: Settings) -> Part:
    if not settings.smtp_url:
        return Part("mail", True, "No SMTP_URL: mails are kept on the Mail log page.")
    address = urlsplit(settings.smtp_url)
    port = address.port or {"smtps": 465, "smtp+starttls": 587}.get(address.scheme, 25)
    begun = time.perf_counter()
    with socket.create_connection((address.hostname or "", port), timeout=5) as connection:
        greeting = connection.recv(200).decode(errors="replace") if address.scheme != "smtps" else "TLS"
    return Part("mail", True, f"{address.hostname}:{port} {greeting.strip()}", latency_ms=_since(begun))


def _antivirus(settings: Settings) -> Part:
    if not settings.clamd_url:
        return Part("antivirus", True, "Off: no CLAMD_URL, so files are not checked for viruses.")
    try:
        found = describe(settings.clamd_url)
    except ScannerAway as away:
        detail = f"Does not answer ({away}): new files wait, and nobody can open them."
        return Part("antivirus", False, detail)
    dated = f"signatures {found.signatures} of {found.dated}" if found.dated else "signatures of its own only"
    return Part("antivirus", True, dated, found.version, found.latency_ms)


def _disk(settings: Settings) -> Part:
    folder = settings.var if settings.var.exists() else settings.var.parent
    free = shutil.disk_usage(folder).free
    return Part("disk", free >= _LEAST_FREE_BYTES, f"{_readable(free)} free in {folder}")


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 2)


def _readable(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
