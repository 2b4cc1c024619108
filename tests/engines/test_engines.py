"""The three engines by themselves: strict at their doors, and nothing confirmed is lost when they are killed."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
import redis
from botocore.exceptions import ClientError

from portal.engines import started
from portal.engines.leftovers import leftovers
from portal.engines.seaweedfs import s3_client


def test_confirmed_rows_objects_and_tasks_survive_kill_9(tmp_path: Path) -> None:
    with started(tmp_path / "var") as env:
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
        store, broker = s3_client(env, seconds=30), redis.Redis.from_url(env["REDIS_URL"])
        for number in range(20):
            store.put_object(Bucket=env["S3_BUCKET"], Key=f"object-{number}", Body=bytes([number]) * 50_000)
            broker.rpush("tasks", number)
        for process in leftovers(tmp_path / "var"):
            process.kill()
    with started(tmp_path / "var") as env:
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        store, broker = s3_client(env, seconds=30), redis.Redis.from_url(env["REDIS_URL"])
        for number in range(20):
            body = store.get_object(Bucket=env["S3_BUCKET"], Key=f"object-{number}")["Body"].read()
            assert body == bytes([number]) * 50_000
        assert broker.llen("tasks") >= 19  # the append-only file is written out once a second
    assert list(leftovers(tmp_path / "var")) == []


def test_nobody_enters_without_the_right_password(engine_environment: dict[str, str]) -> None:
    address, _, rest = engine_environment["DATABASE_URL"].partition("://")
    wrong = f"{address}://atrium:wrong@{rest.split('@', 1)[1]}"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3_client({**engine_environment, "S3_SECRET_KEY": "wrong"}, seconds=10).list_buckets()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{engine_environment['S3_ENDPOINT_URL']}/{engine_environment['S3_BUCKET']}")
    assert refused.value.code == 403
