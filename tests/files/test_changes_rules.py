"""Who may change rights, what an undo refuses, and copies of rights, as the cast meets them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal.activity.models import Activity
from portal.clients import commands as clients
from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.commands.carrying_out import carry_out
from portal.files.commands.changes import (
    LevelChange,
    apply_changes,
    preview_changes,
    same_rights,
    template_defaults,
    undo_change,
)
from portal.files.commands.own_levels import read_own_levels
from portal.files.commands.plans import Plan
from portal.files.commands.pretend import pretend
from portal.files.models import Folder, RightsChange
from portal.files.policies import can_undo
from portal.files.queries import explain, folder_level, visible_changes
from portal.files.refusals import CannotUndo, Gone, MayNotSetRights, NotAMember, NotEverywhere, OwnRights
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.i18n import in_language
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted


@pytest.fixture(autouse=True)
def _in_english(cast: Cast) -> Iterator[None]:
    with in_language("en"):
        yield


def _made(cast: Cast, *changes: LevelChange, actor: Any = None) -> RightsChange:
    return apply_changes(cast.acme, changes, actor=actor or cast.alice)


def _reason(change: RightsChange, cast: Cast) -> str:
    with pytest.raises(CannotUndo) as refused:
        undo_change(change, actor=cast.alice)
    return str(refused.value)


def test_bob_sets_contacts_where_he_has_full_and_nobody_elses(cast: Cast) -> None:
    _made(cast, LevelChange(cast.exchange.id, cast.clara.id, Level.READ), actor=cast.bob)
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.READ
    clients.set_standing(cast.acme, cast.tess, Level.READ, actor=cast.alice)
    for change in (
        LevelChange(cast.exchange.id, cast.tess.id, Level.FULL),
        LevelChange(cast.exchange.id, cast.bob.id, Level.READ),
    ):
        with pytest.raises((MayNotSetRights, OwnRights)):
            _made(cast, change, actor=cast.bob)
    rights.set_level(cast.books, person=cast.bob, level=Level.READ, actor=cast.alice)
    with pytest.raises(MayNotSetRights):
        _made(cast, LevelChange(cast.books.id, cast.clara.id, Level.FULL), actor=cast.bob)


def test_neither_clara_nor_tess_nor_mallory_changes_rights(cast: Cast) -> None:
    clients.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    for somebody in (cast.clara, cast.tess, cast.mallory):
        with pytest.raises(MayNotSetRights):
            _made(cast, LevelChange(cast.exchange.id, cast.diego.id, Level.FULL), actor=somebody)
    assert folder_level(cast.diego.viewer, cast.exchange) == Level.DEPOSIT


def test_bob_cannot_push_down_into_folders_in_which_he_has_not_full(cast: Cast) -> None:
    board = folders.create_folder(cast.payroll, name="Board", actor=cast.alice)
    rights.set_level(board, person=cast.bob, level=Level.NONE, actor=cast.alice)
    for change in (
        LevelChange(cast.books.id, cast.clara.id, Level.READ, cascade=True),
        LevelChange(cast.books.id, cast.clara.id, None),
    ):
        with pytest.raises(NotEverywhere):
            _made(cast, change, actor=cast.bob)
    with pytest.raises(NotEverywhere):
        apply_changes(cast.acme, same_rights(cast.acme, cast.clara.id, [cast.diego.id], actor=cast.bob), actor=cast.bob)
    _made(cast, LevelChange(cast.books.id, cast.clara.id, Level.READ, cascade=True), actor=cast.alice)
    assert folder_level(cast.clara.viewer, board) == Level.READ


def test_strangers_and_folders_of_another_client_are_refused(cast: Cast) -> None:
    with pytest.raises(NotAMember):
        _made(cast, LevelChange(cast.exchange.id, cast.mallory.id, Level.READ))
    with pytest.raises(Gone):
        _made(cast, LevelChange(cast.other_folder.id, cast.clara.id, Level.READ))
    assert folder_level(cast.clara.viewer, cast.other_folder) == Level.NONE


def test_several_people_and_folders_change_at_once_from_the_top_down(cast: Cast) -> None:
    change = _made(
        cast,
        LevelChange(cast.payroll.id, cast.diego.id, Level.DEPOSIT),
        LevelChange(cast.books.id, cast.diego.id, Level.READ, cascade=True),
        LevelChange(cast.books.id, cast.clara.id, None),
    )
    assert folder_level(cast.diego.viewer, cast.books) == Level.READ
    assert folder_level(cast.diego.viewer, cast.payroll) == Level.DEPOSIT
    assert folder_level(cast.clara.viewer, cast.books) == Level.NONE
    lines = db.session.scalars(select(Activity).where(Activity.details["change_id"].astext == str(change.id))).all()
    assert sorted(line.verb for line in lines) == ["rights.cascaded", "rights.followed", "rights.set", "rights.set"]


def test_undo_refuses_with_the_reason(cast: Cast) -> None:
    def change() -> RightsChange:
        level = Level.READ if folder_level(cast.diego.viewer, cast.books) != Level.READ else Level.DEPOSIT
        return _made(cast, LevelChange(cast.books.id, cast.diego.id, level))

    one, two = change(), change()
    assert "changed again since" in _reason(one, cast)
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    folders.move_folder(cast.books, to=inner, actor=cast.bob)
    assert "moved since" in _reason(two, cast)
    three = change()
    entry = bins.bin_folder(cast.books, actor=cast.bob)
    assert "deleted since" in _reason(three, cast)
    bins.restore(entry, actor=cast.bob)
    undo_change(three, actor=cast.alice)
    assert "undone already" in _reason(three, cast)
    four = change()
    db.session.execute(
        text("UPDATE rights_change SET created_at = now() - interval '31 days' WHERE id = :id"), {"id": four.id}
    )
    assert "30 days" in _reason(four, cast)
    five = change()
    clients.remove_contact(cast.acme, cast.diego, actor=cast.alice)
    assert "Diego Diaz no longer belongs" in _reason(five, cast)


def test_an_undo_brings_the_end_of_a_level_back_too(cast: Cast) -> None:
    end = now() + timedelta(days=9)
    rights.set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.bob, valid_until=end)
    before = read_own_levels(cast.acme.id, [cast.diego.id]).levels
    undo_change(_made(cast, LevelChange(cast.books.id, cast.diego.id, Level.FULL)), actor=cast.alice)
    assert read_own_levels(cast.acme.id, [cast.diego.id]).levels == before
    assert before[cast.books.id, cast.diego.id].until == end


def test_bob_undoes_what_he_did_and_not_what_reaches_further(cast: Cast) -> None:
    board = folders.create_folder(cast.exchange, name="Board", actor=cast.alice)
    rights.set_level(board, person=cast.bob, level=Level.NONE, actor=cast.alice)
    mine = _made(cast, LevelChange(cast.exchange.id, cast.clara.id, Level.READ), actor=cast.bob)
    undo_change(mine, actor=cast.bob)
    assert folder_level(cast.clara.viewer, cast.exchange) == folder_level(cast.clara.viewer, board) == Level.FULL
    wide = _made(cast, LevelChange(cast.exchange.id, cast.clara.id, Level.READ, cascade=True))
    with pytest.raises(NotEverywhere):
        undo_change(wide, actor=cast.bob)
    assert not can_undo(cast.clara.viewer, wide)


def test_changes_are_known_to_staff_who_reach_the_folder(cast: Cast) -> None:
    change = _made(cast, LevelChange(cast.payroll.id, cast.clara.id, Level.READ))

    def knows(person: Any) -> bool:
        return (
            db.session.scalars(visible_changes(person.viewer).where(RightsChange.id == change.id)).one_or_none()
            is not None
        )

    assert knows(cast.alice)
    assert knows(cast.bob)
    rights.set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice)
    for stranger in (cast.bob, cast.tess, cast.clara, cast.mallory):
        assert not knows(stranger), stranger.first_name


def test_diego_gets_the_same_rights_as_clara(cast: Cast) -> None:
    rights.set_level(cast.root, person=cast.diego, level=Level.READ, actor=cast.alice)
    plan = same_rights(cast.acme, cast.clara.id, [cast.diego.id], actor=cast.alice)
    preview = preview_changes(cast.acme, plan, actor=cast.alice)
    change = apply_changes(cast.acme, plan, actor=cast.alice, expected=preview.fingerprint)
    for folder in (cast.root, cast.exchange, cast.books, cast.payroll):
        assert folder_level(cast.diego.viewer, folder) == folder_level(cast.clara.viewer, folder), folder.name
    undo_change(change, actor=cast.alice)
    assert folder_level(cast.diego.viewer, cast.root) == Level.READ
    assert folder_level(cast.diego.viewer, cast.exchange) == Level.DEPOSIT


def test_the_same_rights_below_one_folder_leave_the_others_alone(cast: Cast) -> None:
    plan = same_rights(cast.acme, cast.clara.id, [cast.diego.id], actor=cast.alice, folder=cast.books)
    apply_changes(cast.acme, plan, actor=cast.alice)
    assert folder_level(cast.diego.viewer, cast.books) == Level.READ
    assert folder_level(cast.diego.viewer, cast.exchange) == Level.DEPOSIT


def test_a_collaborator_gets_what_comes_from_the_others_client_wide_level(cast: Cast) -> None:
    clients.set_standing(cast.acme, cast.tess, Level.READ, actor=cast.alice)
    plan = same_rights(cast.acme, cast.bob.id, [cast.tess.id], actor=cast.alice)
    apply_changes(cast.acme, plan, actor=cast.alice)
    assert folder_level(cast.tess.viewer, cast.payroll) == Level.FULL


def test_the_templates_defaults_come_again(cast: Cast) -> None:
    db.session.execute(Scope.__table__.update().where(Scope.id == cast.books.scope_id).values(contact_level=1))
    plan = template_defaults(cast.acme, [cast.clara.id, cast.bob.id], actor=cast.alice)
    change = apply_changes(cast.acme, plan, actor=cast.alice)
    assert change.kind == "defaults"
    assert folder_level(cast.clara.viewer, cast.books) == folder_level(cast.clara.viewer, cast.payroll) == Level.DEPOSIT
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.NONE
    assert folder_level(cast.bob.viewer, cast.books) == Level.FULL, "collaborators have no defaults"


def test_undoing_parts_no_scope_that_many_folders_share(cast: Cast) -> None:
    def statements(number: int) -> int:
        top = folders.create_folder(cast.root, name=f"Top {number}", actor=cast.alice)
        for n in range(number):
            folders.create_folder(top, name=f"{n}", actor=cast.alice)
        change = _made(cast, LevelChange(top.id, cast.clara.id, Level.READ))
        scopes = db.session.scalar(select(func.count()).select_from(Scope))
        with counted() as seen:
            undo_change(change, actor=cast.alice)
        assert db.session.scalar(select(func.count()).select_from(Scope)) <= (scopes or 0)
        pinned = select(Folder.scope_id).where(Folder.parent_id == top.id).distinct()
        assert len(db.session.scalars(pinned).all()) == 1
        return len(seen)

    assert statements(3) == statements(40)


def test_a_preview_takes_as_many_statements_for_forty_folders_as_for_four(cast: Cast) -> None:
    def statements(number: int) -> int:
        top = folders.create_folder(cast.root, name=f"Top {number}", actor=cast.alice)
        for n in range(number):
            rights.set_level(
                folders.create_folder(top, name=f"{n}", actor=cast.alice),
                person=cast.clara, level=Level.READ, actor=cast.alice,
            )  # fmt: skip
        with counted() as seen:
            found = preview_changes(
                cast.acme, [LevelChange(top.id, cast.clara.id, Level.NONE, cascade=True)], actor=cast.alice
            )
        assert found.lost_count == number
        return len(seen)

    assert statements(4) == statements(40)


@pytest.mark.parametrize("pushed", [False, True])
def test_a_change_of_forty_folders_takes_as_many_statements_as_one_of_four(cast: Cast, pushed: bool) -> None:
    def statements(number: int) -> dict[str, int]:
        top = folders.create_folder(cast.root, name=f"Top {number} {pushed}", actor=cast.alice)
        changes = []
        for n in range(number):
            folder = folders.create_folder(top, name=f"{n}", actor=cast.alice)
            folders.create_folder(folder, name="inner", actor=cast.alice)
            changes += [LevelChange(folder.id, person.id, Level.READ, pushed) for person in (cast.clara, cast.diego)]
        db.session.expunge_all()
        spent = {}
        for name, ask in {"preview": preview_changes, "change": apply_changes}.items():
            with counted() as seen:
                done = ask(cast.acme, changes, actor=cast.alice)
            spent[name] = len(seen)
        with counted() as seen:
            undo_change(done, actor=cast.alice)
        return {**spent, "undo": len(seen)}

    few, many = statements(4), statements(40)
    record_figure(f"rights: statements to change 40 folders{', cascading' * pushed}", str(many), f"as with 4 ({few})")
    assert few == many
    assert max(many.values()) <= 60


@pytest.mark.parametrize("seed", range(6))
def test_many_folders_in_one_go_end_up_as_one_after_the_other(cast: Cast, seed: int) -> None:
    """Several folders are worked out in memory, one alone in SQL: own levels come out the same."""
    chance = random.Random(seed)
    made = [cast.exchange, cast.books, cast.payroll]
    for number in range(14):
        made.append(folders.create_folder(chance.choice(made), name=f"{number}", actor=cast.alice))
    bins.bin_folder(made[-1], actor=cast.alice)
    living = [folder for folder in made[:-1] if folder.bin_id is None and made[-1].path not in folder.path]
    people = [cast.clara, cast.diego, cast.bob]

    def some(count: int) -> list[LevelChange]:
        return [
            LevelChange(
                folder.id,
                chance.choice(people).id,
                chance.choice([None, *Level]),
                chance.random() < 0.3,
                chance.choice([None, now() + timedelta(days=chance.randint(1, 3))]),
            )
            for folder in chance.sample(living, count)
        ]

    def own() -> dict[Any, Any]:
        levels = read_own_levels(cast.acme.id, {person.id for person in people}).levels
        return {pair: (level.level, level.until, level.origin, level.by) for pair, level in levels.items()}

    for _ in range(4):
        changes = some(7)
        depth = {folder.id: len(folder.path) for folder in living}

        def one_by_one(changes: Any = changes, depth: Any = depth) -> dict[Any, Any]:
            for change in sorted(changes, key=lambda one: depth[one.folder_id]):
                carry_out(cast.acme.id, Plan.of([change]), actor=cast.alice)
            return own()

        expected = transactional(lambda work=one_by_one: pretend(cast.acme.id, work))()
        transactional(lambda asked=changes: carry_out(cast.acme.id, Plan.of(asked), actor=cast.alice))()
        assert own() == expected


def test_why_names_the_folder_and_rule_and_only_to_those_who_reach_it(cast: Cast) -> None:
    def sentence(person: Any, folder: Folder, viewer: Any = cast.alice) -> str:
        return explain(person.id, folder, viewer=viewer.viewer).sentence

    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    assert sentence(cast.clara, inner) == "“Full” was set for Clara Costa on “Exchange”."
    assert "Set by Alice Aubert on" in explain(cast.clara.id, inner, viewer=cast.alice.viewer).details
    assert sentence(cast.bob, inner) == "“Full” is the level of Bob Blanc on the whole client."
    assert sentence(cast.clara, cast.root) == "Nothing was set for Clara Costa here or above."
    assert "sees all clients" in sentence(cast.alice, inner)
    assert "does not belong" in sentence(cast.mallory, inner)
    assert explain(cast.clara.id, inner, viewer=cast.tess.viewer).folder is None, "Tess does not reach Exchange"
    assert sentence(cast.clara, inner, cast.tess) == "“Full” comes from a folder above."
