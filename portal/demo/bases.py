"""What the firm sets up before its first client: groups, types, templates, connectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.clients import commands as clients
from portal.clients.models import Attribute, AttributeTemplate, ClientGroup, ClientType
from portal.connectors import commands as connectors
from portal.demo import firm, templates
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import TreeTemplate
from portal.kit.db import transactional
from portal.questionnaires import commands as questionnaires
from portal.questionnaires.models import FormTemplate


@dataclass(frozen=True)
class Bases:
    """Everything by the name that it has on screen; attributes by their key in ``templates``."""

    groups: dict[str, ClientGroup]
    types: dict[str, ClientType]
    trees: dict[str, TreeTemplate]
    attributes: dict[str, Attribute]
    attribute_templates: dict[str, AttributeTemplate]
    closing_form: FormTemplate
    payroll_form: FormTemplate


@transactional
def set_up(*, actor: Any, year: int) -> Bases:
    """Make them all."""
    attributes = {key: _attribute(key, actor) for key, *_rest in templates.ATTRIBUTES}
    connectors.activate("webhooks", actor=actor)
    return Bases(
        groups={name: clients.create_group(name=name, actor=actor) for name in firm.GROUPS},
        types={name: clients.create_type(name=name, actor=actor) for name in firm.TYPES},
        trees={name: _tree(name, actor, year) for name in templates.TREES},
        attributes=attributes,
        attribute_templates={
            name: clients.save_attribute_template(
                None, name=name, items=[(attributes[key].id, needed) for key, needed in items], actor=actor
            )
            for name, items in templates.ATTRIBUTE_TEMPLATES.items()
        },
        closing_form=questionnaires.save_template(actor=actor, **templates.CLOSING_FORM),
        payroll_form=questionnaires.save_template(actor=actor, **templates.PAYROLL_FORM),
    )


def _attribute(key: str, actor: Any) -> Attribute:
    label, kind, rule, section = next(entry[1:] for entry in templates.ATTRIBUTES if entry[0] == key)
    chosen = {"options": rule} if kind in ("one_of", "many_of") else {"rule": rule}
    return clients.create_attribute(label={"fr": label}, type=kind, section=section, actor=actor, **chosen)


def _tree(name: str, actor: Any, year: int) -> TreeTemplate:
    description, text = templates.TREES[name]
    tree = templates.tree_nodes(text, year=year)
    return save_tree_template(None, name=name, tree=tree, actor=actor, description=description)
