"""ZIP archives: what the person may read at that moment, under names that unpack anywhere."""

from __future__ import annotations

import io
import random
import unicodedata
import zipfile
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.accounts.sessions import end_sessions_of
from portal.activity.models import Activity
from portal.files.archive_names import Shelf, safe_name
from portal.files.commands import archives
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.permissions.levels import Level
from tests.figures import record_figure


@pytest.fixture
def filled(cast: Any) -> Any:
    """Files in all three folders of Acme."""
    for folder, name in ((cast.exchange, "été.txt"), (cast.books, "balance.csv"), (cast.payroll, "salaries.pdf")):
        store_bytes(folder, name, name.encode() * 100, actor=cast.alice)
    create_folder(cast.exchange, name="Vide", actor=cast.alice)
    return cast


def unpack(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.status_code
    assert answer.content_length == len(answer.data)
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    assert packed.testzip() is None
    return packed


def test_an_archive_holds_what_the_person_may_read(filled: Any, sign_in: Any) -> None:
    """Alice gets everything with its tree, Clara no payroll, Diego the depositor nothing that others put there."""
    root = filled.root.id
    got = unpack(sign_in(filled.alice).get(f"/folders/{root}/archive"))
    assert {"Exchange/été.txt", "Accounts/balance.csv", "Accounts/Payroll/salaries.pdf", "Exchange/Vide/"} <= set(
        got.namelist()
    )
    assert got.read("Exchange/été.txt") == "été.txt".encode() * 100
    assert (
        "payroll" not in " ".join(unpack(sign_in(filled.clara).get(f"/folders/{root}/archive")).namelist()).casefold()
    )
    assert sign_in(filled.diego).get(f"/folders/{filled.exchange.id}/archive").status_code == 422
    own = store_bytes(filled.exchange, "mine.txt", b"mine", actor=filled.diego)
    assert unpack(sign_in(filled.diego).get(f"/folders/{filled.exchange.id}/archive")).namelist() == [
        "Vide/",
        own.name,
    ]


def test_mallory_gets_no_archive_and_no_file_of_acme(filled: Any, sign_in: Any) -> None:
    """Neither by the folder, nor by naming it in a selection of her own client."""
    mallory = sign_in(filled.mallory)
    assert mallory.get(f"/folders/{filled.exchange.id}/archive").status_code == 404
    assert mallory.get(f"/clients/{filled.acme.id}/archive?folder={filled.exchange.id}").status_code == 404
    asked = f"/clients/{filled.other.id}/archive?folder={filled.exchange.id}"
    assert mallory.get(asked).status_code == 422
    assert mallory.get(f"/clients/{filled.other.id}/archive?file=nonsense").status_code == 422


def test_a_selection_stands_side_by_side(filled: Any, sign_in: Any) -> None:
    """Two folders and a file whose name one of them has, by the addresses of the selection."""
    file = store_bytes(filled.root, "Accounts.", b"x", actor=filled.alice)
    inside = store_bytes(filled.payroll, "once.txt", b"x", actor=filled.alice)
    query = f"folder={filled.exchange.id}&folder={filled.books.id}&folder={filled.payroll.id}"
    query += f"&file={file.id}&file={inside.id}"
    names = unpack(sign_in(filled.alice).get(f"/clients/{filled.acme.id}/archive?{query}")).namelist()
    assert "Accounts/Payroll/salaries.pdf" in names
    assert "Accounts (2)" in names
    assert [name for name in names if name.endswith("once.txt")] == ["Accounts/Payroll/once.txt"]


def test_the_log_names_every_file_that_was_taken_along(filled: Any, sign_in: Any, session: Any) -> None:
    sign_in(filled.clara).get(f"/folders/{filled.root.id}/archive")
    told = select(func.count()).where(Activity.verb == "file.archived", Activity.actor_id == filled.clara.id)
    assert session.scalar(told) == 2


@pytest.mark.parametrize("ended", ["level", "session", "disabled"])
def test_a_right_that_ends_while_it_is_sent_cuts_the_archive(
    filled: Any, sign_in: Any, session: Any, ended: str
) -> None:
    """The file whose turn comes after the revocation is not sent, and the connection is cut rather than ended.

    The two do not fit into one piece.
    """
    for name, content in (("1.txt", b"first" * 40_000), ("2.txt", b"secret" * 150_000)):
        store_bytes(filled.exchange, name, content, actor=filled.alice)
    answer = sign_in(filled.clara).get(f"/folders/{filled.exchange.id}/archive", buffered=False)
    pieces = iter(answer.response)
    sent = b""
    while b"first" not in sent:
        sent += next(pieces)
    if ended == "level":
        set_level(filled.exchange, person=filled.clara, level=Level.NONE, actor=filled.alice)
    elif ended == "session":
        end_sessions_of(filled.clara.id)
    else:
        filled.clara.disabled_at = func.now()
        session.flush()
    rest: list[bytes] = []
    with pytest.raises(archives.RightsEnded):
        rest.extend(pieces)
    sent += b"".join(rest)
    assert b"secret" not in sent
    assert len(sent) < answer.content_length


def test_hostile_names_stay_inside_and_apart() -> None:
    """Ten thousand names of every hostile kind in one folder: each comes out once, none leaves, none is lost."""
    chance = random.Random(4)
    seeds = ["..", ".", "CON", "con.txt", "COM1", "a/b", "a\\b", "C:evil", "x\x00y", "‮gpj.exe", "é", "é", "A", "a"]
    seeds += [
        "dot.",
        "space ",
        "é" * 200,
        "x" * 400 + ".pdf",
        "a<b>c",
        'q"uote',
        "ｆull",
        "full",
        "\ud800x",
        "LPT¹.log",
        "",
    ]
    shelf = Shelf()
    placed = []
    for _ in range(10_000):
        name = chance.choice(seeds) + chance.choice(["", "", ".txt", chance.choice(seeds), str(chance.randrange(50))])
        placed.append(shelf.place(name))
    keys = {unicodedata.normalize("NFKC", name).casefold() for name in placed}
    bad = [
        name
        for name in placed
        if "/" in name
        or "\\" in name
        or ":" in name
        or name in (".", "..")
        or "\x00" in name
        or name != safe_name(name)
        or len(name.encode()) > 255
        or name.endswith((".", " "))
        or name.upper().split(".")[0] in ("CON", "COM1")
    ]
    wrong = len(bad) + 10_000 - len(keys)
    record_figure("archive: hostile names that escape or collide", wrong, "0 of 10,000", wrong == 0)
    assert bad == []
    assert len(keys) == 10_000
