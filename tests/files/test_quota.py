"""Room for documents: per client and for all together, at the beginning and at the end of an upload."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from sqlalchemy import insert

from portal.files.acceptance import QuotaExceeded
from portal.files.commands.bin import bin_file
from portal.files.commands.client_room import set_client_room
from portal.files.commands.completion import store_bytes
from portal.files.models import File, FileVersion
from portal.files.quota import room_left, usage_of
from portal.kit.db import db, new_id
from portal.kit.errors import Conflict
from portal.kit.names import name_key, search_key
from tests.cast import Cast
from tests.files.uploading import JSON, address, begin, checksum, complete, send, upload_file
from tests.statements import counted


def _limit(thing: Any, **values: int | None) -> None:
    for name, value in values.items():
        setattr(thing, name, value)
    db.session.commit()


def _batch(browser: Any, folder: Any, sizes: list[int]) -> Any:
    files = [{"name": f"{n}.txt", "size": size, "sha256": checksum(b"x" * size)} for n, size in enumerate(sizes)]
    return browser.post(f"/folders/{folder.id}/upload-batches", json={"files": files}, headers=JSON)


def test_the_clients_own_limit_comes_before_the_firms_and_that_before_the_installations(cast: Cast) -> None:
    everywhere = usage_of(cast.acme.id).limit
    assert everywhere > 10**9
    _limit(cast.firm, client_quota_bytes=5000)
    assert usage_of(cast.acme.id).limit == 5000
    _limit(cast.acme, quota_bytes=300)
    assert (usage_of(cast.acme.id).limit, usage_of(cast.acme.id).own) == (300, 300)
    assert usage_of(cast.other.id).limit == 5000


def test_an_upload_that_does_not_fit_is_refused_before_a_byte_is_sent(cast: Cast, sign_in: Any) -> None:
    _limit(cast.acme, quota_bytes=1000)
    clara = sign_in(cast.clara)
    assert begin(clara, cast.exchange, "fits.txt", 600).status_code == 201
    refused = begin(clara, cast.exchange, "too much.txt", 401)
    assert refused.status_code == 422
    assert "“too much.txt”" in refused.json["detail"]
    assert begin(clara, cast.exchange, "just fits.txt", 400).status_code == 201
    assert begin(sign_in(cast.mallory), cast.other_folder, "elsewhere.txt", 5000).status_code == 201


def test_a_batch_takes_what_fits(cast: Cast, sign_in: Any) -> None:
    _limit(cast.acme, quota_bytes=1000)
    answers = _batch(sign_in(cast.clara), cast.exchange, [600, 500, 400]).json["files"]
    assert [("id" in answer) for answer in answers] == [True, False, True]


def test_versions_and_the_bin_count(cast: Cast, session: Any) -> None:
    before = usage_of(cast.acme.id).used
    file = store_bytes(cast.exchange, "plan.txt", b"x" * 100, actor=cast.bob)
    bin_file(file, actor=cast.bob)
    assert usage_of(cast.acme.id).used == before + 100


def test_room_that_is_taken_away_meanwhile_ends_an_upload(cast: Cast, session: Any, sign_in: Any) -> None:
    clara, data = sign_in(cast.clara), b"x" * 800
    begun = begin(clara, cast.exchange, "late.txt", len(data))
    assert send(address(clara, begun.json, 1, data), data) == 200
    small = b"y" * 500
    batch = _batch(clara, cast.exchange, [500]).json["files"][0]
    sum_of_small = base64.b64encode(hashlib.sha256(b"x" * 500).digest()).decode()
    assert batch["headers"]["x-amz-checksum-sha256"] == sum_of_small
    assert send(batch, b"x" * len(small)) == 200
    _limit(cast.acme, quota_bytes=100)
    assert complete(clara, begun.json, data).status_code == 422
    done = clara.post("/upload-batches/completion", json={"uploads": [batch["id"]]}, headers=JSON).json["files"]
    assert "There is no room left" in done[0]["problem"]["detail"]
    assert session.query(File).filter(File.name.in_(["late.txt", "0.txt"])).count() == 0


def test_the_limit_for_all_clients_together_holds_for_each(cast: Cast, sign_in: Any) -> None:
    used = usage_of(cast.acme.id).used + usage_of(cast.other.id).used
    _limit(cast.firm, quota_bytes=used + 1000)
    assert upload_file(sign_in(cast.mallory), cast.other_folder, "theirs.txt", b"x" * 700).status_code == 200
    refused = begin(sign_in(cast.clara), cast.exchange, "ours.txt", 301)
    assert refused.status_code == 422
    assert begin(sign_in(cast.clara), cast.exchange, "ours.txt", 300).status_code == 201
    with pytest.raises(QuotaExceeded):
        store_bytes(cast.exchange, "more.txt", b"x", actor=cast.bob)


def test_the_card_says_how_full_it_is_and_administrators_change_the_limit(cast: Cast, sign_in: Any) -> None:
    store_bytes(cast.exchange, "plan.txt", b"x" * 950_000, actor=cast.bob)
    alice, path = sign_in(cast.alice), f"/clients/{cast.acme.id}/room"
    for nonsense in ("-1", "0", "x", "1e9", "9" * 30, "1.2345"):
        assert alice.post(path, data={"quota": nonsense, "before": ""}).status_code == 422, nonsense
    assert alice.post(path, data={"quota": "0.001", "before": ""}).status_code == 303
    fragment = alice.get(path, headers={"HX-Request": "true"})
    assert "nearly full" in fragment.text
    assert "<html" not in fragment.text
    assert "Change the limit" in fragment.text
    bob = sign_in(cast.bob)
    assert "nearly full" in bob.get(path).text
    assert "Change the limit" not in bob.get(path, headers={"HX-Request": "true"}).text
    assert bob.post(path, data={"quota": "5", "before": ""}).status_code == 403
    for stranger in (cast.clara, cast.diego, cast.mallory, cast.tess):
        assert sign_in(stranger).get(path).status_code == 404
        assert sign_in(stranger).post(path, data={"quota": "5"}).status_code == 404
    assert alice.post(path, data={"quota": "", "before": "1000000"}).status_code == 303
    assert usage_of(cast.acme.id).own is None


def test_two_who_change_the_limit_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    set_client_room(cast.acme, quota_bytes=5000, before=None, actor=cast.alice)
    with pytest.raises(Conflict):
        set_client_room(cast.acme, quota_bytes=7000, before=None, actor=cast.alice)
    assert set_client_room(cast.acme, quota_bytes=5000, before=None, actor=cast.alice).quota_bytes == 5000


def test_the_question_for_room_takes_two_statements_whatever_the_number_of_files(cast: Cast, session: Any) -> None:
    files, versions = [], []
    for number in range(2_000):
        ident, version_id, name = new_id(), new_id(), f"{number}.txt"
        same = {"size": 10, "content_type": "text/plain"}
        files.append(
            {
                "id": ident, "client_id": cast.acme.id, "folder_id": cast.exchange.id, "name": name,
                "name_key": name_key(name), "search_key": search_key(name), "version_id": version_id, **same,
            }
        )  # fmt: skip
        versions.append({"id": version_id, "file_id": ident, "number": 1, "object_key": f"q/{number}", **same})
    session.execute(insert(File), files)
    session.execute(insert(FileVersion), versions)
    before = usage_of(cast.other.id)
    with counted() as statements:
        left = room_left(cast.acme.id)
    assert len(statements) == 2, statements
    assert left == before.limit - 20_000
