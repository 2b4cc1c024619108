"""Changes of rights: looked at, made, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from portal.activity.models import Activity
from portal.files.commands import folders, rights
from portal.files.commands.changes import (
    LevelChange,
    apply_changes,
    preview_changes,
    preview_undo,
    undo_change,
)
from portal.files.commands.own_levels import read_own_levels
from portal.files.models import RightsChange
from portal.files.queries import folder_level
from portal.files.refusals import CannotUndo, PreviewOutdated
from portal.kit.db import db
from portal.kit.i18n import in_language
from portal.permissions.levels import Level
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _in_english(cast: Cast) -> Iterator[None]:
    with in_language("en"):
        yield


def _own(cast: Cast) -> Any:
    return read_own_levels(cast.acme.id, [person.id for person in cast.everybody.values()]).levels


def test_a_preview_says_what_clara_loses_and_changes_nothing(cast: Cast) -> None:
    before = _own(cast)
    found = preview_changes(cast.acme, [LevelChange(cast.exchange.id, cast.clara.id, Level.NONE)], actor=cast.alice)
    assert found.sentences == ["Clara Costa will no longer see 1 folder."]
    assert [effect[1:] for effect in found.folders] == [("Exchange", cast.clara.id, Level.FULL, Level.NONE)]
    assert not found.is_empty
    assert _own(cast) == before
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.FULL
    assert not db.session.scalars(select(RightsChange)).all()


def test_what_is_shown_is_what_happens(cast: Cast) -> None:
    changes = [LevelChange(cast.exchange.id, cast.clara.id, Level.READ)]
    found = preview_changes(cast.acme, changes, actor=cast.alice)
    change = apply_changes(cast.acme, changes, actor=cast.alice, expected=found.fingerprint)
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.READ
    line = db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    assert line.details["change_id"] == str(change.id)


def test_a_confirmation_of_something_else_is_refused(cast: Cast) -> None:
    changes = [LevelChange(cast.books.id, cast.clara.id, Level.NONE, cascade=True)]
    found = preview_changes(cast.acme, changes, actor=cast.alice)
    rights.set_level(cast.payroll, person=cast.clara, level=Level.FULL, actor=cast.alice)
    with pytest.raises(PreviewOutdated):
        apply_changes(cast.acme, changes, actor=cast.alice, expected=found.fingerprint)
    assert folder_level(cast.clara.viewer, cast.books) == Level.READ


def test_a_cascade_names_the_levels_that_are_lost(cast: Cast) -> None:
    changes = [LevelChange(cast.books.id, cast.clara.id, Level.READ, cascade=True)]
    found = preview_changes(cast.acme, changes, actor=cast.alice)
    assert [(lost.folder_name, lost.level) for lost in found.lost] == [("Payroll", Level.NONE)]
    assert found.sentences == ["Clara Costa will see 1 folder in addition."]


def test_undo_puts_everything_back_as_it_was(cast: Cast) -> None:
    before = _own(cast)
    inner = folders.create_folder(cast.books, name="Inner", actor=cast.alice)
    one = apply_changes(
        cast.acme, [LevelChange(cast.books.id, cast.clara.id, Level.FULL, cascade=True)], actor=cast.alice
    )
    assert folder_level(cast.clara.viewer, cast.payroll) == folder_level(cast.clara.viewer, inner) == Level.FULL
    assert preview_undo(one, actor=cast.alice).sentences == [
        "Clara Costa will no longer see 1 folder.",
        "Clara Costa will be able to do less in 2 folders.",
    ]
    undone = undo_change(one, actor=cast.alice)
    assert undone.kind == "undo"
    assert _own(cast) == before
    with pytest.raises(CannotUndo):
        undo_change(one, actor=cast.alice)
    undo_change(undone, actor=cast.alice)
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.FULL
