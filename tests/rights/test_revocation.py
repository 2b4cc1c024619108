"""What was taken away is gone at the very next request of a session that stays open, behind every kind of door."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from portal.accounts import commands as accounts
from portal.clients import commands as clients
from portal.files import acceptance, reaper
from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.commands.completion import store_bytes
from portal.files.models import File, Folder, Upload
from portal.files.queries import visible_files, visible_folders
from portal.kit import multipart, storage
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from tests.architecture.world import SECTIONS
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.uploading import JSON, address, begin, checksum, complete, send

NAME = "Dossier Zanzibar"
SOON = 0.6


@dataclass
class Secret:
    """A folder with a file in it, below *Exchange*; a form of Clara's; and whoever is about to lose them."""

    cast: Cast
    person: Any
    folder: Folder
    file: File
    form_id: Any

    def count(self) -> int:
        """How many of the two the person finds in lists."""
        viewer = self.person.viewer
        of = [
            visible_files(viewer).where(File.id == self.file.id),
            visible_folders(viewer).where(Folder.id == self.folder.id),
        ]
        return sum(db.session.scalar(select(func.count()).select_from(one.subquery())) or 0 for one in of)


@pytest.fixture
def secret(cast: Cast) -> Callable[[str], Secret]:
    """``secret("clara")``: the things, seen by Clara."""

    def make(who: str) -> Secret:
        folder = folders.create_folder(cast.exchange, name=NAME, actor=cast.alice)
        file = store_bytes(folder, f"{NAME}.txt", b"for few eyes", actor=cast.alice)
        template = questionnaires.save_template(None, actor=cast.alice, title="Year", sections=SECTIONS)
        form = questionnaires.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.alice)[0]
        return Secret(cast, getattr(cast, who), folder, file, form.id)

    return make


def _shows(browser: FlaskClient, path: str) -> bool:
    answer = browser.get(path)
    assert answer.status_code in (200, 303, 403, 404), (path, answer.status_code)
    return answer.status_code == 200 and NAME in answer.text


# Every kind of door that leads to the folder or the file: True while it is open.
DOORS: dict[str, Callable[[FlaskClient, Secret], bool]] = {
    "listing": lambda b, s: _shows(b, f"/folders/{s.cast.exchange.id}"),
    "rows": lambda b, s: _shows(b, f"/folders/{s.cast.exchange.id}/contents"),
    "folder and its way": lambda b, s: _shows(b, f"/folders/{s.folder.id}"),
    "search": lambda b, s: str(s.file.id) in b.get(f"/search?client={s.cast.acme.id}&q=Zanzibar").text,
    "download": lambda b, s: "X-Amz-Signature" in b.get(f"/files/{s.file.id}/content").headers.get("Location", ""),
    "home": lambda b, s: _shows(b, "/"),
    "activity": lambda b, s: _shows(b, f"/clients/{s.cast.acme.id}/activity"),
    "archive": lambda b, s: b.get(f"/folders/{s.folder.id}/archive").status_code == 200,
    "new upload": lambda b, s: begin(b, s.folder, "new.txt", 3).status_code == 201,
}  # fmt: skip
# What belongs to the client as a whole.
CLIENT_DOORS: dict[str, Callable[[FlaskClient, Secret], bool]] = {
    "space": lambda b, s: (
        b.get(f"/clients/{s.cast.acme.id}/documents", follow_redirects=True).status_code == 200
        and "/sign-in" not in b.get(f"/clients/{s.cast.acme.id}/documents").headers.get("Location", "")
    ),
    "form": lambda b, s: (
        b.get(f"/forms/{s.form_id}/answers", follow_redirects=True).status_code == 200
        and "/sign-in" not in b.get(f"/forms/{s.form_id}/answers").headers.get("Location", "")
    ),
}
STAFF_DOORS: dict[str, Callable[[FlaskClient, Secret], bool]] = {
    "card": lambda b, s: b.get(f"/clients/{s.cast.acme.id}").status_code == 200,
    "clients": lambda b, s: "Acme" in b.get("/clients").text,
    "contacts": lambda b, s: "Costa" in b.get("/contacts").text,
    "forms": lambda b, s: b.get(f"/clients/{s.cast.acme.id}/forms").status_code == 200,
    "connectors": lambda b, s: b.get(f"/clients/{s.cast.acme.id}/connectors").status_code == 200,
    "rights": lambda b, s: b.get(f"/folders/{s.folder.id}/rights").status_code == 200,
    "receipts": lambda b, s: b.get(f"/folders/{s.folder.id}/receipts").status_code == 200,
}


def _none(s: Secret) -> None:
    rights.set_level(s.folder, person=s.person, level=Level.NONE, actor=s.cast.alice)


def _none_above_cascaded(s: Secret) -> None:
    for folder in (s.cast.root, s.cast.exchange):
        rights.set_level(folder, person=s.person, level=Level.NONE, actor=s.cast.alice)
        rights.cascade(folder, person=s.person, actor=s.cast.alice)


def _level_ends(s: Secret) -> None:
    _none_above_cascaded(s)
    until = now() + timedelta(seconds=SOON)
    rights.set_level(s.folder, person=s.person, level=Level.FULL, actor=s.cast.alice, valid_until=until)
    assert s.count() == 2
    time.sleep(SOON + 0.1)


def _move_away(s: Secret) -> None:
    closed = folders.create_folder(s.cast.root, name="Closed", actor=s.cast.alice)
    rights.set_level(closed, person=s.person, level=Level.NONE, actor=s.cast.alice)
    folders.move_folder(s.folder, to=closed, actor=s.cast.alice)


def _bin_folder(s: Secret) -> None:
    bins.bin_folder(s.folder, actor=s.cast.alice)


def _leave(s: Secret) -> None:
    if s.person.is_staff:
        clients.set_standing(s.cast.acme, s.person, Level.NONE, actor=s.cast.alice)
    else:
        clients.remove_contact(s.cast.acme, s.person, actor=s.cast.alice)


def _membership_ends(s: Secret) -> None:
    until = now() + timedelta(seconds=SOON)
    if s.person.is_staff:
        clients.set_standing(s.cast.acme, s.person, Level.FULL, actor=s.cast.alice, valid_until=until)
    else:
        clients.set_contact_end(s.cast.acme, s.person.id, until, actor=s.cast.alice)
    assert s.count() == 2
    time.sleep(SOON + 0.1)


def _disable_client(s: Secret) -> None:
    clients.disable_client(s.cast.acme, actor=s.cast.alice)


def _bin_client(s: Secret) -> None:
    clients.bin_client(s.cast.acme, confirmed_name="Acme", actor=s.cast.alice)


def _disable_person(s: Secret) -> None:
    accounts.disable_person(s.person, actor=s.cast.alice)


def _lose_the_role(s: Secret) -> None:
    accounts.set_role(s.person, s.cast.roles["trainee"], actor=s.cast.alice)


Way = Callable[[Secret], None]
FOLDER_WAYS: list[Way] = [_none, _none_above_cascaded, _level_ends, _move_away, _bin_folder]
CLIENT_WAYS: list[Way] = [_leave, _membership_ends, _bin_client, _disable_person]
CASES: list[tuple[str, Way]] = [
    *((who, way) for who in ("clara", "bob") for way in (*FOLDER_WAYS, *CLIENT_WAYS)),
    ("clara", _disable_client),
    ("tess", _lose_the_role),
]


def _doors_of(person: Any, way: Way) -> dict[str, Callable[[FlaskClient, Secret], bool]]:
    doors = dict(DOORS)
    if way is _bin_folder and person.is_staff:
        # Staff who may restore it go on reading what happened to it.
        del doors["activity"]
    if way in FOLDER_WAYS:
        return doors
    doors |= STAFF_DOORS if person.is_staff else {}
    return doors | CLIENT_DOORS


@pytest.mark.parametrize(("who", "way"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_what_was_taken_away_is_gone_at_the_next_request(
    cast: Cast, secret: Callable[[str], Secret], sign_in: Any, who: str, way: Way
) -> None:
    if way is _lose_the_role:
        accounts.set_role(cast.tess, cast.roles["manager"], actor=cast.alice)
    things = secret(who)
    browser = sign_in(things.person)
    doors = _doors_of(things.person, way)
    if way is _lose_the_role:
        # To see all clients is to read them.
        del doors["new upload"]
    closed_before = [name for name, ask in doors.items() if not ask(browser, things)]
    assert closed_before == []
    assert things.count() == 2
    way(things)
    still_open = [name for name, ask in doors.items() if ask(browser, things)]
    assert still_open == []
    if way is not _disable_person:  # the account's lists are as they were; nobody can sign in to see them
        assert things.count() == 0
    record_figure("revocation: doors that closed at the next request", len(doors), "all")


UPLOAD_WAYS = [_none, _move_away, _bin_folder, _leave, _membership_ends, _disable_client, _bin_client]


@pytest.mark.parametrize("way", UPLOAD_WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
def test_an_upload_in_progress_ends_with_the_right(
    cast: Cast,
    secret: Callable[[str], Secret],
    sign_in: Any,
    session: Any,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
    in_parts: bool,
) -> None:
    """The next address is refused, the completion too; the bytes are removed, and nothing was visible at any time."""
    if in_parts:
        monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024)
    things, data = secret("clara"), b"x" * 4000
    browser = sign_in(cast.clara)
    begun = begin(browser, things.folder, "half.bin", len(data)).json
    assert send(address(browser, begun, 1, data), data) == 200
    key, multipart_id = session.execute(
        select(Upload.object_key, Upload.multipart_id).where(Upload.id == begun["id"])
    ).one()
    assert bool(multipart_id) is in_parts
    way(things)
    wanted = {"parts": {"1": checksum(data)}}
    assert browser.post(f"/uploads/{begun['id']}/addresses", json=wanted, headers=JSON).status_code in (403, 404)
    assert complete(browser, begun, data).status_code == 403
    assert session.scalar(select(Upload.state).where(Upload.id == begun["id"])) == "aborted"
    reaper.delete_due_objects()
    assert storage.head(key) is None
    if multipart_id:
        with pytest.raises(multipart.NoSuchMultipart):
            multipart.parts(key, multipart_id)
    assert session.scalar(select(func.count()).select_from(File).where(File.name == "half.bin")) == 0
    assert complete(browser, begun, data).status_code in (403, 404, 410)


def test_an_upload_of_a_disabled_account_is_never_completed_and_swept_later(
    cast: Cast, secret: Callable[[str], Secret], sign_in: Any, session: Any
) -> None:
    things, data = secret("clara"), b"half"
    browser = sign_in(cast.clara)
    begun = begin(browser, things.folder, "half.bin", len(data)).json
    assert send(address(browser, begun, 1, data), data) == 200
    _disable_person(things)
    assert complete(browser, begun, data).status_code == 401
    session.execute(update(Upload).where(Upload.id == begun["id"]).values(expires_at=func.now() - timedelta(seconds=1)))
    session.commit()
    key = session.scalar(select(Upload.object_key).where(Upload.id == begun["id"]))
    assert storage.head(key) is not None
    reaper.expire_uploads()
    reaper.delete_due_objects()
    assert storage.head(key) is None


def test_every_address_of_the_store_is_for_a_minute_at_most_and_for_one_thing(
    cast: Cast, secret: Callable[[str], Secret], sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads, whole uploads, parts: 60 s, one key, one method; a part's address is no other part's."""
    things, data = secret("clara"), b"x" * 10
    browser = sign_in(cast.clara)
    whole = begin(browser, things.folder, "whole.bin", len(data)).json
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024)
    large = begin(browser, things.folder, "parts.bin", acceptance.PART_BYTES + 10).json
    addresses = {
        "download": browser.get(f"/files/{things.file.id}/content").location,
        "whole": address(browser, whole, 1, data)["url"],
        "part": address(browser, large, 2, data)["url"],
    }
    for kind, url in addresses.items():
        lifetime = re.search(r"X-Amz-Expires=(\d+)", url)
        assert lifetime is not None, kind
        assert 0 < int(lifetime[1]) <= 60, kind
    part = address(browser, large, 2, data)
    assert send({**part, "url": part["url"].replace("partNumber=2", "partNumber=1")}, data) == 403
    assert send({**part, "url": re.sub(r"uploadId=[^&]+", "uploadId=other", part["url"])}, data) == 403
    assert send(part, data) == 200
    record_figure("revocation: kinds of addresses of the store that live 60 s at most", len(addresses), "all")
