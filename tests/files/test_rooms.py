"""Room is taken by whatever comes in, under one lock: nobody gets above a limit, and nobody adds up all versions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from portal.accounts.models import Firm
from portal.clients.models import Client
from portal.files.acceptance import QuotaExceeded
from portal.files.commands.batches import Begun, begin_batch
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.copies import restore_version
from portal.files.commands.for_ever import delete_for_ever
from portal.files.commands.rooms import count_again
from portal.files.commands.uploads import abort_upload, begin_upload
from portal.files.models import BinEntry, ClientRoom, File, FileVersion, Folder, Upload
from portal.files.quota import room_left, usage_of
from portal.files.verify import verify
from portal.kit.db import db, new_id
from portal.kit.names import name_key, search_key
from tests.at_once import at_once
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.chosen import confirmed_copy, copy_of
from tests.files.uploading import checksum
from tests.statements import counted


def _taken(client: Client) -> int | None:
    return db.session.scalar(select(ClientRoom.taken).where(ClientRoom.client_id == client.id))


def _batch(folder: Folder, sizes: list[int], actor: Any) -> list[Any]:
    files = [{"name": f"{uuid.uuid4()}.txt", "size": size, "sha256": checksum(b"x")} for size in sizes]
    return begin_batch(folder, files, actor=actor)


def _old_files(folder: Folder, count: int, size: int) -> None:
    """Files whose room nobody took."""
    for _ in range(count):
        ident, version_id, name = new_id(), new_id(), f"{uuid.uuid4()}.txt"
        same = {"size": size, "content_type": "text/plain"}
        keys = {"name": name, "name_key": name_key(name), "search_key": search_key(name)}
        db.session.add(
            File(id=ident, client_id=folder.client_id, folder_id=folder.id, version_id=version_id, **keys, **same)
        )
        db.session.flush()
        db.session.add(FileVersion(id=version_id, file_id=ident, number=1, object_key=f"files/{version_id}", **same))
    db.session.commit()


def test_what_is_there_already_is_counted_once_and_then_only_what_comes_in(cast: Cast, session: Any) -> None:
    _old_files(cast.exchange, 3, 1000)
    cast.acme.quota_bytes = 10_000
    assert _taken(cast.acme) is None
    begin_upload(cast.exchange, name="a.txt", size=500, actor=cast.bob)
    assert _taken(cast.acme) == 3500
    with counted() as statements:
        begin_upload(cast.exchange, name="b.txt", size=500, actor=cast.bob)
    assert not [one for one in statements if "sum(" in one.lower()], statements
    assert _taken(cast.acme) == usage_of(cast.acme.id).used == 4000


def test_what_went_gives_its_room_back_when_it_is_wanted(cast: Cast, session: Any) -> None:
    cast.acme.quota_bytes = 1000
    upload = begin_upload(cast.exchange, name="a.txt", size=900, actor=cast.bob)
    with pytest.raises(QuotaExceeded):
        begin_upload(cast.exchange, name="b.txt", size=200, actor=cast.bob)
    abort_upload(upload, actor=cast.bob)
    assert _taken(cast.acme) == 900
    begin_upload(cast.exchange, name="b.txt", size=200, actor=cast.bob)
    assert _taken(cast.acme) == usage_of(cast.acme.id).used == 200


def test_what_is_erased_leaves_room_for_a_batch(cast: Cast, session: Any) -> None:
    file = store_bytes(cast.exchange, "a.txt", b"x" * 800, actor=cast.bob)
    cast.acme.quota_bytes = 1000
    assert [isinstance(one, Begun) for one in _batch(cast.exchange, [150, 100, 50], cast.bob)] == [True, False, True]
    bin_file(file, actor=cast.bob)
    assert not isinstance(_batch(cast.exchange, [100], cast.bob)[0], Begun), "what lies in the bin counts"
    delete_for_ever(session.scalars(select(BinEntry)).one(), actor=cast.bob)
    assert all(isinstance(one, Begun) for one in _batch(cast.exchange, [500, 300], cast.bob))
    assert not isinstance(_batch(cast.exchange, [1], cast.bob)[0], Begun)


def test_copies_take_room_and_are_refused_where_there_is_none(cast: Cast, session: Any) -> None:
    file = store_bytes(cast.books, "a.txt", b"x" * 400, actor=cast.bob)
    cast.acme.quota_bytes = 1000
    copy_of(file, to=cast.payroll, actor=cast.bob)
    assert _taken(cast.acme) == usage_of(cast.acme.id).used == 800
    with pytest.raises(QuotaExceeded) as refused:
        confirmed_copy(cast.books, to=cast.root, actor=cast.bob)
    assert "Accounts" in str(refused.value)
    assert "200\xa0" in str(refused.value)


def test_a_version_that_is_brought_back_counts_and_is_never_refused(cast: Cast, session: Any) -> None:
    file = store_bytes(cast.exchange, "a.txt", b"x" * 400, actor=cast.bob)
    first = session.get_one(FileVersion, file.version_id)
    newer = FileVersion(
        file_id=file.id, number=2, object_key=first.object_key, size=400, content_type="text/plain", sha256=first.sha256
    )
    session.add(newer)
    file.version_id = newer.id
    session.execute(delete(ClientRoom))
    session.commit()
    cast.acme.quota_bytes = 900
    restore_version(file, first, actor=cast.bob)
    assert _taken(cast.acme) == usage_of(cast.acme.id).used == 1200
    assert room_left(cast.acme.id) == -300


def test_the_daily_count_sets_right_what_is_not_exact_and_verify_says_what_is_too_little(
    cast: Cast, session: Any
) -> None:
    store_bytes(cast.exchange, "a.txt", b"x" * 400, actor=cast.bob)
    upload = begin_upload(cast.exchange, name="b.txt", size=500, actor=cast.bob)
    abort_upload(upload, actor=cast.bob)
    session.execute(update(Upload).values(state="aborted"))
    assert not [line for line in verify(read_contents=False) if "counted" in line], "too much is no fault"
    assert count_again() == 1
    assert (_taken(cast.acme), count_again()) == (400, 0)
    session.execute(update(ClientRoom).values(taken=399))
    session.commit()
    said = [line for line in verify(read_contents=False) if "counted" in line]
    assert said == [f"Client {cast.acme.id}: its documents take 400 bytes, and 399 are counted."]
    session.execute(delete(ClientRoom))
    assert count_again() == 1
    assert _taken(cast.acme) == 400


def test_an_erased_client_takes_its_row_along(cast: Cast, session: Any) -> None:
    begin_upload(cast.exchange, name="b.txt", size=500, actor=cast.bob)
    session.execute(delete(Client).where(Client.id == cast.acme.id))
    assert _taken(cast.acme) is None


def test_nobody_gets_above_the_clients_limit_by_racing(real: tuple[Flask, Cast]) -> None:
    """Single uploads, batches, contents of the server and copies at once, the row being made by the first of them."""
    app, cast = real
    rounds, limit, most = 8, 1000, 0
    with app.app_context():
        source = store_bytes(cast.books, "source.txt", b"x" * 90, actor=cast.bob).id
        db.session.execute(update(Client).where(Client.id == cast.acme.id).values(quota_bytes=limit))
        db.session.commit()

    def begin() -> object:
        folder = db.session.get_one(Folder, cast.exchange.id)
        return begin_upload(folder, name=f"{uuid.uuid4()}.txt", size=90, actor=cast.bob)

    def batch() -> object:
        return _batch(db.session.get_one(Folder, cast.exchange.id), [70, 70, 70], cast.bob)

    def store() -> object:
        return store_bytes(db.session.get_one(Folder, cast.books.id), f"{uuid.uuid4()}.txt", b"x" * 80, actor=cast.bob)

    def copy() -> object:
        file = db.session.get_one(File, source)
        return confirmed_copy(file, to=db.session.get_one(Folder, cast.books.id), actor=cast.bob)

    for number in range(rounds):
        outcomes = at_once(app, begin, begin, begin, batch, batch, store, store, copy, copy, begin)
        with app.app_context():
            used, taken = usage_of(cast.acme.id).used, _taken(cast.acme)
            assert used <= limit
            assert taken is not None
            assert taken >= used
            most = max(most, used)
            db.session.execute(update(Upload).values(state="aborted"))
            db.session.execute(delete(File).where(File.id != source))
            # Every other round begins with a client that was never counted.
            if number % 2:
                db.session.execute(delete(ClientRoom))
            db.session.commit()
        assert any(isinstance(outcome, QuotaExceeded) for outcome in outcomes)
    assert most > 900, "the race filled the room"
    record_figure("uploads, batches and copies that race for room: bytes above the limit", 0, 0)


def test_nobody_gets_above_the_limit_of_all_clients_by_racing(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    with app.app_context():
        for folder, actor in ((cast.exchange, cast.clara), (cast.other_folder, cast.mallory)):
            begin_upload(db.session.get_one(Folder, folder.id), name="first.txt", size=1, actor=actor)
        db.session.execute(update(Firm).values(quota_bytes=1000))
        db.session.commit()

    def begin(folder_id: uuid.UUID, actor: Any) -> Callable[[], object]:
        def one() -> object:
            folder = db.session.get_one(Folder, folder_id)
            return begin_upload(folder, name=f"{uuid.uuid4()}.txt", size=150, actor=actor)

        return one

    outcomes = at_once(app, *[begin(cast.exchange.id, cast.clara), begin(cast.other_folder.id, cast.mallory)] * 5)
    assert sum(isinstance(outcome, Upload) for outcome in outcomes) == 6
    with app.app_context():
        assert db.session.scalar(select(func.sum(Upload.size)).where(Upload.state == "pending")) == 902
