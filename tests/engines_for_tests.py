"""Engines and databases for a test run: started once, one database, bucket and broker number per worker."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import psycopg
import redis
from botocore.config import Config
from botocore.exceptions import ClientError

SHARED = "ATRIUM_TEST_ENGINES"


def engines_environment(stack: ExitStack) -> dict[str, str]:
    """The environment of the engines: those of a folder that a developer keeps running, or fresh ones."""
    # Hundreds of applications are made in a run: templates are compiled once for all of them.
    shared = {"PORTAL_CACHE": stack.enter_context(tempfile.TemporaryDirectory(prefix="atrium-cache-"))}
    kept = os.environ.get(SHARED)
    if kept:
        return {**json.loads((Path(kept) / "env.json").read_text()), **shared}
    from portal.engines import started

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="atrium-", ignore_cleanup_errors=True))
    os.chmod(folder, 0o755)  # noqa: S103 - PostgreSQL runs as another user below it when we are root
    return {**stack.enter_context(started(Path(folder), for_tests=True)), **shared}


def admin_url(env: dict[str, str]) -> str:
    """Where databases are created: the address as psycopg wants it."""
    return env["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")


def with_database(url: str, name: str) -> str:
    """The same address with another database."""
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + (f"?{query}" if query else "")


def make_template(env: dict[str, str], run: str) -> str:
    """A migrated database that every worker copies, and a second one (``cast_of``) in which the cast already lives.

    Migrations and the cast's three hundred statements run once per test run instead of once per test.
    """
    name = f"template_{run}"
    with psycopg.connect(admin_url(env), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    _in_application(env, name, _migrate)
    with psycopg.connect(admin_url(env), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{cast_of(name)}" TEMPLATE "{name}"')
    _in_application(env, cast_of(name), _settle_cast)
    return name


def cast_of(database: str) -> str:
    """The name of the database in which the cast lives beside an empty one."""
    return f"{database}_cast"


def _in_application(env: dict[str, str], database: str, work: Callable[[], object]) -> None:
    from config import Settings
    from portal.app import create_app
    from portal.kit.db import db

    settings = Settings.from_env({**env, "DATABASE_URL": with_database(env["DATABASE_URL"], database)})
    app = create_app(settings)
    with app.app_context():
        work()
        db.session.remove()
        db.engine.dispose()


def _migrate() -> None:
    from flask_migrate import upgrade

    upgrade(directory=str(Path(__file__).parent.parent / "migrations"))


def _settle_cast() -> None:
    from portal.kit.db import transactional
    from portal.outbox.commands import without_bell
    from tests.cast import make_cast

    with without_bell():
        transactional(make_cast)()


def _store(env: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY"],
        aws_secret_access_key=env["S3_SECRET_KEY"],
        region_name=env.get("S3_REGION", "us-east-1"),
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def worker_environment(env: dict[str, str], template: str, worker: str, *, with_cast: bool = False) -> dict[str, str]:
    """A copy of the database, a bucket and a broker number for one worker; on request also a copy with the cast."""
    name = f"test_{worker}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(admin_url(env), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if with_cast:
            connection.execute(f'CREATE DATABASE "{cast_of(name)}" TEMPLATE "{cast_of(template)}"')
    bucket = name.replace("_", "-")
    store = _store(env)
    store.create_bucket(Bucket=bucket)
    store.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": ["*"],
                    "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["ETag", "x-amz-checksum-sha256"],
                }
            ]
        },
    )
    number = _broker_number(env["REDIS_URL"])
    redis = env["REDIS_URL"].split("?")[0]
    return {
        **env,
        "DATABASE_URL": with_database(env["DATABASE_URL"], name),
        "S3_BUCKET": bucket,
        "REDIS_URL": f"{redis}?db={number}" if redis.startswith("unix") else f"{redis.rstrip('/')}/{number}",
        "PORTAL_URL": "http://localhost",
    }


def _broker_number(url: str) -> int:
    """A number of the broker that nobody else in this run has: a worker on the same one would eat our bell."""
    with redis.Redis.from_url(url) as counter:
        return 1 + int(counter.incr("atrium:test-sites")) % 990


def drop(env: dict[str, str], url: str) -> None:
    """Remove a database that is no longer needed, and the bucket that was made with it.

    A bucket takes volumes of the store for itself: engines that are kept running would be full after a hundred runs.
    Those that were started for one run go with all that is in them: emptying them first took a minute of it.
    """
    if SHARED not in os.environ:
        return
    name = url.partition("?")[0].rsplit("/", 1)[1]
    if name.startswith("test_"):
        with contextlib.suppress(ClientError):
            _store(env).delete_bucket(Bucket=name.replace("_", "-"))
    with psycopg.connect(admin_url(env), autocommit=True) as connection:
        for database in (name, cast_of(name)):
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
