"""The definition of rights, as naively as it can be written: dictionaries, and no thought of speed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

# A level and until when it holds.
Own = tuple[int, datetime | None]
Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass
class Known:
    """A folder: where it hangs, what was set on it, at which writing each was set, and in which bin entry it is."""

    parent: uuid.UUID | None
    own: dict[uuid.UUID, Own] = field(default_factory=dict)
    written: dict[uuid.UUID, int] = field(default_factory=dict)
    bin: uuid.UUID | None = None


# What was set on folders, and at which writing.
Kept = dict[Pair, tuple[Own, int]]


@dataclass
class Change:
    """What a change left and what it found, where the folders stood, and which folder it was about."""

    before: Kept
    after: Kept
    paths: dict[uuid.UUID, list[uuid.UUID]]
    folder: uuid.UUID | None
    undone: bool = False

    @property
    def pairs(self) -> set[Pair]:
        """Every folder and person whose own level became another one, or was set again."""
        return {
            pair for pair in self.before.keys() | self.after.keys() if self.before.get(pair) != self.after.get(pair)
        }


class Oracle:
    """The definition of rights."""

    def __init__(self, root: uuid.UUID) -> None:
        self.folders = {root: Known(None)}
        self.root = root
        self.members: dict[uuid.UUID, Own] = {}
        self.writings = 0

    def decided(self, folder: uuid.UUID | None, person: uuid.UUID, at: datetime) -> Own:
        """The level that decides, and until when it was set."""
        if folder is None:
            return (self.members[person][0] if person in self.members else 0, None)
        own = self.folders[folder].own.get(person)
        if own is not None and (own[1] is None or own[1] > at):
            return own
        return self.decided(self.folders[folder].parent, person, at)

    def level(self, folder: uuid.UUID, person: uuid.UUID, at: datetime) -> int:
        """What a person may in a folder at a moment."""
        member = self.members.get(person)
        if member is None or (member[1] is not None and member[1] <= at):
            return 0
        return self.decided(folder, person, at)[0]

    def below(self, folder: uuid.UUID) -> list[uuid.UUID]:
        """All folders below one, also those in the bin."""
        direct = [ident for ident, known in self.folders.items() if known.parent == folder]
        return direct + [ident for child in direct for ident in self.below(child)]

    def above(self, folder: uuid.UUID) -> list[uuid.UUID]:
        """A folder and all above it, from the bottom up."""
        parent = self.folders[folder].parent
        return [folder, *(self.above(parent) if parent is not None else [])]

    def living(self) -> list[uuid.UUID]:
        """Those that are not in the bin."""
        return [ident for ident, known in self.folders.items() if known.bin is None]

    def write(self, folder: uuid.UUID, person: uuid.UUID, own: Own | None, writing: int | None = None) -> None:
        """An own level, or none. ``writing``: put back as it was written then."""
        known = self.folders[folder]
        known.own.pop(person, None)
        known.written.pop(person, None)
        if own is not None:
            self.writings += 1
            known.own[person], known.written[person] = own, writing or self.writings

    def set(self, folder: uuid.UUID, person: uuid.UUID, new: Own, at: datetime) -> None:
        """Children without a valid level of their own keep what they had, unless nothing changes."""
        had = self.decided(folder, person, at)
        for ident, known in self.folders.items():
            own = known.own.get(person)
            if known.parent == folder and had != new and (own is None or (own[1] is not None and own[1] <= at)):
                self.write(ident, person, had)
        self.write(folder, person, new)

    def cascade(self, folder: uuid.UUID, person: uuid.UUID) -> None:
        """All below follows."""
        for ident in self.below(folder):
            self.write(ident, person, None)

    def ask(self, folder: uuid.UUID, person: uuid.UUID, new: Own | None, cascade: bool, at: datetime) -> None:
        """What people ask for: a level or none, here alone or pushed down to all below."""
        if new is None:
            self.write(folder, person, None)
        elif not cascade and self.folders[folder].own.get(person) != new:
            self.set(folder, person, new, at)
        elif cascade and self.decided(folder, person, at) != new:
            self.write(folder, person, new)
        if cascade:
            self.cascade(folder, person)

    def same(self, source: uuid.UUID, target: uuid.UUID, at: datetime) -> None:
        """The target has what holds of the source's levels, and at the top what the source has there."""
        wanted = {
            ident: known.own[source]
            for ident, known in self.folders.items()
            if source in known.own and self._holds(known.own[source], at)
        }
        top = self.decided(self.root, source, at)
        if top != self.decided(None, target, at):
            wanted.setdefault(self.root, top)
        for ident, known in self.folders.items():
            if known.own.get(target) != wanted.get(ident):
                self.write(ident, target, wanted.get(ident))

    def forget(self, person: uuid.UUID) -> None:
        """Whoever leaves leaves nothing behind."""
        self.members.pop(person, None)
        for ident in self.folders:
            self.write(ident, person, None)

    def kept(self) -> Kept:
        """Everything that is set."""
        return {
            (ident, person): (own, known.written[person])
            for ident, known in self.folders.items()
            for person, own in known.own.items()
        }

    def changed(self, before: Kept, folder: uuid.UUID | None) -> Change:
        """The change that led from there to here."""
        return Change(before, self.kept(), {ident: self.above(ident) for ident in self.folders}, folder)

    def may_undo(self, change: Change) -> bool:
        """Once, while all is where it was and as the change left it, and those concerned still belong to the client."""
        now = self.kept()
        return (
            not change.undone
            and (change.folder is None or self.folders[change.folder].bin is None)
            and all(
                person in self.members
                and now.get((ident, person)) == change.after.get((ident, person))
                and self.above(ident) == change.paths[ident]
                for ident, person in change.pairs
            )
        )

    def undo(self, change: Change) -> None:
        """Every own level as it was, with its writing."""
        for ident, person in change.pairs:
            own, writing = change.before.get((ident, person), (None, None))
            self.write(ident, person, own, writing)
        change.undone = True

    @staticmethod
    def _holds(own: Own, at: datetime) -> bool:
        return own[1] is None or own[1] > at
