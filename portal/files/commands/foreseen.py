"""What own levels become when levels are set on many folders in one go: worked out in memory, written together.

Folder by folder in SQL, each one costs some twenty statements. One alone is made that way, since a large tree below it
is then one UPDATE; both ways mean the same, which a test compares.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.files.commands.own_levels import OwnLevel, Pair, read_own_levels
from portal.files.commands.plans import LevelChange
from portal.files.models import Folder
from portal.files.queries.paths import ids_above
from portal.kit.bulk import any_ids
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.resolve import Granted, Standing
from portal.permissions.snapshot import MEMBERSHIP

_Own = dict[uuid.UUID, OwnLevel]


def foreseen(
    client_id: uuid.UUID, folders: Collection[Folder], changes: Sequence[LevelChange], *, actor: Any
) -> dict[Pair, OwnLevel | None]:
    """The own levels that become others by these changes, None for those that are taken away. Four statements.

    :param folders: every folder that a change names.
    """
    people = {change.person_id for change in changes}
    picture = _Picture(client_id, people, folders, actor.id)
    by_id = {folder.id: folder for folder in folders}
    # From the top down: what is pushed down from above must not remove what is set below in the same go.
    for change in sorted(changes, key=lambda one: len(by_id[one.folder_id].path)):
        picture.change(by_id[change.folder_id], change)
    return picture.differences()


class _Picture:
    """Own levels of some people in a client, as they become change by change."""

    def __init__(
        self, client_id: uuid.UUID, people: Collection[uuid.UUID], folders: Collection[Folder], by: uuid.UUID
    ) -> None:
        own = read_own_levels(client_id, people)
        self.moment: datetime = now()
        self.by, self.paths = by, dict(own.paths)
        self.first: dict[uuid.UUID, _Own] = {person_id: {} for person_id in people}
        for (folder_id, person_id), level in own.levels.items():
            self.first[person_id][folder_id] = level
        self.own = {person_id: dict(levels) for person_id, levels in self.first.items()}
        self.standings = _standings(client_id, people)
        # Sub-folders in the bin keep what they had too, for the day when they come back.
        self.inner: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        rows: Any = select(Folder.id, Folder.parent_id, Folder.path)
        rows = rows.where(Folder.parent_id == any_ids(folder.id for folder in folders))
        for ident, parent_id, path in db.session.execute(rows).all():
            self.inner[parent_id].append(ident)
            self.paths[ident] = path
        self.paths |= {folder.id: folder.path for folder in folders}

    def change(self, folder: Folder, asked: LevelChange) -> None:
        """Make one change."""
        own = self.own[asked.person_id]
        if asked.level is None:
            own.pop(folder.id, None)
        else:
            self._set(folder, asked, Granted(int(asked.level), asked.valid_until))
        if asked.cascade:
            for ident in [one for one in own if one != folder.id and self.paths[one].startswith(folder.path)]:
                del own[ident]

    def _set(self, folder: Folder, asked: LevelChange, wanted: Granted) -> None:
        own = self.own[asked.person_id]
        had = self._decided(folder, asked.person_id)
        here = own.get(folder.id)
        # Pushed down, a level that the folder has anyhow is not set on it: only those below lose theirs.
        is_new = had != wanted if asked.cascade else here is None or Granted(here.level, here.until) != wanted
        if not is_new:
            return
        if had != wanted and not asked.cascade:
            for ident in self.inner[folder.id]:
                if not self._holds(own.get(ident)):
                    own[ident] = OwnLevel(had.level, had.valid_until, "pin", self.by, self.moment)
        origin = "cascade" if asked.cascade else "manual"
        own[folder.id] = OwnLevel(wanted.level, wanted.valid_until, origin, self.by, self.moment)

    def _decided(self, folder: Folder, person_id: uuid.UUID) -> Granted:
        """The nearest level that holds, else the client-wide one; as ``Snapshot.decided`` says it by scopes."""
        own = self.own[person_id]
        for ident in (folder.id, *reversed(ids_above(folder.path))):
            found = own.get(ident)
            if found is not None and self._holds(found):
                return Granted(found.level, found.until)
        standing = self.standings.get(person_id)
        return Granted(standing.level if standing else 0)

    def _holds(self, level: OwnLevel | None) -> bool:
        return level is not None and (level.until is None or level.until > self.moment)

    def differences(self) -> dict[Pair, OwnLevel | None]:
        """What is not as it was at first."""
        return {
            (ident, person_id): own.get(ident)
            for person_id, own in self.own.items()
            for ident in own.keys() | self.first[person_id].keys()
            if own.get(ident) != self.first[person_id].get(ident)
        }


def _standings(client_id: uuid.UUID, people: Collection[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    rows = select(MEMBERSHIP.c.person_id, MEMBERSHIP.c.level, MEMBERSHIP.c.valid_until).where(
        MEMBERSHIP.c.client_id == client_id, MEMBERSHIP.c.person_id.in_(people)
    )
    return {person_id: Standing(level, until) for person_id, level, until in db.session.execute(rows).all()}
