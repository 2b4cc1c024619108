"""The question that is asked all through an archive: whoever lost the right, session or role is seen at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.accounts.models import Person, Role, SignInSession
from portal.accounts.roles import Feature
from portal.accounts.sessions import open_session
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.read_ahead import ReadAhead
from portal.files.commands.rights import set_level
from portal.files.commands.still_allowed import StillAllowed
from portal.kit import storage
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.statements import counted


def _asking(person: Person) -> StillAllowed:
    open_session(person, ip="127.0.0.1", user_agent="test")
    session_id = db.session.scalars(select(SignInSession.id).where(SignInSession.person_id == person.id)).one()
    return StillAllowed(person.id, session_id)


@pytest.fixture
def files(cast: Cast) -> list[Any]:
    """Two in a folder that Clara may read, Bob and Alice too."""
    return [store_bytes(cast.exchange, name, b"x", actor=cast.bob).id for name in ("a.txt", "b.txt")]


def test_any_number_of_files_takes_one_statement(cast: Cast, files: Any) -> None:
    for person in (cast.clara, cast.bob, cast.alice):
        asking = _asking(person)
        assert asking(files)
        with counted() as statements:
            assert asking([*files, *files])
        assert len(statements) == 1, statements
    for person in (cast.mallory, cast.diego, cast.tess):
        assert not _asking(person)(files)


def test_one_that_may_not_be_opened_is_enough(cast: Cast, files: Any, session: Any) -> None:
    clara, hidden = _asking(cast.clara), store_bytes(cast.payroll, "slip.txt", b"x", actor=cast.bob)
    assert clara(files)
    assert not clara([*files, hidden.id])
    assert clara(files)
    bin_file(session.get_one(type(hidden), files[0]), actor=cast.bob)
    assert not clara(files)
    assert clara(files[1:])


@pytest.mark.parametrize("ended", ["level", "session", "expired", "disabled"])
def test_what_ends_is_seen_by_the_next_question(cast: Cast, files: Any, session: Any, ended: str) -> None:
    clara = _asking(cast.clara)
    assert clara(files)
    if ended == "level":
        set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    elif ended == "disabled":
        session.execute(update(Person).where(Person.id == cast.clara.id).values(disabled_at=func.now()))
    else:
        column = SignInSession.ended_at if ended == "session" else SignInSession.expires_at
        session.execute(update(SignInSession).values({column: func.now()}))
    assert not clara(files)


def test_a_role_that_gives_less_is_seen_and_another_that_gives_enough_goes_on(cast: Cast, session: Any) -> None:
    theirs = [store_bytes(cast.other_folder, "a.txt", b"x", actor=cast.mallory).id]
    alice, role = _asking(cast.alice), session.get_one(Role, cast.alice.role_id)
    assert alice(theirs), "the role sees all clients"
    role.features = sorted({*role.features} - {Feature.TEMPLATES})
    session.commit()
    assert alice(theirs)
    role.features = sorted({*role.features} - {Feature.VIEW_ALL_CLIENTS})
    session.commit()
    assert not alice(theirs)


def test_contents_come_in_order_and_a_store_that_is_away_is_said(cast: Cast) -> None:
    def fetch(key: str, count: int) -> bytes:
        if key == "gone":
            raise storage.StoreAway()
        return key.encode()[:count]

    wanted = [("large", 2**30), ("empty", 0), *((f"{number:04}", 4) for number in range(100)), ("gone", 5)]
    ahead = ReadAhead(wanted, fetch)
    assert [ahead.take(f"{number:04}") for number in range(100)] == [f"{number:04}".encode() for number in range(100)]
    with pytest.raises(storage.StoreAway):
        ahead.take("gone")
    ahead.close()


def test_no_more_is_fetched_ahead_than_fits_into_memory(cast: Cast) -> None:
    size, asked = 1024**2, []
    ahead = ReadAhead([(f"{number}", size) for number in range(50)], lambda key, _count: asked.append(key) or b"")
    ahead.take("0")
    ahead.close()
    assert len(asked) <= 5
