"""The documents that are asked for as soon as the space is open: which checklist, and into which folder of the tree."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.document_requests import commands
from portal.document_requests.models import RequestTemplate
from portal.files.template_queries import Node, nodes_of
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.wizard.models import Draft
from portal.wizard.steps import StepRefused, contacts_of, forms_of, tree_of

_TEMPLATE_GONE = _l("The request template does not exist any more. Choose the documents again.")
_FOLDER_GONE = _l("The folder for the requested documents is no longer one into which contacts may deposit.")
_NOBODY = _l("Documents can be requested once the client has a contact. Add one, or request none.")


@dataclass(frozen=True)
class Requested:
    """A checklist, and the node of the folder tree into which the files go."""

    template: RequestTemplate
    node_id: uuid.UUID
    folder: str


def folder_choices(draft: Draft) -> list[tuple[str, str]]:
    """(node id, path in words) of those folders of the chosen tree into which contacts may deposit. One statement."""
    tree_id = tree_of(draft)
    if not tree_id:
        return []
    found: list[tuple[str, str]] = []

    def walk(nodes: list[Node], above: str) -> None:
        for node in nodes:
            path = f"{above} / {node.name}" if above else node.name
            if node.level in (Level.DEPOSIT, Level.FULL):
                found.append((str(node.id), path))
            walk(node.children, path)

    walk(nodes_of(uuid.UUID(tree_id)), "")
    return found


def requested_of(draft: Draft) -> tuple[Requested | None, list[StepRefused]]:
    """What the draft asks for, and what is to be mended about it."""
    chosen = forms_of(draft)
    if not chosen["request_id"]:
        return None, []
    wanted = uuid.UUID(chosen["request_id"])
    template = db.session.scalars(select(RequestTemplate).where(RequestTemplate.id == wanted)).one_or_none()
    if template is None:
        return None, [StepRefused("forms", _TEMPLATE_GONE, field="request_id")]
    folders = dict(folder_choices(draft))
    if chosen["request_node"] not in folders:
        return None, [StepRefused("forms", _FOLDER_GONE, field="request_node")]
    if not contacts_of(draft):
        return None, [StepRefused("forms", _NOBODY, field="request_id")]
    return Requested(template, uuid.UUID(chosen["request_node"]), folders[chosen["request_node"]]), []


def ask(requested: Requested, *, client: Any, folders: dict[uuid.UUID, Any], actor: Any) -> None:
    """Send the request for the client that was just made.

    :param folders: the folders that were made, by the node of the tree.
    :raises Refused: no contact may deposit there.
    """
    commands.send_from_template(requested.template, client=client, folder=folders[requested.node_id], actor=actor)
