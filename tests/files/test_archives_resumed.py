"""Archives that were cut are taken up where they ended: the same bytes, or the whole anew, never a mixture."""

from __future__ import annotations

import gc
import io
import random
import tracemalloc
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.files import checksums
from portal.files.commands import archive_stream, archives
from portal.files.commands.archives import Archive, Entry, open_archive
from portal.files.commands.completion import store_bytes
from portal.files.commands.files import rename_file
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.files.zip_layout import Item, Layout
from portal.kit import storage
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.figures import record_figure

AT = (2026, 3, 29, 2, 30, 0)


@pytest.fixture
def filled(cast: Any) -> Any:
    """Files of every size that matters: empty, one byte, some kilobytes, more than one chunk."""
    chance = random.Random(8)
    for name, size in (("empty", 0), ("one.bin", 1), ("é ü.txt", 5_000), ("large.bin", 2_500_000), ("z.txt", 77)):
        store_bytes(cast.exchange, name, chance.randbytes(size), actor=cast.alice)
    below = create_folder(cast.exchange, name="Below", actor=cast.alice)
    store_bytes(below, "deep.txt", b"deep", actor=cast.alice)
    create_folder(below, name="Nothing in it", actor=cast.alice)
    return cast


def address(cast: Any) -> str:
    """The archive of the folder that Clara may read."""
    return f"/folders/{cast.exchange.id}/archive"


def part(browser: Any, path: str, begin: int | str, etag: str, end: int | str = "") -> Any:
    """What a browser asks for that goes on with a download."""
    return browser.get(path, headers={"Range": f"bytes={begin}-{end}", "If-Range": etag})


@pytest.mark.parametrize("with_memory", [True, False], ids=["remembered", "forgotten"])
def test_taken_up_at_any_byte_it_is_the_same_archive(
    filled: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch, with_memory: bool
) -> None:
    if not with_memory:
        monkeypatch.setattr(archive_stream, "remembered", lambda _keys: {})
    browser, path = sign_in(filled.clara), address(filled)
    whole = browser.get(path)
    data, etag, size = whole.data, whole.headers["ETag"], whole.content_length
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert len(data) == size
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    chance = random.Random(5)
    edges = [0, 1, size - 1, size - 22, size - 23]
    archive = open_archive(filled.clara.viewer, filled.acme.id, folder_ids=[filled.exchange.id], file_ids=[], name="x")
    edges += [start + by for start in archive.layout.starts for by in (-1, 0, 60) if 0 <= start + by < size]
    places = sorted({*edges, *(chance.randrange(size) for _ in range(6))})
    wrong = []
    for place in places:
        answer = part(browser, path, place, etag)
        if (answer.status_code, answer.data) != (206, data[place:]):
            wrong.append(place)
        assert answer.headers["Content-Range"] == f"bytes {place}-{size - 1}/{size}"
        assert answer.content_length == size - place
    record_figure("archive: taken up at a byte and not the same", len(wrong), f"0 of {len(places)}", not wrong)
    assert wrong == []
    middle = part(browser, path, 70, etag, 4000)
    assert (middle.status_code, middle.data) == (206, data[70:4001])
    last = browser.get(path, headers={"Range": "bytes=-30", "If-Range": etag})
    assert last.data == data[-30:]
    assert browser.get(path).data == data, "asked again, it is the same"


def test_who_does_not_say_which_archive_gets_all_of_it(filled: Any, sign_in: Any) -> None:
    browser, path = sign_in(filled.clara), address(filled)
    whole = browser.get(path)
    etag = whole.headers["ETag"]
    for headers in (
        {"Range": "bytes=10-"},
        {"Range": "bytes=10-", "If-Range": f"W/{etag}"},
        {"Range": "bytes=10-", "If-Range": '"another"'},
        {"Range": "bytes=10-", "If-Range": "Sun, 22 Nov 2026 04:00:00 GMT"},
        {"Range": "bytes=1-2,5-6", "If-Range": etag},
        {"Range": "lines=1-2", "If-Range": etag},
        {"Range": "bytes=nonsense", "If-Range": etag},
        {"Range": "bytes=9-3", "If-Range": etag},
    ):
        answer = browser.get(path, headers=headers)
        assert (answer.status_code, answer.data) == (200, whole.data), headers
    beyond = part(browser, path, whole.content_length, etag)
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{whole.content_length}"
    head = browser.head(path, headers={"Range": "bytes=10-", "If-Range": etag})
    assert head.status_code in (200, 206)


@pytest.mark.parametrize("change", ["added", "renamed", "right", "content", "folder"])
def test_where_anything_changed_the_new_archive_is_sent_whole(filled: Any, sign_in: Any, change: str) -> None:
    browser, path = sign_in(filled.clara), address(filled)
    before = browser.get(path)
    if change == "added":
        store_bytes(filled.exchange, "new.txt", b"new", actor=filled.alice)
    elif change == "renamed":
        one = db.session.scalars(archives.openable_files(filled.bob.viewer)).first()
        rename_file(one, name="renamed.txt", actor=filled.bob)
    elif change == "right":
        below = db.session.scalars(archives.visible_folders(filled.bob.viewer).where(archives.Folder.name == "Below"))
        set_level(below.one(), person=filled.clara, level=Level.NONE, actor=filled.alice)
    elif change == "content":
        from tests.files.test_versions import filled as with_versions

        with_versions(filled.exchange, "v.txt", b"one", b"two", actor=filled.bob)
    else:
        create_folder(filled.exchange, name="One more", actor=filled.alice)
    answer = part(browser, path, 1000, before.headers["ETag"])
    assert answer.status_code == 200
    assert answer.headers["ETag"] != before.headers["ETag"]
    assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    if change == "right":
        assert "deep.txt" not in " ".join(zipfile.ZipFile(io.BytesIO(answer.data)).namelist())


def test_who_lost_the_right_or_never_had_it_gets_no_part(filled: Any, sign_in: Any) -> None:
    browser, path = sign_in(filled.clara), address(filled)
    etag = browser.get(path).headers["ETag"]
    assert part(sign_in(filled.mallory), path, 10, etag).status_code == 404
    assert part(sign_in(filled.tess), path, 10, etag).status_code == 404
    set_level(filled.exchange, person=filled.clara, level=Level.NONE, actor=filled.alice)
    left = part(browser, path, 10, etag)
    assert left.status_code == 200, "what lies below keeps its own levels"
    assert zipfile.ZipFile(io.BytesIO(left.data)).namelist() == ["Below/", "Below/Nothing in it/", "Below/deep.txt"]


def test_a_right_that_ends_while_a_part_is_sent_cuts_it(filled: Any, sign_in: Any) -> None:
    browser, path = sign_in(filled.clara), address(filled)
    whole = browser.get(path)
    answer = browser.get(
        path, headers={"Range": "bytes=5-", "If-Range": whole.headers["ETag"]}, buffered=False
    )  # fmt: skip
    pieces = iter(answer.response)
    sent = next(pieces)
    set_level(filled.exchange, person=filled.clara, level=Level.NONE, actor=filled.alice)
    with pytest.raises(archives.RightsEnded):
        sent += b"".join(pieces)
    assert len(sent) < whole.content_length - 5


def test_the_log_names_what_a_part_still_holds_and_nothing_for_a_mere_look(filled: Any, sign_in: Any) -> None:
    browser, path = sign_in(filled.clara), address(filled)

    def told() -> int:
        return db.session.scalar(select(func.count()).where(Activity.verb == "file.archived")) or 0

    browser.head(path)
    assert told() == 0
    whole = browser.get(path)
    assert told() == 6
    archive = open_archive(filled.clara.viewer, filled.acme.id, folder_ids=[filled.exchange.id], file_ids=[], name="x")
    part(browser, path, archive.layout.starts[len(archive.layout) - 2], whole.headers["ETag"])
    assert told() == 8, "the last two files"
    part(browser, path, archive.layout.directory, whole.headers["ETag"])
    assert told() == 8, "the directory holds no content"


def test_a_content_that_is_not_as_long_as_it_was_breaks_the_archive_off(filled: Any, sign_in: Any) -> None:
    archive = open_archive(filled.clara.viewer, filled.acme.id, folder_ids=[filled.exchange.id], file_ids=[], name="x")
    entry = next(entry for entry in archive.entries if entry.size == 77)
    for content in (b"short", b"much longer" * 20):
        storage.put(entry.object_key, content)
        with pytest.raises(archive_stream.ContentChanged):
            _ = sign_in(filled.clara).get(address(filled)).data


def test_whoever_goes_away_in_the_middle_leaves_nothing_open(
    filled: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading of the store is closed with the answer, not some time later."""
    closed: list[str] = []
    read = storage.read

    def watched(key: str, *args: Any, **kwargs: Any) -> Any:
        try:
            yield from read(key, *args, **kwargs)
        finally:
            closed.append(key)

    monkeypatch.setattr(storage, "read", watched)
    answer = sign_in(filled.clara).get(address(filled), buffered=False)
    pieces, sent = iter(answer.response), 0
    while sent < 1_200_000:
        sent += len(next(pieces))
    before = len(closed)
    answer.close()
    assert len(closed) == before + 1


def test_without_a_cache_checksums_are_read_again(filled: Any, sign_in: Any, app: Any) -> None:
    import redis

    browser, path = sign_in(filled.clara), address(filled)
    whole = browser.get(path)
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
    before = app.extensions.get("checksums")
    app.extensions["checksums"] = away
    try:
        size = whole.content_length
        assert part(browser, path, size - 500, whole.headers["ETag"]).data == whole.data[-500:]
        assert checksums.remembered(["x"]) == {}
    finally:
        app.extensions["checksums"] = before


def _written(path: Path, layout: Layout, contents: dict[int, bytes]) -> None:
    """The archive as a file with holes where nobody wrote content."""
    with path.open("wb") as out:
        for number, item in enumerate(layout.items):
            out.seek(layout.starts[number])
            out.write(layout.header(number))
            data = contents.get(number, b"")
            out.write(data)
            out.seek(item.size - len(data), io.SEEK_CUR)
            out.write(layout.descriptor(number, zlib.crc32(data)))
        out.seek(layout.directory)
        for number in range(len(layout)):
            out.write(layout.listed(number, zlib.crc32(contents.get(number, b""))))
        out.write(layout.end())


@pytest.mark.parametrize("large", [5 * 1024**3, 2**32 - 1, 2**31 - 1, 2**31])
def test_files_beyond_4_gib_and_what_follows_them_are_found(tmp_path: Path, large: int) -> None:
    layout = Layout([Item("large.bin", large, AT), Item("after.txt", 5, AT), Item("second.bin", large, AT)])
    _written(tmp_path / "x.zip", layout, {1: b"after"})
    assert (tmp_path / "x.zip").stat().st_size == layout.size
    with zipfile.ZipFile(tmp_path / "x.zip") as read:
        assert [(info.filename, info.file_size) for info in read.infolist()] == [
            ("large.bin", large), ("after.txt", 5), ("second.bin", large),
        ]  # fmt: skip
        assert read.read("after.txt") == b"after"
        assert read.getinfo("after.txt").date_time == AT


@pytest.mark.parametrize("count", [65_535, 65_536])
def test_more_entries_than_16_bits_count_are_all_found(tmp_path: Path, count: int) -> None:
    layout = Layout([Item(f"{number}", 0, AT) for number in range(count)])
    _written(tmp_path / "x.zip", layout, {})
    assert (tmp_path / "x.zip").stat().st_size == layout.size
    with zipfile.ZipFile(tmp_path / "x.zip") as read:
        assert len(read.infolist()) == count


def test_dates_that_zip_cannot_write_are_moved_to_the_nearest(tmp_path: Path) -> None:
    layout = Layout([Item("a", 0, (1970, 1, 1, 0, 0, 0)), Item("b/", 0, (2199, 1, 1, 0, 0, 0))])
    _written(tmp_path / "x.zip", layout, {})
    with zipfile.ZipFile(tmp_path / "x.zip") as read:
        assert [info.date_time[0] for info in read.infolist()] == [1980, 2107]


def _sent(count: int) -> None:
    """An archive of so many files, sent to nobody."""
    key, ident = "files/any", uuid.uuid4()
    entries = [Entry(uuid.uuid4(), f"Folder/File {n}.txt", 5, f"{key}{n}", uuid.uuid4(), AT) for n in range(count)]
    archive = Archive("x.zip", [], entries)
    assert sum(len(piece) for piece in archives.stream(archive, person_id=ident, session_id=ident)) == archive.size


def test_ten_thousand_files_take_hardly_more_memory_than_a_thousand(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is planned and written for each; the store and the question about rights are the same for every file."""
    monkeypatch.setattr(archive_stream._Pieces, "_ask", lambda _self, *_entries: None)
    monkeypatch.setattr(storage, "read", lambda _key, **_more: iter([b"12345"]))
    monkeypatch.setattr(storage, "fetcher", lambda: lambda _key, _count: b"12345")
    peaks = {}
    with app.app_context():
        _sent(50)
        for count in (1_000, 10_000):
            gc.collect()
            tracemalloc.start()
            _sent(count)
            peaks[count] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    each = (peaks[10_000] - peaks[1_000]) / 9_000
    large = round(peaks[10_000] / 1e6, 1)
    record_figure("archive: memory for each further file (bytes)", round(each), "2,000 at most", each < 2000)
    record_figure("archive: peak for 10,000 files (MB)", large, "20 at most", large < 20)
    assert each < 2000
    assert large < 20
