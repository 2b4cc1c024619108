"""What is no upload at all: floods, wrong types, nesting. Refused with a sentence, in bounded time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from portal.files.models import Upload
from portal.kit.db import db
from tests.figures import record_figure
from tests.files.uploading import JSON, begin, checksum

MIB = 1024 * 1024
WRONG: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "x", "\x00", "\ud800", [], [[]], [None], {}, {"a": {}}, "1", "-1",
    ["x"] * 3, {"1": "x"}, "9" * 400,
]  # fmt: skip


@pytest.fixture
def doors(cast: Any, sign_in: Any) -> Callable[[Any], list[Any]]:
    """The answers of every door of uploads to one body."""
    browser = sign_in(cast.clara)
    begun = begin(browser, cast.exchange, "a.txt", 1).json
    addresses = [
        f"/folders/{cast.exchange.id}/uploads",
        f"/folders/{cast.exchange.id}/upload-batches",
        f"/folders/{cast.exchange.id}/folders",
        "/upload-batches/completion",
        f"/uploads/{begun['id']}/addresses",
        f"/uploads/{begun['id']}/completion",
    ]

    def knock(body: Any) -> list[Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return [browser.post(to, data=data, headers=JSON, content_type="application/json") for to in addresses]

    return knock


@pytest.mark.parametrize("body", WRONG, ids=lambda body: repr(body)[:20])
def test_a_body_of_another_shape_is_refused(doors: Any, body: Any) -> None:
    for answer in doors(body):
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json["detail"]


def test_every_field_of_a_wrong_type_is_refused(cast: Any, sign_in: Any, session: Any) -> None:
    """One field at a time, the others as they should be; nothing is ever begun by it that cannot be ended."""
    browser, good = sign_in(cast.clara), {"name": "a.txt", "size": 1, "sha256": checksum(b"x")}
    tried = 0
    for wrong in WRONG:
        for field in good:
            sent = json.dumps({"files": [{**good, field: wrong}], "on_conflict": wrong})
            batch = browser.post(
                f"/folders/{cast.exchange.id}/upload-batches", data=sent, headers=JSON, content_type="application/json"
            )
            assert batch.status_code in (201, 403, 413, 422), batch.text
            one = browser.post(
                f"/folders/{cast.exchange.id}/uploads", data=json.dumps({**good, field: wrong, "on_conflict": wrong}),
                headers=JSON, content_type="application/json",
            )  # fmt: skip
            assert one.status_code in (201, 409, 413, 422), one.text
            tried += 2
    assert {upload.size for upload in db.session.query(Upload)} <= {0, 1}
    record_figure("upload doors: bodies of wrong types, answers of 500", 0, f"0 of {tried}")


@pytest.mark.parametrize("depth", [1_000, 100_000, 3_000_000])
@pytest.mark.parametrize("opened", ["[", '{"files":'])
def test_deep_nesting_is_refused(doors: Any, depth: int, opened: str) -> None:
    data = (opened * depth).encode()[: 7 * MIB]
    assert {answer.status_code for answer in doors(data)} <= {413, 422}


def test_eighty_thousand_entries_are_refused_with_little_memory(doors: Any) -> None:
    files = {
        "files": [{"name": "a", "size": 1, "sha256": "x"}] * 80_000,
        "uploads": [f"{n:032x}" for n in range(80_000)],
    }
    files |= {"checksums": ["x"] * 80_000, "parts": {str(number): "x" for number in range(80_000)}}
    data = json.dumps(files).encode()
    assert len(data) < 8 * MIB
    tracemalloc.start()
    began = time.process_time()
    answers = doors(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {answer.status_code for answer in answers} == {422}
    assert most < 200 * MIB
    assert time.process_time() - began < 60
    record_figure("upload doors: MiB of memory for 80,000 entries", round(most / MIB), "< 200")


def test_fifty_megabytes_are_not_read(doors: Any) -> None:
    tracemalloc.start()
    answers = doors(b'{"files": "' + b"x" * (50 * MIB) + b'"}')
    tracemalloc.stop()
    assert {answer.status_code for answer in answers} == {413}
    assert all("too large" in answer.json["detail"] for answer in answers)


def test_floods_of_form_fields_and_parts_are_cut(cast: Any, sign_in: Any) -> None:
    """A form of a hundred thousand parts, of a field of seven megabytes, of a million fields."""
    browser = sign_in(cast.clara)
    door = f"/folders/{cast.exchange.id}/folders"
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n' for _ in range(100_000)) + b"--b--"
    many = browser.post(door, data=parts, content_type="multipart/form-data; boundary=b")
    assert many.status_code == 413
    long = browser.post(door, data={"name": "x" * (7 * MIB)})
    assert long.status_code in (413, 422)
    fields = browser.post(door, data=b"a=&" * 1_000_000, content_type="application/x-www-form-urlencoded")
    assert fields.status_code in (400, 413, 422)
