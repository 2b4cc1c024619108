"""Own levels, folder by folder: what people set, read and written back exactly.

A scope may be started by many folders of one container. Own levels are written by scope, so that a shared scope is
parted only where its folders are to differ, and with a bounded number of statements for each depth of the tree.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import func, select, text

from portal.files.commands.regions import merge_empty, reread, scopes_below, within
from portal.files.models import Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db, new_id
from portal.permissions.commands import NewScope, insert_scopes, refresh
from portal.permissions.models import Grant, Scope

# A folder and a person.
Pair = tuple[uuid.UUID, uuid.UUID]
# The paths of the folders that start a scope, by the scope.
Begun = dict[uuid.UUID, list[str]]

_COPY_GRANTS = text(
    'INSERT INTO "grant" (scope_id, person_id, level, origin, set_by_id, set_at, valid_until)'
    " SELECT parted.new, person_id, level, origin, set_by_id, set_at, valid_until"
    ' FROM "grant" JOIN unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[])) AS parted (old, new)'
    ' ON "grant".scope_id = parted.old'
)
_MOVED = (
    "unnest(CAST(:tops AS uuid[]), CAST(:paths AS text[]), CAST(:ends AS text[]), CAST(:old AS uuid[]),"
    " CAST(:new AS uuid[])) AS moved (id, path, past, old, new)"
)
_HANG_SCOPES = text(
    f"UPDATE scope SET parent_id = moved.new FROM {_MOVED} JOIN folder ON folder.client_id = :client"
    ' AND folder.path COLLATE "C" > moved.path COLLATE "C" AND folder.path COLLATE "C" < moved.past COLLATE "C"'
    " AND folder.starts_scope WHERE scope.id = folder.scope_id AND scope.parent_id = moved.old"
    " AND scope.id <> moved.new"
)
_POINT_FOLDERS = text(
    "UPDATE folder SET scope_id = moved.new, starts_scope = folder.starts_scope OR folder.id = moved.id"
    f' FROM {_MOVED} WHERE folder.client_id = :client AND folder.path COLLATE "C" >= moved.path COLLATE "C"'
    ' AND folder.path COLLATE "C" < moved.past COLLATE "C" AND folder.scope_id = moved.old'
)
_TAKE = text(
    'DELETE FROM "grant" USING unnest(CAST(:scopes AS uuid[]), CAST(:people AS uuid[])) AS gone (scope_id, person_id)'
    ' WHERE "grant".scope_id = gone.scope_id AND "grant".person_id = gone.person_id'
)
_GIVE = text(
    'INSERT INTO "grant" (scope_id, person_id, level, valid_until, origin, set_by_id, set_at)'
    " SELECT * FROM unnest(CAST(:scopes AS uuid[]), CAST(:people AS uuid[]), CAST(:levels AS smallint[]),"
    " CAST(:untils AS timestamptz[]), CAST(:origins AS text[]), CAST(:by AS uuid[]), CAST(:at AS timestamptz[]))"
    " ON CONFLICT (scope_id, person_id) DO UPDATE SET level = excluded.level, valid_until = excluded.valid_until,"
    " origin = excluded.origin, set_by_id = excluded.set_by_id, set_at = excluded.set_at"
)


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """A level that was set on a folder: 0 to 3, until when, how it came about, by whom and when."""

    level: int
    until: datetime | None
    origin: str
    by: uuid.UUID | None
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """As :class:`RightsChange` keeps it."""
        return {
            "level": self.level,
            "until": self.until.isoformat() if self.until else None,
            "origin": self.origin,
            "by": str(self.by) if self.by else None,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> OwnLevel:
        """What :meth:`as_json` gave."""
        return cls(
            level=kept["level"],
            until=datetime.fromisoformat(kept["until"]) if kept["until"] else None,
            origin=kept["origin"],
            by=uuid.UUID(kept["by"]) if kept["by"] else None,
            at=datetime.fromisoformat(kept["at"]),
        )


@dataclass
class OwnLevels:
    """Own levels as they are kept: by scope the paths of the folders that start it, and what is set on it.

    Thousands of folders may start one scope, so that what can be said by scope is not said folder by folder.
    """

    begun: Begun = field(default_factory=dict)
    grants: dict[uuid.UUID, dict[uuid.UUID, OwnLevel]] = field(default_factory=dict)

    @cached_property
    def paths(self) -> dict[uuid.UUID, str]:
        """The paths of the folders."""
        return {uuid.UUID(ident_in(path)): path for paths in self.begun.values() for path in paths}

    @cached_property
    def levels(self) -> dict[Pair, OwnLevel]:
        """Own levels by (folder, person)."""
        return {
            (uuid.UUID(ident_in(path)), person_id): own
            for scope_id, paths in self.begun.items()
            for path in paths
            for person_id, own in self.grants[scope_id].items()
        }


def ident_in(path: str) -> str:
    """The id of the folder with this path, in hexadecimal: what the path ends with. A text, since thousands of those
    are quicker than as many ids.
    """
    return path[-33:-1]


def read_own_levels(client_id: uuid.UUID, person_ids: Collection[uuid.UUID], *, path: str | None = None) -> OwnLevels:
    """Every own level of these people in a client, also on folders in the bin. Two statements.

    :param path: only on the folder with this path and below it.
    """
    grants: dict[uuid.UUID, dict[uuid.UUID, OwnLevel]] = defaultdict(dict)
    held = (
        select(
            Grant.scope_id,
            Grant.person_id,
            Grant.level,
            Grant.valid_until,
            Grant.origin,
            Grant.set_by_id,
            Grant.set_at,
        )
        .join(Scope, Scope.id == Grant.scope_id)
        .where(Scope.client_id == client_id, Grant.person_id.in_(person_ids))
    )
    for scope_id, person_id, level, until, origin, by, at in db.session.execute(held).all():
        grants[scope_id][person_id] = OwnLevel(level, until, origin, by, at)
    # One row for each scope, however many folders start it. Paths are hexadecimal digits and slashes.
    starters = select(Folder.scope_id, func.string_agg(Folder.path, "|")).group_by(Folder.scope_id)
    starters = starters.where(Folder.client_id == client_id, Folder.starts_scope, Folder.scope_id == any_ids(grants))
    if path is not None:
        starters = starters.where(within(path))
    rows = db.session.execute(starters).all() if grants else []
    return OwnLevels({scope_id: paths.split("|") for scope_id, paths in rows}, dict(grants))


def write_own_levels(client_id: uuid.UUID, wanted: Mapping[Pair, OwnLevel | None]) -> None:
    """Make the own levels of these pairs exactly these; None takes one away. Folders below follow, nothing is pinned.

    The caller holds the client's lock. Answers are up to date afterwards.
    """
    by_folder: dict[uuid.UUID, dict[uuid.UUID, OwnLevel | None]] = defaultdict(dict)
    for (folder_id, person_id), own in wanted.items():
        by_folder[folder_id][person_id] = own
    facts = select(Folder.id, func.length(Folder.path)).where(
        Folder.client_id == client_id, Folder.id == any_ids(by_folder)
    )
    by_depth: dict[int, list[uuid.UUID]] = defaultdict(list)
    for folder_id, depth in db.session.execute(facts).all():
        by_depth[depth].append(folder_id)
    touched: set[uuid.UUID] = set()
    begun = False
    for depth in sorted(by_depth):
        # From the top down: what is parted above gives those below another scope.
        step = _Step(client_id, {folder_id: by_folder[folder_id] for folder_id in by_depth[depth]})
        step.write()
        touched |= set(step.grants)
        begun = begun or bool(step.moves)
    if not touched:
        return
    root = db.session.scalars(select(Folder).where(Folder.client_id == client_id, Folder.parent_id.is_(None))).one()
    kept = merge_empty(root, scopes_below(root))
    reread(client_id)
    people = None if begun else {person_id for _, person_id in wanted}
    refresh(client_id, scope_ids={kept.get(scope_id, scope_id) for scope_id in touched}, person_ids=people)


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder as it stands before the step."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    scope_id: uuid.UUID
    starts_scope: bool
    path: str


class _Step:
    """Own levels of folders of one depth."""

    def __init__(self, client_id: uuid.UUID, wanted: Mapping[uuid.UUID, Mapping[uuid.UUID, OwnLevel | None]]) -> None:
        self.client_id, self.wanted = client_id, wanted
        self.grants: dict[uuid.UUID, Mapping[uuid.UUID, OwnLevel | None]] = {}
        self.scopes: list[NewScope] = []
        self.parted: list[tuple[uuid.UUID, uuid.UUID]] = []
        self.moves: list[tuple[_Place, uuid.UUID]] = []

    def write(self) -> None:
        """Part scopes where it is needed, then write the grants."""
        places = self._places()
        groups: dict[Any, list[_Place]] = defaultdict(list)
        for place in places:
            delta = self.wanted[place.id]
            if place.starts_scope or any(own is not None for own in delta.values()):
                key = (place.scope_id, place.starts_scope, place.parent_id, frozenset(delta.items()))
                groups[key].append(place)
        self._assign_started([group for key, group in groups.items() if key[1]])
        for key, group in groups.items():
            if not key[1]:
                self._begin(group, NewScope(new_id(), key[0]))
        insert_scopes(self.client_id, self.scopes)
        if self.parted:
            old, new = zip(*self.parted, strict=True)
            db.session.execute(_COPY_GRANTS, {"old": list(old), "new": list(new)})
        self._move()
        self._write_grants()

    def _places(self) -> list[_Place]:
        rows = select(Folder.id, Folder.parent_id, Folder.scope_id, Folder.starts_scope, Folder.path)
        return [_Place(*row) for row in db.session.execute(rows.where(Folder.id == any_ids(self.wanted))).all()]

    def _assign_started(self, groups: Iterable[list[_Place]]) -> None:
        """Folders that start scopes: those that share one and are to differ get scopes of their own."""
        by_scope: dict[uuid.UUID, list[list[_Place]]] = defaultdict(list)
        for group in groups:
            by_scope[group[0].scope_id].append(group)
        counted = select(Folder.scope_id, func.count()).where(Folder.scope_id == any_ids(by_scope), Folder.starts_scope)
        starters = dict(db.session.execute(counted.group_by(Folder.scope_id)).all()) if by_scope else {}
        facts = select(Scope.id, Scope.parent_id, Scope.contact_level).where(Scope.id == any_ids(by_scope))
        about = {row[0]: (row[1], row[2]) for row in db.session.execute(facts).all()} if by_scope else {}
        for scope_id, parts in by_scope.items():
            parts.sort(key=len)
            if sum(map(len, parts)) == starters[scope_id]:
                # Nobody else starts it: the largest part keeps it.
                self.grants[scope_id] = self.wanted[parts.pop()[0].id]
            for part in parts:
                new = NewScope(new_id(), *about[scope_id])
                self.parted.append((scope_id, new.id))
                self._begin(part, new)

    def _begin(self, group: list[_Place], scope: NewScope) -> None:
        self.scopes.append(scope)
        self.grants[scope.id] = self.wanted[group[0].id]
        self.moves.extend((place, scope.id) for place in group)

    def _move(self) -> None:
        if not self.moves:
            return
        places = [place for place, _ in self.moves]
        values = {
            "client": self.client_id,
            "tops": [place.id for place in places],
            "paths": [place.path for place in places],
            "ends": [place.path[:-1] + "0" for place in places],
            "old": [place.scope_id for place in places],
            "new": [new for _, new in self.moves],
        }
        db.session.execute(_HANG_SCOPES, values)
        db.session.execute(_POINT_FOLDERS, values)

    def _write_grants(self) -> None:
        pairs = [(scope_id, who, own) for scope_id, delta in self.grants.items() for who, own in delta.items()]
        gone = [(scope_id, who) for scope_id, who, own in pairs if own is None]
        if gone:
            scopes, people = zip(*gone, strict=True)
            db.session.execute(_TAKE, {"scopes": list(scopes), "people": list(people)})
        given = [(scope_id, who, own) for scope_id, who, own in pairs if own is not None]
        if given:
            db.session.execute(
                _GIVE,
                {
                    "scopes": [scope_id for scope_id, _, _ in given],
                    "people": [who for _, who, _ in given],
                    "levels": [own.level for _, _, own in given],
                    "untils": [own.until for _, _, own in given],
                    "origins": [own.origin for _, _, own in given],
                    "by": [own.by for _, _, own in given],
                    "at": [own.at for _, _, own in given],
                },
            )
