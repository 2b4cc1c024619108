"""Operations of seconds."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import os
import resource
import shutil
import tempfile
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl
import urllib3
from sqlalchemy import insert

from bench import generate
from bench.site import Site, driver_connection
from portal.exports import commands as exports
from portal.exports.progress import Progress
from portal.exports.workbook import count_rows, write_export
from portal.files.commands.batch_completion import complete_batch
from portal.files.commands.batches import MOST_FILES, Begun, begin_batch
from portal.files.commands.publish_many import PublishedFile
from portal.files.models import Folder
from portal.kit import storage
from portal.kit.db import db, new_id, transactional
from portal.permissions.models import Effective, Scope
from portal.wizard.provision import provision as open_space
from portal.wizard.steps import ContactLine
from tests.wizard.drafting import lines, make_draft, make_tree

Pair = tuple[Callable[[], object], Callable[[], object]]
FOLDERS, PEOPLE = 200, 10
UPLOADS, AT_ONCE, SIZE = 1000, 8, 10 * 1024
COLUMNS = [
    *("name", "group", "type", "status", "contacts", "language", "email", "phone", "address", "postal_code"),
    *("city", "country", "tax", "price_list", "discount_percent", "note", "members", "folders", "created", "disabled"),
]


def provision(site: Site) -> Pair:
    """A client of 200 folders and 10 people against one multi-row INSERT of the same folders and rights."""
    cast = site.cast
    tree = transactional(lambda: make_tree(FOLDERS))()
    staff = {str(cast.alice.id): "full", str(cast.bob.id): "read"}

    @transactional
    def draft() -> Any:
        mark = uuid.uuid4().hex[:8]
        contacts = [
            ContactLine(email=f"{number}-{mark}@client.example", last_name=f"N{number}", invite=False)
            for number in range(PEOPLE - len(staff))
        ]
        steps = {"contacts": lines(*contacts), "collaborators": staff, "tree": {"template_id": str(tree.id)}}
        return make_draft(cast.alice, name=f"Bench {mark}", **steps)

    waiting = [draft() for _ in range(8)]
    people = [person.id for person in cast.everybody.values()]

    def ours() -> None:
        open_space(db.session.merge(waiting.pop()), actor=cast.alice)

    @transactional
    def floor() -> None:
        folder = {"client_id": cast.acme.id, "parent_id": cast.root.id, "scope_id": cast.root.scope_id}
        rows = []
        for _ in range(FOLDERS):
            ident = new_id()
            rows.append({**folder, "id": ident, "name": ident.hex, "name_key": ident.hex, "path": f"x/{ident.hex}/"})
        db.session.execute(insert(Folder).values(rows))
        scopes = [new_id() for _ in range(PEOPLE)]
        db.session.execute(insert(Scope).values([{"id": scope, "client_id": cast.acme.id} for scope in scopes]))
        rights = [{"scope_id": scope, "person_id": person, "level": 2} for scope in scopes for person in people]
        db.session.execute(insert(Effective).values(rights))

    return ours, floor


def uploads(site: Site) -> Pair:
    """1,000 files of 10 KiB, verified and published in batches as the browser's script sends them, against raw PUTs of
    boto3 at the same concurrency.
    """
    content = os.urandom(SIZE)
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    folder, actor, store = site.cast.exchange, site.cast.bob.viewer, storage.store()
    http = urllib3.PoolManager(maxsize=AT_ONCE)

    def put(begun: Begun) -> None:
        where = begun.address
        answer = http.request("PUT", where.url, body=content, headers=where.headers, retries=False)
        if answer.status != 200:
            raise RuntimeError(f"the store answered {answer.status}")

    def finish(ids: list[uuid.UUID], puts: list[Future[None]]) -> None:
        for one in puts:
            one.result()
        outcomes = complete_batch(ids, actor=actor)
        if not all(isinstance(outcome, PublishedFile) for outcome in outcomes.values()):
            raise RuntimeError("not everything was published")

    def ours() -> None:
        # While the bytes of one batch travel, the next one is begun and the one before is completed.
        on_the_way: list[tuple[list[uuid.UUID], list[Future[None]]]] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(UPLOADS // MOST_FILES):
                wishes = [{"name": f"{uuid.uuid4()}.pdf", "size": SIZE, "sha256": checksum} for _ in range(MOST_FILES)]
                begun = [answer for answer in begin_batch(folder, wishes, actor=actor) if isinstance(answer, Begun)]
                on_the_way.append(([one.upload_id for one in begun], [pool.submit(put, one) for one in begun]))
                if len(on_the_way) > 1:
                    finish(*on_the_way.pop(0))
            for batch in on_the_way:
                finish(*batch)

    def raw(number: int) -> None:
        store.inside.put_object(Bucket=store.bucket, Key=f"bench/{uuid.uuid4()}", Body=content)

    def floor() -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(raw, range(UPLOADS)))

    return ours, floor


def excel(site: Site) -> Pair:
    """The client table of 100,000 clients x 20 columns, with groups, types and contacts, from the database to the file,
    against openpyxl's write-only mode with the rows in memory.
    """
    with driver_connection() as connection:
        made = generate.clients(connection, site.clients, mark="x")
        generate.contacts(connection, made, mark="x")
    with driver_connection() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    person = site.cast.alice
    wanted = {"what": "current", "filters": {}, "columns": COLUMNS}
    export = exports.request_export(actor=person, parameters=wanted, language="en")
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    site.closing.callback(shutil.rmtree, folder, ignore_errors=True)

    def ours() -> None:
        queue: Any = multiprocessing.get_context("fork").SimpleQueue()
        child = multiprocessing.get_context("fork").Process(
            target=_write, args=(site, person, wanted, export.id, folder, queue)
        )
        child.start()
        child.join()
        site.notes["excel_mib"] = queue.get()

    def floor() -> None:
        # The same cells, ready in memory: neither the database nor a conversion is in this floor.
        ours = openpyxl.load_workbook(folder / "ours.xlsx", read_only=True).worksheets[0]
        sample = [tuple(cell.value for cell in row) for row in ours.iter_rows(min_row=2, max_row=101)]
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(COLUMNS)
        for number in range(site.clients):
            sheet.append(sample[number % len(sample)])
        book.save(folder / "floor.xlsx")

    return ours, floor


def _write(site: Site, person: Any, wanted: dict[str, Any], export_id: uuid.UUID, folder: Path, queue: Any) -> None:
    """In a process of its own, so that its peak is its own."""
    db.engine.dispose(close=False)
    before = _resident()
    with site.app.app_context(), exports._reading() as reader:
        total = count_rows(reader, person.viewer, wanted)["clients"]
        write_export(reader, folder / "ours.xlsx", person, wanted, Progress(export_id, total=total))
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before)


def _resident() -> float:
    """MiB held now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def excel_memory(site: Site) -> dict[str, Any]:
    """The peak above what the process held before; at most 64 MiB."""
    peak = round(site.notes["excel_mib"], 1)
    return {"peak_mib": peak, "ok": peak <= 64}
