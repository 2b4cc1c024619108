"""Whole trees from a template."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, select

from portal.clients import commands as clients
from portal.clients.models import Client
from portal.files.commands import folders, rights
from portal.files.commands.trees import apply_tree
from portal.files.models import Folder
from portal.files.queries import folder_level
from portal.files.refusals import NameTaken
from portal.kit.db import db
from portal.permissions.commands import start_contact_rights
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.test_folders import put
from tests.statements import counted


@dataclass
class Leaf:
    """A node as templates have it."""

    name: str
    level: int | None = None
    parent_id: uuid.UUID | None = None
    position: int = 0
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def test_a_tree_is_made_with_the_contacts_defaults(cast: Cast) -> None:
    shared = Leaf("Shared", Level.READ)
    inner = Leaf("Inner", None, shared.id)
    inbox = Leaf("Inbox", Level.DEPOSIT, shared.id, 1)
    hidden = Leaf("Internal", None, position=1)
    made = apply_tree(cast.acme, [inbox, inner, hidden, shared], actor=cast.alice)
    levels = {leaf.name: folder_level(cast.clara.viewer, made[leaf.id]) for leaf in (shared, inner, inbox, hidden)}
    assert levels == {"Shared": 2, "Inner": 2, "Inbox": 1, "Internal": 0}
    assert folder_level(cast.bob.viewer, made[inbox.id]) == Level.FULL, "collaborators follow their standing"
    assert made[inner.id].path == f"{cast.root.path}{made[shared.id].id.hex}/{made[inner.id].id.hex}/"


def test_a_contact_who_joins_later_gets_the_defaults_too(cast: Cast) -> None:
    shared = Leaf("Shared", Level.READ)
    made = apply_tree(cast.acme, [shared], actor=cast.alice)
    rights.set_level(made[shared.id], person=cast.clara, level=Level.FULL, actor=cast.alice)
    clients.add_contact(cast.acme, cast.mallory, actor=cast.alice)
    start_contact_rights(cast.acme.id, [cast.mallory.id, cast.clara.id], actor=cast.alice)
    assert folder_level(cast.mallory.viewer, made[shared.id]) == Level.READ
    assert folder_level(cast.clara.viewer, made[shared.id]) == Level.FULL, "what was set by hand stays"


def test_a_default_survives_a_cascade_for_those_who_come_later(cast: Cast) -> None:
    shared = Leaf("Shared", Level.READ)
    made = apply_tree(cast.acme, [shared], actor=cast.alice)
    for person in (cast.clara, cast.diego):
        rights.cascade(cast.root, person=person, actor=cast.alice)
    assert folder_level(cast.clara.viewer, made[shared.id]) == Level.NONE
    clients.add_contact(cast.acme, cast.mallory, actor=cast.alice)
    start_contact_rights(cast.acme.id, [cast.mallory.id], actor=cast.alice)
    assert folder_level(cast.mallory.viewer, made[shared.id]) == Level.READ


def test_applied_again_it_adds_what_is_missing_and_changes_nothing_else(cast: Cast) -> None:
    top, inner = Leaf("exchange", Level.READ), Leaf("New", None)
    inner.parent_id = top.id
    made = apply_tree(cast.acme, [top, inner], actor=cast.alice)
    again = apply_tree(cast.acme, [top, inner], actor=cast.alice)
    assert made[top.id].id == cast.exchange.id
    assert made[inner.id].id == again[inner.id].id
    assert folder_level(cast.diego.viewer, cast.exchange) == Level.DEPOSIT


def test_a_file_of_that_name_is_in_the_way(cast: Cast) -> None:
    put(cast.root, "Plans", cast.bob)
    with pytest.raises(NameTaken):
        apply_tree(cast.acme, [Leaf("plans")], actor=cast.alice)


def test_two_thousand_folders_cost_as_many_statements_as_two(cast: Cast) -> None:
    def cost(name: str, size: int) -> int:
        client = clients.create_client(name=name, actor=cast.alice)
        folders.create_root(client, actor=cast.alice)
        clients.add_contact(client, cast.clara, actor=cast.alice)
        above = Leaf("top", Level.READ)
        leaves = [Leaf(str(number), Level(number % 4), above.id, number) for number in range(size)]
        db.session.expunge_all()
        with counted() as statements:
            made = apply_tree(client, [above, *leaves], actor=cast.alice)
        assert len(made) == size + 1
        return len(statements)

    small, big = cost("Small", 2), cost("Big", 2000)
    record_figure("trees: statements for 2,000 folders", f"{big}", f"as for 2 ({small}), <= 20")
    assert small == big <= 20


def test_erasing_a_client_takes_its_folders_and_rights_along(cast: Cast) -> None:
    apply_tree(cast.acme, [Leaf("Shared", Level.READ)], actor=cast.alice)
    put(cast.exchange, "a.txt", cast.bob)
    acme = cast.acme.id
    db.session.expunge_all()
    db.session.execute(delete(Client).where(Client.id == acme))
    for table in (Folder, Scope):
        assert db.session.scalars(select(table).where(table.client_id == acme)).all() == []
