"""What happens to a file after it was published: rename and move. Deleting is in ``bin``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal import activity
from portal.files.commands.bin import bin_file
from portal.files.commands.naming import claim_name, lock_folder
from portal.files.models import File, Folder
from portal.files.refusals import Gone, OtherClient
from portal.kit.db import db, transactional
from portal.kit.names import extension, name_key, search_key
from portal.permissions.commands import lock_client

__all__ = ["bin_file", "lock_file", "move_file", "rename_file"]


def lock_file(file: File) -> File:
    """Hold a file's row until the transaction ends, and read it anew. Lock its folder first.

    :raises Gone: it was deleted or is in the bin.
    """
    found = db.session.scalars(
        select(File).where(File.id == file.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or found.bin_id is not None:
        raise Gone()
    return found


@transactional
def rename_file(file: File, *, name: str, actor: Any) -> File:
    """Give a file another name; its format is what the new name says.

    :raises BadName: it cannot be a name.
    :raises NameTaken: the folder holds it already.
    :raises Gone: it was deleted or moved meanwhile.
    """
    folder = lock_folder(file.folder_id)
    file = _still_in(folder, file)
    new = claim_name(folder.id, name, besides=file.id)
    before = file.name
    if new == before:
        return file
    file.name, file.name_key, file.search_key, file.ext = new, name_key(new), search_key(new), extension(new)
    db.session.flush()  # lists read the name by SQL
    activity.record(activity.verbs.FILE_RENAMED, actor=actor, file=file, before=before)
    return file


@transactional
def move_file(file: File, *, to: Folder, actor: Any) -> File:
    """Put a file into another folder of the same client.

    :raises OtherClient: the folder belongs to another client.
    :raises NameTaken: it holds the name already.
    :raises Gone: one of them was deleted meanwhile.
    """
    if to.client_id != file.client_id:
        raise OtherClient()
    if to.id == file.folder_id:
        return file
    # The client's row first: two opposite moves, each holding one folder, would otherwise wait for each other.
    lock_client(file.client_id)
    rows = {ident: lock_folder(ident) for ident in (file.folder_id, to.id)}
    before, to = rows[file.folder_id], rows[to.id]
    file = _still_in(before, file)
    claim_name(to.id, file.name)
    file.folder_id = to.id
    db.session.flush()  # lists read the place by SQL
    activity.record(activity.verbs.FILE_MOVED, actor=actor, folder=to, file=file, before=before.name)
    return file


def _still_in(folder: Folder, file: File) -> File:
    """The file, locked; its folder may have changed before the folder's lock was held."""
    expected = folder.id
    file = lock_file(file)
    if file.folder_id != expected:
        raise Gone()
    return file
