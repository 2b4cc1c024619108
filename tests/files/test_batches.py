"""Batches of small uploads on the real store: a hundred files in two requests, each with an answer of its own."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.activity.models import Activity
from portal.files import reaper
from portal.files.commands import batches
from portal.files.commands.files import bin_file
from portal.files.commands.rights import set_level
from portal.files.models import File, FileVersion, ObjectDeletion, Receipt, ReceiptLine, Upload
from portal.files.verify import verify
from portal.kit import storage
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.files.uploading import JSON, checksum, send, upload_file
from tests.statements import counted

Files = dict[str, bytes]


def _faults() -> list[str]:
    """What verify says of files; previews of other tests, whose rows are rolled back, lie in the same bucket."""
    return [fault for fault in verify() if not fault.startswith("previews/")]


def wish(name: str, data: bytes) -> dict[str, Any]:
    """What the browser says of one file."""
    return {"name": name, "size": len(data), "sha256": checksum(data)}


def begin(browser: Any, folder: Any, files: list[Any], **more: Any) -> Any:
    """The answer to the beginning of a batch."""
    return browser.post(f"/folders/{folder.id}/upload-batches", json={"files": files, **more}, headers=JSON)


def complete(browser: Any, ids: Any) -> Any:
    """The answer to the completion."""
    return browser.post("/upload-batches/completion", json={"uploads": ids}, headers=JSON)


def sent(browser: Any, folder: Any, files: Files, **more: Any) -> list[str]:
    """Begin a batch and send all its bytes; the ids of its uploads."""
    answer = begin(browser, folder, [wish(name, data) for name, data in files.items()], **more)
    assert answer.status_code == 201, answer.text
    for begun, data in zip(answer.json["files"], files.values(), strict=True):
        assert send(begun, data) == 200
    return [begun["id"] for begun in answer.json["files"]]


def some(count: int, size: int = 300) -> Files:
    """Different files of different names."""
    return {f"Beleg {number:03}.pdf": (b"%PDF-" + os.urandom(size))[:size] for number in range(count)}


@pytest.fixture
def empty_bucket(engine_environment: Any, app: Any) -> None:
    """What earlier tests of this process left in the store, whose rows were rolled back, is gone."""
    with app.app_context():
        for key, _ in list(storage.keys("files/")):
            storage.delete(key)


def events(session: Any) -> list[Any]:
    """What the client's connectors will be told of files."""
    told = session.scalars(select(OutboxEntry).where(OutboxEntry.name == "connectors.publish")).all()
    return [entry for entry in told if entry.payload["event"] == "file.uploaded"]


def names_in(session: Any, folder: Any) -> list[str]:
    return sorted(session.scalars(select(File.name).where(File.folder_id == folder.id, File.bin_id.is_(None))))


@pytest.mark.usefixtures("empty_bucket")
def test_clara_uploads_a_hundred_files_in_two_requests(cast: Any, sign_in: Any, session: Any) -> None:
    """All are there with their content, one line of the log and one event each; database and store agree."""
    browser, files = sign_in(cast.clara), some(100)
    answer = complete(browser, sent(browser, cast.exchange, files))
    assert [entry["file"]["name"] for entry in answer.json["files"]] == list(files)
    rows = session.execute(select(File, FileVersion).join(FileVersion, FileVersion.id == File.version_id)).all()
    assert {file.name: version.sha256 for file, version in rows} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    file, version = next(row for row in rows if row[0].name == "Beleg 007.pdf")
    assert b"".join(storage.read(version.object_key)) == files["Beleg 007.pdf"]
    assert (file.content_type, file.ext, file.uploaded_by_id, version.number) == (
        "application/pdf",
        "pdf",
        cast.clara.id,
        1,
    )
    assert version.etag == hashlib.md5(files["Beleg 007.pdf"], usedforsecurity=False).hexdigest()
    assert (
        session.scalar(select(func.count()).where(Activity.verb == "file.uploaded", Activity.actor_id == cast.clara.id))
        == 100
    )
    told = events(session)
    assert {entry.payload["data"]["name"] for entry in told} == set(files)
    assert {entry.payload["client_id"] for entry in told} == {str(cast.acme.id)}
    assert set(session.scalars(select(Upload.state))) == {"published"}
    assert _faults() == []


@pytest.mark.parametrize("mode", ["ask", "version", "keep_both"])
def test_a_hundred_files_take_no_more_statements_than_five(cast: Any, sign_in: Any, mode: str) -> None:
    """Whatever the number, and also where every name is taken."""
    browser, figures = sign_in(cast.clara), {}
    # What a client has is counted once, when the first upload begins.
    begin(browser, cast.exchange, [wish("first.txt", b"x")])
    for count in (5, 100):
        for folder_turn in range(1 if mode == "ask" else 2):
            files = {f"{count} {name}": data for name, data in some(count, 10).items()}
            with counted() as begun:
                answer = begin(browser, cast.exchange, [wish(*file) for file in files.items()], on_conflict=mode)
            for each, data in zip(answer.json["files"], files.values(), strict=True):
                assert send(each, data) == 200
            with counted() as completed:
                done = complete(browser, [each["id"] for each in answer.json["files"]])
            assert all("file" in entry for entry in done.json["files"])
            figures[count, folder_turn] = (len(begun), len(completed))
    for turn in range(1 if mode == "ask" else 2):
        assert figures[5, turn] == figures[100, turn]
        assert max(figures[100, turn]) <= 26, figures


def test_what_is_refused_does_not_spoil_the_others(cast: Any, sign_in: Any, session: Any) -> None:
    """A program, a broken checksum, a size that is none, a large file, a taken name: each with its own sentence."""
    browser, data = sign_in(cast.clara), b"fine"
    upload_file(browser, cast.exchange, "Plan.pdf", b"one")
    wishes = [
        wish("setup.exe", data), {**wish("a.txt", data), "sha256": "x"}, {**wish("b.txt", data), "size": "4"},
        wish("large.bin", bytes(batches.SMALL_BYTES + 1)), wish("plan.PDF", data), "no file", {}, None,
        {"name": ["a"], "size": {}, "sha256": 5}, {**wish("n.txt", data), "size": 10**30},
        wish("../../etc", data), wish("good.txt", data),
    ]  # fmt: skip
    answer = begin(browser, cast.exchange, wishes)
    assert answer.status_code == 201
    *refused, good = answer.json["files"]
    assert [entry["problem"]["status"] for entry in refused] == [422, 422, 422, 422, 409, 422, 422, 422, 422, 413, 422]
    assert all(entry["problem"]["detail"] for entry in refused)
    assert [entry["problem"]["code"] for entry in refused if entry["problem"]["code"]] == ["name_taken"]
    assert send(good, data) == 200
    assert complete(browser, [good["id"]]).json["files"][0]["file"]["name"] == "good.txt"
    assert names_in(session, cast.exchange) == ["Plan.pdf", "good.txt"]


@pytest.mark.parametrize("files", [None, [], "x", {}, 5, [{}] * 101])
def test_what_is_no_batch_is_refused(cast: Any, sign_in: Any, session: Any, files: Any) -> None:
    assert begin(sign_in(cast.clara), cast.exchange, files).status_code == 422
    assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_a_batch_holds_four_mebibytes(cast: Any, sign_in: Any) -> None:
    wishes = [{**wish(f"{number}.bin", b""), "size": batches.SMALL_BYTES} for number in range(17)]
    assert begin(sign_in(cast.clara), cast.exchange, wishes).status_code == 422
    assert begin(sign_in(cast.clara), cast.exchange, wishes[:16]).status_code == 201


@pytest.mark.parametrize("ids", [None, [], "x", {}, ["x"], [None], [5], [str(uuid.UUID(int=n)) for n in range(101)]])
def test_what_is_no_completion_is_refused(cast: Any, sign_in: Any, ids: Any) -> None:
    assert complete(sign_in(cast.clara), ids).status_code == 422


def test_a_full_space_takes_what_fits(
    cast: Any, sign_in: Any, app: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of one batch count for each other: three of 400 bytes into 1,000, and a small one still fits."""
    settings = dataclasses.replace(app.config["SETTINGS"], client_quota_bytes=1000)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    sizes = {"a": 400, "b": 400, "c": 400, "d": 100}
    answer = begin(
        sign_in(cast.clara), cast.exchange, [wish(f"{name}.txt", bytes(size)) for name, size in sizes.items()]
    )
    a, b, c, d = answer.json["files"]
    assert all("id" in entry for entry in (a, b, d))
    assert "200" in c["problem"]["detail"]
    assert session.scalar(select(func.sum(Upload.size))) == 900


def test_the_store_takes_only_the_very_bytes(cast: Any, sign_in: Any, session: Any) -> None:
    """Other bytes, other checksum, other size: refused by the store; nothing is published, and it can be sent again."""
    browser, data = sign_in(cast.clara), b"exactly this"
    begun = begin(browser, cast.exchange, [wish("a.txt", data)]).json["files"][0]
    other = os.urandom(len(data))
    assert send(begun, other) == 400
    assert send(begun, data + b"!") == 403
    assert send({**begun, "headers": {**begun["headers"], "x-amz-checksum-sha256": checksum(other)}}, other) == 403
    outcome = complete(browser, [begun["id"]]).json["files"][0]["problem"]
    assert (outcome["status"], outcome["code"]) == (409, "incomplete")
    swapped = browser.post(f"/uploads/{begun['id']}/addresses", json={"parts": {"1": checksum(other)}}, headers=JSON)
    assert swapped.status_code == 422
    again = browser.post(f"/uploads/{begun['id']}/addresses", json={"parts": {"1": checksum(data)}}, headers=JSON)
    assert send(again.json["addresses"][0], data) == 200
    assert "file" in complete(browser, [begun["id"]]).json["files"][0]
    assert names_in(session, cast.exchange) == ["a.txt"]


def test_an_upload_of_a_batch_can_be_completed_alone(cast: Any, sign_in: Any) -> None:
    """With its own checksum only: another would go into the database unseen."""
    browser, data = sign_in(cast.clara), b"alone"
    (ident,) = sent(browser, cast.exchange, {"a.txt": data})
    door = f"/uploads/{ident}/completion"
    assert browser.post(door, json={"checksums": [checksum(b"other")]}, headers=JSON).status_code == 422
    alone = browser.post(door, json={"checksums": [checksum(data)]}, headers=JSON).json
    assert complete(browser, [ident]).json["files"][0]["file"]["id"] == alone["id"]


@pytest.mark.usefixtures("empty_bucket")
def test_an_object_of_another_size_is_thrown_away(cast: Any, sign_in: Any, session: Any) -> None:
    """The neighbour in the batch is published all the same."""
    browser = sign_in(cast.clara)
    bad, good = sent(browser, cast.exchange, {"a.txt": b"aaaa", "b.txt": b"bbbb"})
    key = session.scalars(select(Upload.object_key).where(Upload.id == bad)).one()
    storage.put(key, b"longer than promised")
    first, second = complete(browser, [bad, good]).json["files"]
    assert "damaged" in first["problem"]["detail"]
    assert second["file"]["name"] == "b.txt"
    assert names_in(session, cast.exchange) == ["b.txt"]
    assert session.scalar(select(func.count()).where(Activity.verb == "file.refused")) == 1
    reaper.delete_due_objects()
    assert storage.head(key) is None
    assert complete(browser, [bad]).json["files"][0]["problem"]["status"] == 410
    assert _faults() == []


def test_completing_twice_gives_the_same_files(cast: Any, sign_in: Any, session: Any) -> None:
    """A lost answer is asked for again; also when part of the batch was missing the first time."""
    browser, files = sign_in(cast.clara), some(5)
    answer = begin(browser, cast.exchange, [wish(*file) for file in files.items()]).json["files"]
    ids = [each["id"] for each in answer]
    for each, data in list(zip(answer, files.values(), strict=True))[:3]:
        send(each, data)
    first = complete(browser, ids).json["files"]
    assert ["file" in each for each in first] == [True, True, True, False, False]
    for each, data in list(zip(answer, files.values(), strict=True))[3:]:
        send(each, data)
    second, third = complete(browser, ids).json["files"], complete(browser, ids).json["files"]
    assert second[:3] == first[:3]
    assert second == third
    assert session.scalar(select(func.count()).select_from(FileVersion)) == 5


def test_taken_names_get_numbers_or_versions(cast: Any, sign_in: Any, session: Any) -> None:
    """Twins inside one batch, too."""
    browser = sign_in(cast.clara)
    upload_file(browser, cast.exchange, "Plan.pdf", b"one")
    twins = {"plan.PDF": b"two", "PLAN.pdf": b"three", "new.txt": b"n"}
    kept = complete(browser, sent(browser, cast.exchange, twins, on_conflict="keep_both")).json["files"]
    assert [each["file"]["name"] for each in kept] == ["plan (2).PDF", "PLAN (3).pdf", "new.txt"]
    made = complete(browser, sent(browser, cast.exchange, twins, on_conflict="version")).json["files"]
    assert [each["file"]["name"] for each in made] == ["Plan.pdf", "Plan.pdf", "new.txt"]
    plan = session.scalars(select(File).where(File.name == "Plan.pdf").execution_options(populate_existing=True)).one()
    numbers = session.execute(
        select(FileVersion.number, FileVersion.size, FileVersion.id).where(FileVersion.file_id == plan.id)
    ).all()
    assert sorted((number, size) for number, size, _ in numbers) == [(1, 3), (2, 3), (3, 5)]
    assert (plan.size, plan.version_id) == (5, next(ident for number, _, ident in numbers if number == 3))
    assert session.scalar(select(func.count()).where(Activity.verb == "file.version_added")) == 3


def test_sixty_files_of_one_name_are_all_kept(cast: Any, sign_in: Any, session: Any) -> None:
    """Pasted pictures are all called alike."""
    browser = sign_in(cast.clara)
    wishes = [wish("image.png", bytes([number])) for number in range(60)]
    answer = begin(browser, cast.exchange, wishes).json["files"]
    for number, each in enumerate(answer):
        assert send(each, bytes([number])) == 200
    done = complete(browser, [each["id"] for each in answer]).json["files"]
    names = [each["file"]["name"] for each in done]
    assert names[:2] == ["image.png", "image (2).png"]
    assert (names[-1], len(set(names))) == ("image (60).png", 60)


def test_a_file_that_went_to_the_bin_meanwhile_gets_no_version(cast: Any, sign_in: Any, session: Any) -> None:
    browser = sign_in(cast.clara)
    upload_file(browser, cast.exchange, "Plan.pdf", b"one")
    ids = sent(browser, cast.exchange, {"Plan.pdf": b"two"}, on_conflict="version")
    bin_file(session.scalars(select(File).where(File.name == "Plan.pdf")).one(), actor=cast.clara)
    assert complete(browser, ids).json["files"][0]["file"]["name"] == "Plan.pdf"
    assert session.scalar(select(func.count()).select_from(File)) == 2


def test_a_depositor_gets_one_receipt_and_replaces_nothing(cast: Any, sign_in: Any, session: Any) -> None:
    """Diego may put files in and sees only his own: Clara's file of the same name stays as it is."""
    upload_file(sign_in(cast.clara), cast.exchange, "Beleg 000.pdf", b"clara")
    browser, files = sign_in(cast.diego), some(20)
    with counted() as statements:
        done = complete(browser, sent(browser, cast.exchange, files, on_conflict="version")).json["files"]
    assert done[0]["file"]["name"] == "Beleg 000 (2).pdf"
    clara = session.scalars(select(File).where(File.name == "Beleg 000.pdf")).one()
    assert (clara.size, clara.uploaded_by_id) == (5, cast.clara.id)
    lines = session.execute(select(ReceiptLine.name, ReceiptLine.sha256).join(Receipt)).all()
    assert {line.sha256 for line in lines} == {hashlib.sha256(data).hexdigest() for data in files.values()}
    assert session.scalar(select(func.count()).select_from(Receipt)) == 1
    assert len(statements) < 60


def test_only_deposit_and_full_may_begin(cast: Any, sign_in: Any) -> None:
    one = [wish("a.txt", b"a")]
    assert begin(sign_in(cast.clara), cast.books, one).status_code == 403
    assert begin(sign_in(cast.clara), cast.payroll, one).status_code == 404
    assert begin(sign_in(cast.mallory), cast.exchange, one).status_code == 404
    assert begin(sign_in(cast.tess), cast.exchange, one).status_code == 404
    assert begin(sign_in(cast.diego), cast.exchange, one).status_code == 201


def test_nobody_completes_another_persons_uploads(cast: Any, sign_in: Any, session: Any) -> None:
    """They look like uploads that never were, and stay open for whom they belong to."""
    files = some(3)
    ids = sent(sign_in(cast.clara), cast.exchange, files)
    for other in (cast.mallory, cast.diego, cast.bob, cast.alice):
        answer = complete(sign_in(other), [*ids, str(uuid.uuid4())])
        assert {each["problem"]["status"] for each in answer.json["files"]} == {410}
    assert names_in(session, cast.exchange) == []
    assert all("file" in each for each in complete(sign_in(cast.clara), ids).json["files"])


def test_a_right_that_ends_while_bytes_travel_ends_them_all(cast: Any, sign_in: Any, session: Any) -> None:
    """Nothing is visible, what arrived is removed from the store, and the log says so."""
    browser = sign_in(cast.clara)
    ids = sent(browser, cast.exchange, some(4))
    keys = session.scalars(select(Upload.object_key)).all()
    set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    assert {each["problem"]["status"] for each in complete(browser, ids).json["files"]} == {403}
    assert names_in(session, cast.exchange) == []
    assert set(session.scalars(select(ObjectDeletion.object_key))) == set(keys)
    assert session.scalar(select(func.count()).where(Activity.verb == "file.refused")) == 4
    reaper.delete_due_objects()
    assert all(storage.head(key) is None for key in keys)


def test_uploads_of_two_folders_are_completed_each_by_its_right(cast: Any, sign_in: Any, session: Any) -> None:
    browser = sign_in(cast.bob)
    first = sent(browser, cast.exchange, {"a.txt": b"a"})
    second = sent(browser, cast.payroll, {"b.txt": b"b"})
    set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice)
    done = complete(browser, first + second).json["files"]
    assert done[0]["file"]["name"] == "a.txt"
    assert done[1]["problem"]["status"] == 403
    assert names_in(session, cast.payroll) == []


def test_a_crash_in_the_middle_leaves_nothing_half_visible(
    cast: Any, sign_in: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last statement fails: no file, no line, no event; the same completion works afterwards."""
    from portal.files.commands import batch_completion

    browser = sign_in(cast.clara)
    ids = sent(browser, cast.exchange, some(10))
    session.commit()  # the failure that follows rolls back what is open

    def killed(*_args: Any, **_more: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(batch_completion, "add_all_to_receipt", killed)
        with pytest.raises(MemoryError):
            complete(browser, ids)
    assert names_in(session, cast.exchange) == []
    assert session.scalar(select(func.count()).where(Activity.verb == "file.uploaded")) == 0
    assert events(session) == []
    assert all("file" in each for each in complete(browser, ids).json["files"])


def test_a_store_that_is_away_changes_nothing(cast: Any, sign_in: Any, app: Any, session: Any) -> None:
    """503; when it is back the same completion works."""
    browser = sign_in(cast.clara)
    ids = sent(browser, cast.exchange, some(2))
    working, settings = app.extensions["store"], app.config["SETTINGS"]
    try:
        app.config["SETTINGS"] = dataclasses.replace(settings, s3_endpoint_url="http://127.0.0.1:9")
        storage.init_app(app)
        assert complete(browser, ids).status_code == 503
    finally:
        app.config["SETTINGS"], app.extensions["store"] = settings, working
    assert names_in(session, cast.exchange) == []
    assert all("file" in each for each in complete(browser, ids).json["files"])


@pytest.mark.usefixtures("empty_bucket")
def test_batches_that_nobody_completes_are_swept(cast: Any, sign_in: Any, session: Any) -> None:
    """Seven days later the rows are closed and the objects go; what was published stays."""
    browser = sign_in(cast.clara)
    kept, *late = sent(browser, cast.exchange, some(4))
    complete(browser, [kept])
    session.execute(update(Upload).where(Upload.id.in_(late)).values(expires_at=func.now() - timedelta(seconds=1)))
    session.commit()  # the refusal that follows rolls back what is open
    assert {each["problem"]["status"] for each in complete(browser, late).json["files"]} == {410}
    assert reaper.expire_uploads() == 3
    assert reaper.delete_due_objects() == 3
    storage.put(f"files/{cast.acme.id.hex}/{uuid.uuid4().hex}/{uuid.uuid4().hex}", b"stray")
    assert len(_faults()) == 1
    # Previews of other tests, whose rows are rolled back, go with it.
    assert reaper.sweep_orphans(grace=timedelta(minutes=-5)) >= 1
    assert _faults() == []
    assert len(names_in(session, cast.exchange)) == 1
