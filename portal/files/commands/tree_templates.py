"""Folder-tree templates: what a new client's document space looks like (F56)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, select

from portal import activity
from portal.files.models import TreeTemplate, TreeTemplateNode
from portal.files.tree_shape import Branch
from portal.kit.db import db, new_id, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.names import clean_name, name_key


class TemplateNameTaken(Refused):
    """Another template has this name."""

    sentence = _l("A template named “%(name)s” already exists. Choose another name.")
    field = "name"


@transactional
def save_tree_template(
    template: TreeTemplate | None,
    *,
    name: str,
    tree: Sequence[Branch],
    actor: Any,
    description: str = "",
    version: int | None = None,
) -> TreeTemplate:
    """Write a template whole, new (None) or changed, with a bounded number of statements.

    :param version: the version that the editor read; None for a new one.
    :raises Conflict: somebody else saved it meanwhile.
    :raises TemplateNameTaken: names of templates are unique.
    """
    name = clean_name(name, path_safe=False)
    if template is None:
        template = TreeTemplate(name=name, name_key=name_key(name), version=0)
    else:
        template = _locked(template, version)
    _refuse_taken(name, besides=template.id)
    template.name, template.name_key, template.description = name, name_key(name), description
    template.version += 1
    db.session.add(template)
    db.session.flush()  # the nodes refer to it
    db.session.execute(delete(TreeTemplateNode).where(TreeTemplateNode.template_id == template.id))
    rows = list(_rows(template.id, tree, None))
    if rows:
        # Parents stand before their children in the list, which one multi-row insert keeps.
        db.session.execute(insert(TreeTemplateNode), rows)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=name)
    return template


def _rows(template_id: uuid.UUID, tree: Iterable[Branch], parent_id: uuid.UUID | None) -> Iterable[dict[str, Any]]:
    for position, branch in enumerate(tree):
        ident = new_id()
        level = None if branch.level is None else int(branch.level)
        yield {
            "id": ident, "template_id": template_id, "parent_id": parent_id, "name": branch.name, "level": level,
            "position": position,
        }  # fmt: skip
        yield from _rows(template_id, branch.children, ident)


def _locked(template: TreeTemplate, version: int | None) -> TreeTemplate:
    found = db.session.scalars(
        select(TreeTemplate)
        .where(TreeTemplate.id == template.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or (version is not None and found.version != version):
        raise Conflict()
    return found


def _refuse_taken(name: str, *, besides: uuid.UUID) -> None:
    # Two people who save the same new name at once queue here.
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"tree_template:{name_key(name)}"))))
    same = select(TreeTemplate.id).where(TreeTemplate.name_key == name_key(name), TreeTemplate.id != besides)
    with db.session.no_autoflush:
        if db.session.scalar(same) is not None:
            raise TemplateNameTaken(name=name)


@transactional
def duplicate_tree_template(template: TreeTemplate, *, name: str, tree: Sequence[Branch], actor: Any) -> TreeTemplate:
    """A copy with the first free name of "name", "name (2)" ...

    :param tree: the template's folders, as ``queries.tree_of`` gives them.
    """
    name = clean_name(name, path_safe=False)
    taken = set(db.session.scalars(select(TreeTemplate.name_key)))
    free = next(f"{name} ({n})" if n > 1 else name for n in range(1, 10_000) if _numbered_key(name, n) not in taken)
    return save_tree_template(None, name=free, tree=tree, actor=actor, description=template.description)


def _numbered_key(name: str, number: int) -> str:
    return name_key(f"{name} ({number})" if number > 1 else name)


@transactional
def delete_tree_template(template: TreeTemplate, *, actor: Any) -> None:
    """Remove a template. Clients that were made from it keep their folders."""
    db.session.execute(delete(TreeTemplateNode).where(TreeTemplateNode.template_id == template.id))
    db.session.execute(delete(TreeTemplate).where(TreeTemplate.id == template.id))
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=template.name)
