"""What happens in the client base: opening, changing, binning clients, and who belongs to them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from portal.accounts.models import Person
from portal.clients import commands
from portal.clients.models import Client, ClientAttribute, Membership
from portal.clients.queries import contacts_of, name_taken, near_duplicates, visible_clients
from portal.clients.refusals import (
    AlreadyAContact,
    BadValue,
    ClientNameTaken,
    NameNotTyped,
    NotACollaborator,
    NotAContact,
    StaleClient,
    StillUsed,
    Unknown,
    ValueConflict,
)
from portal.kit.clock import now
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.names import BadName
from portal.permissions.levels import Level
from tests.cast import Cast


def sees(person: Person, client: Client) -> bool:
    return client in db.session.scalars(visible_clients(person.viewer)).all()


def test_a_name_is_unique_whatever_its_case_and_accents(cast: Cast) -> None:
    commands.create_client(name="Café Noir", actor=cast.alice)
    for same in ("cafe noir", "CAFÉ  NOIR", "Cafe\u0301 Noir"):
        with pytest.raises(ClientNameTaken) as refusal:
            commands.create_client(name=same, actor=cast.alice)
        assert refusal.value.field == "name"
    assert name_taken("café noir")


@pytest.mark.parametrize("bad", ["", "   ", "a" * 256, "a\x00b", "a\x07b", "a\u202eb", "\ud800", "\u0301"])
def test_a_bad_name_is_refused_beside_the_field(cast: Cast, bad: str) -> None:
    with pytest.raises(BadName) as refusal:
        commands.create_client(name=bad, actor=cast.alice)
    assert refusal.value.field == "name"


def test_slashes_and_emoji_are_fine_in_a_clients_name(cast: Cast) -> None:
    assert commands.create_client(name="Dupont / Durand 🥖", actor=cast.alice).name == "Dupont / Durand 🥖"


def test_near_duplicates_are_found(cast: Cast) -> None:
    made = commands.create_client(name="Boulangerie Martin", actor=cast.alice)
    assert near_duplicates("Boulangerie Martins") == [made]
    assert near_duplicates("Garage des Alpes") == []


def test_one_draft_makes_one_client(cast: Cast) -> None:
    draft_id = uuid.uuid4()
    first = commands.create_client(name="Un", actor=cast.alice, draft_id=draft_id)
    assert commands.create_client(name="Un", actor=cast.bob, draft_id=draft_id).id == first.id


def test_a_stale_version_is_refused(cast: Cast) -> None:
    version = cast.acme.version
    commands.update_client(cast.acme, actor=cast.alice, version=version, city="Lyon")
    with pytest.raises(StaleClient):
        commands.update_client(cast.acme, actor=cast.bob, version=version, city="Paris")


def test_two_who_save_one_field_see_both_values(cast: Cast) -> None:
    commands.save_field(cast.acme, "city", "Lyon", before=cast.acme.city, actor=cast.alice)
    with pytest.raises(ValueConflict) as conflict:
        commands.save_field(cast.acme, "city", "Paris", before="", actor=cast.bob)
    assert (conflict.value.theirs, conflict.value.mine) == ("Lyon", "Paris")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("email", "nobody"),
        ("phone", "abc"),
        ("status", "gone"),
        ("language", "xx"),
        ("group_id", str(uuid.UUID(int=7))),
        ("type_id", "x"),
        ("discount_percent", "140"),
        ("city", "a\nb"),
        ("note", "a\x00b"),
        ("postal_code", "1" * 21),
        ("shoe_size", "44"),
    ],
)
def test_a_bad_field_is_refused_beside_itself(cast: Cast, field: str, bad: str) -> None:
    with pytest.raises(Refused) as refusal:
        commands.update_client(cast.acme, actor=cast.alice, version=None, **{field: bad})
    assert refusal.value.field == field
    assert str(refusal.value)


def contact(email: str) -> Person:
    person = Person(kind="contact", email=email, first_name="Nina", last_name="Neuf", search_key="neuf nina " + email)
    db.session.add(person)
    return person


def test_the_first_contact_is_the_main_one_and_can_be_replaced(cast: Cast) -> None:
    made = commands.create_client(name="Neuf", actor=cast.alice)
    one, two = contact("n1@example.com"), contact("n2@example.com")
    commands.add_contacts(made, [one, two], actor=cast.alice)
    assert {person.id: membership.is_main for person, membership in contacts_of(made.id)} == {
        one.id: True,
        two.id: False,
    }
    commands.set_main_contact(made, two.id, actor=cast.alice)
    assert [person.id for person, membership in contacts_of(made.id) if membership.is_main] == [two.id]
    with pytest.raises(AlreadyAContact):
        commands.add_contact(made, one, actor=cast.alice)
    with pytest.raises(NotAContact):
        commands.add_contact(made, cast.bob, actor=cast.alice)
    with pytest.raises(Unknown):
        commands.set_main_contact(made, cast.mallory.id, actor=cast.alice)


def test_a_removed_contact_sees_nothing_and_keeps_the_account(cast: Cast) -> None:
    assert sees(cast.clara, cast.acme)
    commands.remove_contact(cast.acme, cast.clara, actor=cast.alice)
    assert not sees(cast.clara, cast.acme)
    assert db.session.get(Person, cast.clara.id) is not None


def test_a_contact_whose_time_has_run_out_sees_nothing(cast: Cast) -> None:
    commands.set_contact_end(cast.acme, cast.clara.id, now() - timedelta(seconds=1), actor=cast.alice)
    assert not sees(cast.clara, cast.acme)
    commands.set_contact_end(cast.acme, cast.clara.id, None, actor=cast.alice)
    assert sees(cast.clara, cast.acme)


def test_no_level_makes_the_client_invisible(cast: Cast) -> None:
    commands.set_standing(cast.acme, cast.tess, Level.READ, actor=cast.alice)
    assert sees(cast.tess, cast.acme)
    commands.set_standing(cast.acme, cast.tess, Level.NONE, actor=cast.alice)
    assert not sees(cast.tess, cast.acme)
    with pytest.raises(NotACollaborator):
        commands.set_standing(cast.acme, cast.clara, Level.READ, actor=cast.alice)


def test_a_disabled_client_shuts_its_contacts_out(cast: Cast) -> None:
    commands.disable_client(cast.acme, actor=cast.alice)
    assert not sees(cast.clara, cast.acme)
    assert sees(cast.alice, cast.acme)
    commands.enable_client(cast.acme, actor=cast.alice)
    assert sees(cast.clara, cast.acme)


def test_the_bin_asks_for_the_name_and_gives_everything_back(cast: Cast) -> None:
    with pytest.raises(NameNotTyped):
        commands.bin_client(cast.acme, confirmed_name="Acne", actor=cast.alice)
    commands.bin_client(cast.acme, confirmed_name=cast.acme.name.upper(), actor=cast.alice)
    assert not sees(cast.alice, cast.acme)
    assert not sees(cast.clara, cast.acme)
    commands.restore_client(cast.acme, actor=cast.alice)
    assert sees(cast.alice, cast.acme)
    assert sees(cast.clara, cast.acme)


def test_a_name_that_was_taken_meanwhile_asks_for_another_one(cast: Cast) -> None:
    name = cast.acme.name
    commands.bin_client(cast.acme, confirmed_name=name, actor=cast.alice)
    commands.create_client(name=name, actor=cast.alice)
    with pytest.raises(ClientNameTaken) as refusal:
        commands.restore_client(cast.acme, actor=cast.alice)
    assert name in str(refusal.value)
    assert commands.restore_client(cast.acme, actor=cast.alice, name=f"{name} 2").binned_at is None


def test_after_thirty_days_the_client_is_erased_and_its_contacts_stay(cast: Cast) -> None:
    with pytest.raises(StillUsed):
        commands.erase_client(cast.acme, actor=cast.alice)
    ident, people = cast.acme.id, [person.id for person, _ in contacts_of(cast.acme.id)]
    commands.bin_client(cast.acme, confirmed_name=cast.acme.name, actor=cast.alice)
    assert commands.erase_old() == 0
    db.session.execute(update(Client).where(Client.id == ident).values(binned_at=func.now() - timedelta(days=31)))
    assert commands.erase_old() == 1
    assert db.session.get(Client, ident) is None
    assert db.session.scalar(select(func.count()).select_from(Membership).where(Membership.client_id == ident)) == 0
    assert db.session.scalar(select(func.count()).select_from(Person).where(Person.id.in_(people))) == len(people)


def test_erasing_promises_the_deletion_of_the_objects(cast: Cast) -> None:
    ident = cast.acme.id
    values = {"p": cast.clara.id, "c": ident}
    folder = db.session.execute(
        text("select id from folder where client_id = :c and parent_id is null"), values
    ).scalar()
    if folder is None:
        pytest.fail("the cast's client has no root folder")
    db.session.execute(
        text(
            "insert into upload (id, person_id, client_id, folder_id, name, size, content_type, object_key, expires_at)"
            " values (gen_random_uuid(), :p, :c, :f, 'a', 1, 'text/plain', 'key-of-an-upload', now())"
        ),
        {**values, "f": folder},
    )
    commands.bin_client(cast.acme, confirmed_name=cast.acme.name, actor=cast.alice)
    commands.erase_client(cast.acme, actor=cast.alice, confirmed_name=cast.acme.name)
    assert (
        db.session.execute(text("select count(*) from object_deletion where object_key = 'key-of-an-upload'")).scalar()
        == 1
    )


def siren(cast: Cast) -> Any:
    return commands.create_attribute(
        label={"fr": "Numéro SIREN", "en": "SIREN"}, type="text", rule="siren", actor=cast.alice
    )


def test_values_are_checked_and_found_by_the_search(cast: Cast) -> None:
    attribute = siren(cast)
    with pytest.raises(BadValue) as refusal:
        commands.set_attributes(cast.acme, {attribute.id: "732829321"}, actor=cast.alice)
    assert refusal.value.field == f"attribute-{attribute.id}"
    commands.set_attributes(cast.acme, {attribute.id: "732 829 320"}, actor=cast.alice)
    assert "732829320" in db.session.execute(select(Client.search_text).where(Client.id == cast.acme.id)).scalar_one()
    with pytest.raises(BadValue):
        commands.set_attributes(cast.acme, {attribute.id: ""}, actor=cast.alice, required=[attribute.id])
    with pytest.raises(Unknown):
        commands.set_attributes(cast.acme, {uuid.uuid4(): "x"}, actor=cast.alice)


def test_one_value_is_saved_by_itself_and_a_conflict_shows_both(cast: Cast) -> None:
    attribute = siren(cast)
    commands.add_attributes(cast.acme, [(attribute.id, False)], actor=cast.alice)
    commands.save_value(cast.acme, attribute.id, "732829320", before=None, actor=cast.alice)
    with pytest.raises(ValueConflict) as conflict:
        commands.save_value(cast.acme, attribute.id, "404833048", before=None, actor=cast.bob)
    assert (conflict.value.theirs, conflict.value.mine) == ("732829320", "404833048")
    commands.remove_attribute(cast.acme, attribute.id, actor=cast.alice)
    assert db.session.get(ClientAttribute, (cast.acme.id, attribute.id)) is None


def test_choices_keep_their_keys_when_a_label_is_corrected(cast: Cast) -> None:
    made = commands.create_attribute(label="Régime", type="one_of", options=["IS", "IR"], actor=cast.alice)
    assert [option["key"] for option in made.options] == ["is", "ir"]
    corrected = [{"key": "is", "label": {"fr": "Impôt sur les sociétés"}}, "IR", "TVA"]
    commands.update_attribute(made, label={"fr": "Régime fiscal"}, options=corrected, actor=cast.alice)
    assert [option["key"] for option in made.options] == ["is", "ir", "tva"]


def test_a_template_keeps_its_order_and_refuses_a_stale_save(cast: Cast) -> None:
    one = siren(cast)
    two = commands.create_attribute(label="Clôture", type="date", actor=cast.alice)
    template = commands.save_attribute_template(
        None, name="SARL", items=[(two.id, True), (one.id, False)], actor=cast.alice
    )
    copy = commands.duplicate_attribute_template(template, actor=cast.alice)
    assert copy.name != template.name
    commands.save_attribute_template(template, name="SARL", items=[(one.id, True)], actor=cast.alice, version=1)
    with pytest.raises(StaleClient):
        commands.save_attribute_template(template, name="SARL", items=[], actor=cast.bob, version=1)
    commands.delete_attribute_template(template, actor=cast.alice)
