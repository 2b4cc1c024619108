"""The activity pages: who reads which lines, what a search finds, how much it costs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from portal import activity
from portal.activity.commands import line, record_many
from portal.activity.models import Activity
from portal.feed.filters import Filters, from_address
from portal.feed.lines import days_of
from portal.feed.queries import visible_activity
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_folder
from portal.kit.db import db, new_id
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

SignIn = Callable[[Any], FlaskClient]


def _today() -> date:
    """The day of the reader: outside of a request the firm's time zone holds."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()


def _file(folder: Any, name: str) -> Any:
    """Something with a file's id, name and place: the log asks for no more."""

    class Thing:
        id = uuid.uuid4()
        client_id = folder.client_id
        folder_id = folder.id

    thing = Thing()
    thing.name = name  # type: ignore[attr-defined]
    return thing


def _uploaded(folder: Any, name: str, actor: Any) -> None:
    activity.record(activity.verbs.FILE_UPLOADED, actor=actor, file=_file(folder, name), folder=folder)


def _names(viewer: Any, client: Any = None, filters: Filters | None = None) -> list[str]:
    rows = db.session.execute(visible_activity(viewer.viewer, client=client, filters=filters)).all()
    return [row.name for row in rows if row.verb == "file.uploaded"]


@pytest.fixture
def lines(cast: Cast) -> Cast:
    """One upload in each folder, by those who may."""
    _uploaded(cast.exchange, "Relevé été.pdf", cast.clara)
    _uploaded(cast.exchange, "scan.jpg", cast.diego)
    _uploaded(cast.books, "Bilan 2025.xlsx", cast.bob)
    _uploaded(cast.payroll, "Salaires.pdf", cast.bob)
    _uploaded(cast.other_folder, "Carte.pdf", cast.mallory)
    return cast


def test_each_reads_what_their_rights_cover_now(lines: Cast) -> None:
    acme = lines.acme
    everything = {"Relevé été.pdf", "scan.jpg", "Bilan 2025.xlsx", "Salaires.pdf"}
    assert set(_names(lines.alice, acme)) == everything
    assert set(_names(lines.bob, acme)) == everything
    assert set(_names(lines.clara, acme)) == {"Relevé été.pdf", "scan.jpg", "Bilan 2025.xlsx"}
    assert _names(lines.diego, acme) == ["scan.jpg"]
    assert _names(lines.mallory, acme) == []
    assert _names(lines.tess) == []
    assert set(_names(lines.alice)) == everything | {"Carte.pdf"}
    assert set(_names(lines.bob)) == everything


def test_a_right_that_was_taken_away_takes_its_lines_along(lines: Cast) -> None:
    rights.set_level(lines.books, person=lines.clara, level=Level.NONE, actor=lines.alice)
    assert set(_names(lines.clara, lines.acme)) == {"Relevé été.pdf", "scan.jpg"}


def test_contacts_read_of_files_and_folders_only(lines: Cast) -> None:
    rows = db.session.execute(visible_activity(lines.clara.viewer, client=lines.acme)).all()
    assert {row.verb.split(".")[0] for row in rows} <= {"file", "folder"}
    staff = db.session.execute(visible_activity(lines.bob.viewer, client=lines.acme)).all()
    assert "rights" in {row.verb.split(".")[0] for row in staff}


def test_lines_of_the_firm_are_for_those_who_administer_it(lines: Cast) -> None:
    activity.record(activity.verbs.SIGN_IN_FAILED, email="x@y.example")
    activity.record(activity.verbs.SIGNED_IN, actor=lines.bob)

    def access(person: Any) -> list[str]:
        rows = db.session.execute(visible_activity(person.viewer)).all()
        return sorted(row.verb for row in rows if row.verb.startswith("access."))

    assert access(lines.alice) == ["access.sign_in_failed", "access.signed_in"]
    assert access(lines.bob) == ["access.signed_in"]
    assert access(lines.tess) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"q": "releve"}, {"Relevé été.pdf"}),
        ({"q": "ETE rel"}, {"Relevé été.pdf"}),
        ({"q": "ila"}, {"Bilan 2025.xlsx"}),
        ({"q": "%"}, set()),
        ({"q": "_"}, set()),
        ({"format": "PDF"}, {"Relevé été.pdf", "Salaires.pdf"}),
        ({"format": [".xlsx", "jpg"]}, {"Bilan 2025.xlsx", "scan.jpg"}),
        ({"type": "files"}, {"Relevé été.pdf", "scan.jpg", "Bilan 2025.xlsx", "Salaires.pdf"}),
        ({"type": "file.downloaded"}, set()),
        ({"type": "nonsense"}, {"Relevé été.pdf", "scan.jpg", "Bilan 2025.xlsx", "Salaires.pdf"}),
        ({"folder": "books"}, {"Bilan 2025.xlsx", "Salaires.pdf"}),
        ({"folder": "books", "only": "1"}, {"Bilan 2025.xlsx"}),
        ({"folder": "other_folder"}, set()),
        ({"person": "bob"}, {"Bilan 2025.xlsx", "Salaires.pdf"}),
        ({"person": "bob", "format": "pdf", "q": "sala"}, {"Salaires.pdf"}),
        ({"since": "today"}, {"Relevé été.pdf", "scan.jpg", "Bilan 2025.xlsx", "Salaires.pdf"}),
        ({"until": "yesterday"}, set()),
        ({"since": "tomorrow", "until": "later"}, set()),
        ({"since": "9999-12-31", "until": "0001-01-01", "person": "x", "folder": "\x00"}, None),
    ],
)
def test_searches_combine(lines: Cast, search: dict[str, Any], found: set[str] | None) -> None:
    from werkzeug.datastructures import MultiDict

    days = {"today": 0, "yesterday": -1, "tomorrow": 1, "later": 2}
    address = MultiDict(
        {
            key: str(getattr(lines, value).id)
            if value in ("books", "other_folder", "bob")
            else (_today() + timedelta(days=days[value])).isoformat()
            if value in days
            else value
            for key, value in ((key, value) for key, value in search.items() if isinstance(value, str))
        }
    )
    for key, value in search.items():
        if isinstance(value, list):
            address.setlist(key, value)
    names = _names(lines.alice, lines.acme, from_address(address))
    assert found is None or set(names) == found


def test_the_name_of_where_a_file_came_from_does_not_leak(lines: Cast, sign_in: SignIn) -> None:
    moved = _file(lines.exchange, "Prime.pdf")
    activity.record(
        activity.verbs.FILE_MOVED, actor=lines.bob, file=moved, folder=lines.exchange, before=lines.payroll.name
    )
    page = sign_in(lines.clara).get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)
    assert "Prime.pdf" in page
    assert "Payroll" not in page
    assert "Payroll" in sign_in(lines.alice).get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)


def test_names_of_binned_folders_are_gone_for_contacts(lines: Cast, sign_in: SignIn) -> None:
    secret = folders.create_folder(lines.exchange, name="Project Nightfall", actor=lines.bob)
    browser = sign_in(lines.clara)
    assert "Nightfall" in browser.get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)
    bin_folder(secret, actor=lines.bob)
    assert "Nightfall" not in browser.get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)
    assert "Nightfall" in sign_in(lines.bob).get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)


def test_doors(lines: Cast, sign_in: SignIn, client: FlaskClient) -> None:
    address = f"/clients/{lines.acme.id}/activity"
    expected = {"alice": 200, "bob": 200, "tess": 404, "clara": 200, "diego": 200, "mallory": 404}
    assert {name: sign_in(person).get(address).status_code for name, person in lines.everybody.items()} == expected
    expected = {"alice": 200, "bob": 200, "tess": 200, "clara": 403, "diego": 403, "mallory": 403}
    assert {name: sign_in(person).get("/activity").status_code for name, person in lines.everybody.items()} == expected
    assert client.get(address).status_code in (302, 303)
    assert client.get(f"/clients/{uuid.uuid4()}/activity").status_code in (302, 303)


def test_names_are_text_whatever_they_hold(lines: Cast, sign_in: SignIn) -> None:
    _uploaded(lines.exchange, "<script>alert(1)</script> %(actor)s 100% {{7*7}}.pdf", lines.bob)
    page = sign_in(lines.alice).get(f"/clients/{lines.acme.id}/activity").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; %(actor)s 100% {{7*7}}.pdf" in page
    assert "<script>alert" not in page


def test_the_address_holds_the_search_and_chips_take_it_back(lines: Cast, sign_in: SignIn) -> None:
    browser = sign_in(lines.alice)
    address = f"/clients/{lines.acme.id}/activity?q=releve&format=pdf&type=files"
    page = browser.get(address).get_data(as_text=True)
    assert 'value="releve"' in page
    assert re.search(r'class="chip-remove" href="/clients/[^"]*\?(?![^"]*q=)[^"]*format=pdf', page)
    empty = browser.get(f"/clients/{lines.acme.id}/activity?q=nothing+like+this").get_data(as_text=True)
    assert "No activity matches your search" in empty


def _many(cast: Cast, count: int) -> None:
    one = line(activity.verbs.FILE_UPLOADED, actor=cast.bob, file=_file(cast.books, "Facture.pdf"), folder=cast.books)
    record_many([one])
    row = db.session.execute(text("SELECT name_id FROM activity ORDER BY id DESC LIMIT 1")).scalar_one()
    base = {key: value for key, value in one.items() if key != "subject_name"}
    db.session.execute(insert(Activity), [{**base, "id": new_id(), "name_id": row} for _ in range(count)])


def test_a_thousand_at_once_then_by_scrolling_without_end(cast: Cast, sign_in: SignIn) -> None:
    _many(cast, 1600)
    browser = sign_in(cast.alice)
    address: str | None = f"/clients/{cast.acme.id}/activity"
    lengths, seen = [], 0
    while address:
        headers = {"HX-Request": "true"} if seen else {}
        page = browser.get(address, headers=headers).get_data(as_text=True)
        lengths.append(page.count('<li class="list-row">'))
        seen += lengths[-1]
        more = re.search(r'class="load-more"><a[^>]*?hx-get="([^"]+)"', page)
        address = more.group(1).replace("&amp;", "&") if more else None
    total = db.session.execute(
        text("SELECT count(*) FROM activity WHERE client_id = :client"), {"client": cast.acme.id}
    ).scalar_one()
    assert lengths[0] == 1000
    assert seen == total
    assert page.count("<h2>") == 0  # the day was begun by the page before


def test_a_thousand_lines_take_few_statements_and_little_time(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.clara)
    address = f"/clients/{cast.acme.id}/activity"
    browser.get(address)
    with counted() as few:
        browser.get(address)
    _many(cast, 1200)
    with counted() as many:
        browser.get(address)
    assert len(many) <= len(few) + 1
    assert len(many) <= 14
    with browser.application.test_request_context():
        rows = db.session.execute(visible_activity(cast.clara.viewer, client=cast.acme).limit(1000)).all()
        with counted() as sentences:
            assert sum(len(day.lines) for day in days_of(rows, cast.clara.viewer)) == 1000
    record_figure("activity: statements for a thousand lines", len(many) + len(sentences), "<= 20", len(many) <= 14)


def test_the_newest_lines_of_a_client_are_read_from_an_index(cast: Cast) -> None:
    _many(cast, 3000)
    db.session.execute(text("ANALYZE activity"))
    statement = visible_activity(cast.alice.viewer, client=cast.acme).limit(50)
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[0] for row in db.session.execute(text(f"EXPLAIN {compiled}".replace(":", "\\:"))))
    assert re.search(r"Index Scan( Backward)? using \w*activity", plan)
    assert "Seq Scan on activity " not in plan
    assert "Sort" not in plan
