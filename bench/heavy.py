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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openpyxl
from sqlalchemy import insert

from bench import generate
from bench.site import Site, driver_connection
from portal.exports import commands as exports
from portal.exports.progress import Progress
from portal.exports.workbook import count_rows, write_export
from portal.files.commands.completion import complete_upload
from portal.files.commands.uploads import begin_upload, sign_parts
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
    """1,000 files of 10 KiB, verified and published, against raw PUTs of boto3 at the same concurrency."""
    content = os.urandom(SIZE)
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    cast, http = site.cast, httpx.Client(limits=httpx.Limits(max_connections=AT_ONCE))
    # Clients and folders of the cast are read in every thread: plain ids travel, objects stay where they were made.
    folder_id, viewer = cast.exchange.id, cast.bob.viewer

    def one(number: int) -> None:
        with site.app.app_context():
            folder = db.session.get_one(Folder, folder_id)
            upload = begin_upload(folder, name=f"{uuid.uuid4()}.pdf", size=SIZE, actor=viewer, sha256=checksum)
            address = sign_parts(upload, {1: checksum})[0]
            http.put(address.url, content=content, headers=address.headers).raise_for_status()
            complete_upload(upload, actor=viewer, checksums=[checksum])

    def raw(number: int) -> None:
        inside, bucket = store.inside, store.bucket
        inside.put_object(Bucket=bucket, Key=f"bench/{uuid.uuid4()}", Body=content)

    store = storage.store()

    def all_of(action: Callable[[int], None]) -> Callable[[], None]:
        def run() -> None:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(action, range(UPLOADS)))

        return run

    return all_of(one), all_of(raw)


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
