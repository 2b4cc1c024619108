"""The pages of the client base: what is on them, who may open them, how many statements they take."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Person
from portal.clients import commands
from portal.clients.models import Attribute, AttributeTemplate, Client, ClientGroup, ColumnChoice
from portal.clients.queries import contacts_of, filtered_clients
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast

SignIn = Callable[[Person], FlaskClient]


@contextmanager
def statements() -> Any:
    """Counts what is sent to the database."""
    sent: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append(statement)

    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def names_in(page: str) -> list[str]:
    return re.findall(r'<a class="name" href="[^"]*">([^<]*)</a>', page)


def test_the_table_shows_what_the_viewer_sees(cast: Cast, sign_in: SignIn) -> None:
    assert {"Acme", "Brasserie du Port"} <= set(names_in(text(sign_in(cast.alice).get("/clients"))))
    assert names_in(text(sign_in(cast.bob).get("/clients"))) == ["Acme"]
    tess = sign_in(cast.tess).get("/clients")
    assert tess.status_code == 200
    assert names_in(text(tess)) == []
    assert sign_in(cast.mallory).get("/clients").status_code == 403


def test_search_finds_names_contacts_and_values_without_accents(cast: Cast, sign_in: SignIn) -> None:
    siren = commands.create_attribute(label="SIREN", type="text", rule="siren", actor=cast.alice)
    commands.set_attributes(cast.other, {siren.id: "732829320"}, actor=cast.alice)
    commands.update_client(cast.acme, actor=cast.alice, version=None, city="Évian")

    def found(q: str) -> set[str]:
        clients = db.session.scalars(filtered_clients(cast.alice.viewer, {"q": q}))
        return {client.name for client in clients}

    assert found("evian") == {"Acme"}
    assert found("clara@client") == {"Acme"}
    assert found("Costa Clara") == {"Acme"}
    assert found("732 829 320") == {"Brasserie du Port"}
    assert found("br") == {"Brasserie du Port"}
    assert found("%") == set()
    assert found("\x00") == {"Acme", "Brasserie du Port"}
    browser = sign_in(cast.alice)
    assert names_in(text(browser.get("/clients?q=evian"))) == ["Acme"]
    assert "Nothing fits" in text(browser.get("/clients?q=nobody-has-this"))


def test_filters_narrow_and_malformed_ones_are_left_out(cast: Cast, sign_in: SignIn) -> None:
    group = commands.create_group(name="Conseil", actor=cast.alice)
    regime = commands.create_attribute(label="Régime", type="many_of", options=["IS", "IR"], actor=cast.alice)
    commands.update_client(cast.acme, actor=cast.alice, version=None, group_id=group.id)
    commands.set_attributes(cast.acme, {regime.id: ["is"]}, actor=cast.alice)
    browser = sign_in(cast.alice)
    for query in (f"group={group.id}", f"field={regime.id}:is", f"collaborator={cast.bob.id}"):
        assert names_in(text(browser.get(f"/clients?{query}"))) == ["Acme"], query
    for query in (
        "group=x",
        "type=%00",
        "status=gone",
        "field=x",
        "field=x:y",
        "sort=nothing",
        "after=forged",
        "q=" + "a" * 900,
    ):
        assert browser.get(f"/clients?{query}").status_code == 200, query


def test_disabled_clients_are_hidden_until_asked_for(cast: Cast, sign_in: SignIn) -> None:
    commands.disable_client(cast.acme, actor=cast.alice)
    browser = sign_in(cast.alice)
    assert "Acme" not in names_in(text(browser.get("/clients")))
    assert "Acme" in names_in(text(browser.get("/clients?disabled=1")))


@pytest.mark.parametrize("sort", ["name", "city", "created", "group", "type", "status", "attribute"])
def test_pages_follow_each_other_in_every_order(cast: Cast, sort: str) -> None:
    from portal.clients.queries import all_attributes
    from portal.clients.queries.columns import known_columns
    from portal.clients.queries.filters import Filters
    from portal.clients.queries.table import client_page

    number = commands.create_attribute(label="Effectif", type="number", actor=cast.alice)
    for place in range(5):
        made = commands.create_client(name=f"Client {place}", actor=cast.alice, city=["Lyon", "", "Paris"][place % 3])
        if place:
            commands.set_attributes(made, {number.id: str(place * 7)}, actor=cast.alice)
    key = f"attribute:{number.id}" if sort == "attribute" else sort
    known = known_columns(all_attributes())
    for order in (key, f"-{key}"):
        seen: list[uuid.UUID] = []
        after = None
        while True:
            page = client_page(cast.alice.viewer, Filters(), sort=order, columns=[], known=known, place=after, size=2)
            seen += [row.client.id for row in page.items]
            after = page.next_place
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 7, order


def test_numbers_are_ordered_as_numbers_and_empty_ones_come_last(cast: Cast) -> None:
    from portal.clients.queries.columns import known_columns
    from portal.clients.queries.filters import Filters
    from portal.clients.queries.table import client_page

    number = commands.create_attribute(label="Effectif", type="number", actor=cast.alice)
    for name, value in (("Neuf", "9"), ("Cent", "100")):
        commands.set_attributes(
            commands.create_client(name=name, actor=cast.alice), {number.id: value}, actor=cast.alice
        )
    known = known_columns([number])
    for order, first in ((f"attribute:{number.id}", ["Neuf", "Cent"]), (f"-attribute:{number.id}", ["Cent", "Neuf"])):
        page = client_page(cast.alice.viewer, Filters(), sort=order, columns=[], known=known)
        assert [row.client.name for row in page.items][:2] == first


def test_the_number_of_statements_does_not_grow_with_the_rows(cast: Cast, sign_in: SignIn) -> None:
    for person in (cast.alice, cast.bob):
        browser = sign_in(person)
        browser.get("/clients")
        with statements() as few:
            browser.get("/clients")
        for place in range(12):
            made = commands.create_client(name=f"{person.first_name} {place}", actor=cast.alice)
            commands.set_standing(made, cast.bob, Level.FULL, actor=cast.alice)
            commands.add_contact(made, cast.mallory, actor=cast.alice)
        db.session.expire_all()
        with statements() as many:
            browser.get("/clients")
        assert len(many) <= len(few) + 1, "\n".join(many)
        assert len(many) <= 24, "\n".join(many)


def test_columns_are_kept_per_person_in_their_order(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    form = {"keys": ["city", "status", "group", "forged"], "shown": ["status", "city", "forged"]}
    assert browser.post("/clients/columns", data=form).status_code == 303
    assert db.session.get(ColumnChoice, cast.alice.id).columns == ["city", "status"]  # type: ignore[union-attr]
    heads = re.findall(r"<th scope=\"col\".*?</th>", text(browser.get("/clients")), re.S)
    assert len(heads) == 4
    browser.post("/clients/columns", data={"reset": "1"})
    assert db.session.get(ColumnChoice, cast.alice.id, populate_existing=True) is None


def doors(cast: Cast) -> list[tuple[str, str]]:
    card = f"/clients/{cast.acme.id}"
    person = f"{card}/contacts/{cast.diego.id}"
    return [
        ("GET", card),
        ("GET", f"{card}/information"),
        ("GET", f"{card}/contacts"),
        ("GET", f"{card}/collaborators"),
        ("GET", f"{card}/contacts/suggestions?q=cl"),
        ("GET", f"{card}/fields/city"),
        ("POST", f"{card}/fields/city"),
        ("POST", f"{card}/disablement"),
        ("POST", f"{card}/enablement"),
        ("GET", f"{card}/binning"),
        ("POST", f"{card}/binning"),
        ("POST", f"{card}/attributes"),
        ("GET", f"{card}/attributes/{uuid.uuid4()}"),
        ("POST", f"{card}/attributes/{uuid.uuid4()}"),
        ("POST", f"{card}/attributes/{uuid.uuid4()}/removal"),
        ("POST", f"{card}/contacts"),
        ("POST", f"{person}/invitation"),
        ("POST", f"{person}/main"),
        ("POST", f"{person}/end"),
        ("POST", f"{person}/removal"),
        ("POST", f"{card}/collaborators"),
    ]


def test_strangers_and_contacts_never_find_the_card(cast: Cast, sign_in: SignIn) -> None:
    for person in (cast.mallory, cast.clara, cast.tess):
        browser = sign_in(person)
        for method, address in doors(cast):
            assert browser.open(address, method=method).status_code == 404, (person.first_name, method, address)


def test_whoever_sees_the_client_without_the_feature_may_only_look(cast: Cast, sign_in: SignIn) -> None:
    commands.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    browser = sign_in(cast.tess)
    for place, (method, address) in enumerate(doors(cast)):
        assert browser.open(address, method=method).status_code == (200 if place < 4 else 403), (method, address)
    assert 'data-dialog="add-contact"' not in text(browser.get(f"/clients/{cast.acme.id}/contacts"))


def test_administration_is_closed_to_all_but_those_with_the_feature(cast: Cast, sign_in: SignIn) -> None:
    addresses = (
        *("/templates", "/templates/attributes", "/templates/attributes/new", "/attributes", "/attributes/new"),
        *("/settings/client-groups", "/settings/client-types", "/clients/bin"),
    )
    for person, status in ((cast.alice, 200), (cast.tess, 403), (cast.mallory, 403)):
        browser = sign_in(person)
        for address in addresses:
            assert browser.get(address).status_code == status, (person.first_name, address)


def test_a_field_is_saved_in_place_and_a_conflict_shows_both(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.bob)
    address = f"/clients/{cast.acme.id}/fields/city"
    htmx = {"HX-Request": "true"}
    assert 'name="value"' in text(browser.get(address, headers=htmx))
    saved = browser.post(address, data={"value": "Lyon", "before": ""}, headers=htmx)
    assert saved.status_code == 200
    assert "Lyon" in text(saved)
    conflict = browser.post(address, data={"value": "Paris", "before": ""}, headers=htmx)
    assert conflict.status_code == 422
    assert "Lyon" in text(conflict)
    assert "Paris" in text(conflict)
    again = browser.post(address, data={"value": "Paris", "before": "Lyon"})
    assert again.status_code == 303
    bad = browser.post(f"/clients/{cast.acme.id}/fields/email", data={"value": "no address", "before": ""})
    assert bad.status_code == 422
    assert "no address" in text(bad)
    assert browser.get(f"/clients/{cast.acme.id}/fields/shoe_size").status_code == 404
    assert (
        browser.post(
            f"/clients/{cast.acme.id}/fields/name", data={"value": "Brasserie du PORT", "before": "Acme"}
        ).status_code
        == 422
    )


def test_attributes_are_added_filled_and_removed(cast: Cast, sign_in: SignIn) -> None:
    regime = commands.create_attribute(label={"en": "Regime"}, type="one_of", options=["IS", "IR"], actor=cast.alice)
    closing = commands.create_attribute(label={"en": "Closing"}, type="date", section="Accounts", actor=cast.alice)
    template = commands.save_attribute_template(None, name="SARL", items=[(closing.id, True)], actor=cast.alice)
    browser = sign_in(cast.bob)
    card = f"/clients/{cast.acme.id}"
    assert browser.get(f"{card}/information").status_code == 200
    data = {"template": str(template.id), "attribute": [str(regime.id), "x", str(uuid.uuid4())]}
    assert browser.post(f"{card}/attributes", data=data).status_code == 422
    data["attribute"] = [str(regime.id), "x"]
    assert browser.post(f"{card}/attributes", data=data).status_code == 303
    page = text(browser.get(f"{card}/information"))
    assert "Regime" in page
    assert "Closing" in page
    htmx = {"HX-Request": "true"}
    value = f"{card}/attributes/{closing.id}"
    assert browser.post(value, data={"value": "31/02/2026", "before": ""}, headers=htmx).status_code == 422
    assert browser.post(value, data={"value": "", "before": ""}, headers=htmx).status_code == 422
    assert browser.post(value, data={"value": "31/12/2026", "before": ""}, headers=htmx).status_code == 200
    assert browser.post(f"{card}/attributes/{regime.id}", data={"value": "gone", "before": ""}).status_code == 422
    assert browser.post(f"{card}/attributes/{regime.id}/removal").status_code == 303


def test_contacts_are_added_invited_and_removed(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    card = f"/clients/{cast.acme.id}"
    found = browser.get(f"{card}/contacts/suggestions?q=mallory")
    assert [one["value"] for one in found.get_json()] == [str(cast.mallory.id)]
    assert browser.post(f"{card}/contacts", data={"person": str(cast.mallory.id)}).status_code == 303
    assert browser.post(f"{card}/contacts", data={"person": str(cast.mallory.id)}).status_code == 422
    assert browser.post(f"{card}/contacts", data={"person": "x"}).status_code == 422
    assert browser.post(f"{card}/contacts", data={"email": "clara@client.example", "language": "fr"}).status_code == 422
    new = {"email": "nina@client.example", "first_name": "Nina", "language": "it", "send": "y"}
    assert browser.post(f"{card}/contacts", data=new).status_code == 303
    nina = next(person for person, _ in contacts_of(cast.acme.id) if person.email == new["email"])
    assert nina.state == "invited"
    assert browser.post(f"{card}/contacts/{nina.id}/invitation").status_code == 303
    assert browser.post(f"{card}/contacts/{cast.clara.id}/invitation").status_code == 422
    assert browser.post(f"{card}/contacts/{nina.id}/main").status_code == 303
    assert browser.post(f"{card}/contacts/{nina.id}/end", data={"valid_until": "2030-12-31"}).status_code == 303
    assert browser.post(f"{card}/contacts/{nina.id}/end", data={"valid_until": "soon"}).status_code == 422
    assert browser.post(f"{card}/contacts/{nina.id}/end", data={"valid_until": "9999-12-31"}).status_code == 422
    assert "31 Dec 2030" in text(browser.get(f"{card}/contacts"))
    assert browser.post(f"{card}/contacts/{nina.id}/removal").status_code == 303
    assert browser.post(f"{card}/contacts/{nina.id}/removal").status_code == 404


def test_levels_are_set_for_one_and_for_all_of_a_role(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    address = f"/clients/{cast.acme.id}/collaborators"
    assert browser.get(address).status_code == 200
    assert browser.post(address, data={f"level-{cast.tess.id}": "read", "level-x": "full"}).status_code == 303
    assert "Acme" in names_in(text(sign_in(cast.tess).get("/clients")))
    assert browser.post(address, data={"role": str(cast.roles["trainee"].id), "level": "none"}).status_code == 303
    assert "Acme" not in names_in(text(sign_in(cast.tess).get("/clients")))
    assert browser.post(address, data={f"level-{cast.tess.id}": "owner"}).status_code == 422


def test_the_bin_from_the_door_to_the_end(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    address = f"/clients/{cast.acme.id}/binning"
    assert browser.get(address).status_code == 200
    assert browser.post(address, data={"typed_name": "Other"}).status_code == 422
    assert browser.post(address, data={"typed_name": "acme"}).status_code == 303
    assert "Acme" in text(browser.get("/clients/bin"))
    bob = sign_in(cast.bob)
    assert bob.get(f"/clients/bin/{cast.acme.id}/restoration").status_code == 403
    assert sign_in(cast.mallory).get(f"/clients/bin/{cast.acme.id}/restoration").status_code == 404
    commands.create_client(name="Acme", actor=cast.alice)
    restore = f"/clients/bin/{cast.acme.id}/restoration"
    assert browser.get(restore).status_code == 200
    assert browser.post(restore, data={"name": "Acme"}).status_code == 422
    assert browser.post(restore, data={"name": "Acme 2"}).status_code == 303
    browser.post(address, data={"typed_name": "Acme 2"})
    erase = f"/clients/bin/{cast.acme.id}/erasure"
    assert browser.get(erase).status_code == 200
    assert browser.post(erase, data={"typed_name": "x"}).status_code == 422
    assert browser.post(erase, data={"typed_name": "Acme 2"}).status_code == 303
    assert db.session.scalars(select(Client).where(Client.name == "Acme 2")).one_or_none() is None


def test_groups_and_types_are_made_renamed_and_deleted(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    for address, word in (("/settings/client-groups", "Conseil"), ("/settings/client-types", "SARL")):
        assert browser.post(address, data={"name": word}).status_code == 303
        assert browser.post(address, data={"name": word.upper()}).status_code == 422
        for bad in ("", "a" * 300, "a\x00b", "a\u202eb"):
            assert browser.post(address, data={"name": bad}).status_code == 422
    group = db.session.scalars(select(ClientGroup)).one()
    assert browser.post(f"/settings/client-groups/{group.id}", data={"name": "Social 🧾"}).status_code == 303
    assert browser.post(f"/settings/client-groups/{group.id}", data={"name": ""}).status_code == 422
    commands.update_client(cast.acme, actor=cast.alice, version=None, group_id=group.id)
    assert browser.post(f"/settings/client-groups/{group.id}/removal").status_code == 303
    assert db.session.get(Client, cast.acme.id, populate_existing=True).group_id is None  # type: ignore[union-attr]


def test_a_template_is_edited_with_and_without_scripts(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.alice)
    made = {"label_en": "Regime", "type": "one_of", "options": "IS | Corporate tax\nIR", "section": "Tax"}
    assert browser.post("/attributes/new", data=made).status_code == 303
    assert browser.post("/attributes/new", data=made).status_code == 422
    assert browser.post("/attributes/new", data={"type": "text"}).status_code == 422
    assert browser.post("/attributes/new", data={"type": "one_of", "label_en": "X"}).status_code == 422
    assert browser.post("/attributes/new", data={"type": "shoe", "label_en": "X"}).status_code == 422
    browser.post("/attributes/new", data={"label_en": "Closing", "type": "date"})
    first, second = db.session.scalars(select(Attribute).order_by(Attribute.position))
    new = "/templates/attributes/new"
    stepped = text(browser.post(new, data={"name": "", "items": [str(first.id)], "add": [str(second.id)]}))
    assert stepped.count('name="items"') == 2
    moved = text(browser.post(new, data={"name": "", "items": [str(first.id), str(second.id)], "up": str(second.id)}))
    assert moved.index(f'name="items" value="{second.id}"') < moved.index(f'name="items" value="{first.id}"')
    items = {"items": [str(second.id), str(first.id), "forged"], "required": [str(first.id)]}
    assert browser.post(new, data={**items, "name": "", "save": "1"}).status_code == 422
    assert browser.post(new, data={**items, "name": "SARL", "save": "1"}).status_code == 303
    template = db.session.scalars(select(AttributeTemplate)).one()
    address = f"/templates/attributes/{template.id}"
    assert browser.get(address).status_code == 200
    assert browser.post(address, data={**items, "name": "SAS", "version": "1", "save": "1"}).status_code == 303
    assert browser.post(address, data={**items, "name": "SA", "version": "1", "save": "1"}).status_code == 409
    assert browser.get("/templates/attributes").status_code == 200
    assert browser.post(f"{address}/copies").status_code == 303
    assert browser.post(f"{address}/removal").status_code == 303
    assert browser.get(f"/attributes/{first.id}").status_code == 200
    changed = {"label_en": "Tax regime", "options": "IS\nIR\nTNS", "type": "one_of"}
    assert browser.post(f"/attributes/{first.id}", data=changed).status_code == 303
    assert browser.post(f"/attributes/{first.id}/archival").status_code == 303
    assert browser.get("/attributes").status_code == 200
