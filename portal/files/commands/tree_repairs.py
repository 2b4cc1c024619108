"""Bring a client's space back in line with its templates, as far as it was ticked, and as it was shown before."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from portal import activity
from portal.files.commands.changes import apply_changes, preview_of
from portal.files.commands.folders import move_folder, rename_folder
from portal.files.commands.own_levels import OwnLevel, Pair, read_own_levels
from portal.files.commands.permitted import viewer_of
from portal.files.commands.plans import Plan
from portal.files.commands.previews import Preview
from portal.files.commands.trees import plant
from portal.files.models import Folder, RightsChange
from portal.files.refusals import NothingChosen, PreviewOutdated
from portal.files.tree_drift import Differing, Drift, Strayed, drifts
from portal.files.tree_shape import uuid_or_none
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.permissions.commands import lock_client

# Each move and each new name is a command of its own.
MOST_MOVES = 200


class TooManyMoves(Refused):
    """So many folders at once would hold the client for too long."""

    sentence = _l("At most %(most)s folders can be moved or renamed at once. Tick fewer of them.")


class NoPlace(Refused):
    """What stands in the way of the folder above is to be cleared away by people."""

    sentence = _l("“%(name)s” cannot go back: the folder that it belongs in is missing and cannot be made.")


@dataclass(frozen=True)
class Ticks:
    """What is to be mended, by the ids of nodes; rights by node and person."""

    add: frozenset[uuid.UUID] = frozenset()
    rename: frozenset[uuid.UUID] = frozenset()
    move: frozenset[uuid.UUID] = frozenset()
    rights: frozenset[tuple[uuid.UUID, uuid.UUID]] = frozenset()

    @classmethod
    def of(cls, sent: Iterable[str]) -> Ticks:
        """Out of a form: ``add:node, rename:node, move:node, rights:node:person``; what is none is left out."""
        found: dict[str, set[Any]] = {"add": set(), "rename": set(), "move": set(), "rights": set()}
        for text in sent:
            kind, *parts = text.split(":")
            ids = [uuid_or_none(part) for part in parts]
            if None in ids or len(ids) != (2 if kind == "rights" else 1) or kind not in found:
                continue
            found[kind].add((ids[0], ids[1]) if kind == "rights" else ids[0])
        return cls(**{kind: frozenset(some) for kind, some in found.items()})

    def words(self) -> list[str]:
        """As a form sends them."""
        single = [("add", self.add), ("rename", self.rename), ("move", self.move)]
        pairs = [f"rights:{node_id}:{person_id}" for node_id, person_id in self.rights]
        return sorted([f"{kind}:{node_id}" for kind, some in single for node_id in some] + pairs)


@dataclass
class Part:
    """What is to be mended of one template's drift; ``drift`` as it is before."""

    drift: Drift
    add: list[Any] = field(default_factory=list)
    move: list[Strayed] = field(default_factory=list)
    rename: list[Strayed] = field(default_factory=list)
    rights: list[Differing] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing is ticked here that is there to be mended."""
        return not (self.add or self.move or self.rename or self.rights)


@dataclass(frozen=True)
class RepairPreview:
    """What would be done, and who would see or may do what else."""

    parts: tuple[Part, ...]
    preview: Preview
    ticks: Ticks
    fingerprint: str


@transactional
def preview_repair(client: Any, ticks: Ticks, *, actor: Any) -> RepairPreview:
    """What mending this would do: done inside a savepoint, looked at, and taken back.

    :raises NothingChosen: nothing of it is there to be mended.
    :raises TooManyMoves: more than 200 folders to move or rename.
    :raises NoPlace: the folder that something belongs in cannot be made.
    :raises Refused: what moving, renaming and changes of rights raise.
    """
    lock_client(client.id)
    parts = _chosen(client, ticks, actor)
    if not parts:
        raise NothingChosen()
    preview = preview_of(client, lambda: _mend(client, ticks, actor), actor=actor)
    said = [*ticks.words(), *(part.drift.fingerprint for part in parts), repr(preview.people)]
    fingerprint = hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]
    return RepairPreview(tuple(parts), replace(preview, fingerprint=fingerprint), ticks, fingerprint)


@transactional
def repair(client: Any, ticks: Ticks, *, expected: str, actor: Any) -> RightsChange | None:
    """Mend what was ticked, all or nothing. Returns the change of rights, which can be undone; None without any.

    :param expected: the fingerprint of the preview that was confirmed.
    :raises PreviewOutdated: the outcome would be another one now.
    :raises Refused: see :func:`preview_repair`.
    """
    if preview_repair(client, ticks, actor=actor).fingerprint != expected:
        raise PreviewOutdated()
    return _mend(client, ticks, actor)


def _chosen(client: Any, ticks: Ticks, actor: Any) -> list[Part]:
    """What of the ticks is there to be mended now."""
    parts = [_part(drift, ticks) for drift in drifts(viewer_of(actor), [client.id]).get(client.id, [])]
    if sum(len(part.move) + len(part.rename) for part in parts) > MOST_MOVES:
        raise TooManyMoves(most=MOST_MOVES)
    return [part for part in parts if not part.is_empty]


def _part(drift: Drift, ticks: Ticks) -> Part:
    move = [one for one in drift.moved if one.node.id in ticks.move]
    # A folder can only go back to where it belongs when that is there; with it, what is missing above.
    missing = {node.id: node for node, _above in drift.fit.missing}
    wanted = {ident for ident in ticks.add if ident in missing} | {one.node.parent_id for one in move}
    add: set[uuid.UUID] = set()
    for ident in wanted:
        while ident in missing and ident not in add:
            add.add(ident)
            ident = missing[ident].parent_id
    return Part(
        drift,
        add=[node for node in missing.values() if node.id in add],
        move=move,
        rename=[one for one in drift.renamed if one.node.id in ticks.rename],
        rights=[one for one in drift.rights if (one.node.id, one.contact.id) in ticks.rights],
    )


def _mend(client: Any, ticks: Ticks, actor: Any) -> RightsChange | None:
    """Folders first, template by template, since one may make what the other misses; then the rights of all."""
    levels: dict[Pair, OwnLevel | None] = {}
    for part in _chosen(client, ticks, actor):
        levels |= _wanted_levels(part, ticks, viewer_of(actor).id)
    for template_id in [part.drift.template_id for part in _chosen(client, ticks, actor)]:
        found = drifts(viewer_of(actor), [client.id], template_id=template_id)[client.id][0]
        _put_folders_right(client, _part(found, ticks), actor)
    return _put_rights_right(client, levels, actor)


def _put_folders_right(client: Any, part: Part, actor: Any) -> None:
    ids = plant(part.drift.fit, actor=actor, only={node.id for node in part.add})
    if part.add:
        activity.record(activity.verbs.TREE_APPLIED, actor=actor, client=client, count=len(part.add))
    root = db.session.get_one(Folder, part.drift.fit.root.id)
    for node, known in part.move:
        above = ids.get(node.parent_id) if node.parent_id else root.id
        if above is None:
            raise NoPlace(name=known.name)
        to = db.session.get_one(Folder, above)
        move_folder(db.session.get_one(Folder, known.id), to=to, actor=actor)
    for node, known in part.rename:
        rename_folder(db.session.get_one(Folder, known.id), name=node.name, actor=actor)


def _wanted_levels(part: Part, ticks: Ticks, by: uuid.UUID) -> dict[Pair, OwnLevel | None]:
    """The own levels that give the template's defaults; None where the folder is to follow the one above."""
    fit, moment = part.drift.fit, now()
    given = {(one.node.id, one.contact.id): one for one in part.drift.rights}
    wanted: dict[Pair, OwnLevel | None] = {}
    for one in part.rights:
        for node, known in one.folders:
            level = OwnLevel(int(one.wanted), None, "template", by, moment)
            place = fit.place_above(node)
            stands = place is not None and (known.parent_id == place.id or node.id in ticks.move)
            follows = node.level is None and stands
            if follows and node is one.node:
                # The folder above gives something else and stays as it is: then following it would not do.
                above = _difference_above(fit, node, one, given)
                follows = above is None or (above.node.id, above.contact.id) in ticks.rights
            wanted[known.id, one.contact.id] = None if follows else level
    return wanted


def _difference_above(fit: Any, node: Any, one: Differing, given: dict[Any, Differing]) -> Differing | None:
    """The difference that the folder above this one has for the same person."""
    return next(
        (
            other
            for other in given.values()
            if other.contact.id == one.contact.id and any(kept.node.id == node.parent_id for kept in other.folders)
        ),
        None,
    )


def _put_rights_right(client: Any, levels: dict[Pair, OwnLevel | None], actor: Any) -> RightsChange | None:
    people = {person_id for _folder, person_id in levels}
    own = read_own_levels(client.id, people).levels if people else {}
    changed = {pair: level for pair, level in levels.items() if not _is_there(own.get(pair), level)}
    if not changed:
        return None
    return apply_changes(client, Plan("defaults", levels=changed, people=frozenset(people)), actor=actor)


def _is_there(old: OwnLevel | None, new: OwnLevel | None) -> bool:
    if old is None or new is None:
        return old is new
    return (old.level, old.until) == (new.level, new.until)
