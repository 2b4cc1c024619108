"""Prepare a client space, step by step."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.wizard.models import Draft
from portal.wizard.steps import ContactLine, Information


class DraftFinished(Conflict):
    """The draft has become a client in the meantime."""

    sentence = _l("This client space has already been opened from this draft.")


class DraftChanged(Conflict):
    """Another window saved the draft."""

    sentence = _l("This draft was changed in another window. Check what you see and press again to keep it.")


@transactional
def start_draft(information: Information, *, actor: Any) -> Draft:
    """Begin a draft with what the first step holds."""
    draft = Draft(owner_id=actor.id, data={"information": asdict(information)}, step="information")
    db.session.add(draft)
    db.session.flush()  # the page that follows shows the moment of saving, which the database sets
    return draft


@transactional
def save_step(draft: Draft, step: str, value: Any, *, version: int | None = None, reached: str | None = None) -> Draft:
    """Save what one step holds.

    :param value: JSON.
    :param version: the version that the page was made from.
    :param reached: the step that the person goes on to; where the draft opens when it is resumed.
    :raises DraftChanged: when another window saved since.
    :raises DraftFinished: when the client exists already.
    """
    locked = lock_draft(draft)
    if locked.finished_at is not None:
        raise DraftFinished()
    if version is not None and version != locked.version:
        raise DraftChanged()
    locked.data = {**locked.data, step: value}
    locked.step = reached or step
    locked.version += 1
    locked.updated_at = func.now()
    return locked


@transactional
def discard_draft(draft: Draft) -> None:
    """Throw a draft away. A draft that has become a client stays, so that *Finish* keeps finding its client."""
    if lock_draft(draft).finished_at is None:
        db.session.delete(draft)


def lock_draft(draft: Draft) -> Draft:
    """The draft as it is now, held until the end of the transaction."""
    statement = select(Draft).where(Draft.id == draft.id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def contact_lines(lines: list[ContactLine]) -> list[dict[str, Any]]:
    """Contact lines as they are saved: exactly one of them is the main contact."""
    if lines and not any(line.is_main for line in lines):
        lines[0].is_main = True
    first = next((line for line in lines if line.is_main), None)
    for line in lines:
        line.is_main = line is first
    return [asdict(line) for line in lines]
