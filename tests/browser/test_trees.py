"""Folder-tree templates in a real browser: the editor by keyboard, a template applied to clients, drift mended."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.files.commands.folders import rename_folder
from portal.files.commands.tree_templates import save_tree_template
from portal.files.commands.trees import apply_tree
from portal.files.models import Folder, TreeTemplate
from portal.files.template_queries import nodes_of
from portal.files.tree_fit import nodes_by_template
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.browser.scene import come_in, commit, make_french_cast


def _make() -> dict[str, Any]:
    cast = make_french_cast()
    tree = [Branch("Pièces", Level.DEPOSIT, [Branch("Ventes"), Branch("Achats")]), Branch("Interne", Level.NONE)]
    template = save_tree_template(None, name="Société", tree=tree, actor=cast.alice)
    nodes = nodes_by_template([template.id])[template.id]
    made = apply_tree(cast.acme, nodes, actor=cast.alice, template=template)
    rename_folder(next(one for one in made.values() if one.name == "Interne"), name="Travail", actor=cast.alice)
    return {"template": template.id, "acme": cast.acme.id, "alice": cast.alice.id}


@pytest.fixture(scope="module")
def ids(site: Any) -> dict[str, Any]:
    """A template that was applied to Acme, where one of its folders has another name by now."""
    return commit(site, _make)


def _tree(site: Any, template_id: Any) -> list[Any]:
    def read() -> list[Any]:
        return [(node.name, str(node.id), [child.name for child in node.children]) for node in nodes_of(template_id)]

    return commit(site, read)


def test_alice_edits_a_template_without_a_mouse(page: Page, site: Any, ids: dict[str, Any]) -> None:
    before = {name: ident for name, ident, _children in _tree(site, ids["template"])}
    come_in(page.context, site, ids["alice"])
    page.goto(f"/templates/trees/{ids['template']}/edit")
    names = page.locator(".tree-editor-name")
    expect(names).to_have_count(4)
    names.first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(names.nth(0)).to_have_value("Interne")
    page.keyboard.press("Enter")
    page.keyboard.type("Banque")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".tree-editor-item .tree-editor-item .tree-editor-name").last).to_have_value("Banque")
    page.keyboard.press("Control+Delete")
    expect(names).to_have_count(4)
    page.keyboard.press("Control+z")
    expect(names).to_have_count(5)
    expect(page.locator("[data-tree-editor-target=count]")).to_contain_text("5")
    page.locator("[data-action='tree-editor#sortAll']").press("Enter")
    expect(names.nth(0)).to_have_value("Interne")
    expect(names.nth(2)).to_have_value("Achats")
    page.locator(".tree-paste summary").press("Enter")
    page.locator("#tree-pasted").fill("Contrats/Baux\nContrats/Prêts\ninterne/Notes")
    page.locator("[data-action='tree-editor#addPasted']").press("Enter")
    expect(names).to_have_count(9)
    page.locator(".actions button[type=submit]").press("Enter")
    page.wait_for_url(re.compile(r"/templates/trees/[0-9a-f-]{36}$"))
    after = _tree(site, ids["template"])
    assert [(name, children) for name, _ident, children in after] == [
        ("Interne", ["Notes"]),
        ("Pièces", ["Achats", "Banque", "Ventes"]),
        ("Contrats", ["Baux", "Prêts"]),
    ]
    assert {name: ident for name, ident, _children in after if name in before} == before, "ids stay"


def test_alice_applies_it_to_all_and_follows_it(page: Page, site: Any, ids: dict[str, Any]) -> None:
    come_in(page.context, site, ids["alice"])
    page.goto(f"/templates/trees/{ids['template']}/application")
    page.locator("input[name=all]").check()
    page.locator("main .actions button[type=submit]").click()
    page.locator("main .actions button[type=submit]").click()
    page.wait_for_url(re.compile("/tree-applications/"))
    expect(page.locator("#tree-progress .banner-ok")).to_be_visible(timeout=60_000)

    def living() -> int:
        return len(db.session.scalars(select(Folder.id).where(Folder.name == "Contrats")).all())

    assert commit(site, living) == 2


def test_alice_sees_what_drifted_and_mends_it(page: Page, site: Any, ids: dict[str, Any]) -> None:
    come_in(page.context, site, ids["alice"])
    page.goto(f"/clients/{ids['acme']}/documents")
    page.goto(f"/clients/{ids['acme']}/drift")
    page.locator("label", has_text="Travail").locator("input").check()
    page.locator("main form .actions button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Interne")
    page.locator("main form .actions button[type=submit]").click()
    page.wait_for_url(re.compile("/drift$"))
    expect(page.locator("label", has_text="Travail")).to_have_count(0)

    def template() -> str:
        return db.session.get_one(TreeTemplate, ids["template"]).name

    assert commit(site, template) == "Société"
