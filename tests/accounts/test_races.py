"""Many at the same moment, with real commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Settings
from portal.accounts import commands, links
from portal.accounts.models import OneTimeLink, Person
from portal.app import create_app
from portal.kit.db import db

PASSWORD = "correct horse battery staple"  # noqa: S105 - the password of invented people


@pytest.fixture
def site(fresh_environment: Callable[[], dict[str, str]]) -> Iterator[Any]:
    """An application on a database of its own, in which everything is committed."""
    app = create_app(Settings.from_env(fresh_environment()))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        commands.create_firm(name="Cabinet Verdier")
        commands.ensure_roles()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def all_at_once(site: Any, work: Callable[[int], Any], times: int) -> list[Any]:
    def one(number: int) -> Any:
        with site.app_context():
            try:
                return work(number)
            except Exception as error:  # noqa: BLE001 - the refusals are what is counted
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(12) as threads:
        return list(threads.map(one, range(times)))


def test_one_of_fifty_redemptions_of_a_link_succeeds(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.accounts.passwords.hash_password", lambda password: "hash of " + password)
    with site.app_context():
        nora = commands.create_contact(email="nora@client.example", actor=None)
        commands.invite(nora)
        link = db.session.scalars(select(OneTimeLink)).one()
        token, ident = links.token_of(link), nora.id
        db.session.remove()
    answers = all_at_once(site, lambda _n: commands.activate(token, PASSWORD), 50)
    assert sum(isinstance(answer, Person) for answer in answers) == 1
    assert sum(isinstance(answer, links.LinkDead) for answer in answers) == 49
    with site.app_context():
        found = db.session.get(Person, ident)
        assert found is not None and found.version == 2


def test_one_of_many_resends_leaves_one_open_link(site: Any) -> None:
    with site.app_context():
        ident = commands.create_contact(email="nora@client.example", actor=None).id
        db.session.remove()
    all_at_once(site, lambda _n: commands.invite(db.session.get_one(Person, ident)), 20)
    with site.app_context():
        still_open = select(func.count()).select_from(OneTimeLink).where(OneTimeLink.revoked_at.is_(None))
        assert db.session.scalar(still_open) == 1
        db.session.remove()


def test_one_address_added_at_once_is_one_person(site: Any) -> None:
    answers = all_at_once(
        site, lambda n: commands.create_contact(email=f"N{'oO'[n % 2]}ra@client.example", actor=None), 20
    )
    assert sum(isinstance(answer, Person) for answer in answers) == 1
    assert sum(isinstance(answer, commands.AddressTaken) for answer in answers) == 19


def test_two_administrators_who_remove_each_other_leave_one(site: Any) -> None:
    with site.app_context():
        roles = commands.ensure_roles()
        people = [
            commands.create_collaborator(email=f"a{n}@firm.example", role=roles["administrator"], actor=None)
            for n in range(2)
        ]
        for person in people:
            commands.create_administrator(email=person.email)
            commands.activate(links.token_of(_open_link(person)), PASSWORD)
        ids = [person.id for person in people]
        db.session.remove()

    def disable(number: int) -> Any:
        one, other = db.session.get_one(Person, ids[number]), db.session.get_one(Person, ids[1 - number])
        commands.disable_person(one, actor=other)

    answers = all_at_once(site, disable, 2)
    assert sum(isinstance(answer, commands.LastAdministrator) for answer in answers) == 1


def _open_link(person: Person) -> OneTimeLink:
    return db.session.scalars(
        select(OneTimeLink).where(OneTimeLink.person_id == person.id, OneTimeLink.revoked_at.is_(None))
    ).one()
