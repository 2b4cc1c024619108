"""Drafts as the tests need them."""

from __future__ import annotations

from typing import Any

from portal.files.models import TreeTemplate, TreeTemplateNode
from portal.kit.db import db
from portal.wizard.commands import contact_lines, save_step, start_draft
from portal.wizard.models import Draft
from portal.wizard.steps import ContactLine, Information


def make_draft(actor: Any, *, name: str = "Boulangerie Martin", **steps: Any) -> Draft:
    """A draft with a name; further steps as their saved values."""
    draft = start_draft(Information(name=name, language="fr"), actor=actor)
    for step, value in steps.items():
        save_step(draft, step, value)
    return draft


def lines(*contacts: ContactLine) -> list[dict[str, Any]]:
    """Contact lines as the second step saves them."""
    return contact_lines(list(contacts))


def make_tree(folders: int, *, name: str = "Comptabilité", level: int | None = 2) -> TreeTemplate:
    """A template with this many folders, ten to a parent, three levels deep at most."""
    template = TreeTemplate(name=name, name_key=name.casefold())
    db.session.add(template)
    nodes: list[TreeTemplateNode] = []
    for number in range(folders):
        parent = nodes[number // 10 - 1] if number >= 10 else None
        nodes.append(
            TreeTemplateNode(
                template_id=template.id,
                parent_id=parent.id if parent else None,
                name=f"Folder {number}",
                level=level if parent is None else None,
                position=number,
            )
        )
    db.session.add_all(nodes)
    db.session.flush()  # templates are read back by the wizard in the same test
    return template
