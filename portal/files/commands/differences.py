"""The difference between two moments of a client's space: who gains and loses what."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from portal.accounts.viewer import Viewer
from portal.files.commands.outcomes import Files, Outcome, Somebody, count_files
from portal.files.commands.own_levels import Begun, OwnLevel, OwnLevels, Pair, ident_in
from portal.files.commands.previews import MOST_NAMED, FolderEffect, LostLevel, PersonEffect, Preview
from portal.files.models import Folder
from portal.files.queries.paths import reachable_folders
from portal.kit.db import db
from portal.permissions.levels import Level


class Shift(NamedTuple):
    """A person's level on some folders became another one; 0 also stands for a folder that is not there."""

    person: Somebody
    before: int
    after: int
    folder_ids: Sequence[uuid.UUID]


class OwnShift(NamedTuple):
    """A person's own level on the folders with these paths became another one; None for no level of their own."""

    person_id: uuid.UUID
    before: OwnLevel | None
    after: OwnLevel | None
    paths: list[str]


@dataclass
class Difference:
    """Own levels and answers that are not what they were."""

    own_shifts: list[OwnShift]
    shifts: list[Shift]
    before: Outcome
    after: Outcome

    @cached_property
    def own(self) -> dict[Pair, tuple[OwnLevel | None, OwnLevel | None]]:
        """Own levels that became others, by (folder, person)."""
        return {
            (uuid.UUID(ident_in(path)), shift.person_id): (shift.before, shift.after)
            for shift in self.own_shifts
            for path in shift.paths
        }

    @property
    def fingerprint(self) -> str:
        """The same for the same outcome. Numbers of files are left out: an upload meanwhile changes no right."""
        known = self.before.folders
        lines = [
            f"own {folder_id.hex} {person_id.hex} {_said(old)} {_said(new)}"
            for (folder_id, person_id), (old, new) in self.own.items()
        ]
        for shift in self.shifts:
            head = f"{shift.person.id.hex} {shift.before} {shift.after}"
            # What is new has another id at each attempt.
            lines += [f"{head} {ident.hex if ident in known else 'new'}" for ident in shift.folder_ids]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


def difference(before: Outcome, after: Outcome, people: Iterable[Somebody]) -> Difference:
    """Compare two moments. Folders are taken together by their scopes before and after."""
    together: dict[tuple[uuid.UUID | None, uuid.UUID | None], list[uuid.UUID]] = defaultdict(list)
    for folder_id in before.folders.keys() | after.folders.keys():
        together[before.folders.get(folder_id), after.folders.get(folder_id)].append(folder_id)
    shifts = []
    listed = list(people)
    nothing: dict[uuid.UUID, int] = {}
    for (old, new), ids in together.items():
        had = before.levels.get(old, nothing) if old else nothing
        has = after.levels.get(new, nothing) if new else nothing
        if had == has and old and new:
            continue
        for person in listed:
            one, two = person.level(had, old), person.level(has, new)
            if one != two:
                shifts.append(Shift(person, one, two, ids))
    return Difference(_own_shifts(before.own, after.own), shifts, before, after)


def _own_shifts(before: OwnLevels, after: OwnLevels) -> list[OwnShift]:
    """Own levels that became others. Folders are taken together by the scopes that they started and start."""
    groups: dict[tuple[uuid.UUID, OwnLevel | None, OwnLevel | None], list[str]] = defaultdict(list)
    nothing: dict[uuid.UUID, OwnLevel] = {}
    for old, new, paths in _together(before.begun, after.begun):
        had = before.grants[old] if old else nothing
        has = after.grants[new] if new else nothing
        for person_id in had.keys() | has.keys():
            was, now = had.get(person_id), has.get(person_id)
            if was != now:
                groups[person_id, was, now] += paths
    return [OwnShift(*group, paths) for group, paths in groups.items()]


def _together(before: Begun, after: Begun) -> Iterator[tuple[uuid.UUID | None, uuid.UUID | None, list[str]]]:
    """Folders, by their paths, with the scope that they started and the one that they start; None for none.

    Folder by folder only where some start another scope than they did: thousands that simply lost theirs stay together.
    """
    same = {scope_id for scope_id, paths in before.items() if after.get(scope_id) == paths}
    yield from ((scope_id, scope_id, before[scope_id]) for scope_id in same)
    left = {scope_id: paths for scope_id, paths in before.items() if scope_id not in same}
    begun = {scope_id: paths for scope_id, paths in after.items() if scope_id not in same}
    if not left or not begun:
        yield from ((scope_id, None, paths) for scope_id, paths in left.items())
        yield from ((None, scope_id, paths) for scope_id, paths in begun.items())
        return
    # By id: a folder that was moved has another path.
    old = {ident_in(path): (scope_id, path) for scope_id, paths in left.items() for path in paths}
    new = {ident_in(path): (scope_id, path) for scope_id, paths in begun.items() for path in paths}
    groups: dict[tuple[uuid.UUID | None, uuid.UUID | None], list[str]] = defaultdict(list)
    nowhere = (None, "")
    for ident in old.keys() | new.keys():
        was, now = old.get(ident, nowhere), new.get(ident, nowhere)
        groups[was[0], now[0]].append(now[1] or was[1])
    yield from ((*group, paths) for group, paths in groups.items())


def own_difference(
    before: dict[Pair, OwnLevel], after: dict[Pair, OwnLevel]
) -> dict[Pair, tuple[OwnLevel | None, OwnLevel | None]]:
    """Own levels that became others: level, until, origin, by whom or when."""
    return {
        pair: (before.get(pair), after.get(pair))
        for pair in before.keys() | after.keys()
        if before.get(pair) != after.get(pair)
    }


def entries_of(found: Difference) -> list[dict[str, Any]]:
    """Own levels that became others, as :class:`RightsChange` keeps them."""
    return [_entry(shift, sorted(shift.paths)) for shift in found.own_shifts]


def _entry(shift: OwnShift, paths: list[str]) -> dict[str, Any]:
    """:param paths: those of the shift, in order."""
    return {
        "folders": [ident_in(path) for path in paths],
        "place": _place(paths),
        "person": str(shift.person_id),
        "before": shift.before.as_json() if shift.before else None,
        "after": shift.after.as_json() if shift.after else None,
    }


def place_of(paths: Iterable[str]) -> str:
    """A short form of where folders stand: another one when any of them, or one above it, was moved."""
    return _place(sorted(paths))


def _place(ordered: list[str]) -> str:
    return f"{zlib.crc32('|'.join(ordered).encode()):08x}"


def preview_from(client_id: uuid.UUID, found: Difference, people: Sequence[Somebody], *, viewer: Viewer) -> Preview:
    """The words of a difference. Call it while the change is still there: new folders have names.

    :param viewer: who asks; folders that they cannot reach are counted and not named.
    """
    lost = [
        (folder_id, person_id, old)
        for (folder_id, person_id), (old, new) in found.own.items()
        if old is not None and new is None
    ]
    paths = {**found.before.own.paths, **found.after.own.paths}
    lost.sort(key=lambda one: (paths[one[0]], one[1]))
    changed = [(shift, ident) for shift in found.shifts for ident in shift.folder_ids]
    shown = {ident for _, ident in changed[:MOST_NAMED]} | {one[0] for one in lost[:MOST_NAMED]}
    names = _names(viewer, shown)
    people_names = {person.id: person.name for person in people}
    counts = _effects(client_id, found, people)
    return Preview(
        people=tuple(counts),
        lost=tuple(
            LostLevel(ident, names[ident], who, people_names.get(who, ""), Level(own.level))
            for ident, who, own in lost[:MOST_NAMED]
            if ident in names
        ),
        folders=_effects_by_name(changed, names),
        folder_count=len({ident for _, ident in changed}),
        lost_count=len(lost),
        fingerprint=found.fingerprint,
        is_empty=not found.own_shifts and not changed and not any(not effect.is_empty for effect in counts),
    )


def _effects_by_name(
    changed: Sequence[tuple[Shift, uuid.UUID]], names: dict[uuid.UUID, str]
) -> tuple[FolderEffect, ...]:
    found = [
        FolderEffect(ident, names[ident], shift.person.id, Level(shift.before), Level(shift.after))
        for shift, ident in changed[:MOST_NAMED]
        if ident in names
    ]
    return tuple(sorted(found, key=lambda effect: (effect.name.casefold(), effect.folder_id, effect.person_id)))


def _effects(client_id: uuid.UUID, found: Difference, people: Sequence[Somebody]) -> list[PersonEffect]:
    tally: dict[uuid.UUID, Counter[str]] = {person.id: Counter() for person in people}
    for shift in found.shifts:
        tally[shift.person.id][_kind(shift.before, shift.after)] += len(shift.folder_ids)
    old, new = found.before.files, found.after.files
    if old is None or new is None:
        ids = {ident for shift in found.shifts for ident in shift.folder_ids}
        old = new = count_files(client_id, [person.id for person in people], ids)
        _count_files(found.shifts, old, new, tally)
    else:
        _count_moved_files(found, old, new, people, tally)
    return [PersonEffect(person.id, person.name, **tally[person.id]) for person in people if tally[person.id]]


def _count_files(shifts: Iterable[Shift], old: Files, new: Files, tally: dict[uuid.UUID, Counter[str]]) -> None:
    for shift in shifts:
        counts = tally[shift.person.id]
        for ident in shift.folder_ids:
            change = new.seen(ident, shift.person, shift.after) - old.seen(ident, shift.person, shift.before)
            counts["files_gained" if change > 0 else "files_lost"] += abs(change)


def _count_moved_files(
    found: Difference, old: Files, new: Files, people: Sequence[Somebody], tally: dict[uuid.UUID, Counter[str]]
) -> None:
    """Where files themselves went elsewhere: one that left a folder for another that is seen too is neither."""
    ids = {ident for shift in found.shifts for ident in shift.folder_ids}
    ids |= {ident for ident in old.all.keys() | new.all.keys() if old.all.get(ident) != new.all.get(ident)}
    ids |= {pair[0] for pair in old.own.keys() | new.own.keys() if old.own.get(pair) != new.own.get(pair)}
    nothing: dict[uuid.UUID, int] = {}
    for person in people:
        sum_of = 0
        for ident in ids:
            was, now = found.before.folders.get(ident), found.after.folders.get(ident)
            had = person.level(found.before.levels.get(was, nothing) if was else nothing, was)
            has = person.level(found.after.levels.get(now, nothing) if now else nothing, now)
            sum_of += new.seen(ident, person, has) - old.seen(ident, person, had)
        tally[person.id]["files_gained" if sum_of > 0 else "files_lost"] += abs(sum_of)


def _kind(before: int, after: int) -> str:
    if before == 0:
        return "folders_gained"
    if after == 0:
        return "folders_lost"
    return "folders_raised" if after > before else "folders_lowered"


def _names(viewer: Viewer, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not ids:
        return {}
    rows = reachable_folders(viewer).with_only_columns(Folder.id, Folder.name).where(Folder.id.in_(ids))
    return dict(db.session.execute(rows).all())


def _said(own: OwnLevel | None) -> str:
    return "-" if own is None else f"{own.level} {own.until.isoformat() if own.until else ''}"
