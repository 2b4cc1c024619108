"""Applying a template to clients that are there: shown before, once per client, nothing of theirs changed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.roles import Feature
from portal.activity.models import Activity
from portal.clients import commands as clients
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_folder
from portal.files.commands.tree_applications import MANY, ONE, apply_shown, apply_to_clients
from portal.files.commands.tree_templates import delete_tree_template, save_tree_template
from portal.files.models import AppliedTree, Folder, TreeTemplate
from portal.files.queries import folder_level
from portal.files.refusals import Gone, NothingChosen, PreviewOutdated
from portal.files.template_queries import nodes_of, tree_of
from portal.files.tree_clients import ClientPreview, previews, together
from portal.files.tree_progress import progress_of, visible_applications
from portal.files.tree_shape import Branch
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.test_folders import put
from tests.postbox import do_promised_work
from tests.statements import counted

TREE = [
    Branch("Exchange", Level.READ, [Branch("Invoices", Level.DEPOSIT), Branch("Letters")]),
    Branch("Internal", Level.NONE, [Branch("Notes")]),
]


@pytest.fixture
def template(cast: Cast) -> TreeTemplate:
    """Exchange (read) > Invoices (deposit), Letters; Internal (none) > Notes."""
    return save_tree_template(None, name="Company", tree=TREE, actor=cast.alice)


@pytest.fixture
def able(cast: Cast, session: Any) -> Cast:
    """The cast; Bob's role may also change and apply templates."""
    cast.roles["collaborator"].features = [*cast.roles["collaborator"].features, Feature.TEMPLATES]
    session.commit()
    return cast


def shown(template: TreeTemplate, *some: Any, by: Any) -> list[ClientPreview]:
    return previews(template, some, viewer=by.viewer)


def names(client: Any, session: Any) -> set[str]:
    living = select(Folder.name).where(Folder.client_id == client.id, Folder.bin_id.is_(None))
    return set(session.scalars(living.where(Folder.parent_id.is_not(None))))


def test_the_preview_says_what_is_made_what_is_there_and_what_contacts_get(cast: Cast, template: TreeTemplate) -> None:
    (one,) = shown(template, cast.acme, by=cast.alice)
    assert [made.trail for made in one.made] == [
        ("Exchange", "Invoices"), ("Exchange", "Letters"), ("Internal",), ("Internal", "Notes"),
    ]  # fmt: skip
    assert [made.level for made in one.made] == [Level.DEPOSIT, None, Level.NONE, Level.NONE]
    assert one.recognised == 1
    gains = {(gain.name, gain.level, gain.folders) for gain in one.gains}
    # "Letters" follows Exchange as it is: Clara has full there, Diego may deposit..
    assert gains == {
        ("Clara Costa", Level.DEPOSIT, 1), ("Clara Costa", Level.FULL, 1), ("Diego Diaz", Level.DEPOSIT, 2),
    }  # fmt: skip


def test_what_was_shown_is_what_comes(cast: Cast, template: TreeTemplate, session: Any) -> None:
    (one,) = shown(template, cast.acme, by=cast.alice)
    before = {person: folder_level(cast.everybody[person].viewer, cast.exchange) for person in ("clara", "diego")}
    apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    made = {folder.name: folder for folder in session.scalars(select(Folder).where(Folder.client_id == cast.acme.id))}
    assert names(cast.acme, session) == {
        "Exchange", "Accounts", "Payroll", "Invoices", "Letters", "Internal", "Notes",
    }  # fmt: skip
    levels = {name: folder_level(cast.clara.viewer, made[name]) for name in ("Invoices", "Letters", "Notes")}
    assert levels == {"Invoices": Level.DEPOSIT, "Letters": Level.FULL, "Notes": Level.NONE}
    after = {person: folder_level(cast.everybody[person].viewer, cast.exchange) for person in ("clara", "diego")}
    assert after == before, "what is there keeps its rights"
    line = session.scalars(select(Activity).where(Activity.verb == "folder.template_applied")).one()
    assert (line.client_id, line.details["template"], line.details["count"]) == (cast.acme.id, "Company", 4)


def test_applied_again_nothing_happens_and_nothing_is_logged(cast: Cast, template: TreeTemplate, session: Any) -> None:
    for _ in range(2):
        (one,) = shown(template, cast.acme, by=cast.alice)
        apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    assert not one.made
    assert len(session.scalars(select(Activity).where(Activity.verb == "folder.template_applied")).all()) == 1
    assert len(session.scalars(select(AppliedTree)).all()) == 1


def test_a_folder_is_recognised_wherever_it_went_and_whatever_it_is_called(
    cast: Cast, template: TreeTemplate, session: Any
) -> None:
    (one,) = shown(template, cast.acme, by=cast.alice)
    apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    found = {folder.name: folder for folder in session.scalars(select(Folder).where(Folder.client_id == cast.acme.id))}
    folders.rename_folder(found["Internal"], name="Work", actor=cast.alice)
    folders.move_folder(found["Internal"], to=cast.books, actor=cast.alice)
    bin_folder(found["Notes"], actor=cast.alice)
    (again,) = shown(template, cast.acme, by=cast.alice)
    assert [made.trail for made in again.made] == [("Internal", "Notes")]
    apply_shown(template.id, cast.acme, fingerprint=again.fingerprint, actor=cast.alice)
    notes = session.scalars(select(Folder).where(Folder.name == "Notes", Folder.bin_id.is_(None))).one()
    assert notes.parent_id == found["Internal"].id


def test_twins_in_another_unicode_form_are_the_same_folder(cast: Cast, session: Any) -> None:
    folders.create_folder(cast.root, name="Re\u0301vision", actor=cast.alice)
    twin = save_tree_template(None, name="Twin", tree=[Branch("RÉVISION")], actor=cast.alice)
    (one,) = shown(twin, cast.acme, by=cast.alice)
    assert (one.made, one.recognised) == ((), 1)


def test_what_is_in_the_way_is_said_and_passed_over(cast: Cast, template: TreeTemplate, session: Any) -> None:
    put(cast.root, "internal", cast.bob)
    (one,) = shown(template, cast.acme, by=cast.alice)
    assert one.blocked == ((("Internal",), "file"), (("Internal", "Notes"), "above"))
    apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    assert {"Invoices", "Letters"} <= names(cast.acme, session)
    assert not {"Internal", "Notes"} & names(cast.acme, session)


def test_too_deep_is_in_the_way(cast: Cast, template: TreeTemplate, session: Any) -> None:
    deep = cast.root
    for number in range(62):
        deep = folders.create_folder(deep, name=str(number), actor=cast.alice)
    folders.move_folder(cast.exchange, to=deep, actor=cast.alice)
    mark = nodes_of(template.id)[0].id
    session.execute(Folder.__table__.update().where(Folder.id == cast.exchange.id).values(template_node_id=mark))
    (one,) = shown(template, cast.acme, by=cast.alice)
    assert {reason for _trail, reason in one.blocked} == {"deep"}
    assert [made.trail for made in one.made] == [("Internal",), ("Internal", "Notes")]


def test_a_preview_that_is_out_of_date_changes_nothing(cast: Cast, template: TreeTemplate, session: Any) -> None:
    (one,) = shown(template, cast.acme, by=cast.alice)
    folders.create_folder(cast.exchange, name="Invoices", actor=cast.alice)
    with pytest.raises(PreviewOutdated):
        apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    (one,) = shown(template, cast.acme, by=cast.alice)
    rights.set_level(cast.exchange, person=cast.diego, level=Level.READ, actor=cast.alice)
    with pytest.raises(PreviewOutdated):
        apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    (one,) = shown(template, cast.acme, by=cast.alice)
    save_tree_template(template, name="Company", tree=tree_of(nodes_of(template.id)), actor=cast.alice)
    with pytest.raises(PreviewOutdated):
        apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)
    assert "Notes" not in names(cast.acme, session)
    delete_tree_template(template, actor=cast.alice)
    with pytest.raises(Gone):
        apply_shown(template.id, cast.acme, fingerprint=one.fingerprint, actor=cast.alice)


def _apply(template: TreeTemplate, some: list[Any], by: Any) -> uuid.UUID:
    found = previews(template, some, viewer=by.viewer)
    ids = [client.id for client in some]
    return apply_to_clients(template, ids, fingerprint=together(found), actor=by.viewer)


def test_many_clients_get_it_once_each(cast: Cast, template: TreeTemplate, session: Any) -> None:
    some = [cast.acme, cast.other, *_more(cast, 5)]
    ident = _apply(template, some, cast.alice)
    do_promised_work()
    do_promised_work()
    for client in some:
        assert {"Invoices", "Letters", "Internal", "Notes"} <= names(client, session)
    application = session.scalars(visible_applications(cast.alice.viewer).where(OutboxEntry.id == ident)).one()
    found = progress_of(application, cast.alice.viewer)
    assert (found.total, found.finished, found.is_over, found.left) == (7, 7, True, [])
    assert found.made == 4 * 2 + 5 * 5
    assert session.scalars(visible_applications(cast.bob.viewer)).all() == []
    assert len(session.scalars(select(Activity).where(Activity.verb == "folder.template_applied")).all()) == 7


def _more(cast: Cast, number: int) -> list[Any]:
    made = []
    for count in range(number):
        client = clients.create_client(name=f"Client {count}", actor=cast.alice)
        folders.create_root(client, actor=cast.alice)
        made.append(client)
    return made


def test_a_client_that_changes_before_its_turn_stays_as_it_is(cast: Cast, template: TreeTemplate, session: Any) -> None:
    ident = _apply(template, [cast.acme, cast.other], cast.alice)
    put(cast.root, "Internal", cast.bob)
    do_promised_work()
    application = session.scalars(visible_applications(cast.alice.viewer).where(OutboxEntry.id == ident)).one()
    found = progress_of(application, cast.alice.viewer)
    assert [(line.client.id, line.outcome) for line in found.left] == [(cast.acme.id, "changed")]
    assert "Notes" not in names(cast.acme, session)
    assert "Notes" in names(cast.other, session)


def test_rights_are_asked_again_when_it_is_carried_out(able: Cast, template: TreeTemplate, session: Any) -> None:
    ident = _apply(template, [able.acme], able.bob)
    clients.set_standing(able.acme, able.bob, Level.READ, actor=able.alice)
    do_promised_work()
    application = session.scalars(visible_applications(able.bob.viewer).where(OutboxEntry.id == ident)).one()
    assert progress_of(application, able.bob.viewer).lines == [], "nor is the client named any more"
    row = session.scalars(select(OutboxEntry).where(OutboxEntry.name == ONE)).one()
    assert row.payload["noted"] == {"outcome": "denied"}
    assert "Notes" not in names(able.acme, session)


def test_bob_applies_it_only_where_he_has_full(able: Cast, template: TreeTemplate, session: Any) -> None:
    found = previews(template, [able.acme], viewer=able.bob.viewer)
    ids = [able.acme.id, able.other.id]
    ident = apply_to_clients(template, ids, fingerprint=together(found), actor=able.bob.viewer)
    payload = session.get_one(OutboxEntry, ident).payload
    assert [client_id for client_id, _fingerprint in payload["clients"]] == [str(able.acme.id)]
    with pytest.raises(NothingChosen):
        apply_to_clients(template, [able.other.id], fingerprint="", actor=able.bob.viewer)
    with pytest.raises(PreviewOutdated):
        apply_to_clients(template, ids, fingerprint="", actor=able.bob.viewer)


def test_where_bob_has_less_than_full_nothing_is_put(able: Cast, template: TreeTemplate) -> None:
    rights.set_level(able.exchange, person=able.bob, level=Level.READ, actor=able.alice)
    (one,) = shown(template, able.acme, by=able.bob)
    assert one.blocked == ((("Exchange", "Invoices"), "closed"), (("Exchange", "Letters"), "closed"))
    assert [made.trail for made in one.made] == [("Internal",), ("Internal", "Notes")]


def test_looking_at_a_hundred_clients_costs_as_many_statements_as_one(cast: Cast, template: TreeTemplate) -> None:
    some = [cast.acme, *_more(cast, 99)]
    with counted() as one:
        shown(template, cast.acme, by=cast.alice)
    with counted() as hundred:
        assert len(shown(template, *some, by=cast.alice)) == 100
    record_figure("trees: statements to look at 100 clients", len(hundred), f"as for 1 ({len(one)})")
    assert len(hundred) == len(one) <= 8


def test_the_promise_holds_no_more_than_ids(cast: Cast, template: TreeTemplate, session: Any) -> None:
    _apply(template, [cast.acme], cast.alice)
    row = session.scalars(select(OutboxEntry).where(OutboxEntry.name == MANY)).one()
    assert set(row.payload) == {"template_id", "by", "clients"}
