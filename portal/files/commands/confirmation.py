"""Moves, copies and restores that change who sees what happen only once this was shown and confirmed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from portal.files.commands.bin import restore
from portal.files.commands.copies import restore_version
from portal.files.commands.deleted_levels import restored_difference
from portal.files.commands.differences import Difference, difference, preview_from
from portal.files.commands.outcomes import Outcome, Somebody, people_of, read_outcome
from portal.files.commands.permitted import viewer_of
from portal.files.commands.previews import PersonEffect, Preview
from portal.files.models import BinEntry, File, FileVersion, Folder
from portal.files.queries import bin_entries
from portal.files.refusals import Gone
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.permissions.commands import lock_client
from portal.permissions.snapshot import MEMBERSHIP

T = TypeVar("T")


class NeedsConfirmation(Refused):
    """It would change who sees what, and nobody has confirmed just that. ``preview`` says what."""

    sentence = _l("This changes who sees what. Look at it, and confirm.")
    status = 409

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


@transactional
def take_back(entry: BinEntry, *, actor: Any, confirmed: str | None = None) -> Folder | File:
    """Restore an entry of the bin. Compared is who might do what with it when it was deleted with who will.

    :param confirmed: the fingerprint of the preview that was confirmed.
    :raises NeedsConfirmation: it would change who sees what, and this was not what was confirmed.
    :raises Gone: it was restored or erased meanwhile, or the actor may not restore it any more.
    """
    kept = SimpleNamespace(levels=entry.levels)  # the entry itself is gone once it is restored
    lock_client(entry.client_id)
    # Asked again under the lock: where it would come back to may have gone to the bin meanwhile.
    seen = bin_entries(viewer_of(actor), entry.client_id).where(BinEntry.id == entry.id)
    if not db.session.execute(select(exists(seen))).scalar_one():
        raise Gone()
    people = people_of_client(entry.client_id)
    ids = [person.id for person in people]
    before = read_outcome(entry.client_id, ids, with_files=True, bin_id=entry.id)
    restored = restore(entry, actor=actor)
    after = read_outcome(entry.client_id, ids, with_files=True)
    found = restored_difference(kept, restored, before, after, people)
    preview = preview_from(restored.client_id, found, people, viewer=viewer_of(actor))
    if isinstance(restored, File):
        preview = replace(preview, people=tuple(map(only_files, preview.people)))
    refuse_unconfirmed((entry.id,), preview, confirmed)
    return restored


@transactional
def bring_back_version(file: File, version: FileVersion, *, actor: Any, confirmed: str | None = None) -> FileVersion:
    """Make an earlier version the newest. Who deposited the file may no longer be who sees it.

    :raises NeedsConfirmation: see :func:`take_back`.
    :raises Gone: see :func:`restore_version`.
    """
    about, act = (file.id, version.id), partial(restore_version, file, version, actor=actor)
    return watched(about, file.client_id, act, actor=actor, confirmed=confirmed)


def watched(
    about: tuple[Any, ...],
    client_id: uuid.UUID,
    action: Callable[[], T],
    *,
    actor: Any,
    confirmed: str | None,
    adapt: Callable[[T, Outcome, Outcome], Outcome] | None = None,
) -> T:
    """Do it, compare before and after, and take all of it back by raising where it was not confirmed.

    :param about: what is done with what: a confirmation holds for that alone.
    :param adapt: what to compare with, given the result and both moments; then only what is gained counts.
    """
    lock_client(client_id)
    people = people_of_client(client_id)
    ids = [person.id for person in people]
    before = read_outcome(client_id, ids, with_files=True)
    result = action()
    after = read_outcome(client_id, ids, with_files=True)
    if adapt is None:
        found = difference(before, after, people)
    else:
        found = _gains(difference(adapt(result, before, after), after, people))
    preview = preview_from(client_id, found, people, viewer=viewer_of(actor))
    if adapt is not None:
        preview = replace(preview, people=tuple(replace(one, files_lost=0) for one in preview.people))
    refuse_unconfirmed(about, preview, confirmed)
    return result


def only_files(effect: PersonEffect) -> PersonEffect:
    """Of a file that comes back, only the file is gained or lost."""
    return replace(effect, folders_gained=0, folders_lost=0, folders_raised=0, folders_lowered=0)


def people_of_client(client_id: uuid.UUID) -> list[Somebody]:
    """Everybody who belongs to a client. Two statements."""
    rows = select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == client_id)
    return people_of(set(db.session.execute(rows).scalars()))


def refuse_unconfirmed(about: tuple[Any, ...], preview: Preview, confirmed: str | None) -> None:
    """Let only pass what changes nothing for anybody, or what was confirmed just so.

    :raises NeedsConfirmation: it was not.
    """
    preview = replace(preview, fingerprint=_fingerprint(about, preview))
    if preview.sentences and preview.fingerprint != confirmed:
        raise NeedsConfirmation(preview)


def _fingerprint(about: tuple[Any, ...], preview: Preview) -> str:
    """What is confirmed: who gains and loses how much by just this. New folders have another id at each attempt."""
    return hashlib.sha256(repr((about, preview.people)).encode()).hexdigest()[:32]


def as_if_moved(
    made: Any, before: Outcome, after: Outcome, *, source_id: uuid.UUID | None, to_id: uuid.UUID
) -> Outcome:
    """The moment before, as if the copies had been there already, with the rights of what they were copied from.

    :param made: what was copied; its ``folders`` give for each new folder the one that it was copied from.
    :param source_id: the folder of copied files; None where only folders were copied.
    :param to_id: the folder that got the copies.
    """
    if before.files is None or after.files is None:
        raise ValueError("copies are compared with their files")
    folders, every, own = dict(before.folders), dict(before.files.all), dict(before.files.own)
    for copy_id, first_id in made.folders.items():
        folders[copy_id] = before.folders[first_id]
        every[copy_id] = after.files.all.get(copy_id, (0, 0))
    own |= {pair: counts for pair, counts in after.files.own.items() if pair[0] in made.folders}
    if source_id is not None:
        had, has = (files.all.get(to_id, (0, 0)) for files in (before.files, after.files))
        total, valid = every.get(source_id, (0, 0))
        every[source_id] = (total + has[0] - had[0], valid + has[1] - had[1])
    return replace(before, folders=folders, files=replace(before.files, all=every, own=own))


def _gains(found: Difference) -> Difference:
    """Only what is gained: nobody loses anything by a copy."""
    return replace(found, shifts=[shift for shift in found.shifts if shift.after > shift.before])
