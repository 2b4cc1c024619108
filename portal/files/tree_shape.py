"""A folder-tree template as the editor sends it, checked before anything is written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.kit.names import BadName, clean_name, name_key
from portal.permissions.levels import Level

MOST_FOLDERS = 2000
DEEPEST = 20


class BadTree(Refused):
    """The tree cannot be saved; the sentence says which folder is at fault."""

    sentence = _l("The tree could not be read. Reload the page and try again.")
    field = "tree"


@dataclass
class Branch:
    """A folder of a template as the editor sends it. ``level`` None follows the folder above, ``id`` None is new."""

    name: str
    level: Level | None = None
    children: list[Branch] = field(default_factory=list)
    id: uuid.UUID | None = None


def read_tree(raw: Any) -> list[Branch]:
    """The editor's JSON, checked: ``[{"id": ..., "name": ..., "level": "read" | "", "children": [...]}]``.

    An ``id`` is that of a folder which the template has already; one that is none is a new folder's.

    :raises BadTree: not a tree, a name that cannot be used or stands twice, too many folders, too deep.
    """
    room = [MOST_FOLDERS]
    return _read_siblings(raw, depth=1, room=room)


def _read_siblings(raw: Any, *, depth: int, room: list[int]) -> list[Branch]:
    if not isinstance(raw, list):
        raise BadTree()
    if raw and depth > DEEPEST:
        raise BadTree(_l("Folders of a template nest %(most)s deep at most."), most=DEEPEST)
    branches = []
    seen: set[str] = set()
    for entry in raw:
        room[0] -= 1
        if room[0] < 0:
            raise BadTree(_l("A template has %(most)s folders at most."), most=MOST_FOLDERS)
        branch = _read_branch(entry)
        key = name_key(branch.name)
        if key in seen:
            raise BadTree(_l("Two folders side by side are named “%(name)s”."), name=branch.name)
        seen.add(key)
        branch.children = _read_siblings(entry.get("children", []), depth=depth + 1, room=room)
        branches.append(branch)
    return branches


def _read_branch(entry: Any) -> Branch:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise BadTree()
    try:
        name = clean_name(entry["name"])
    except BadName as refusal:
        shown = "".join(character for character in entry["name"][:60] if character.isprintable())
        raise BadTree(_l("Folder “%(name)s”: %(reason)s"), name=shown, reason=str(refusal)) from refusal
    key = entry.get("level") or ""
    if not isinstance(key, str) or key not in ("", *(level.key for level in Level)):
        raise BadTree()
    return Branch(name, Level.of(key) if key else None, id=uuid_or_none(entry.get("id")))


def uuid_or_none(raw: Any) -> uuid.UUID | None:
    """The id that a browser sent; None where it is none."""
    try:
        return uuid.UUID(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
