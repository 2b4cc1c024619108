"""Folder-tree templates: what a new client's document space looks like (F56)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from portal import activity
from portal.files.models import TreeTemplate, TreeTemplateNode
from portal.files.tree_shape import Branch
from portal.kit.bulk import any_ids, rows_from
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

    Folders that the template had keep their ids: clients' folders refer to them.

    :param tree: an id that is not of this template, or stands twice, counts as none.
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
    _write_nodes(template.id, tree)
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=name)
    return template


def _write_nodes(template_id: uuid.UUID, tree: Sequence[Branch]) -> None:
    had = set(db.session.scalars(select(TreeTemplateNode.id).where(TreeTemplateNode.template_id == template_id)).all())
    free = set(had)
    rows = list(_rows(template_id, tree, None, free))
    if rows:
        # Parents stand before their children in the list, which one statement of many rows keeps.
        columns = [TreeTemplateNode.__table__.c[name] for name in rows[0]]
        statement = upsert(TreeTemplateNode).from_select(
            list(rows[0]), rows_from(TreeTemplateNode, rows).columns(*columns)
        )
        new = statement.excluded
        changed = {name: new[name] for name in ("parent_id", "name", "level", "position")}
        db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
    # Last: what is kept hangs elsewhere by now, and does not go with the folder that it stood in.
    if free:
        db.session.execute(
            delete(TreeTemplateNode)
            .where(TreeTemplateNode.id == any_ids(free))
            .execution_options(synchronize_session=False)
        )


def _rows(
    template_id: uuid.UUID, tree: Iterable[Branch], parent_id: uuid.UUID | None, free: set[uuid.UUID]
) -> Iterable[dict[str, Any]]:
    """The rows of a tree.

    :param free: ids that the template has; those that are used are taken out.
    """
    for position, branch in enumerate(tree):
        ident = branch.id if branch.id is not None and branch.id in free else new_id()
        free.discard(ident)
        level = None if branch.level is None else int(branch.level)
        yield {
            "id": ident, "template_id": template_id, "parent_id": parent_id, "name": branch.name, "level": level,
            "position": position,
        }  # fmt: skip
        yield from _rows(template_id, branch.children, ident, free)


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
def order_tree_templates(ids: Sequence[uuid.UUID], *, actor: Any) -> None:
    """Put the templates into this order; those not named stand behind them, by name. None named: all by name."""
    db.session.execute(
        text(
            "UPDATE tree_template SET position = COALESCE(wanted.position, 0) FROM tree_template AS old"
            " LEFT JOIN unnest(CAST(:ids AS uuid[]), CAST(:positions AS int[])) AS wanted (id, position)"
            " ON wanted.id = old.id WHERE old.id = tree_template.id"
            " AND tree_template.position <> COALESCE(wanted.position, 0)"
        ),
        {"ids": list(dict.fromkeys(ids)), "positions": [n - len(set(ids)) for n in range(len(set(ids)))]},
    )
    for known in db.session.identity_map.values():
        if isinstance(known, TreeTemplate):
            db.session.expire(known, ["position"])


@transactional
def delete_tree_template(template: TreeTemplate, *, actor: Any) -> None:
    """Remove a template. Clients that were made from it keep their folders."""
    db.session.execute(delete(TreeTemplateNode).where(TreeTemplateNode.template_id == template.id))
    db.session.execute(delete(TreeTemplate).where(TreeTemplate.id == template.id))
    activity.record(activity.verbs.TEMPLATE_CHANGED, actor=actor, template=template.name)
