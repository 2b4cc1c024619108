"""Names are unique among the living folders and files of one folder."""

from __future__ import annotations

import uuid

from sqlalchemy import select, union_all

from portal.files.models import File, Folder
from portal.files.refusals import Gone, NameTaken
from portal.kit.db import db
from portal.kit.names import clean_name, extension, name_key


def lock_folder(folder_id: uuid.UUID) -> Folder:
    """Hold a folder's row until the transaction ends, and read it anew: names in it cannot change meanwhile.

    Take the client's lock first where both are needed.

    :raises Gone: it was deleted or is in the bin.
    """
    folder = db.session.scalars(
        select(Folder)
        .where(Folder.id == folder_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if folder is None or folder.bin_id is not None:
        raise Gone()
    return folder


def claim_name(folder_id: uuid.UUID, raw: str, *, besides: uuid.UUID | None = None) -> str:
    """The cleaned name, free in this folder. Call it while the folder is locked.

    :param besides: the folder or file that is being renamed, whose own name does not count.
    :raises BadName: it cannot be a name.
    :raises NameTaken: a folder or file has it, whatever its case or Unicode form.
    """
    name = clean_name(raw)
    if taken_keys(folder_id, [name_key(name)], besides=besides):
        raise NameTaken(name=name)
    return name


def free_name(folder_id: uuid.UUID, name: str) -> str:
    """This name, or the first of "name (2)", "name (3)" ... that is free; the ending of a file name stays last."""
    ending = extension(name)
    stem = name[: -len(ending) - 1] if ending else name
    tail = name[len(stem) :]
    for first in range(0, 100_000, 50):
        numbers = range(first, first + 50)
        candidates = [name if number < 2 else _shortened(stem, f" ({number})", tail) for number in numbers]
        taken = taken_keys(folder_id, [name_key(candidate) for candidate in candidates])
        for candidate in candidates:
            if name_key(candidate) not in taken:
                return candidate
    raise NameTaken(name=name)


def taken_keys(folder_id: uuid.UUID, keys: list[str], *, besides: uuid.UUID | None = None) -> set[str]:
    """Those of the keys that a living folder or file in this folder has."""
    folders = select(Folder.name_key).where(
        Folder.parent_id == folder_id, Folder.name_key.in_(keys), Folder.bin_id.is_(None)
    )
    files = select(File.name_key).where(File.folder_id == folder_id, File.name_key.in_(keys), File.bin_id.is_(None))
    if besides is not None:
        folders, files = folders.where(Folder.id != besides), files.where(File.id != besides)
    return set(db.session.execute(union_all(folders, files)).scalars())


def _shortened(stem: str, suffix: str, tail: str) -> str:
    """The stem cut so that the whole stays within the 255 bytes of a name."""
    room = 255 - len((suffix + tail).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + suffix + tail
