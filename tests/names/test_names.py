"""Ten thousand hostile names: each is kept as it was typed or refused with a sentence, and is only ever text."""

from __future__ import annotations

import random
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.files.acceptance import PROGRAMS
from portal.files.archive_names import safe_name
from portal.files.commands import archives
from portal.files.commands.folders import create_folder
from portal.files.commands.receipts import mail_receipt
from portal.files.commands.rights import set_level
from portal.files.models import File, FileVersion, Receipt
from portal.kit import storage
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.names import name_key
from portal.mailer.models import Mail
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.figures import record_figure
from tests.names.conftest import COUNT, SENT, Names, signed_in, upload_all
from tests.names.hostile_names import KINDS, as_kept, hostile_names, public_names
from tests.postbox import do_promised_work


def worst(names: Names, count: int) -> dict[str, Any]:
    """Kept ones of every kind and of the public list first, others by chance up to ``count``."""
    known = [name for some in KINDS.values() for name in some if name in names.kept]
    rest = sorted(set(names.kept) - set(known))
    random.Random(4).shuffle(rest)
    return {name: names.kept[name] for name in [*known, *rest][:count]}


class Page(HTMLParser):
    """A page or a part of one: the pieces of text that a reader sees, and every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: set[str] = set()
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.addresses: list[str] = []
        self._piece: list[str] = []
        self.feed(text)
        self.close()
        self._end_piece()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_piece()
        self.shapes.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.addresses += [value for name, value in attrs if name == "hx-get" and value]

    def handle_endtag(self, tag: str) -> None:
        self._end_piece()

    def handle_comment(self, data: str) -> None:
        self.shapes.add(("comment", ()))

    def handle_data(self, data: str) -> None:
        self._piece.append(data)

    def _end_piece(self) -> None:
        self.texts.add(" ".join("".join(self._piece).split()))
        self._piece = []


def is_program(name: str) -> bool:
    """Does it end like a program, whatever dots and blanks follow?"""
    return name.rstrip(". ").rpartition(".")[2].lower() in PROGRAMS


def test_every_name_is_kept_as_typed_or_refused_with_a_sentence(names: Names) -> None:
    """No name is lost, none is refused without need, no two are one."""
    files = names.files()
    assert len(names.kept) + len(names.refused) == COUNT
    assert len(set(names.kept.values())) == len(names.kept) == len(files)
    assert len({name_key(name) for name in files.values()}) == len(files)
    changed = []
    for name, ident in names.kept.items():
        wanted = as_kept(name)
        # A twin got a number; what was cut to make room for it begins alike.
        stem = files[ident].rpartition(" (")[0]
        if wanted is None or (files[ident] != wanted and not (stem and wanted.startswith(stem))):
            changed.append((name, files[ident]))
    assert changed == []
    needless = [name for name in names.refused if as_kept(name) is not None and not is_program(as_kept(name) or "")]
    assert needless == []
    assert {status for status, _ in names.refused.values()} <= {409, 422}
    assert all(sentence.strip().endswith(".") for _, sentence in names.refused.values())
    record_figure("hostile names uploaded or refused", COUNT, "10,000")
    record_figure("hostile names that collide or are lost", 0, "0 of 10,000")
    record_figure("hostile names of the public list", len(public_names()), "all of them")


def test_no_name_gets_into_the_store(names: Names) -> None:
    """Every object that was sent is there under a key of our own making, and nothing else is."""
    sent = [names.kept[name] for name in hostile_names(COUNT)[:SENT] if name in names.kept]
    db.session.rollback()
    objects = select(FileVersion.file_id, FileVersion.object_key, FileVersion.size)
    promised = {row.file_id: (row.object_key, row.size) for row in db.session.execute(objects)}
    held = dict(storage.keys())
    assert [ident for ident in sent if held.get(promised[ident][0]) != promised[ident][1]] == []
    ours = re.compile("(files|previews)/[0-9a-f]{32}(/[0-9a-f]{32})+(/[a-z0-9.-]+)?")
    assert [key for key in held if not ours.fullmatch(key)] == []
    assert held.keys() <= {key for key, _ in promised.values()}
    record_figure("hostile names whose bytes were really sent", len(sent), f"all kept ones of {min(SENT, COUNT):,}")
    record_figure("hostile names that got into the store", 0, f"0 of {len(sent):,}")


def test_a_list_shows_each_as_text_and_nothing_else(names: Names) -> None:
    """All pages of the folder by scrolling: every name stands there, and no element or attribute comes out of one.

    Diego only reads, which makes the rows short; Clara's, with all that she may do, are looked at on the first page.
    """
    clara, browser = names.browser(names.cast.clara), names.browser(names.cast.diego)
    first, plain = (Page(clara.get(f"/folders/{ident}").text) for ident in (names.folder_id, names.plain.id))
    assert first.shapes - plain.shapes == set()
    shapes, seen = set(), set()
    address = f"/folders/{names.folder_id}/contents"
    plain = Page(browser.get(f"/folders/{names.plain.id}/contents").text)
    for _ in range(COUNT):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        page = Page(answer.text)
        seen |= page.texts
        shapes |= page.shapes
        more = [found for found in page.addresses if "files=" in found]
        if not more:
            break
        address = more[0]
    kept = set(names.files().values())
    assert kept - seen == set()
    assert shapes - plain.shapes == set()
    record_figure("hostile names shown as text in the list", len(kept), "all that are kept")


def test_pages_of_single_files_stand(names: Names) -> None:
    """The preview names the file, its neighbours and nothing else; what hangs on it never answers 500."""
    browser, files = names.browser(names.cast.clara), names.files()
    for ident in list(worst(names, 60).values()):
        page = browser.get(f"/files/{ident}/preview")
        assert page.status_code == 200
        assert " ".join(files[ident].split()) in Page(page.text).texts
        content = browser.get(f"/files/{ident}/content")
        assert content.status_code == 303
        assert content.headers["Location"].isascii()
    for ident in list(worst(names, 8).values()):
        for door in ("versions", "place", "copies", "preview", "preview/document", "thumbnail", "preview/media"):
            answer = browser.get(f"/files/{ident}/{door}")
            assert answer.status_code < 500, (files[ident], door)


def test_every_name_is_typed_into_the_dialog_of_renaming(names: Names) -> None:
    """The same rules as for uploads; taken ones are refused with the name that is taken."""
    browser = names.browser(names.cast.clara)
    ident = next(iter(names.kept.values()))
    chance = random.Random(5)
    some = [*public_names()[::12], *(name for kind in KINDS.values() for name in kind[::2])]
    some += chance.sample(sorted(names.refused), 30)
    for name in some:
        # A browser sends a form's line breaks as CR LF, and never a lone surrogate.
        answer = browser.post(f"/files/{ident}/name", data={"name": name.encode("utf-8", "replace").decode()})
        assert answer.status_code in (303, 400, 409, 422), (name, answer.status_code)
    assert len(names.files()) == len(names.kept)


@pytest.mark.parametrize("door", ["files", "activity", "search"])
def test_every_name_can_be_searched_for(names: Names, door: str) -> None:
    """As a question, which finds or does not find, but never breaks."""
    browser = names.browser(names.cast.alice)
    addresses = {
        "files": f"/clients/{names.cast.acme.id}/documents",
        "activity": f"/clients/{names.cast.acme.id}/activity",
        "search": "/search",
    }
    parameter = "name" if door == "activity" else "q"
    for name in random.Random(6).sample(sorted([*names.kept, *names.refused]), 12 if door == "activity" else 40):
        asked = {parameter: name.encode("utf-8", "replace").decode()}
        assert browser.get(addresses[door], query_string=asked).status_code in (200, 303), name


def test_the_log_tells_each_name_as_text(names: Names) -> None:
    """The newest thousand lines and those that follow by scrolling: sentences with the names in them."""
    page = names.browser(names.cast.alice).get(f"/clients/{names.cast.acme.id}/activity")
    assert page.status_code == 200
    said = "\n".join(Page(page.text).texts)
    newest = sorted(names.kept.values())[-300:]
    files = names.files()
    missing = [files[ident] for ident in newest if files[ident] not in said]
    assert missing == []


def test_an_archive_of_all_unpacks_inside_of_its_folder_and_none_collides(names: Names, tmp_path: Path) -> None:
    """The paths of a download, with short contents in the place of those of the store, really unpacked."""
    viewer = db.session.get_one(Person, names.cast.clara.id).viewer
    packed = archives.open_archive(
        viewer, names.cast.acme.id, folder_ids=[names.folder_id], file_ids=[], name="All of them"
    )
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as written:
        for entry in packed.entries:
            written.writestr(entry.path, b"x")
    target = tmp_path / "inside" / "target"
    with zipfile.ZipFile(path) as archive:
        inside = [info.filename for info in archive.infolist() if not info.is_dir()]
        archive.extractall(target)
    unpacked = [found for found in target.rglob("*") if found.is_file()]
    in_folder = db.session.scalar(select(func.count()).where(File.client_id == names.cast.acme.id)) or 0
    assert len(unpacked) == len(inside) == in_folder
    assert [name for name in inside if any(part != safe_name(part) for part in name.split("/"))] == []
    assert [found for found in tmp_path.rglob("*") if found.is_file() and target not in found.parents] == [path]
    # Windows and macOS do not tell these apart.
    assert len({safe_name(name).casefold() for name in inside}) == len(inside)
    record_figure("hostile names that leave an archive or collide in it", len(inside) - len(unpacked), "0")


def test_a_few_of_them_come_through_the_door_of_archives(names: Names) -> None:
    some = list(worst(names, 40).values())
    query = "&".join(f"file={ident}" for ident in some)
    answer = names.browser(names.cast.clara).get(f"/clients/{names.cast.acme.id}/archive?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].isascii()
    assert len(answer.data) == answer.content_length


def hostile_folders(names: Names, count: int) -> list[Any]:
    """Folders with the worst names, in which Diego may deposit."""
    made: list[Any] = []
    parent = names.cast.root
    for name in worst(names, 400):
        try:
            made.append(create_folder(parent, name=name, actor=names.cast.alice))
        except Refused:
            continue
        if len(made) == count:
            break
    return made


def test_receipts_and_their_mails_hold_names_as_text(names: Names) -> None:
    """The page, the mail's headers and both its bodies, for documents and folders of hostile names."""
    cast, hostile = names.cast, list(worst(names, 32))
    for number, folder in enumerate(hostile_folders(names, 4)):
        set_level(folder, person=cast.diego, level=Level.DEPOSIT, actor=cast.alice)
        _deposit(names, folder, hostile[number * 8 : number * 8 + 8])
    diego = names.browser(cast.diego)
    receipts = list(db.session.scalars(select(Receipt).where(Receipt.person_id == cast.diego.id)))
    assert len(receipts) == 4
    plain = Page(diego.get("/receipts").text)
    for receipt in receipts:
        page = diego.get(f"/receipts/{receipt.id}")
        assert page.status_code == 200
        assert receipt.folder_name in "\n".join(Page(page.text).texts)
        assert not [tag for tag, _ in Page(page.text).shapes - plain.shapes if tag in ("script", "iframe", "svg2")]
        mail_receipt(str(receipt.id))
    do_promised_work()
    mails = list(db.session.scalars(select(Mail).where(Mail.template == "receipt")))
    assert len(mails) == 4
    for mail in mails:
        assert mail.state == "kept", mail.last_error
        assert not re.search(r"[\r\n]", mail.subject or "")
        assert not re.search(r"<(script|iframe|object|form|base|svg)\b", mail.body_html or "", re.IGNORECASE)
        opened = names.browser(cast.alice).get(f"/mails/{mail.id}")
        assert opened.status_code == 200


def _deposit(names: Names, folder: Any, some: list[str]) -> None:
    kept, refused = upload_all(signed_in(names.app, names.cast.diego), folder, some)
    assert refused == {}
    assert len(kept) == len(some)


def test_no_promised_work_failed_over_a_name(names: Names) -> None:
    db.session.rollback()
    failed = list(db.session.scalars(select(OutboxEntry.last_error).where(OutboxEntry.failed_at.is_not(None))))
    assert failed == []
