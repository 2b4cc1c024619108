"""The demo firm, made once on a database of its own with real commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stdnum.fr.siren
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from portal.accounts.models import Person, SignInSession
from portal.activity.models import Activity
from portal.app import create_app
from portal.clients.models import Attribute, AttributeTemplate, Client, ClientAttribute, ClientGroup
from portal.connectors.models import FirmConnector
from portal.demo.commands import make_demo
from portal.files.models import File, TreeTemplate
from portal.files.verify import verify
from portal.kit.clock import now
from portal.kit.db import db
from portal.outbox.models import OutboxEntry
from portal.questionnaires.models import Form, FormTemplate
from portal.wizard.models import Draft
from tests.figures import record_figure

# On two cores with nothing else to do; other tests may run beside this one.
GOAL = 60


@pytest.fixture(scope="module")
def demo(
    fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: Any
) -> Iterator[tuple[Flask, list[dict[str, str]]]]:
    """The application with its demo firm, and who can be signed in as."""
    var: Path = tmp_path_factory.mktemp("var")
    app = create_app(Settings.from_env({**fresh_environment(), "PORTAL_VAR": str(var), "PORTAL_DEMO": "1"}))
    with app.app_context():
        begun = time.monotonic()
        sign_ins = make_demo()
        record_figure("demo firm made, s", round(time.monotonic() - begun, 1), f"< {GOAL} alone on two cores")
        assert sign_ins is not None
        yield app, sign_ins
        db.session.remove()
        db.engine.dispose()


def count(model: Any, *conditions: Any) -> int:
    """How many rows there are."""
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_the_firm_has_its_people_clients_and_templates(demo: Any) -> None:
    assert count(Person, Person.kind == "collaborator") == 8
    assert count(Person, Person.kind == "contact") == 60
    assert count(Client) == 40
    assert count(ClientGroup) == 5
    assert (count(TreeTemplate), count(AttributeTemplate), count(FormTemplate)) == (3, 2, 2)
    assert count(FirmConnector, FirmConnector.active) == 1
    states = {person.state for person in db.session.scalars(select(Person).where(Person.kind == "contact"))}
    assert states == {"active", "invited", "not_invited", "disabled"}


def test_every_client_was_opened_by_the_wizard(demo: Any) -> None:
    assert count(Client, Client.draft_id.is_not(None)) == 40
    assert count(Draft, Draft.finished_at.is_(None)) == 2


def test_every_document_is_in_the_store_and_none_is_empty(demo: Any) -> None:
    assert verify() == []
    smallest, largest, how_many = db.session.execute(
        select(func.min(File.size), func.max(File.size), func.count())
    ).one()
    assert how_many >= 300
    assert smallest > 1000
    assert largest > 1_000_000
    assert {"pdf", "jpg", "xlsx", "docx", "eml"} <= set(db.session.scalars(select(File.ext).distinct()))


def test_the_log_covers_half_a_year_up_to_now(demo: Any) -> None:
    first, last = db.session.execute(select(func.min(Activity.at), func.max(Activity.at))).one()
    assert timedelta(days=175) < last - first < timedelta(days=190)
    assert now() - timedelta(days=4) < last <= now()
    in_order = list(db.session.scalars(select(Activity.at).order_by(Activity.id)))
    assert in_order == sorted(in_order)
    assert count(Activity) > 1000


def test_registration_numbers_pass_their_own_check(demo: Any) -> None:
    numbers = db.session.scalars(
        select(ClientAttribute.value)
        .join(Attribute)
        .where(Attribute.rule == "siren", ClientAttribute.value.is_not(None))
    ).all()
    assert len(set(numbers)) == 40
    assert all(stdnum.fr.siren.is_valid(number) for number in numbers)


def test_forms_were_answered_and_one_is_late(demo: Any) -> None:
    open_forms = Form.submitted_at.is_(None)
    assert count(Form, ~open_forms) >= 10
    assert count(Form, open_forms, Form.due_on < func.current_date()) == 1


def test_one_of_each_kind_can_be_signed_in_as(demo: Any) -> None:
    app, sign_ins = demo
    assert len(sign_ins) == 5
    assert sign_ins[-1]["name"] == "Claire Martin"
    page = app.test_client().get("/sign-in").get_data(as_text=True)
    assert all(person["name"] in page for person in sign_ins)


def test_nothing_is_left_to_catch_up_with(demo: Any) -> None:
    assert count(OutboxEntry, OutboxEntry.done_at.is_(None)) == 0
    assert count(SignInSession, SignInSession.ended_at.is_(None)) == 0


def test_a_second_call_changes_nothing(demo: Any) -> None:
    assert make_demo() is None
    assert count(Client) == 40
