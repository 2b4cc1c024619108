"""Let what was limited go on: a level on a folder, a file. Memberships have their own commands in ``clients``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from portal import activity
from portal.accounts.models import Person
from portal.activity.commands import line, record_many
from portal.files.commands.bulk import NOT_THERE, Done, Named, forget_files
from portal.files.commands.permitted import viewer_of
from portal.files.models import File, Folder
from portal.files.selections import Selection, read_chosen
from portal.kit import days
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.permissions.commands import lock_client, refresh
from portal.permissions.models import Grant

NO_FILE = _l("only files have a last day")


@transactional
def renew_level(folder: Folder, person: Person, last: date, *, seen: datetime | None, actor: Any) -> None:
    """Let a limited level on a folder go on until a later day, for all that follows it.

    Written onto the grant itself: to set the level anew would keep sub-folders at the day that is renewed.

    :param last: the last day, where the firm is.
    :param seen: the end that the person who renews has read; None does not ask.
    :raises Conflict: the level is gone, has no end any more, or another one than was read.
    """
    lock_client(folder.client_id)
    # Read under the lock: the folder may have got a scope of its own meanwhile.
    scope_id = db.session.execute(
        select(Folder.scope_id).where(Folder.id == folder.id, Folder.starts_scope)
    ).scalar_one_or_none()
    renewed = db.session.execute(
        update(Grant)
        .where(
            Grant.scope_id == scope_id,
            Grant.person_id == person.id,
            Grant.valid_until.is_not(None),
            *([Grant.valid_until == seen] if seen is not None else []),
        )
        .values(valid_until=days.end_of(last), set_at=func.statement_timestamp(), set_by_id=actor.id)
        .returning(Grant.scope_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if renewed is None:
        raise Conflict()
    refresh(folder.client_id, scope_ids=[renewed], person_ids=[person.id])
    activity.record(
        activity.verbs.LEVEL_RENEWED, actor=actor, folder=folder, person=person.full_name, until=last.isoformat()
    )


@transactional
def set_file_end(file: File, valid_until: datetime | None, *, actor: Any) -> None:
    """Until when contacts see a file; None: without end. Collaborators go on seeing it."""
    held = _locked(file)
    if held.valid_until == valid_until:
        return
    held.valid_until = valid_until
    if valid_until is None:
        _record(activity.verbs.FILE_UNLIMITED, held, actor)
        return
    _record(activity.verbs.FILE_LIMITED, held, actor, until=days.last_day(valid_until).isoformat())


@transactional
def set_chosen_end(selection: Selection, valid_until: datetime | None, *, actor: Any) -> Done:
    """The same for all files of a selection; its folders stay as they are. Eight statements, whatever the number.

    :raises NothingChosen: nothing of the selection is seen by the actor.
    :raises AllLeft: there is no file in it.
    """
    chosen = read_chosen(viewer_of(actor), selection)
    done = Done(chosen.total)
    done.leave(NOT_THERE, [], chosen.missing)
    done.leave(NO_FILE, [row.name for row in chosen.folders])
    held = select(File.id, File.name, File.valid_until).where(File.id == any_ids(row.id for row in chosen.files))
    # Read under the lock, and locked in one order by everybody.
    files = db.session.execute(held.order_by(File.id).with_for_update()).all()
    done.done = len(files)
    done.refuse_nothing()
    changed = [row for row in files if row.valid_until != valid_until]
    done.ids = [row.id for row in changed]
    written = update(File).where(File.id == any_ids(done.ids)).values(valid_until=valid_until)
    db.session.execute(written.execution_options(synchronize_session=False))
    forget_files()
    folder = selection.folder
    verb, details = activity.verbs.FILE_UNLIMITED, {}
    if valid_until is not None:
        verb, details = activity.verbs.FILE_LIMITED, {"until": days.last_day(valid_until).isoformat()}
    record_many(
        [line(verb, actor=actor, file=Named(row.id, row.name, folder), folder=folder, **details) for row in changed]
    )
    return done


@transactional
def renew_file(file: File, last: date, *, seen: datetime | None, actor: Any) -> None:
    """Let contacts see a limited file until a later day.

    :raises Conflict: it has no end any more, or another one than was read.
    """
    held = _locked(file)
    if held.valid_until is None or (seen is not None and held.valid_until != seen):
        raise Conflict()
    held.valid_until = days.end_of(last)
    _record(activity.verbs.FILE_RENEWED, held, actor, until=last.isoformat())


def _locked(file: File) -> File:
    found: File = db.session.scalars(
        select(File).where(File.id == file.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return found


def _record(verb: Any, file: File, actor: Any, **details: str) -> None:
    activity.record(verb, actor=actor, file=file, folder=db.session.get(Folder, file.folder_id), **details)
