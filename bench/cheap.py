"""Operations of a few milliseconds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from bench import generate
from bench.site import Site, driver_connection
from portal import activity
from portal.files.models import File
from portal.files.queries import listing
from portal.files.queries.listed_files import FILE_FACTS
from portal.kit import multipart, storage
from portal.kit.db import db, transactional
from portal.permissions.queries import level_in_scope

Pair = tuple[Callable[[], object], Callable[[], object]]
CHECKS = 200


def permission_check(site: Site) -> Pair:
    """The SQL of one check against the primary-key row of the same table, both on the bare driver."""
    viewer, scope = site.cast.clara.viewer, site.cast.books.scope_id
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    assert level_in_scope(viewer, scope) > 0
    event.remove(Engine, "before_cursor_execute", note)
    db.session.rollback()
    check, values = seen[-1]
    row = "SELECT level FROM effective WHERE scope_id = %s AND person_id = %s AND starts_at = '2000-01-01T00:00:00Z'"
    driver = driver_connection()

    def repeat(statement: str, parameters: Any) -> None:
        for _ in range(CHECKS):
            driver.execute(statement, parameters, prepare=True).fetchall()

    return lambda: repeat(check, values), lambda: repeat(row, (scope, viewer.person_id))


def presign(_site: Site) -> Pair:
    """The signed address of an upload as pages get it against the same address by boto3, without any request."""
    store, key = storage.store(), f"files/{uuid.uuid4().hex}"
    put = {"ContentLength": 9, "ContentType": "a/b", "ChecksumSHA256": "c", "Bucket": store.bucket, "Key": key}

    def ours() -> None:
        for _ in range(CHECKS):
            multipart.put_address(key, size=9, content_type="a/b", sha256="c")

    def floor() -> None:
        for _ in range(CHECKS):
            store.inside.generate_presigned_url("put_object", Params=put, ExpiresIn=60)

    return ours, floor


def record_activity(site: Site) -> Pair:
    """One recorded and committed line against one bare committed INSERT."""
    cast = site.cast

    class Thing:
        id, name, client_id, folder_id = uuid.uuid4(), "Facture.pdf", cast.acme.id, cast.books.id

    @transactional
    def ours() -> None:
        activity.record(activity.verbs.FILE_UPLOADED, actor=cast.bob, file=Thing, folder=cast.books)

    statement = text(
        "INSERT INTO activity (id, verb, client_id, actor_id, folder_id, file_id, ext, details)"
        " VALUES (:id, 'file.uploaded', :client, :actor, :folder, :file, 'pdf', '{}')"
    )
    values = {"client": cast.acme.id, "actor": cast.bob.id, "folder": cast.books.id, "file": Thing.id}

    @transactional
    def floor() -> None:
        db.session.execute(statement, {"id": uuid.uuid4(), **values})

    def ten(action: Callable[[], None]) -> Callable[[], None]:
        return lambda: [action() for _ in range(10)] and None

    return ten(ours), ten(floor)


def list_a_thousand(site: Site) -> Pair:
    """All pages of a folder of 1,000 files as a restricted contact against one bare query of the same rows."""
    cast = site.cast
    with driver_connection() as connection:
        generate.files(connection, [(cast.acme.id, cast.books.id)], 1000)
        connection.execute("ANALYZE file")
    viewer = cast.clara.viewer

    def shown(files: Any) -> list[Any]:
        return [{"id": str(file.id), "name": file.name, "size": file.size} for file in files]

    def ours() -> str:
        place, rows = None, []
        while True:
            page = listing(viewer, cast.books, size=1000, files_place=place).files
            rows += shown(page.items)
            place = page.next_place
            if place is None:
                assert len(rows) >= 1000
                return json.dumps(rows)

    def floor() -> str:
        found = select(*FILE_FACTS).where(File.folder_id == cast.books.id, File.bin_id.is_(None))
        return json.dumps(shown(db.session.execute(found.order_by(File.name_key, File.id))))

    return ours, floor
