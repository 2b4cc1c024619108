"""Previews: what is made of each format, who sees it, and that it goes when the file goes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from PIL import Image
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.contents.commands.making import make, make_pages
from portal.contents.commands.promising import catch_up
from portal.contents.models import FileText, Preview, Rendition
from portal.files import reaper
from portal.files.commands.completion import store_bytes
from portal.files.commands.publish import VERSION, publish
from portal.files.commands.rights import set_level
from portal.files.models import FileVersion
from portal.files.rendition_objects import promise_their_deletion
from portal.files.verify import verify
from portal.kit import storage
from portal.kit.db import db
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.contents import papers
from tests.statements import counted

Put = Callable[..., Any]
_SAME_WORDS = {"pdf": "facture", "docx": "factures", "xlsx": "Fournisseurs", "eml": "Bonjour", "pptx": "Prévisions"}


def preview_of(file: Any) -> Preview:
    return db.session.get_one(Preview, file.version_id, populate_existing=True)


def faults_about(file: Any) -> list[str]:
    """What the check of database and bucket says of this version; the bucket holds other tests' objects as well."""
    return [fault for fault in verify() if file.version_id.hex in fault]


def fetched(answer: Any) -> Any:
    """What the store gives for a 303."""
    assert answer.status_code == 303, answer.status_code
    assert "X-Amz-Expires=60" in answer.location
    assert answer.headers["Cache-Control"] == "no-store"
    return urllib3.request("GET", answer.location, retries=False)


def picture(answer: Any) -> Image.Image:
    got = fetched(answer)
    assert (got.status, got.headers["Content-Type"]) == (200, "image/webp")
    return Image.open(io.BytesIO(got.data))


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", papers.pdf(), "pages"),
        ("a.PNG", papers.picture(), "image"),
        ("a.jpg", papers.picture("JPEG"), "image"),
        ("a.gif", papers.picture("GIF"), "image"),
        ("a.tiff", papers.picture("TIFF"), "image"),
        ("a.webp", papers.picture("WEBP"), "image"),
        ("a.bmp", papers.picture("BMP"), "image"),
        ("a.heic", papers.picture("HEIF"), "image"),
        ("a.avif", papers.picture("AVIF"), "image"),
        ("a.txt", "Été".encode(), "text"),
        ("a.md", b"# Title", "text"),
        ("a.docx", papers.word(), "text"),
        ("a.csv", b"a;b\n1;2\n", "table"),
        ("a.xlsx", papers.workbook(), "table"),
        ("a.eml", papers.mail(), "mail"),
        ("a.mp3", b"ID3\x04" + bytes(100), "audio"),
        ("a.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(100), "video"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_format_is_shown_in_its_way(cast: Any, put: Put, sign_in: Any, name: str, data: bytes, kind: str) -> None:
    file = put(name, data)
    assert (preview_of(file).state, preview_of(file).kind) == ("ready", kind)
    browser = sign_in(cast.clara)
    said = browser.get(f"/files/{file.id}/preview")
    assert said.status_code == 200
    if kind in ("pages", "image"):
        assert picture(browser.get(f"/files/{file.id}/preview/pages/1")).width > 100
        assert max(picture(browser.get(f"/files/{file.id}/thumbnail")).size) <= 240
    elif kind in ("audio", "video"):
        assert fetched(browser.get(f"/files/{file.id}/preview/media")).data == data
    else:
        assert browser.get(f"/files/{file.id}/preview/document").status_code == 200
        assert browser.get(f"/files/{file.id}/thumbnail").status_code == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("page.html", b"<script>alert(1)</script>"),
        ("strange.xyz", b"?"),
        ("empty.pdf", b""),
    ],
)
def test_what_could_run_or_is_unknown_has_its_icon_only(
    cast: Any, put: Put, sign_in: Any, name: str, data: bytes
) -> None:
    file = put(name, data)
    assert preview_of(file).state == "none"
    said = sign_in(cast.clara).get(f"/files/{file.id}/preview")
    assert "This file cannot be shown here" in said.text
    assert "<iframe" not in said.text


def test_a_name_that_lies_gets_no_preview_and_a_line_in_the_log(put: Put, capsys: Any) -> None:
    file = put("invoice.pdf", b"<html><script>alert(1)</script></html>")
    assert (preview_of(file).state, preview_of(file).reason) == ("failed", "is not what its ending “pdf” says")
    assert capsys.readouterr().err.count("contents.not_shown") == 1
    make(version_id=str(file.version_id))
    assert capsys.readouterr().err == ""


def test_further_pages_are_made_when_asked_for_and_kept(cast: Any, put: Put, sign_in: Any, session: Any) -> None:
    file = put("long.pdf", papers.pdf(12))
    assert preview_of(file).pages == 12
    browser = sign_in(cast.clara)
    for _again in range(2):
        assert browser.get(f"/files/{file.id}/preview/pages/10").status_code == 202
    entry = session.scalars(select(OutboxEntry).where(OutboxEntry.name == "contents.make_pages")).one()
    make_pages(**entry.payload)
    assert picture(browser.get(f"/files/{file.id}/preview/pages/10")).size == (1401, 1981)
    kept = select(Rendition.number).where(Rendition.version_id == file.version_id, Rendition.kind == "page")
    assert sorted(session.scalars(kept)) == [1, 9, 10, 11, 12]
    make_pages(**entry.payload)
    assert len(session.scalars(kept).all()) == 5
    for number in (0, 13, 2**31, 10**30):
        assert browser.get(f"/files/{file.id}/preview/pages/{number}").status_code == 404
    assert faults_about(file) == []


def test_a_photo_is_upright_and_tells_nothing_about_where_it_was_taken(cast: Any, put: Put, sign_in: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "A camera"
    file = put("photo.jpg", papers.picture("JPEG", (3000, 1200), exif=exif.tobytes()))
    shown = picture(sign_in(cast.clara).get(f"/files/{file.id}/preview/pages/1"))
    assert shown.size == (800, 2000)
    assert not shown.getexif()
    red, _green, blue = shown.convert("RGB").getpixel((400, 100))
    assert red > 200 > 100 > blue


def test_a_document_is_sandboxed_and_holds_nothing_that_runs(cast: Any, put: Put, sign_in: Any) -> None:
    evil = (
        "<p onclick=alert(1)>Hello</p><script>alert(1)</script><img src=http://tracker.example/x.png>"
        "<a href='javascript:alert(1)'>here</a><style>*{display:none}</style><iframe src=//x></iframe><!--said:cut-->"
    )
    file = put("mail.eml", papers.mail(evil))
    answer = sign_in(cast.clara).get(f"/files/{file.id}/preview/document")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Hello" in answer.text
    assert "Bilan.pdf" in answer.text
    for word in ("alert", "tracker", "<script", "<iframe", "onclick", "display:none", "Only the beginning"):
        assert word not in answer.text, word
    page = sign_in(cast.clara).get(f"/files/{file.id}/preview")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert " sandbox></iframe>" in page.text


def test_strangers_learn_nothing(cast: Any, put: Put, sign_in: Any, client: Any) -> None:
    """Mallory, Tess and a depositor who did not upload it get 404 for everything; a visitor is sent to sign in."""
    file = put("plan.pdf", papers.pdf())
    doors = ("preview", "preview/pages/1", "thumbnail", "preview/document", "preview/media")
    for person in (cast.mallory, cast.tess, cast.diego):
        assert {sign_in(person).get(f"/files/{file.id}/{door}").status_code for door in doors} == {404}
    for door in doors:
        assert client.get(f"/files/{file.id}/{door}").status_code in (302, 303)


def test_a_depositor_looks_at_what_they_put_in(cast: Any, put: Put, sign_in: Any) -> None:
    file = put("mine.pdf", papers.pdf(), actor=cast.diego)
    put("others.pdf", papers.pdf())
    said = sign_in(cast.diego).get(f"/files/{file.id}/preview")
    assert said.status_code == 200
    assert "others.pdf" not in said.text


def test_a_revoked_right_is_gone_at_the_next_request(cast: Any, put: Put, sign_in: Any) -> None:
    file = put("plan.pdf", papers.pdf())
    browser = sign_in(cast.clara)
    assert browser.get(f"/files/{file.id}/preview").status_code == 200
    set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    for door in ("preview", "preview/pages/1", "thumbnail"):
        assert browser.get(f"/files/{file.id}/{door}").status_code == 404


def test_who_opens_a_file_stands_in_the_log_once_an_hour(cast: Any, put: Put, sign_in: Any, session: Any) -> None:
    file = put("plan.pdf", papers.pdf())
    for _again in range(3):
        sign_in(cast.clara).get(f"/files/{file.id}/preview")
    opened = select(Activity.actor_id).where(Activity.verb == "file.opened", Activity.file_id == file.id)
    assert session.scalars(opened).all() == [cast.clara.id]


def test_the_eye_looks_without_a_trace_and_without_the_contents(
    cast: Any, put: Put, sign_in: Any, session: Any
) -> None:
    paper, sound = put("plan.pdf", papers.pdf(3)), put("call.mp3", b"ID3\x04" + bytes(100))
    alice = sign_in(cast.alice)
    alice.post(f"/clients/{cast.acme.id}/eye/{cast.clara.id}")
    assert alice.get(f"/files/{paper.id}/preview").status_code == 200
    assert fetched(alice.get(f"/files/{paper.id}/preview/pages/1")).status == 200
    assert alice.get(f"/files/{paper.id}/preview/pages/2").status_code == 202
    assert alice.get(f"/files/{sound.id}/preview/media").status_code == 403
    assert session.scalar(select(func.count()).where(Activity.verb == "file.opened")) == 0
    asked = select(func.count()).where(OutboxEntry.name == "contents.make_pages")
    assert session.scalar(asked) == 0


def test_the_arrows_lead_through_the_files_that_the_reader_sees(
    cast: Any, put: Put, sign_in: Any, session: Any
) -> None:
    first, second, third = (put(f"{name}.txt", b"x" * size) for name, size in (("a", 1), ("b", 9), ("c", 5)))
    put("zz.txt", b"elsewhere", folder=cast.books)

    def around(file: Any) -> list[str]:
        page = sign_in(cast.clara).get(f"/files/{file.id}/preview").text
        return [name for name in ("a.txt", "b.txt", "c.txt") if f"Previous file: {name}" in page] + [
            name for name in ("a.txt", "b.txt", "c.txt", "zz.txt") if f"Next file: {name}" in page
        ]

    assert around(first) == ["b.txt"]
    assert around(second) == ["a.txt", "c.txt"]
    assert around(third) == ["b.txt"]
    cast.clara.documents_sort = "-size"
    session.commit()
    assert around(third) == ["b.txt", "a.txt"]


def test_the_page_takes_a_bounded_number_of_statements(cast: Any, put: Put, sign_in: Any) -> None:
    file = put("long.pdf", papers.pdf(30))
    browser = sign_in(cast.clara)
    browser.get(f"/files/{file.id}/preview")
    with counted() as statements:
        browser.get(f"/files/{file.id}/preview")
    assert len(statements) <= 18, statements


def test_old_files_and_those_let_free_by_the_virus_check_are_found(cast: Any, session: Any) -> None:
    old = store_bytes(cast.exchange, "old.txt", b"old", actor=cast.bob)
    held = store_bytes(cast.exchange, "held.txt", b"held", actor=cast.bob)
    version = session.get_one(FileVersion, held.version_id)
    version.quarantine = "waiting"
    session.commit()
    make(version_id=str(held.version_id))
    assert session.get(Preview, held.version_id) is None
    assert catch_up() == 1
    promised = select(OutboxEntry.payload).where(OutboxEntry.name == "contents.make")
    assert {"version_id": str(old.version_id)} in session.scalars(promised).all()
    assert catch_up() == 0
    version.quarantine = ""
    session.commit()
    assert catch_up() == 1


def test_what_was_made_goes_with_the_version(cast: Any, put: Put, session: Any) -> None:
    """Rows at once, objects by the promised deletion; what nobody promised is swept as an orphan."""
    file = put("plan.pdf", papers.pdf())
    keys = set(session.scalars(select(Rendition.object_key).where(Rendition.version_id == file.version_id)))
    assert len(keys) == 2
    assert session.get(FileText, file.id) is not None
    assert faults_about(file) == []
    assert promise_their_deletion([file.version_id]) == 2
    session.execute(FileVersion.__table__.delete().where(FileVersion.id == file.version_id))
    session.execute(type(file).__table__.delete().where(type(file).id == file.id))
    version_id, file_id = file.version_id, file.id
    session.commit()
    session.expunge_all()
    assert session.get(Preview, version_id) is None
    assert session.get(FileText, file_id) is None
    reaper.delete_due_objects()
    assert [key for key in keys if storage.head(key)] == []
    stray = storage.put("previews/nobody/stray", b"x")
    assert any("stray" in fault for fault in verify())
    reaper.sweep_orphans(grace=timedelta(seconds=-5))
    assert storage.head(stray.key) is None


def test_a_new_version_is_what_is_shown_and_searched(cast: Any, put: Put, session: Any) -> None:
    file = put("plan.txt", b"first words")
    stored = storage.put(f"files/{cast.acme.id.hex}/second", b"second words")
    publish(
        cast.exchange, name="plan.txt", stored=stored, content_type="text/plain", sha256=None, actor=cast.bob,
        on_conflict=VERSION, replaces=file,
    )  # fmt: skip
    make(version_id=str(file.version_id))
    session.expire_all()
    assert session.get_one(FileText, file.id).body == "second words"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", papers.pdf()),
        ("a.docx", papers.word()),
        ("a.xlsx", papers.workbook()),
        ("a.eml", papers.mail(None)),
        ("a.pptx", papers.slides()),
    ],
)
def test_the_words_are_kept_for_searching(put: Put, session: Any, name: str, data: bytes) -> None:
    file = put(name, data)
    assert _SAME_WORDS[name.partition(".")[2]] in session.get_one(FileText, file.id).body
