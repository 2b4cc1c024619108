"""How far a client is from its templates, and how it is brought back: by halves, shown before, nothing loosened."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.clients import commands as clients
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_folder
from portal.files.commands.changes import undo_change
from portal.files.commands.tree_repairs import NoPlace, Ticks, TooManyMoves, preview_repair, repair
from portal.files.commands.tree_templates import save_tree_template
from portal.files.commands.trees import apply_tree
from portal.files.models import Folder, TreeTemplate
from portal.files.queries import folder_level
from portal.files.refusals import NameTaken, NothingChosen, PreviewOutdated
from portal.files.template_queries import nodes_of, tree_of
from portal.files.tree_drift import Drift, drifts, extras, names_above
from portal.files.tree_fit import nodes_by_template
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.test_folders import put
from tests.statements import counted

TREE = [
    Branch("Shared", Level.READ, [Branch("Year", None, [Branch("Quarter")]), Branch("Inbox", Level.DEPOSIT)]),
    Branch("Internal", Level.NONE, [Branch("Notes")]),
]


@pytest.fixture
def template(cast: Cast) -> TreeTemplate:
    """Shared (read) > Year > Quarter, Inbox (deposit); Internal (none) > Notes: applied to Acme."""
    made = save_tree_template(None, name="Company", tree=TREE, actor=cast.alice)
    _apply(cast, made)
    return made


def _apply(cast: Cast, template: TreeTemplate) -> None:
    nodes = nodes_by_template([template.id])[template.id]
    apply_tree(cast.acme, nodes, actor=cast.alice, template=template)


def folder(cast: Cast, name: str) -> Folder:
    found = select(Folder).where(Folder.client_id == cast.acme.id, Folder.name == name, Folder.bin_id.is_(None))
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def drift_of(cast: Cast, by: Any = None) -> Drift:
    return drifts((by or cast.alice).viewer, [cast.acme.id])[cast.acme.id][0]


def mended(cast: Cast, *ticks: str, by: Any = None) -> Any:
    actor = (by or cast.alice).viewer
    wanted = Ticks.of(ticks)
    shown = preview_repair(cast.acme, wanted, actor=actor)
    return repair(cast.acme, wanted, expected=shown.fingerprint, actor=actor)


def node(cast: Cast, name: str) -> Any:
    return next(one for one in drift_of(cast).fit.nodes if one.name == name)


def test_straight_after_applying_there_is_no_drift(cast: Cast, template: TreeTemplate) -> None:
    drift = drift_of(cast)
    assert (drift.count, drift.applied_version, drift.version) == (0, 1, 1)
    assert {extra.name for extra in extras(cast.alice.viewer, [drift])} == {"Exchange", "Accounts"}


def test_each_kind_of_drift_is_told_apart(cast: Cast, template: TreeTemplate) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    folders.move_folder(folder(cast, "Quarter"), to=cast.books, actor=cast.alice)
    bin_folder(folder(cast, "Notes"), actor=cast.alice)
    rights.set_level(folder(cast, "Inbox"), person=cast.clara, level=Level.FULL, actor=cast.alice)
    folders.create_folder(folder(cast, "Shared"), name="Photos", actor=cast.alice)
    drift = drift_of(cast)
    assert [(one.node.name, one.folder.name) for one in drift.renamed] == [("Year", "2026")]
    assert [one.node.name for one in drift.moved] == ["Quarter"]
    assert [missing.node.name for missing in drift.fit.missing] == ["Notes"]
    assert names_above(cast.alice.viewer, [drift]) == {cast.books.id: "Accounts"}
    said = [(one.node.name, one.contact.name, one.wanted, one.has) for one in drift.rights]
    # Where "Quarter" stands now, Clara and Diego see what they see of Accounts.
    assert ("Inbox", "Clara Costa", Level.DEPOSIT, Level.FULL) in said
    assert {one[0] for one in said} == {"Inbox", "Quarter"}
    assert [(extra.name, extra.above) for extra in extras(cast.alice.viewer, [drift])][-1] == ("Photos", "Shared")


def test_rights_that_follow_are_told_once(cast: Cast, template: TreeTemplate) -> None:
    rights.set_level(folder(cast, "Shared"), person=cast.clara, level=Level.FULL, actor=cast.alice)
    rights.cascade(folder(cast, "Shared"), person=cast.clara, actor=cast.alice)
    drift = drift_of(cast)
    assert [(one.node.name, one.wanted, one.has, one.further) for one in drift.rights] == [
        ("Shared", Level.READ, Level.FULL, 2),
        ("Inbox", Level.DEPOSIT, Level.FULL, 0),
    ]


def test_alice_mends_only_what_she_ticks(cast: Cast, template: TreeTemplate) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    folders.move_folder(folder(cast, "Quarter"), to=cast.books, actor=cast.alice)
    bin_folder(folder(cast, "Internal"), actor=cast.alice)
    mended(cast, f"rename:{node(cast, 'Year').id}")
    assert folder(cast, "Year").parent_id == folder(cast, "Shared").id
    drift = drift_of(cast)
    assert (len(drift.renamed), len(drift.moved), len(drift.fit.missing)) == (0, 1, 2)
    # The folder above comes with the one that is ticked.
    mended(cast, f"move:{node(cast, 'Quarter').id}", f"add:{node(cast, 'Notes').id}")
    assert drift_of(cast).count == 0
    assert folder(cast, "Notes").parent_id == folder(cast, "Internal").id
    assert folder_level(cast.clara.viewer, folder(cast, "Notes")) == Level.NONE


def test_the_defaults_are_set_again_and_taken_back(cast: Cast, template: TreeTemplate) -> None:
    inbox = folder(cast, "Inbox")
    rights.set_level(inbox, person=cast.clara, level=Level.NONE, actor=cast.alice)
    rights.set_level(inbox, person=cast.diego, level=Level.FULL, actor=cast.alice)
    tick = f"rights:{node(cast, 'Inbox').id}:{cast.clara.id}"
    shown = preview_repair(cast.acme, Ticks.of([tick]), actor=cast.alice.viewer)
    assert [person.person_name for person in shown.preview.people if person.widens] == ["Clara Costa"]
    change = repair(cast.acme, shown.ticks, expected=shown.fingerprint, actor=cast.alice.viewer)
    assert folder_level(cast.clara.viewer, inbox) == Level.DEPOSIT
    assert folder_level(cast.diego.viewer, inbox) == Level.FULL, "he was not ticked"
    undo_change(change, actor=cast.alice.viewer)
    assert folder_level(cast.clara.viewer, inbox) == Level.NONE


def test_a_folder_that_follows_gets_a_level_of_its_own_only_where_it_must(cast: Cast, template: TreeTemplate) -> None:
    shared, year = folder(cast, "Shared"), folder(cast, "Year")
    rights.set_level(shared, person=cast.clara, level=Level.FULL, actor=cast.alice)
    rights.cascade(shared, person=cast.clara, actor=cast.alice)
    rights.set_level(year, person=cast.clara, level=Level.NONE, actor=cast.alice)
    # Shared has full now, where the template reads: Year alone must not follow it.
    mended(cast, f"rights:{node(cast, 'Year').id}:{cast.clara.id}")
    assert (folder_level(cast.clara.viewer, shared), folder_level(cast.clara.viewer, year)) == (Level.FULL, Level.READ)
    mended(
        cast, f"rights:{node(cast, 'Shared').id}:{cast.clara.id}", f"rights:{node(cast, 'Inbox').id}:{cast.clara.id}"
    )
    levels = {name: folder_level(cast.clara.viewer, folder(cast, name)) for name in ("Shared", "Year", "Inbox")}
    assert levels == {"Shared": Level.READ, "Year": Level.READ, "Inbox": Level.DEPOSIT}
    # When Year was set to none, Quarter was pinned to what it had.
    assert [(one.node.name, one.has) for one in drift_of(cast).rights] == [("Quarter", Level.FULL)]


def test_two_templates_that_want_the_same_folder_make_it_once(cast: Cast, template: TreeTemplate) -> None:
    other = save_tree_template(None, name="Other", tree=[Branch("NOTES"), Branch("Internal")], actor=cast.alice)
    _apply(cast, other)
    bin_folder(folder(cast, "Internal"), actor=cast.alice)
    both = drifts(cast.alice.viewer, [cast.acme.id])[cast.acme.id]
    ticks = [f"add:{missing.node.id}" for drift in both for missing in drift.fit.missing]
    assert len(ticks) == 3
    mended(cast, *ticks)
    assert [drift.count for drift in drifts(cast.alice.viewer, [cast.acme.id])[cast.acme.id]] == [0, 0]


def test_a_name_that_is_taken_meanwhile_stops_the_repair_whole(cast: Cast, template: TreeTemplate) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    bin_folder(folder(cast, "Notes"), actor=cast.alice)
    put(folder(cast, "Shared"), "Year", cast.bob)
    ticks = Ticks.of([f"rename:{node(cast, 'Year').id}", f"add:{node(cast, 'Notes').id}"])
    with pytest.raises(NameTaken):
        preview_repair(cast.acme, ticks, actor=cast.alice.viewer)
    assert [missing.node.name for missing in drift_of(cast).fit.missing] == ["Notes"]


def test_a_repair_that_was_shown_otherwise_is_asked_again(cast: Cast, template: TreeTemplate) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    ticks = Ticks.of([f"rename:{node(cast, 'Year').id}"])
    shown = preview_repair(cast.acme, ticks, actor=cast.alice.viewer)
    folders.rename_folder(folder(cast, "2026"), name="2027", actor=cast.alice)
    with pytest.raises(PreviewOutdated):
        repair(cast.acme, ticks, expected=shown.fingerprint, actor=cast.alice.viewer)
    with pytest.raises(PreviewOutdated):
        repair(cast.acme, ticks, expected="", actor=cast.alice.viewer)
    folders.rename_folder(folder(cast, "2027"), name="Year", actor=cast.alice)
    with pytest.raises(NothingChosen):
        preview_repair(cast.acme, ticks, actor=cast.alice.viewer)


def test_a_changed_template_is_drift_and_applying_it_again_mends_it(cast: Cast, template: TreeTemplate) -> None:
    tree = tree_of(nodes_of(template.id))
    tree[0].name, tree[1].children = "Together", [*tree[1].children, Branch("Time")]
    save_tree_template(template, name="Company", tree=tree, actor=cast.alice)
    drift = drift_of(cast)
    assert ([one.node.name for one in drift.renamed], [one.name for one, _above in drift.fit.missing]) == (
        ["Together"], ["Time"],
    )  # fmt: skip
    assert (drift.applied_version, drift.version) == (1, 2)


def test_what_bob_may_not_change_is_left_out(cast: Cast, template: TreeTemplate) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    folders.rename_folder(folder(cast, "Internal"), name="Ours", actor=cast.alice)
    rights.set_level(folder(cast, "Ours"), person=cast.bob, level=Level.NONE, actor=cast.alice)
    rights.cascade(folder(cast, "Ours"), person=cast.bob, actor=cast.alice)
    drift = drift_of(cast, by=cast.bob)
    assert [one.folder.name for one in drift.renamed] == ["2026"]
    with pytest.raises(NothingChosen):
        mended(cast, f"rename:{node(cast, 'Internal').id}", by=cast.bob)


def test_bob_cannot_put_a_folder_back_to_where_he_has_less_than_full(cast: Cast, template: TreeTemplate) -> None:
    folders.move_folder(folder(cast, "Notes"), to=cast.exchange, actor=cast.alice)
    rights.set_level(folder(cast, "Internal"), person=cast.bob, level=Level.READ, actor=cast.alice)
    assert drift_of(cast, by=cast.bob).moved == []
    with pytest.raises(NothingChosen):
        mended(cast, f"move:{node(cast, 'Notes').id}", by=cast.bob)
    mended(cast, f"move:{node(cast, 'Notes').id}")
    assert drift_of(cast).moved == []


def test_a_folder_whose_place_cannot_be_made_stays(cast: Cast, template: TreeTemplate) -> None:
    folders.move_folder(folder(cast, "Notes"), to=cast.exchange, actor=cast.alice)
    bin_folder(folder(cast, "Internal"), actor=cast.alice)
    put(cast.root, "internal", cast.bob)
    with pytest.raises(NoPlace):
        mended(cast, f"move:{node(cast, 'Notes').id}")


def test_ticks_that_are_none_are_passed_over() -> None:
    some = ["", "add", "add:", "add:x", "rights:x", ":", "drop:1", "add:1:2", "rights:a:b", "add\x00:1", "🦊" * 999]
    assert Ticks.of(some) == Ticks()


def test_too_many_moves_at_once_are_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, template: TreeTemplate
) -> None:
    folders.rename_folder(folder(cast, "Year"), name="2026", actor=cast.alice)
    monkeypatch.setattr("portal.files.commands.tree_repairs.MOST_MOVES", 0)
    with pytest.raises(TooManyMoves):
        mended(cast, f"rename:{node(cast, 'Year').id}")


def test_two_thousand_folders_cost_as_many_statements_as_two(cast: Cast) -> None:
    def cost(size: int) -> tuple[int, int]:
        tree = [Branch("top", Level.READ, [Branch(f"{size}-{n}", Level(n % 4)) for n in range(size)])]
        made = save_tree_template(None, name=f"T{size}", tree=tree, actor=cast.alice)
        client = clients.create_client(name=f"C{size}", actor=cast.alice)
        folders.create_root(client, actor=cast.alice)
        clients.add_contact(client, cast.clara, actor=cast.alice)
        nodes = nodes_by_template([made.id])[made.id]
        apply_tree(client, nodes, actor=cast.alice, template=made)
        save_tree_template(made, name=made.name, tree=[Branch("other", None, [])], actor=cast.alice)
        save_tree_template(made, name=made.name, tree=tree, actor=cast.alice)
        db.session.expunge_all()
        with counted() as statements:
            drift = drifts(cast.alice.viewer, [client.id])[client.id][0]
            extras(cast.alice.viewer, [drift])
        assert drift.count == 0
        return len(statements), len(drift.fit.found)

    (few, _small), (many, found) = cost(2), cost(2000)
    record_figure("trees: statements for the drift of 2,000 folders", many, f"as for 2 ({few})", many == few)
    assert (found, many) == (2001, few)
    assert many <= 9
