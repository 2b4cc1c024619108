"""Every new content waits until a real scanner has found it clean; what is infected is kept away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import BadSettings, Settings
from portal.activity.models import Activity
from portal.clients import commands as clients
from portal.contents.models import Preview
from portal.engines import doctor
from portal.engines.clamd import Clamd
from portal.files.commands import quarantine
from portal.files.commands.completion import store_bytes
from portal.files.commands.copies import restore_version
from portal.files.commands.publish import VERSION, publish
from portal.files.commands.scanning import catch_up
from portal.files.models import File, FileVersion, ObjectDeletion
from portal.files.scanning import TOO_LARGE, BeingChecked, KeptAway, checks_of_files
from portal.files.verify import verify
from portal.kit import storage
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.clamd import (
    EICAR,
    SIGNATURE,
    STREAM_MAX_BYTES,
    clamd_url,
    fresh,
    running_clamd,
    scanner,
    versions_of,
    work_now,
)
from tests.files.uploading import JSON, checksum, send, upload_file
from tests.postbox import mails_to

__all__ = ["running_clamd", "scanner"]


def _file(session: Any, answer: Any) -> File:
    assert answer.status_code == 200, answer.text
    found = session.get(File, answer.json["id"], populate_existing=True)
    assert found is not None
    return found  # type: ignore[no-any-return]


def _new_version(file: File, data: bytes, actor: Any) -> FileVersion:
    stored = storage.put(f"files/{file.client_id.hex}/{len(versions_of(file))}-{file.id.hex}", data)
    folder = file_folder(file)
    publish(
        folder, name=file.name, stored=stored, content_type="text/plain", sha256=None, actor=actor,
        on_conflict=VERSION, replaces=file,
    )  # fmt: skip
    return versions_of(file)[-1]


def file_folder(file: File) -> Any:
    from portal.files.models import Folder
    from portal.kit.db import db

    return db.session.get_one(Folder, file.folder_id)


def _log(session: Any, verb: str) -> list[Activity]:
    return list(session.scalars(select(Activity).where(Activity.verb == verb)))


def test_a_clean_upload_waits_first_and_opens_when_it_was_checked(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    clara = sign_in(cast.clara)
    file = _file(session, upload_file(clara, cast.exchange, "lease.txt", b"clean"))
    assert file.quarantine == "waiting"
    assert [version.quarantine for version in versions_of(file)] == ["waiting"]
    refused = clara.get(f"/files/{file.id}/content")
    assert refused.status_code == 403
    assert "still being checked for viruses" in refused.text
    assert session.get(Preview, file.version_id) is None
    work_now()
    assert fresh(file).quarantine == ""
    assert clara.get(f"/files/{file.id}/content").status_code == 303
    shown = session.get(Preview, file.version_id)
    assert shown is not None
    assert shown.state == "ready"


def test_a_batch_waits_like_a_single_upload(cast: Cast, session: Any, sign_in: Any, scanner: Clamd) -> None:
    clara = sign_in(cast.clara)
    contents = {"good.txt": b"clean", "bad.txt": b"before " + EICAR}
    said = [{"name": name, "size": len(data), "sha256": checksum(data)} for name, data in contents.items()]
    begun = clara.post(f"/folders/{cast.exchange.id}/upload-batches", json={"files": said}, headers=JSON).json["files"]
    for where, data in zip(begun, contents.values(), strict=True):
        assert send(where, data) == 200
    done = clara.post("/upload-batches/completion", json={"uploads": [one["id"] for one in begun]}, headers=JSON)
    good, bad = (session.get(File, one["file"]["id"]) for one in done.json["files"])
    assert (good.quarantine, bad.quarantine) == ("waiting", "waiting")
    work_now()
    assert (fresh(good).quarantine, fresh(bad).quarantine) == ("", "infected")


def test_an_infected_file_is_kept_away_and_its_uploader_is_told_in_their_language(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    cast.diego.language = "fr"
    file = _file(session, upload_file(sign_in(cast.diego), cast.exchange, "invoice.txt", EICAR))
    work_now()
    [version] = versions_of(file)
    assert (version.quarantine, version.signature, fresh(file).quarantine) == ("infected", SIGNATURE, "infected")
    [told] = mails_to(cast.diego.email, "file_infected")
    assert told.language == "fr"
    assert "invoice.txt" in (told.body_text or "")
    [line] = _log(session, "file.infected")
    assert (line.file_id, line.details["signature"]) == (file.id, SIGNATURE)
    refused = sign_in(cast.diego).get(f"/files/{file.id}/content")
    assert refused.status_code == 403
    assert "virus" in refused.text
    page = sign_in(cast.diego).get(f"/folders/{cast.exchange.id}")
    assert "invoice.txt" in page.text
    assert session.get(Preview, version.id) is None
    work_now()
    assert len(mails_to(cast.diego.email, "file_infected")) == 1


def test_an_infected_second_version_does_not_take_the_clean_one_away(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    file = store_bytes(cast.exchange, "plan.txt", b"first", actor=cast.clara)
    work_now()
    first = fresh(file).version_id
    _new_version(file, EICAR, cast.clara)
    assert (fresh(file).version_id, fresh(file).quarantine) == (first, "")
    assert checks_of_files([file]) == {file.id: "newer"}
    assert sign_in(cast.diego).get(f"/files/{file.id}/content").status_code == 404  # deposit: not theirs
    assert sign_in(cast.clara).get(f"/files/{file.id}/content").status_code == 303
    work_now()
    assert (fresh(file).version_id, fresh(file).quarantine, fresh(file).size) == (first, "", 5)
    assert [version.quarantine for version in versions_of(file)] == ["", "infected"]
    assert sign_in(cast.clara).get(f"/files/{file.id}/content").status_code == 303
    assert checks_of_files([file]) == {}
    # The infected content stands in the list of versions for administrators alone.
    clients.set_standing(cast.acme, cast.alice, Level.FULL, actor=cast.alice)
    for person, seen in ((cast.clara, False), (cast.bob, False), (cast.alice, True)):
        page = sign_in(person).get(f"/files/{file.id}/versions")
        assert page.status_code == 200
        assert ("Version 2" in page.text) is seen


def test_versions_that_come_one_after_the_other_end_with_the_latest_clean_one(
    cast: Cast, session: Any, scanner: Clamd
) -> None:
    file = store_bytes(cast.exchange, "plan.txt", EICAR, actor=cast.clara)
    second = _new_version(file, b"second", cast.bob)
    _new_version(file, EICAR + b"\n", cast.bob)
    work_now()
    assert [version.quarantine for version in versions_of(file)] == ["infected", "", "infected"]
    now = fresh(file)
    assert (now.version_id, now.quarantine, now.size, now.uploaded_by_id) == (second.id, "", 6, cast.bob.id)


def test_nothing_opens_while_the_scanner_is_away_and_all_opens_afterwards(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd, app: Flask
) -> None:
    scanner.stop()
    file = store_bytes(cast.exchange, "lease.txt", b"clean", actor=cast.clara)
    work_now()
    assert fresh(file).quarantine == "waiting"
    entry = session.scalars(select(OutboxEntry).where(OutboxEntry.name == "files.scan")).one()
    assert entry.done_at is None
    assert entry.failed_at is None
    assert "does not answer" in (entry.last_error or "")
    assert sign_in(cast.bob).get(f"/files/{file.id}/content").status_code == 403
    part = doctor._antivirus(app.config["SETTINGS"])
    assert not part.ok
    assert "new files wait" in part.detail
    assert "does not answer" in sign_in(cast.alice).get("/quarantine").text
    scanner.start()
    work_now()
    assert fresh(file).quarantine == ""


def test_doctor_names_the_scanner_its_version_and_its_signatures(app: Flask, scanner: Clamd) -> None:
    part = doctor._antivirus(app.config["SETTINGS"])
    assert part.ok
    assert (part.version or "").startswith("ClamAV ")
    with clamd_url(app, None):
        off = doctor._antivirus(app.config["SETTINGS"])
    assert off.ok
    assert off.detail.startswith("Off")


def test_what_the_scanner_does_not_take_waits_for_an_administrator(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    file = store_bytes(cast.exchange, "film.bin", b"x" * (STREAM_MAX_BYTES + 1), actor=cast.clara)
    work_now()
    [version] = versions_of(file)
    assert (version.quarantine, version.signature) == ("waiting", TOO_LARGE)
    alice = sign_in(cast.alice)
    assert "Could not be checked" in alice.get("/quarantine").text
    assert "StreamMaxLength" in alice.get(f"/quarantine/{version.id}").text
    assert catch_up() == 0
    assert alice.post(f"/quarantine/{version.id}/check").status_code == 303
    work_now()
    assert versions_of(file)[0].signature == TOO_LARGE


def test_an_administrator_releases_with_a_reason_that_the_log_keeps(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    file = store_bytes(cast.exchange, "sample.txt", EICAR, actor=cast.clara)
    work_now()
    [version] = versions_of(file)
    alice = sign_in(cast.alice)
    for nothing in ("", "   ", "x" * 501):
        assert alice.post(f"/quarantine/{version.id}/release", data={"reason": nothing}).status_code == 422
    assert fresh(file).quarantine == "infected"
    released = alice.post(f"/quarantine/{version.id}/release", data={"reason": "A sample for training"})
    assert released.status_code == 303
    assert fresh(file).quarantine == ""
    assert sign_in(cast.clara).get(f"/files/{file.id}/content").status_code == 303
    [line] = _log(session, "file.released")
    assert (line.actor_id, line.details["reason"]) == (cast.alice.id, "A sample for training")
    assert alice.post(f"/quarantine/{version.id}/release", data={"reason": "again"}).status_code == 404
    with pytest.raises(quarantine.DecidedMeanwhile):
        quarantine.release(version, reason="again", actor=cast.alice.viewer)


def test_an_administrator_deletes_for_good_and_database_and_store_agree(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    alone = store_bytes(cast.exchange, "bad.txt", EICAR, actor=cast.clara)
    kept = store_bytes(cast.exchange, "kept.txt", b"first", actor=cast.clara)
    work_now()
    _new_version(kept, EICAR, cast.clara)
    work_now()
    keys = {versions_of(alone)[0].object_key, versions_of(kept)[1].object_key}
    alice = sign_in(cast.alice)
    for version in (versions_of(alone)[0], versions_of(kept)[1]):
        assert alice.post(f"/quarantine/{version.id}/erasure").status_code == 303
    session.expire_all()
    assert session.get(File, alone.id) is None
    assert [version.number for version in versions_of(kept)] == [1]
    assert fresh(kept).quarantine == ""
    assert len(_log(session, "file.quarantine_erased")) == 2
    assert set(session.scalars(select(ObjectDeletion.object_key))) >= keys
    assert [fault for fault in verify() if any(key in fault for key in keys)] == []


def test_without_a_scanner_nothing_changes_and_what_waited_can_be_released(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd, app: Flask
) -> None:
    waiting = store_bytes(cast.exchange, "before.txt", b"clean", actor=cast.clara)
    with clamd_url(app, None):
        free = store_bytes(cast.exchange, "after.txt", b"clean", actor=cast.clara)
        assert free.quarantine == ""
        work_now()
        assert fresh(waiting).quarantine == "waiting"
        assert catch_up() == 0
        alice = sign_in(cast.alice)
        assert "The virus check is off" in alice.get("/quarantine").text
        version = versions_of(waiting)[0]
        assert alice.post(f"/quarantine/{version.id}/check").status_code == 409
        assert alice.post(f"/quarantine/{version.id}/release", data={"reason": "known"}).status_code == 303
    assert fresh(waiting).quarantine == ""


def test_a_new_content_without_a_scanner_opens_a_file_that_was_kept_away(
    cast: Cast, session: Any, scanner: Clamd, app: Flask
) -> None:
    file = store_bytes(cast.exchange, "plan.txt", EICAR, actor=cast.clara)
    work_now()
    with clamd_url(app, None):
        second = _new_version(fresh(file), b"second", cast.clara)
    assert (fresh(file).version_id, fresh(file).quarantine) == (second.id, "")


def test_what_was_overlooked_is_promised_again_and_nothing_twice(cast: Cast, session: Any, scanner: Clamd) -> None:
    from datetime import timedelta

    from sqlalchemy import delete, func, update

    file = store_bytes(cast.exchange, "lease.txt", b"clean", actor=cast.clara)
    old = update(FileVersion).where(FileVersion.file_id == file.id)
    session.execute(old.values(created_at=func.now() - timedelta(minutes=10)))
    assert catch_up() == 0
    session.execute(delete(OutboxEntry).where(OutboxEntry.name == "files.scan"))
    assert catch_up() == 1
    assert catch_up() == 0
    work_now()
    assert fresh(file).quarantine == ""


def test_the_scanner_killed_in_the_middle_costs_nothing(cast: Cast, session: Any, scanner: Clamd) -> None:
    """A scan that breaks off is no verdict."""
    from portal.kit import antivirus

    def chunks() -> Any:
        yield b"x" * 1000
        assert scanner.process is not None
        scanner.process.kill()
        scanner.process.wait()
        yield from (b"x" * 262144 for _ in range(3))

    with pytest.raises(antivirus.ScannerAway):
        antivirus.scan(scanner.url, chunks())
    scanner.stop()


def test_earlier_contents_that_are_held_back_cannot_be_brought_back(cast: Cast, session: Any, scanner: Clamd) -> None:
    file = store_bytes(cast.exchange, "plan.txt", b"first", actor=cast.bob)
    work_now()
    waiting = _new_version(file, EICAR, cast.bob)
    with pytest.raises(BeingChecked):
        restore_version(fresh(file), waiting, actor=cast.bob.viewer)
    work_now()
    with pytest.raises(KeptAway):
        restore_version(fresh(file), waiting, actor=cast.bob.viewer)


@pytest.mark.parametrize(
    "url", ["clamd", "http://127.0.0.1:3310", "tcp://host", "tcp://:3310", "tcp://h:x", "unix://", "unix://a/b"]
)
def test_a_wrong_address_is_said_in_one_sentence(engine_environment: dict[str, str], url: str) -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({**engine_environment, "CLAMD_URL": url})
    assert len(refused.value.faults) == 1
    assert "CLAMD_URL" in refused.value.faults[0]


def test_good_addresses_are_taken(engine_environment: dict[str, str]) -> None:
    for url in ("tcp://127.0.0.1:3310", "tcp://[::1]:3310", "unix:///run/clamav/clamd.ctl"):
        assert Settings.from_env({**engine_environment, "CLAMD_URL": url}).clamd_url == url
    assert Settings.from_env({**engine_environment, "CLAMD_URL": ""}).clamd_url is None


def test_the_page_of_what_waits_takes_a_bounded_number_of_statements(
    cast: Cast, session: Any, sign_in: Any, scanner: Clamd
) -> None:
    from tests.statements import counted

    for number in range(30):
        store_bytes(cast.exchange, f"{number}.txt", b"clean", actor=cast.clara)
    alice = sign_in(cast.alice)
    alice.get("/quarantine")
    with counted() as statements:
        page = alice.get("/quarantine?state=waiting")
    assert page.text.count("<tr") == 31
    assert len(statements) <= 8, json.dumps(statements, indent=1)
