"""Clients that are chosen in the table: put into a group, exported, given a folder template; by whom, and which."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.activity.models import Activity
from portal.clients import commands
from portal.clients.models import Client, ClientGroup, ClientType
from portal.clients.queries.chosen import MOST_CHOSEN, Chosen
from portal.clients.queries.filters import Filters
from portal.clients.refusals import NoClientChosen, TooManyClients, Unknown
from portal.exports.models import Export
from portal.exports.parameters import chosen_in, clean
from portal.exports.workbook import clients_of
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import TreeTemplate
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

SignIn = Callable[[Person], FlaskClient]
JSON = {"Accept": "application/json"}


@pytest.fixture
def group(cast: Cast) -> ClientGroup:
    """A group that nobody is in."""
    return commands.create_group(name="Conseil", actor=cast.alice)


@pytest.fixture
def kind(cast: Cast) -> ClientType:
    """A type that nobody has."""
    return commands.create_type(name="SARL", actor=cast.alice)


def these(*clients: Client) -> Chosen:
    return Chosen(ids=frozenset(client.id for client in clients))


def group_of(client: Client) -> Any:
    return db.session.scalar(select(Client.group_id).where(Client.id == client.id))


def changes() -> list[Activity]:
    return list(db.session.scalars(select(Activity).where(Activity.verb == "client.changed").order_by(Activity.id)))


def test_all_of_them_change_with_a_line_each_and_the_version_moves(cast: Cast, group: ClientGroup) -> None:
    before = {client.id: client.version for client in (cast.acme, cast.other)}
    done = commands.set_group(these(cast.acme, cast.other), str(group.id), actor=cast.alice.viewer)
    assert (done.name, done.done, done.left) == ("Conseil", 2, 0)
    assert set(done.before) == {None}
    assert set(done.before[None]) == {cast.acme.id, cast.other.id}
    for client in (cast.acme, cast.other):
        fresh = db.session.get_one(Client, client.id, populate_existing=True)
        assert (fresh.group_id, fresh.version) == (group.id, before[client.id] + 1)
    lines = changes()
    assert {line.client_id for line in lines} == {cast.acme.id, cast.other.id}
    assert {line.actor_id for line in lines} == {cast.alice.id}
    told = db.session.scalars(select(OutboxEntry.payload).where(OutboxEntry.name == "connectors.publish")).all()
    assert {one["client_id"] for one in told if one["event"] == "client.changed"} == {
        str(cast.acme.id), str(cast.other.id),
    }  # fmt: skip


def test_who_has_it_already_is_not_written_again(cast: Cast, kind: ClientType) -> None:
    commands.set_type(these(cast.acme), kind.id, actor=cast.alice.viewer)
    lines = len(changes())
    done = commands.set_type(these(cast.acme, cast.other), kind.id, actor=cast.alice.viewer)
    assert (done.done, done.left, done.before) == (2, 0, {None: [cast.other.id]})
    assert len(changes()) == lines + 1
    gone = commands.set_type(these(cast.acme), "", actor=cast.alice.viewer)
    assert (gone.name, gone.before) == ("", {kind.id: [cast.acme.id]})


def test_what_one_had_before_is_the_way_back(cast: Cast, group: ClientGroup) -> None:
    old = commands.create_group(name="Audit", actor=cast.alice)
    commands.set_group(these(cast.acme), old.id, actor=cast.alice.viewer)
    done = commands.set_group(these(cast.acme, cast.other), group.id, actor=cast.alice.viewer)
    for value, ids in done.before.items():
        commands.set_group(Chosen(ids=frozenset(ids)), value or "", actor=cast.alice.viewer)
    assert (group_of(cast.acme), group_of(cast.other)) == (old.id, None)


def test_the_way_back_passes_over_what_somebody_else_changed_since(
    cast: Cast, group: ClientGroup, sign_in: SignIn
) -> None:
    audit = commands.create_group(name="Audit", actor=cast.alice)
    browser = sign_in(cast.alice)
    data = {"clients": f"{cast.acme.id},{cast.other.id}", "value": str(group.id)}
    (before,) = browser.post("/clients/selection/group", data=data, headers=JSON).get_json()["before"]
    commands.update_client(cast.acme, actor=cast.bob, version=None, group_id=audit.id)
    back = {"clients": before[1], "value": before[0], "holding": str(group.id)}
    assert browser.post("/clients/selection/group", data=back, headers=JSON).status_code == 200
    assert (group_of(cast.acme), group_of(cast.other)) == (audit.id, None)


def test_only_what_one_sees_and_works_on_changes(cast: Cast, group: ClientGroup) -> None:
    read = commands.create_client(name="Read only", actor=cast.alice)
    commands.set_standing(read, cast.bob, Level.READ, actor=cast.alice)
    done = commands.set_group(these(cast.acme, cast.other, read), group.id, actor=cast.bob.viewer)
    assert (done.done, done.left) == (1, 2)
    assert group_of(cast.acme) == group.id
    assert group_of(cast.other) is None
    assert group_of(read) is None
    assert {line.client_id for line in changes()} == {cast.acme.id}
    with pytest.raises(NoClientChosen):
        commands.set_group(these(cast.other), group.id, actor=cast.bob.viewer)


def test_all_that_match_means_also_what_no_page_has_brought(cast: Cast, group: ClientGroup) -> None:
    made = [commands.create_client(name=f"Client {number:03}", actor=cast.alice) for number in range(70)]
    chosen = Chosen(everything=True, without=frozenset({made[3].id}), filters=Filters.of({"q": "client 0"}))
    done = commands.set_group(chosen, group.id, actor=cast.alice.viewer)
    assert (done.done, done.left) == (69, 0)
    assert group_of(made[3]) is None
    assert group_of(cast.acme) is None
    everything = Chosen(everything=True)
    assert commands.set_group(everything, group.id, actor=cast.bob.viewer).done == 1, "all that Bob sees"


def test_disabled_clients_are_meant_only_where_they_are_shown(cast: Cast, group: ClientGroup) -> None:
    commands.disable_client(cast.other, actor=cast.alice)
    commands.set_group(Chosen(everything=True), group.id, actor=cast.alice.viewer)
    assert group_of(cast.other) is None
    shown = Chosen(everything=True, filters=Filters.of({"disabled": "1"}))
    commands.set_group(shown, group.id, actor=cast.alice.viewer)
    assert group_of(cast.other) == group.id


def test_what_is_gone_meanwhile_is_counted_and_the_rest_is_done(cast: Cast, group: ClientGroup) -> None:
    gone = commands.create_client(name="Gone", actor=cast.alice)
    commands.bin_client(gone, confirmed_name="Gone", actor=cast.alice)
    chosen = Chosen(ids=frozenset({gone.id, cast.acme.id, uuid.uuid4()}))
    done = commands.set_group(chosen, group.id, actor=cast.alice.viewer)
    assert (done.done, done.left) == (1, 2)
    assert group_of(gone) is None
    with pytest.raises(NoClientChosen):
        commands.set_group(Chosen(), group.id, actor=cast.alice.viewer)
    commands.delete_group(group, actor=cast.alice)
    with pytest.raises(Unknown):
        commands.set_group(these(cast.acme), group.id, actor=cast.alice.viewer)


def _fill(number: int, prefix: str) -> None:
    rows = [{"name": f"{prefix} {place}", "name_key": f"{prefix} {place}".lower()} for place in range(number)]
    db.session.execute(insert(Client), rows)


def test_ten_thousand_take_as_many_statements_as_two_and_more_are_refused(cast: Cast, group: ClientGroup) -> None:
    alice = cast.alice.viewer
    with counted() as few:
        commands.set_group(these(cast.acme, cast.other), group.id, actor=alice)
    _fill(MOST_CHOSEN - 2, "Mass")
    with counted() as many:
        done = commands.set_group(Chosen(everything=True), "", actor=alice)
    assert done.done == MOST_CHOSEN
    assert len(many) <= len(few) + 1, "\n".join(sorted(set(many) - set(few)))
    record_figure("statements: 10,000 clients put into a group", len(many), f"as many as two ({len(few)})")
    _fill(1, "One more")
    with pytest.raises(TooManyClients):
        commands.set_group(Chosen(everything=True), group.id, actor=alice)
    assert not db.session.scalars(select(Client.id).where(Client.group_id == group.id)).all()
    with pytest.raises(TooManyClients):
        Chosen.of({"clients": ",".join(str(uuid.uuid4()) for _ in range(MOST_CHOSEN + 1))})


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"clients": ""}, {"clients": "x,y,,\x00"}, {"clients": ["", "'--"], "all": ""},
        {"all": "1", "q": "nobody is called so"}, {"all": "1", "group": str(uuid.uuid4()), "without": "x,,"},
    ],
)  # fmt: skip
def test_nonsense_is_answered_with_a_sentence(cast: Cast, group: ClientGroup, sign_in: SignIn, sent: Any) -> None:
    browser = sign_in(cast.alice)
    for door in ("group", "type"):
        answer = browser.post(f"/clients/selection/{door}", data={**sent, "value": ""}, headers=JSON)
        assert answer.status_code == 422
        assert "Choose again." in answer.get_json()["detail"]
    for value in ("x", str(uuid.uuid4()), "\x00", "9" * 400):
        data = {"clients": str(cast.acme.id), "value": value}
        assert browser.post("/clients/selection/group", data=data, headers=JSON).status_code == 422
    many = ",".join(str(uuid.uuid4()) for _ in range(MOST_CHOSEN + 1))
    answer = browser.post("/clients/selection/type", data={"clients": many, "value": ""}, headers=JSON)
    assert answer.status_code == 422
    assert "10,000" in answer.get_json()["detail"]


def test_a_script_hears_what_came_of_it_and_a_form_leads_back(cast: Cast, group: ClientGroup, sign_in: SignIn) -> None:
    browser = sign_in(cast.bob)
    data = {"clients": f"{cast.acme.id},{cast.other.id}", "value": str(group.id)}
    said = browser.post("/clients/selection/group", data=data, headers=JSON).get_json()
    assert said["said"] == "1 client stands in the group “Conseil” now."
    assert said["left"].startswith("1 client stayed as it was")
    assert said["before"] == [["", str(cast.acme.id)]]
    answer = browser.post("/clients/selection/type", data={"all": "1", "q": "acm", "value": ""})
    assert (answer.status_code, answer.location) == (303, "/clients?q=acm")
    assert "1 client has no type now." in browser.get(answer.location).text


def test_strangers_contacts_and_whoever_may_not_change_clients_are_refused(
    cast: Cast, group: ClientGroup, sign_in: SignIn
) -> None:
    commands.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    for person in (cast.mallory, cast.clara, cast.tess):
        browser = sign_in(person)
        for door in ("group", "type"):
            for data in ({"clients": str(cast.acme.id)}, {"all": "1"}):
                answer = browser.post(f"/clients/selection/{door}", data={**data, "value": str(group.id)})
                assert answer.status_code == 403, (person.first_name, door)
    assert group_of(cast.acme) is None
    assert group_of(cast.other) is None


def _actions(page: str) -> set[str]:
    return set(re.findall(r'id="(chosen-[a-z]+)"|data-client-table-do="(export)"', page))


def test_each_sees_the_actions_of_their_role(cast: Cast, group: ClientGroup, kind: ClientType, sign_in: SignIn) -> None:
    save_tree_template(None, name="Société", tree=[Branch("Notes")], actor=cast.alice)
    commands.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    alice, bob, tess = (sign_in(person).get("/clients").text for person in (cast.alice, cast.bob, cast.tess))
    assert _actions(alice) == {("chosen-tree", ""), ("chosen-group", ""), ("chosen-type", ""), ("", "export")}
    assert _actions(bob) == {("chosen-group", ""), ("chosen-type", "")}
    assert 'data-controller="client-table"' in bob
    assert _actions(tess) == set()
    assert "row-choice" not in tess
    assert "client-table" not in tess.replace("data-client-table-target", "")


def test_the_list_alone_holds_as_many_rows_as_were_there(cast: Cast, sign_in: SignIn) -> None:
    for number in range(60):
        commands.create_client(name=f"Client {number:03}", actor=cast.alice)
    browser = sign_in(cast.alice)
    script = {"HX-Request": "true", "HX-Target": "clients-found"}

    def rows(query: str) -> int:
        answer = browser.get(f"/clients?part=list{query}", headers=script)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "part=list" not in re.sub(r"hx-get=\S+", "", answer.text)
        return answer.text.count("data-row=")

    assert rows("") == 50
    assert rows("&rows=62") == 62
    assert rows("&rows=99999999999") == rows("&rows=x") == rows("&rows=-1") == 50
    assert rows("&q=client+00&rows=500") == 10
    assert "<html" in browser.get("/clients?part=list").text


def test_an_export_holds_what_was_chosen_and_no_more_than_one_sees(cast: Cast, sign_in: SignIn) -> None:
    made = [commands.create_client(name=f"Kunde {number}", actor=cast.alice) for number in range(4)]
    browser = sign_in(cast.alice)

    def asked(**data: Any) -> Any:
        answer = browser.post("/exports", data={"what": "current", "columns": ["name", "city"], **data})
        assert answer.status_code == 303, answer.text
        parameters = db.session.scalars(select(Export.parameters).order_by(Export.id.desc())).first()
        db.session.query(Export).delete()
        return parameters

    def held(viewer: Any, parameters: Any) -> set[str]:
        return set(db.session.scalars(select(Client.name).where(Client.id.in_(clients_of(viewer, parameters)))))

    picked = asked(clients=f"{made[0].id},{made[2].id},{cast.acme.id}")
    assert held(cast.alice.viewer, picked) == {"Kunde 0", "Kunde 2", "Acme"}
    assert held(cast.bob.viewer, picked) == {"Acme"}
    rest = asked(all="1", q="kunde", without=str(made[1].id))
    assert held(cast.alice.viewer, rest) == {"Kunde 0", "Kunde 2", "Kunde 3"}
    assert held(cast.alice.viewer, asked(q="kunde 1")) == {"Kunde 1"}
    assert browser.post("/exports", data={"what": "current", "clients": "x"}).status_code == 422
    assert sign_in(cast.bob).post("/exports", data={"clients": str(cast.acme.id)}).status_code == 403
    with pytest.raises(Refused):
        clean({"clients": [",".join(str(uuid.uuid4()) for _ in range(MOST_CHOSEN + 1))]})
    assert chosen_in(clean({"q": ["a"]})).filters.q == "a"


@pytest.fixture
def template(cast: Cast) -> TreeTemplate:
    """One folder that nobody has yet."""
    return save_tree_template(None, name="Société", tree=[Branch("Bilans")], actor=cast.alice)


def _previewed(page: str) -> set[str]:
    found = re.search(r'name="clients" value="([^"]*)"', page)
    return set(found.group(1).split(",")) if found else set()


def test_a_template_is_shown_for_what_was_chosen(cast: Cast, template: TreeTemplate, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.alice), f"/templates/trees/{template.id}/application"
    rest = browser.post(address, data={"all": "1", "without": str(cast.acme.id), "next": "/clients?q=b"}).text
    assert _previewed(rest) == {str(cast.other.id)}
    assert 'href="/clients?q=b"' in rest, "the way back is the table"
    assert "evil" not in browser.post(address, data={"all": "1", "next": "https://evil.example"}).text
    both = browser.post(address, data={"clients": f"{cast.acme.id},{cast.other.id},{uuid.uuid4()}"}).text
    assert _previewed(both) == {str(cast.acme.id), str(cast.other.id)}
    many = browser.post(address, data={"clients": ",".join(str(uuid.uuid4()) for _ in range(MOST_CHOSEN + 1))})
    assert many.status_code == 422
    assert "10,000" in many.text


def test_bob_applies_templates_to_his_own_only(cast: Cast, template: TreeTemplate, sign_in: SignIn) -> None:
    address = f"/templates/trees/{template.id}/application"
    assert sign_in(cast.bob).post(address, data={"all": "1"}).status_code == 403
    cast.roles["collaborator"].features = [*cast.roles["collaborator"].features, Feature.TEMPLATES]
    db.session.commit()
    shown = sign_in(cast.bob).post(address, data={"all": "1"}).text
    assert _previewed(shown) == {str(cast.acme.id)}


def test_too_many_to_look_at_are_said_and_those_that_do_not_follow_come_first(
    cast: Cast, template: TreeTemplate, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.files.tree_clients.MOST_CLIENTS", 1)
    browser, base = sign_in(cast.alice), f"/templates/trees/{template.id}"
    first = browser.post(f"{base}/application", data={"all": "1"}).text
    assert "1 further client is chosen." in first
    assert _previewed(first) == {str(cast.acme.id)}
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', first).group(1) for name in ("clients", "fingerprint")}  # type: ignore[union-attr]
    assert browser.post(f"{base}/applications", data=sent).status_code == 303
    from tests.postbox import do_promised_work

    do_promised_work()
    assert _previewed(browser.post(f"{base}/application", data={"all": "1"}).text) == {str(cast.other.id)}
