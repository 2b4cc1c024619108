"""Selections for tests: one folder or file, as the pages name it, and copies of it whatever they mean for people."""

from __future__ import annotations

from typing import Any

from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.copies_many import CopiedMany, copy_chosen
from portal.files.models import File, Folder
from portal.files.selections import Selection
from portal.kit.db import db


def alone(item: Folder | File) -> Selection:
    """A folder or file in the folder where it is."""
    above = item.folder_id if isinstance(item, File) else item.parent_id
    return Selection(db.session.get_one(Folder, above), frozenset({item.id}))


def copy_of(item: Any, *, to: Folder, actor: Any) -> Any:
    """The copy of a folder or file, made by somebody who agrees to what it means for people."""
    return db.session.get_one(type(item), confirmed_copy(item, to=to, actor=actor).ids[0])


def confirmed_copy(item: Any, *, to: Folder, actor: Any) -> CopiedMany:
    """What the command says of it."""
    try:
        return copy_chosen(alone(item), to=to, actor=actor)
    except NeedsConfirmation as asked:
        return copy_chosen(alone(item), to=to, actor=actor, confirmed=asked.preview.fingerprint)
