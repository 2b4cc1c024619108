"""A site of its own in which Clara has uploaded ten thousand hostile names, for all tests that look at them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
import urllib3
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from config import Settings
from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.app import create_app
from portal.files.commands import batch_completion
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.files.models import File
from portal.kit.db import db
from portal.kit.storage import Look, Stored
from portal.outbox.commands import without_bell
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.cast import Cast, make_cast
from tests.conftest import forget_request
from tests.files.uploading import JSON, checksum
from tests.names.hostile_names import hostile_names

COUNT = int(os.environ.get("ATRIUM_HOSTILE_NAMES", "10000"))
BATCH = 100
# The bytes of the first so many are really sent: as many as there are different names that nobody put together.
SENT = int(os.environ.get("ATRIUM_HOSTILE_SENT", "1000"))
# Endings of plain names: one for each icon.
PLAIN = ("pdf", "xlsx", "txt", "pptx", "png", "zip", "eml", "mp3", "html", "none")
# Kept open between the files, one for each sender: most of the time would go into connecting.
_STORE = urllib3.PoolManager(maxsize=4)


@dataclass
class Names:
    """What became of every name: its file, or why there is none (status and sentence)."""

    app: Flask
    cast: Cast
    folder_id: uuid.UUID
    plain: Any
    kept: dict[str, uuid.UUID]
    refused: dict[str, tuple[int, str]]

    def browser(self, person: Person) -> FlaskClient:
        """A browser in which this person is signed in."""
        return signed_in(self.app, person)

    def files(self) -> dict[uuid.UUID, str]:
        """The files of the folder with their names."""
        db.session.rollback()
        rows = db.session.execute(select(File.id, File.name).where(File.folder_id == self.folder_id))
        return {row.id: row.name for row in rows}


class Browser(FlaskClient):
    """Asks each page as its own person; the context of the application outlives the requests here."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        forget_request()
        try:
            return super().open(*args, **kwargs)
        finally:
            forget_request()


def signed_in(app: Flask, person: Person) -> FlaskClient:
    """A browser in which this person is signed in."""
    # Not the client that checks whole pages: its parser takes longer than all the rest together.
    browser = Browser(app, app.response_class)
    token = open_session(db.session.get_one(Person, person.id), ip="127.0.0.1", user_agent="names")
    db.session.commit()
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = token
    return browser


def taken_at_its_word(uploads: Any) -> dict[str, Look]:
    """As if the store held every object that was promised."""
    return {one.object_key: Look(Stored(one.object_key, one.size, "etag", ""), b"x") for one in uploads}


def upload_all(browser: FlaskClient, folder: Any, names: list[str]) -> tuple[dict[str, uuid.UUID], dict[str, Any]]:
    """Upload a file under every name, in batches; (file of each that was taken, problem of each that was not).

    Those of the public list and of every kind are sent for real, in ``make prove`` all of them. For the combinations
    that follow in a shorter run, the store's list is replaced: their bytes would take half of the time.
    """
    kept: dict[str, uuid.UUID] = {}
    refused: dict[str, Any] = {}
    with ThreadPoolExecutor(4) as senders:
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            data = [f"{start + place}".encode() for place in range(len(some))]
            wishes = [
                {"name": name, "size": len(content), "sha256": checksum(content)}
                for name, content in zip(some, data, strict=True)
            ]
            sent = {"files": wishes, "on_conflict": "keep_both"}
            answer = browser.post(f"/folders/{folder.id}/upload-batches", json=sent, headers=JSON)
            assert answer.status_code == 201, answer.text
            begun = list(zip(some, data, answer.json["files"], strict=True))
            refused.update({name: each["problem"] for name, _, each in begun if "problem" in each})
            open_ones = [(name, content, each) for name, content, each in begun if "id" in each]
            ids = {"uploads": [each["id"] for _, _, each in open_ones]}
            if start < SENT:
                assert set(senders.map(send, [e for _, _, e in open_ones], [c for _, c, _ in open_ones])) <= {200}
                done = browser.post("/upload-batches/completion", json=ids, headers=JSON)
            else:
                with mock.patch.object(batch_completion, "_seen", taken_at_its_word):
                    done = browser.post("/upload-batches/completion", json=ids, headers=JSON)
            assert done.status_code == 200, done.text
            files = {each["id"]: uuid.UUID(each["file"]["id"]) for each in done.json["files"]}
            kept.update({name: files[each["id"]] for name, _, each in open_ones})
    return kept, refused


def send(begun: dict[str, Any], content: bytes) -> int:
    """PUT to the store, as the browser does. The status of its answer."""
    return _STORE.request("PUT", begun["url"], body=content, headers=begun["headers"], timeout=20, retries=False).status


@pytest.fixture(scope="module")
def names(fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: Any) -> Iterator[Names]:
    """All of them, uploaded by Clara into the folder *Exchange* through the door that the browser's script uses."""
    var = tmp_path_factory.mktemp("names")
    app = create_app(Settings.from_env({**fresh_environment(), "PORTAL_VAR": str(var), "PORTAL_DEVELOPMENT": "1"}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    with app.app_context(), without_bell():
        cast = make_cast()
        db.session.commit()
        kept, refused = upload_all(signed_in(app, cast.clara), cast.exchange, hostile_names(COUNT))
        set_level(cast.exchange, person=cast.diego, level=Level.READ, actor=cast.alice)
        plain = create_folder(cast.exchange, name="Plain", actor=cast.alice)
        create_folder(plain, name="Below", actor=cast.alice)
        upload_all(signed_in(app, cast.clara), plain, [f"Letter {n}.{PLAIN[n % len(PLAIN)]}" for n in range(250)])
        # Of the work that ten thousand uploads promise, that of the first ones, which are the public list: whoever
        # waits for a mail here does all of it, for minutes.
        first = select(OutboxEntry.id).order_by(OutboxEntry.id).limit(500)
        db.session.execute(delete(OutboxEntry).where(OutboxEntry.id.not_in(first)))
        db.session.commit()
        said = {name: (problem["status"], problem["detail"]) for name, problem in refused.items()}
        yield Names(app, cast, cast.exchange.id, plain, kept, said)
        db.session.remove()
        db.engine.dispose()
