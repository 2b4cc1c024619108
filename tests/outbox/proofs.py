"""Tasks whose effects can be counted, and that kill their own worker in the middle when told to."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import redis
from flask import current_app
from sqlalchemy import text

from portal.kit.db import db, transactional
from portal.outbox import task

LEASE = timedelta(seconds=1)


def make_tables() -> None:
    """Two tables without constraints that would hide a double."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE proof (key text, at timestamptz DEFAULT clock_timestamp())"))
        connection.execute(text("CREATE TABLE proof_once (key text PRIMARY KEY, times int DEFAULT 1)"))


def broker() -> redis.Redis:
    """The site's Valkey: counters there survive the death of the worker that raised them."""
    return redis.from_url(current_app.config["SETTINGS"].redis_url)


def _die(key: str, where: str, die: str) -> None:
    """``kill -9`` of this very process, the first time that it comes here."""
    tries = broker().incr(f"tries:{key}:{where}")
    if die == where and tries == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@task("proof.atomic", queue="default", atomic=True, lease=LEASE, max_attempts=50)
def atomic(key: str, die: str = "") -> None:
    """Adds a row in the transaction that also marks the work as done."""
    db.session.execute(text("INSERT INTO proof (key) VALUES (:key)"), {"key": key})
    _die(key, "middle", die)


@task("proof.idempotent", queue="mail", lease=LEASE, max_attempts=50)
def idempotent(key: str, die: str = "") -> None:
    """Commits by itself; its own key keeps a second run from adding anything."""
    _die(key, "before", die)
    _add_once(key)
    _die(key, "after", die)


@task("proof.slow", queue="default", atomic=True, lease=LEASE, max_attempts=50)
def slow(key: str, seconds: float) -> None:
    """Works longer than its lease."""
    db.session.execute(text("INSERT INTO proof (key) VALUES (:key)"), {"key": key})
    broker().incr(f"tries:{key}:begun")
    time.sleep(seconds)


@task("proof.deadly", queue="default", lease=LEASE, max_attempts=3)
def deadly(key: str) -> None:
    """Kills every worker that touches it."""
    broker().incr(f"tries:{key}:deadly")
    os.kill(os.getpid(), signal.SIGKILL)


@transactional
def _add_once(key: str) -> None:
    db.session.execute(text("INSERT INTO proof_once (key) VALUES (:key) ON CONFLICT DO NOTHING"), {"key": key})
