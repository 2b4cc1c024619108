"""Names are unique among the living folders and files of one folder."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import String, any_, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

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
    return free_names(folder_id, [name])[0]


def free_names(folder_id: uuid.UUID, names: Sequence[str]) -> list[str]:
    """:func:`free_name` of several names that are given at once: no two become the same.

    One statement where all are free, one more for every twenty numbers that are taken. Call it while the folder is
    locked.
    """
    taken = taken_keys(folder_id, [name_key(name) for name in names])
    chosen = {place: name for place, name in enumerate(names) if _claim(name, taken)}
    for first in range(2, 100_000, 20):
        waiting = [place for place in range(len(names)) if place not in chosen]
        if not waiting:
            return [chosen[place] for place in range(len(names))]
        numbered = {place: [_numbered(names[place], first + step) for step in range(20)] for place in waiting}
        taken |= taken_keys(folder_id, [name_key(name) for some in numbered.values() for name in some])
        for place, candidates in numbered.items():
            found = next((candidate for candidate in candidates if _claim(candidate, taken)), None)
            if found is not None:
                chosen[place] = found
    raise NameTaken(name=names[0])


def _claim(name: str, taken: set[str]) -> bool:
    """Take this name, if it is free."""
    key = name_key(name)
    if key in taken:
        return False
    taken.add(key)
    return True


def _numbered(name: str, number: int) -> str:
    ending = extension(name)
    stem = name[: -len(ending) - 1] if ending else name
    return _shortened(stem, f" ({number})", name[len(stem) :])


def taken_keys(folder_id: uuid.UUID, keys: list[str], *, besides: uuid.UUID | None = None) -> set[str]:
    """Those of the keys that a living folder or file in this folder has."""
    # One array, however many they are: a statement takes 65,535 parameters at most.
    wanted = any_(literal(keys, ARRAY(String())))
    folders = select(Folder.name_key).where(
        Folder.parent_id == folder_id, Folder.name_key == wanted, Folder.bin_id.is_(None)
    )
    files = select(File.name_key).where(File.folder_id == folder_id, File.name_key == wanted, File.bin_id.is_(None))
    if besides is not None:
        folders, files = folders.where(Folder.id != besides), files.where(File.id != besides)
    return set(db.session.execute(union_all(folders, files)).scalars())


def _shortened(stem: str, suffix: str, tail: str) -> str:
    """The stem cut so that the whole stays within the 255 bytes of a name."""
    room = 255 - len((suffix + tail).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + suffix + tail
