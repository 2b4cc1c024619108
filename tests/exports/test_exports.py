"""From the button to the workbook: whose clients, which cells, once, and gone after a week."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
import warnings
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text

from config import ROOT
from portal.accounts.sessions import open_session
from portal.clients import commands as clients
from portal.clients.models import Attribute, Client, ClientAttribute
from portal.exports import commands
from portal.exports.models import Export
from portal.exports.queries import visible_exports
from portal.exports.refusals import TooManyExports
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.outbox import commands as outbox
from tests.cast import Cast
from tests.conftest import CheckingClient
from tests.figures import record_figure

EVERYTHING = {"what": "everything", "filters": {}, "columns": []}

pytestmark = pytest.mark.usefixtures("nothing_yet")


def _work() -> None:
    """Do all promised exports, as a worker does: in a transaction that begins now, not where the test last looked."""
    db.session.rollback()
    with db.engine.connect() as connection:
        ids = list(connection.execute(text("SELECT id FROM outbox WHERE name = 'exports.make' AND done_at IS NULL")))
    for (entry_id,) in ids:
        outbox.work(entry_id)


def _book(export: Export) -> Any:
    content = b"".join(storage.read(_fresh(export).object_key or ""))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(io.BytesIO(content))


def _fresh(export: Export) -> Export:
    db.session.rollback()
    return db.session.get_one(Export, export.id, populate_existing=True)


def _made(person: Any, parameters: dict[str, Any] | None = None, language: str = "en") -> Export:
    export = commands.request_export(actor=person, parameters=parameters or EVERYTHING, language=language)
    _work()
    done = _fresh(export)
    assert (done.state, done.error) == ("done", None)
    return done


def _names(book: Any) -> list[str]:
    return [row[0].value for row in book.worksheets[0].iter_rows(min_row=2) if row[0].value]


def test_everything_holds_four_sheets_with_what_the_requester_sees(people: Cast) -> None:
    book = _book(_made(people.alice))
    assert book.sheetnames == ["Clients", "Attributes", "Contacts", "Collaborators"]
    assert _names(book) == ["Acme", "Brasserie du Port"]
    contacts = {row[3].value for row in book["Contacts"].iter_rows(min_row=2)}
    assert contacts == {"clara@client.example", "diego@client.example", "mallory@client.example"}
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        assert sheet["A1"].font.b


def test_the_heads_are_in_the_language_of_the_reader(people: Cast) -> None:
    export = _made(people.alice, language="fr")
    assert export.language == "fr"
    assert _book(export).worksheets[0].max_row == 3


def test_cells_are_typed_and_hostile_values_stay_text(people: Cast) -> None:
    @transactional
    def prepare() -> Client:
        client = clients.create_client(name="=HYPERLINK(0)", actor=people.alice)
        client.note = "=1+1\x0b\x00".replace("\x00", "")
        kinds = {"date": "2026-12-31", "number": "12.5", "money": "123456", "yes_no": "yes", "text": "+33"}
        for place, (kind, value) in enumerate(kinds.items()):
            attribute = Attribute(label={"en": f"-{kind}"}, label_key=f"-{kind}", type=kind, position=place)
            db.session.add(attribute)
            db.session.add(ClientAttribute(client_id=client.id, attribute_id=attribute.id, value=value))
        return client

    client = prepare()
    book = _book(_made(people.alice))
    attributes = {row[0].value: row for row in book["Attributes"].iter_rows(min_row=2)}
    cells = attributes["=HYPERLINK(0)"][1:6]
    assert [cell.value for cell in cells] == [datetime.fromisoformat("2026-12-31"), 12.5, 1234.56, True, "+33"]
    assert [cell.data_type for cell in cells] == ["d", "n", "n", "b", "s"]
    for sheet in book:
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    transactional(lambda: db.session.delete(db.session.get_one(Client, client.id)))()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM attribute"))


def test_the_current_table_holds_its_filter_and_columns(people: Cast) -> None:
    wanted = {"what": "current", "filters": {"q": ["brasserie"]}, "columns": ["status", "members", "folders"]}
    book = _book(_made(people.alice, wanted))
    assert book.sheetnames == ["Clients"]
    assert [cell.value for cell in book.worksheets[0][1]] == ["Name", "Status", "Members", "Folders"]
    assert [cell.value for cell in book.worksheets[0][2]] == ["Brasserie du Port", "Active", 1, 1]
    assert book.worksheets[0].max_row == 2


def test_rights_are_those_of_the_moment_of_making(people: Cast) -> None:
    @transactional
    def lift(role: str, features: list[str]) -> list[str]:
        row = db.session.get_one(type(people.roles[role]), people.roles[role].id, populate_existing=True)
        before, row.features = row.features, features
        return before

    before = lift("collaborator", ["exports"])
    try:
        export = _made(people.bob)
        assert _names(_book(export)) == ["Acme"]
        lift("collaborator", [])
        late = commands.request_export(actor=people.bob, parameters=EVERYTHING, language="en")
        _work()
        assert _fresh(late).state == "failed"
        assert "no longer have the right" in (_fresh(late).error or "")
        assert _fresh(late).object_key is None
    finally:
        lift("collaborator", before)


def test_progress_is_seen_by_others_while_it_runs(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.exports import progress

    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(progress, "STEP_ROWS", 1)
    monkeypatch.setattr(progress, "STEP_SECONDS", 0.0)
    count = progress.Progress.count

    def watched(self: Any) -> None:
        count(self)
        with db.engine.connect() as other:
            row = other.execute(text("SELECT rows_done, rows_total FROM export WHERE state = 'running'")).one()
            seen.append((row.rows_done, row.rows_total))

    monkeypatch.setattr(progress.Progress, "count", watched)
    _made(people.alice)
    assert [done for done, _total in seen] == list(range(1, len(seen) + 1))
    assert {total for _done, total in seen} == {len(seen)}


def test_made_twice_it_is_one_file_one_line_and_one_mail(people: Cast) -> None:
    export = commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE export SET created_at = now() - interval '30 s'"))
        before = connection.execute(text("SELECT count(*) FROM activity WHERE verb = 'export.made'")).scalar_one()
    commands.make_workbook(export.id)
    first = _fresh(export).finished_at
    commands.make_workbook(export.id)
    assert _fresh(export).finished_at == first
    with db.engine.connect() as connection:
        after = connection.execute(text("SELECT count(*) FROM activity WHERE verb = 'export.made'")).scalar_one()
        mails = connection.execute(text("SELECT count(*) FROM mail WHERE template = 'export_ready'")).scalar_one()
    assert (after - before, mails) == (1, 1)
    assert [key for key, _size in storage.keys(f"exports/{export.id}")] == [f"exports/{export.id}.xlsx"]


_CHILD = """
import os, signal, sys, uuid
from portal.app import create_app
from portal.exports import progress
from portal.outbox import commands as outbox

progress.STEP_ROWS, progress.STEP_SECONDS = 1, 0.0
rows = 0

def count(self, real=progress.Progress.count):
    global rows
    real(self)
    rows += 1
    if rows == 3:
        os.kill(os.getpid(), signal.SIGKILL)

progress.Progress.count = count
with create_app().app_context():
    outbox.work(uuid.UUID(sys.argv[1]))
"""


def test_killed_in_the_middle_it_is_made_again_once(people: Cast, own_site: Flask) -> None:
    export = commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")
    with db.engine.connect() as connection:
        entry_id = connection.execute(text("SELECT id FROM outbox WHERE name = 'exports.make'")).scalar_one()
    command = [sys.executable, "-c", _CHILD, str(entry_id)]
    child = subprocess.run(command, cwd=ROOT, env={**os.environ, **own_site.config["TEST_ENVIRONMENT"]}, check=False)
    assert child.returncode == -signal.SIGKILL
    assert (_fresh(export).state, _fresh(export).rows_done) == ("running", 3)
    assert outbox.work(entry_id) is False  # the dead worker's lease still holds
    with db.engine.begin() as connection:
        left = connection.execute(text("SELECT leased_until - now() FROM outbox WHERE id = :id"), {"id": entry_id})
        assert left.scalar_one() <= timedelta(seconds=61)
        connection.execute(text("UPDATE outbox SET leased_until = now() - interval '1 s'"))
    assert outbox.work(entry_id) is True
    assert _fresh(export).state == "done"
    files = [key for key, _size in storage.keys(f"exports/{export.id}")]
    record_figure("exports: kill -9 in the middle, files", len(files), "1", len(files) == 1)
    assert files == [f"exports/{export.id}.xlsx"]


def test_a_store_that_is_away_only_delays_it(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    export = commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")

    def away(*_args: Any, **_kwargs: Any) -> Any:
        raise storage.StoreAway()

    with monkeypatch.context() as patch:
        patch.setattr(storage, "put", away)
        _work()
    assert _fresh(export).state == "running"
    with db.engine.begin() as connection:
        assert "StoreAway" in connection.execute(text("SELECT last_error FROM outbox")).scalar_one()
        connection.execute(text("UPDATE outbox SET available_at = now()"))
    _work()
    assert _fresh(export).state == "done"


def test_an_export_that_was_given_up_says_so(people: Cast, own_site: Flask) -> None:
    export = commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE export SET created_at = now() - interval '13 h'"))
    commands.forget_expired()
    assert _fresh(export).state == "failed"
    page = _browser(own_site, people.alice).get(f"/exports/{export.id}").get_data(as_text=True)
    assert "The export could not be made." in page


def test_after_a_week_row_and_object_are_gone(people: Cast) -> None:
    export = _made(people.alice)
    assert commands.forget_expired() == 0
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE export SET expires_at = now() - interval '1 s'"))
    assert db.session.execute(visible_exports(people.alice.viewer)).all() == []
    assert commands.forget_expired() == 1
    assert list(storage.keys(f"exports/{export.id}")) == []
    assert commands.forget_expired() == 0


def test_one_person_cannot_queue_without_end(people: Cast) -> None:
    for _ in range(commands.AT_ONCE):
        commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")
    with pytest.raises(TooManyExports):
        commands.request_export(actor=people.alice, parameters=EVERYTHING, language="en")


def _browser(site: Flask, person: Any) -> Any:
    site.test_client_class = CheckingClient
    browser = site.test_client()
    token = open_session(person, ip="127.0.0.1", user_agent="test")
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = token
    return browser


def test_the_pages_from_the_button_to_the_download(people: Cast, own_site: Flask) -> None:
    alice = _browser(own_site, people.alice)
    assert "No exports yet" in alice.get("/exports").get_data(as_text=True)
    answer = alice.post(
        "/exports", data={"what": "current", "q": "acme", "group": ["x", "y"], "columns": ["city", "x"]}
    )
    assert answer.status_code == 303
    page = alice.get(answer.location)
    assert 'hx-trigger="every 1s"' in page.get_data(as_text=True)
    with db.engine.connect() as connection:
        kept = connection.execute(text("SELECT parameters FROM export")).scalar_one()
    assert kept == {"what": "current", "filters": {"q": ["acme"], "group": ["x", "y"]}, "columns": ["city"]}
    assert alice.get(answer.location + "/workbook").status_code == 404
    _work()
    part = alice.get(answer.location, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "hx-trigger" not in part
    assert "<html" not in part
    fetched = alice.get(answer.location + "/workbook")
    assert fetched.status_code == 303
    with urllib.request.urlopen(fetched.location) as stored:
        assert "attachment" in stored.headers["Content-Disposition"]
        assert _names(openpyxl.load_workbook(io.BytesIO(stored.read()))) == ["Acme"]


def test_doors(people: Cast, own_site: Flask) -> None:
    export = _made(people.alice)
    shown = f"/exports/{export.id}"
    for name, person in people.everybody.items():
        browser = _browser(own_site, person)
        allowed = name == "alice"
        assert browser.get("/exports").status_code == (200 if allowed else 403), name
        assert browser.post("/exports", data={"what": "everything"}).status_code == (303 if allowed else 403), name
        assert browser.get(shown).status_code == (200 if allowed else 404), name
        assert browser.get(f"{shown}/workbook").status_code == (303 if allowed else 404), name
    assert _browser(own_site, people.alice).get(f"/exports/{uuid.uuid4()}").status_code == 404


def test_odd_parameters_are_harmless(people: Cast, own_site: Flask) -> None:
    begun = time.monotonic()
    odd = {"what": "\x00", "q": "%" * 5000, "group": ["' OR 1=1 --"], "field": ["x:y", str(uuid.uuid4()) + ":=1"]}
    answer = _browser(own_site, people.alice).post("/exports", data={**odd, "columns": ["__class__", "name"]})
    assert answer.status_code == 303
    _work()
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM export")).scalar_one() == "done"
    assert time.monotonic() - begun < 60
