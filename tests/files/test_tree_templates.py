"""Folder-tree templates: the editor's JSON is checked, nothing of another's work is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import TreeTemplate, TreeTemplateNode
from portal.files.template_queries import nodes_of
from portal.files.tree_shape import BadTree, read_tree
from portal.permissions.levels import Level

TREE = [
    {"name": "Échanges", "level": "full", "children": [{"name": "Relevés", "level": "deposit"}, {"name": "Divers"}]},
    {"name": "Bilans", "level": "read", "children": [{"name": "2025", "level": "", "children": []}]},
    {"name": "Interne", "level": "none", "children": []},
]


@pytest.mark.parametrize(
    "raw",
    [
        None, "x", {}, [1], [{"name": 1}], [{}], [{"name": "a", "level": "god"}], [{"name": "a", "children": {}}],
        [{"name": ""}], [{"name": "a/b"}], [{"name": "a\x00"}], [{"name": "a\u202e"}], [{"name": "x" * 256}],
        [{"name": "Á"}, {"name": "a\u0301"}], [{"name": str(n)} for n in range(2001)],
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused_with_a_sentence(app: Any, raw: Any) -> None:
    """Broken, too many, names that cannot be used, twins."""
    with app.test_request_context(), pytest.raises(BadTree) as refused:
        read_tree(raw)
    assert len(str(refused.value)) > 10


def test_a_tree_that_is_too_deep_is_refused(app: Any) -> None:
    """Twenty levels are enough for a template, and recursion ends there."""
    raw: list[Any] = []
    for _ in range(60):
        raw = [{"name": "a", "children": raw}]
    with app.test_request_context(), pytest.raises(BadTree):
        read_tree(raw)


def test_levels_follow_the_folder_above(cast: Any, session: Any) -> None:
    """What a contact begins with: the folder's own default, or that of the one above; none at the top."""
    template = save_tree_template(None, name="Société", tree=read_tree(TREE), actor=cast.alice)
    exchange, accounts, internal = nodes_of(template.id)
    assert [child.level for child in exchange.children] == [Level.DEPOSIT, Level.FULL]
    assert (accounts.children[0].level, internal.level) == (Level.READ, Level.NONE)


def test_alice_makes_changes_and_copies_a_template(cast: Any, sign_in: Any, session: Any) -> None:
    """The pages, a name that is taken, a stale version, a broken tree: what was typed is kept."""
    browser = sign_in(cast.alice)
    assert browser.get("/templates/trees").status_code == 200
    assert browser.get("/templates/trees/new").status_code == 200
    sent = {"name": "Société", "description": "Pour l'IS", "tree": json.dumps(TREE), "version": ""}
    assert browser.post("/templates/trees/new", data=sent).status_code == 303
    template = session.scalars(select(TreeTemplate)).one()
    assert session.scalar(select(func.count()).select_from(TreeTemplateNode)) == 6
    assert "Relevés" in browser.get(f"/templates/trees/{template.id}").text
    taken = browser.post("/templates/trees/new", data={**sent, "name": "SOCIÉTÉ"})
    assert taken.status_code == 422
    assert "already exists" in taken.text
    edit = f"/templates/trees/{template.id}/edit"
    assert browser.post(edit, data={**sent, "tree": "[]", "version": "1"}).status_code == 303
    stale = browser.post(edit, data={**sent, "version": "1"})
    assert stale.status_code == 409
    assert "Relev\\u00e9s" in stale.text or "Relevés" in stale.text
    for tree in ("", "{", "[" * 5000, '[{"name": ""}]', "null"):
        answer = browser.post(edit, data={**sent, "tree": tree, "version": "2"})
        assert answer.status_code in (303, 422), tree[:10]
        session.expire_all()
        if answer.status_code == 303:
            sent = {**sent, "version": str(template.version)}
    assert browser.post(f"/templates/trees/{template.id}/copy").status_code == 303
    assert browser.post(f"/templates/trees/{template.id}/copy").status_code == 303
    assert session.scalar(select(func.count()).select_from(TreeTemplate)) == 3
    assert browser.post(f"/templates/trees/{template.id}/deletion").status_code == 303
    assert session.scalar(select(func.count()).select_from(TreeTemplate)) == 2


def test_who_may_see_and_change_templates(cast: Any, sign_in: Any) -> None:
    """Staff look, the role's permission changes, contacts do not even see that there are any."""
    template = save_tree_template(None, name="Société", tree=[], actor=cast.alice)
    bob, mallory = sign_in(cast.bob), sign_in(cast.mallory)
    assert bob.get(f"/templates/trees/{template.id}").status_code == 200
    doors = [("GET", "edit"), ("POST", "edit"), ("POST", "copy"), ("POST", "deletion")]
    for method, door in doors:
        assert bob.open(f"/templates/trees/{template.id}/{door}", method=method).status_code == 403
        assert mallory.open(f"/templates/trees/{template.id}/{door}", method=method).status_code == 404
    assert mallory.get("/templates/trees").status_code == 403
    assert mallory.get(f"/templates/trees/{template.id}").status_code == 404
