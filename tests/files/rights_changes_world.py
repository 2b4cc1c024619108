"""What people do to rights by the dialogs: previews, changes, copies, undoing, by the product and by definition."""

from __future__ import annotations

import uuid
from typing import Any

from portal.files.commands.changes import (
    LevelChange,
    Plan,
    Preview,
    apply_changes,
    preview_changes,
    same_rights,
    template_defaults,
    undo_change,
)
from portal.files.models import RightsChange
from portal.files.queries import folder_levels
from portal.files.refusals import CannotUndo, NotAMember
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.files.rights_oracle import Change, Kept, Own
from tests.files.rights_world import Somebody, World


class ChangingWorld(World):
    """A world in which rights are also changed with previews, copied and undone."""

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self.changes: list[tuple[uuid.UUID, Change]] = []
        self.undone = 0

    def ask(self, at: int, who: int, level: int, until: int, cascade: int) -> None:
        """One or two people's levels on one or two folders, looked at first and then confirmed."""
        asked: dict[tuple[uuid.UUID, uuid.UUID], tuple[Own | None, bool]] = {}
        for number in range(1 + at % 2):
            new = (level % 5, self.until(until + number))
            key = self.pick(at + number), self.people[(who + number) % len(self.people)].id
            asked[key] = (None if new[0] == 4 else new, bool(cascade % 2))
        changes = [
            LevelChange(ident, person, None if own is None else Level(own[0]), pushed, own[1] if own else None)
            for (ident, person), (own, pushed) in asked.items()
        ]
        if any(change.person_id not in self.oracle.members for change in changes):
            try:
                apply_changes(self.client, changes, actor=self.actor)
            except NotAMember:
                return
            raise AssertionError("a stranger got a level")
        before, shown = self.oracle.kept(), self._levels()
        preview = preview_changes(self.client, changes, actor=self.actor)
        assert self._levels_told() == shown, "a preview leaves nothing behind"
        made = apply_changes(self.client, changes, actor=self.actor, expected=preview.fingerprint)
        for (ident, person), (own, pushed) in sorted(asked.items(), key=lambda one: len(self.oracle.above(one[0][0]))):
            self.oracle.ask(ident, person, own, pushed, self.moment)
        self._keep(made, before)
        self._compare(preview, shown)

    def same_as(self, source: int, target: int) -> None:
        """One person's rights for another one."""
        one, two = self.people[source % len(self.people)], self.people[target % len(self.people)]
        if one is two or two.id not in self.oracle.members:
            return
        before = self.oracle.kept()
        made = self._planned(same_rights(self.client, one.id, [two.id], actor=self.actor))
        self.oracle.same(one.id, two.id, self.moment)
        self._keep(made, before)
        for ident in self.oracle.living():
            assert self.oracle.decided(ident, one.id, self.moment) == self.oracle.decided(ident, two.id, self.moment)

    def defaults(self, who: int) -> None:
        """The template's defaults, of which there are none: a contact loses what was set."""
        person = self.contacts[who % len(self.contacts)]
        if person.id not in self.oracle.members:
            return
        before = self.oracle.kept()
        made = self._planned(template_defaults(self.client, [person.id], actor=self.actor))
        for ident in self.oracle.folders:
            self.oracle.write(ident, person.id, None)
        self._keep(made, before)

    def undo(self, number: int) -> None:
        """One of the last changes; refused where the definition says so."""
        if not self.changes:
            return
        ident, change = self.changes[-1 - number % min(len(self.changes), 2)]
        row = db.session.get_one(RightsChange, ident)
        before, allowed = self.oracle.kept(), self.oracle.may_undo(change)
        try:
            made = undo_change(row, actor=self.actor)
        except CannotUndo:
            assert not allowed
            return
        assert allowed
        self.undone += 1
        self.oracle.undo(change)
        self._keep(made, before)

    def _planned(self, plan: Plan) -> RightsChange:
        preview = preview_changes(self.client, plan, actor=self.actor)
        return apply_changes(self.client, plan, actor=self.actor, expected=preview.fingerprint)

    def _keep(self, made: RightsChange, before: Kept) -> None:
        self.changes.append((made.id, self.oracle.changed(before, made.folder_id)))

    def _all_alive(self, ident: uuid.UUID, top: uuid.UUID) -> bool:
        chain = self.oracle.above(ident)
        return all(self.oracle.folders[one].bin is None for one in chain[: chain.index(top) + 1])

    def _levels(self) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
        """What everybody sees, by definition: a role that sees all clients counts."""
        return {
            (ident, person.id): self._seen(person, self.oracle.level(ident, person.id, self.moment))
            for ident in self.oracle.living()
            for person in self.people
        }

    def _levels_told(self) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
        living = self.oracle.living()
        return {
            (ident, person.id): int(level)
            for person in self.people
            for ident, level in folder_levels(person.viewer, living).items()
        }

    @staticmethod
    def _seen(person: Somebody, level: int) -> int:
        return max(level, int(Level.READ)) if person.viewer.sees_all else level

    def _compare(self, preview: Preview, before: dict[tuple[uuid.UUID, uuid.UUID], int]) -> None:
        """What the preview counted is what has happened, by definition."""
        after = self._levels()
        told = {one.person_id: one for one in preview.people}
        for person in self.people:
            pairs = [(before[ident, person.id], after[ident, person.id]) for ident in self.oracle.living()]
            counts = (
                sum(1 for had, has in pairs if had == 0 < has),
                sum(1 for had, has in pairs if has == 0 < had),
                sum(1 for had, has in pairs if 0 < had < has),
                sum(1 for had, has in pairs if 0 < has < had),
            )
            one = told.get(person.id)
            shown = (one.folders_gained, one.folders_lost, one.folders_raised, one.folders_lowered) if one else (0,) * 4
            assert counts == shown, person.full_name
            self.decisions += len(pairs)
