"""Folders of a template keep their ids when it is saved: clients' folders refer to them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from portal.files.commands.tree_templates import delete_tree_template, order_tree_templates, save_tree_template
from portal.files.commands.trees import apply_tree
from portal.files.models import AppliedTree, Folder, TreeTemplate, TreeTemplateNode
from portal.files.template_queries import nodes_of, templates_with_counts, tree_of
from portal.files.tree_drift import drifts
from portal.files.tree_fit import nodes_by_template
from portal.files.tree_shape import Branch, read_tree
from portal.permissions.levels import Level
from portal.wizard.provision import provision
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted
from tests.wizard.drafting import make_draft


def _template(cast: Cast, name: str = "Company") -> TreeTemplate:
    tree = [Branch("Invoices", Level.DEPOSIT, [Branch("Purchases"), Branch("Sales")]), Branch("Internal", Level.NONE)]
    return save_tree_template(None, name=name, tree=tree, actor=cast.alice)


def _ids(template: TreeTemplate) -> dict[str, Any]:
    return {node.name: node.id for node in nodes_by_template([template.id])[template.id]}


def test_what_is_renamed_moved_and_sorted_keeps_its_id(cast: Cast) -> None:
    template = _template(cast)
    before = _ids(template)
    invoices, internal = tree_of(nodes_of(template.id))
    purchases, sales = invoices.children
    # "Invoices" goes; what stood in it is kept elsewhere, one below a folder that is new.
    sales.name = "Turnover"
    purchases.children = [internal]
    new = [Branch("Archive", children=[sales]), purchases]
    save_tree_template(template, name="Company", tree=new, actor=cast.alice, version=template.version)
    after = _ids(template)
    assert set(after) == {"Archive", "Turnover", "Purchases", "Internal"}
    assert after["Turnover"] == before["Sales"]
    assert after["Purchases"] == before["Purchases"]
    assert after["Internal"] == before["Internal"]
    assert after["Archive"] not in before.values()
    assert [node.name for node in nodes_of(template.id)] == ["Archive", "Purchases"]


def test_forged_and_doubled_ids_count_as_new(cast: Cast, session: Any) -> None:
    template, other = _template(cast), _template(cast, "Other")
    mine, theirs = _ids(template), _ids(other)
    sent = [
        {"id": str(theirs["Invoices"]), "name": "Stolen"},
        {"id": str(mine["Sales"]), "name": "Sales", "children": [{"id": str(mine["Sales"]), "name": "Sales"}]},
        {"id": "no id", "name": "a"}, {"id": 7, "name": "b"}, {"id": None, "name": "c"}, {"id": [], "name": "d"},
    ]  # fmt: skip
    save_tree_template(template, name="Company", tree=read_tree(sent), actor=cast.alice)
    assert _ids(other) == theirs, "the other template is as it was"
    rows = session.scalars(select(TreeTemplateNode.id).where(TreeTemplateNode.template_id == template.id)).all()
    assert len(set(rows)) == 7
    assert theirs["Invoices"] not in rows


def test_the_editor_sends_the_ids_back(cast: Cast, sign_in: Any) -> None:
    template = _template(cast)
    before = _ids(template)
    browser = sign_in(cast.alice)
    page = browser.get(f"/templates/trees/{template.id}/edit").text
    assert str(before["Sales"]) in page
    tree = [{"id": str(before["Sales"]), "name": "Sales of the year", "level": "", "children": []}]
    sent = {"name": "Company", "tree": json.dumps(tree), "version": str(template.version)}
    assert browser.post(f"/templates/trees/{template.id}/edit", data=sent).status_code == 303
    assert _ids(template) == {"Sales of the year": before["Sales"]}


def test_a_copy_has_ids_of_its_own(cast: Cast, sign_in: Any, session: Any) -> None:
    template = _template(cast)
    assert sign_in(cast.alice).post(f"/templates/trees/{template.id}/copy").status_code == 303
    copy = session.scalars(select(TreeTemplate).where(TreeTemplate.id != template.id)).one()
    assert not set(_ids(copy).values()) & set(_ids(template).values())
    assert set(_ids(copy)) == set(_ids(template))


def test_saving_two_thousand_folders_costs_as_many_statements_as_two(cast: Cast) -> None:
    def cost(size: int) -> int:
        template = save_tree_template(None, name=f"T{size}", tree=_wide(size), actor=cast.alice)
        tree = tree_of(nodes_of(template.id))[::-1]
        with counted() as statements:
            save_tree_template(template, name=f"T{size}", tree=tree, actor=cast.alice)
        assert [branch.id for branch in tree_of(nodes_of(template.id))] == [branch.id for branch in tree]
        return len(statements)

    few, many = cost(2), cost(2000)
    record_figure("trees: statements to save 2,000 folders", many, f"as for 2 ({few})", many == few)
    assert many == few


def _wide(size: int) -> list[Branch]:
    return [Branch(f"Folder {number}") for number in range(size)]


def test_a_folder_remembers_its_node_and_the_client_its_template(cast: Cast, session: Any) -> None:
    template = _template(cast)
    nodes = nodes_by_template([template.id])[template.id]
    made = apply_tree(cast.acme, nodes, actor=cast.alice, template=template)
    rows = select(Folder.name, Folder.template_node_id).where(Folder.client_id == cast.acme.id)
    marks = dict(session.execute(rows).all())
    assert {name: marks[name] for name in _ids(template)} == _ids(template)
    applied = session.scalars(select(AppliedTree)).one()
    assert (applied.client_id, applied.version, applied.applied_by_id) == (cast.acme.id, 1, cast.alice.id)
    assert len(made) == 4


def test_a_folder_that_was_there_is_marked_too_but_keeps_the_mark_of_another_template(cast: Cast, session: Any) -> None:
    first = save_tree_template(None, name="First", tree=[Branch("EXCHANGE")], actor=cast.alice)
    second = save_tree_template(None, name="Second", tree=[Branch("exchange")], actor=cast.alice)

    def mark() -> Any:
        return session.scalar(select(Folder.template_node_id).where(Folder.id == cast.exchange.id))

    for template in (first, second):
        apply_tree(cast.acme, nodes_by_template([template.id])[template.id], actor=cast.alice)
        assert mark() == _ids(first)["EXCHANGE"]
    save_tree_template(first, name="First", tree=[], actor=cast.alice)
    apply_tree(cast.acme, nodes_by_template([second.id])[second.id], actor=cast.alice)
    assert mark() == _ids(second)["exchange"], "a mark of a folder that no template has any more gives way"


def test_alice_puts_the_templates_in_order(cast: Cast, sign_in: Any) -> None:
    made = {name: _template(cast, name).id for name in ("Beta", "Alpha", "Gamma")}

    def order() -> list[str]:
        return [template.name for template, _count in templates_with_counts(cast.bob.viewer)]

    assert order() == ["Alpha", "Beta", "Gamma"]
    browser = sign_in(cast.alice)
    wanted = [str(made["Gamma"]), "nonsense", str(made["Alpha"])]
    assert browser.post("/templates/trees/order", data={"template": wanted}).status_code == 303
    assert order() == ["Gamma", "Alpha", "Beta"]
    _template(cast, "Aaa")
    assert order() == ["Gamma", "Alpha", "Aaa", "Beta"], "what is new stands behind"
    assert browser.post("/templates/trees/order", data={"template": wanted, "sort": "name"}).status_code == 303
    assert order() == ["Aaa", "Alpha", "Beta", "Gamma"]
    assert sign_in(cast.bob).post("/templates/trees/order", data={"template": wanted}).status_code == 403
    assert sign_in(cast.mallory).post("/templates/trees/order", data={"template": wanted}).status_code == 403
    order_tree_templates([], actor=cast.alice)
    assert order()[0] == "Aaa"


def test_a_client_that_the_wizard_opens_follows_its_template(cast: Cast, session: Any) -> None:
    template = _template(cast)
    client = provision(make_draft(cast.alice, tree={"template_id": str(template.id)}), actor=cast.alice)
    (drift,) = drifts(cast.alice.viewer, [client.id])[client.id]
    assert (drift.template_id, drift.applied_version, drift.count) == (template.id, 1, 0)
    marked = select(Folder.template_node_id).where(Folder.client_id == client.id, Folder.parent_id.is_not(None))
    assert set(session.scalars(marked)) == set(_ids(template).values())


def test_deleting_a_template_leaves_the_folders_and_ends_the_report(cast: Cast, session: Any) -> None:
    template = _template(cast)
    nodes = nodes_by_template([template.id])[template.id]
    apply_tree(cast.acme, nodes, actor=cast.alice, template=template)
    delete_tree_template(template, actor=cast.alice)
    assert drifts(cast.alice.viewer, [cast.acme.id]) == {}
    assert session.scalars(select(Folder).where(Folder.name == "Sales", Folder.bin_id.is_(None))).one()
