"""What people do with several folders at once (move, copy, delete, restore), by the product and by definition."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from portal.files.commands.bin_many import bin_chosen
from portal.files.commands.bulk import AllLeft, Done, SamePlace, move_chosen
from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.copies_many import copy_chosen
from portal.files.commands.restores import take_back_many
from portal.files.models import BinEntry, Folder
from portal.files.selections import Selection
from portal.kit.db import db
from tests.files.rights_changes_world import ChangingWorld
from tests.files.rights_oracle import Known
from tests.files.rights_world import Somebody


class ManyWorld(ChangingWorld):
    """A world in which selections are worked with as well, by somebody who may do everything and is not asked about."""

    def __init__(self, *facts: Any, owner: Somebody) -> None:
        super().__init__(*facts)
        self.owner = owner

    def move_many(self, at: int, to: int) -> None:
        """What would go into itself, or meets its name there, stays; the rest moves."""
        chosen, target = self._siblings(at), self.pick(to)
        if not chosen:
            return
        parent = self._parent(chosen)
        taken = self._names(Folder.parent_id == target)
        fitting = [ident for ident in chosen if target != ident and target not in self.oracle.below(ident)]
        expected = {ident for ident in fitting if self.folder(ident).name not in taken}
        try:
            done = self._confirmed(
                lambda confirmed: move_chosen(
                    self._selection(parent, chosen), to=self.folder(target), actor=self.owner, confirmed=confirmed
                )
            )
        except SamePlace:
            assert target == parent
            return
        except AllLeft:
            assert not expected
            return
        assert done.done == len(expected)
        for ident in expected:
            self.oracle.folders[ident].parent = target

    def copy_many(self, at: int, to: int) -> None:
        """Each with all below; the copies have no levels of their own."""
        chosen, target = self._siblings(at), self.pick(to)
        if not chosen or len(self.oracle.folders) > 40:
            return
        parent = self._parent(chosen)
        expected = {one for top in chosen for one in [top, *self.oracle.below(top)] if self._all_alive(one, top)}
        done: Any = self._confirmed(
            lambda confirmed: copy_chosen(
                self._selection(parent, chosen), to=self.folder(target), actor=self.owner, confirmed=confirmed
            )
        )
        assert set(done.folders.values()) == expected
        copies = {first: copied for copied, first in done.folders.items()}
        for first, copied in copies.items():
            above = target if first in chosen else copies[self.oracle.folders[first].parent]  # type: ignore[index]
            self.oracle.folders[copied] = Known(above)

    def bin_many(self, at: int) -> None:
        """Each folder gets an entry of its own."""
        chosen = self._siblings(at)
        if not chosen:
            return
        done = bin_chosen(self._selection(self._parent(chosen), chosen), actor=self.owner)
        entries = db.session.execute(select(BinEntry.id, BinEntry.folder_id).where(BinEntry.id.in_(done.ids))).all()
        assert {folder_id for _, folder_id in entries} == set(chosen)
        for entry, ident in entries:
            self.entries.append(entry)
            for below in [ident, *self.oracle.below(ident)]:
                known = self.oracle.folders[below]
                known.bin = known.bin or entry

    def restore_many(self, number: int) -> None:
        """Entries of which none lies inside of another: each stands again where it stood."""
        chosen: dict[uuid.UUID, uuid.UUID] = {}
        for entry in self.entries[number % (len(self.entries) or 1) :][:3]:
            ident = db.session.execute(select(BinEntry.folder_id).where(BinEntry.id == entry)).scalar_one()
            apart = all(other not in self.oracle.above(ident) for other in chosen.values())
            if apart and not set(self.oracle.below(ident)) & set(chosen.values()):
                chosen[entry] = ident
        if not chosen:
            return
        done = self._confirmed(
            lambda confirmed: take_back_many(self.client.id, list(chosen), actor=self.owner, confirmed=confirmed)
        )
        assert done.done == len(chosen)
        for entry, ident in chosen.items():
            self.entries.remove(entry)
            self._back(entry, ident)

    def _siblings(self, number: int) -> list[uuid.UUID]:
        """A folder and up to two that stand beside it; nothing for the top."""
        ident = self.pick(number)
        parent = self.oracle.folders[ident].parent
        beside = [one for one in self.oracle.living() if self.oracle.folders[one].parent == parent and one != ident]
        return [] if parent is None else [ident, *beside[: number % 3]]

    def _parent(self, chosen: list[uuid.UUID]) -> uuid.UUID:
        parent = self.oracle.folders[chosen[0]].parent
        assert parent is not None
        return parent

    def _selection(self, parent: uuid.UUID, chosen: list[uuid.UUID]) -> Selection:
        return Selection(self.folder(parent), frozenset(chosen))

    def _names(self, where: Any) -> set[str]:
        return set(db.session.scalars(select(Folder.name).where(where, Folder.bin_id.is_(None))))

    @staticmethod
    def _confirmed(act: Callable[[str | None], Done]) -> Done:
        """Done as somebody does it who is shown what changes for people, and agrees."""
        try:
            return act(None)
        except NeedsConfirmation as asked:
            return act(asked.preview.fingerprint)
