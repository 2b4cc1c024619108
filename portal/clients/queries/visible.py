"""Which clients a viewer sees."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, exists, false, func, or_, select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.kit.db import db
from portal.kit.names import search_key
from portal.permissions.levels import Level

# Similarity of trigrams (0 to 1) from which two names are worth a warning: "Boulangerie Martin" and "Boulangerie
# Martins" reach 0.9, "Boulangerie Martin" and "Boucherie Martin" 0.5.
NEAR = 0.55


def visible_memberships(viewer: Viewer) -> Select[uuid.UUID]:
    """Ids of the clients to which this person belongs at this moment, with a level for collaborators."""
    mine = select(Membership.client_id).where(
        Membership.person_id == viewer.person_id,
        or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
    )
    if viewer.only_client_id is not None:
        mine = mine.where(Membership.client_id == viewer.only_client_id)
    if viewer.is_staff:
        return mine.where(Membership.kind == "collaborator", Membership.level > int(Level.NONE))
    return mine.where(Membership.kind == "contact")


def visible_clients(viewer: Viewer) -> Select[Client]:
    """Clients that the viewer may know of: not binned; for contacts also not disabled."""
    seen = select(Client).where(Client.binned_at.is_(None))
    if viewer.only_client_id is not None:
        seen = seen.where(Client.id == viewer.only_client_id)
    if viewer.sees_all:
        return seen
    seen = seen.where(Client.id.in_(visible_memberships(viewer)))
    return seen if viewer.is_staff else seen.where(Client.disabled_at.is_(None))


def client_files(viewer: Viewer) -> Select[Client]:
    """Clients whose card the viewer may open: contacts have none, not even of their own client."""
    return visible_clients(viewer) if viewer.is_staff else select(Client).where(false())


def binned_clients(viewer: Viewer) -> Select[Client]:
    """Clients in the bin that this collaborator saw before."""
    if not viewer.is_staff:
        return select(Client).where(false())
    binned = select(Client).where(Client.binned_at.is_not(None))
    if viewer.only_client_id is not None:
        binned = binned.where(Client.id == viewer.only_client_id)
    return binned if viewer.sees_all else binned.where(Client.id.in_(visible_memberships(viewer)))


def name_taken(name: str, *, besides: uuid.UUID | None = None) -> bool:
    """Does another client outside of the bin have this name? Neither case nor accents count."""
    taken = exists().where(Client.name_key == search_key(name), Client.binned_at.is_(None))
    if besides is not None:
        taken = taken.where(Client.id != besides)
    return bool(db.session.execute(select(taken)).scalar_one())


def near_duplicates(name: str, *, viewer: Viewer | None = None, limit: int = 5) -> list[Client]:
    """Clients whose names are so near that they may be the same one, the nearest first.

    :param viewer: only clients that this viewer sees; None asks for all (a warning without a link).
    """
    key = search_key(name)
    if len(key) < 3:
        return []
    seen = visible_clients(viewer) if viewer is not None else select(Client).where(Client.binned_at.is_(None))
    likeness = func.similarity(Client.name_key, key)
    # The operator % uses the trigram index with its own threshold of 0.3; ours is stricter and applied after it.
    near = seen.where(Client.name_key.op("%")(key), likeness >= NEAR).order_by(likeness.desc(), Client.id).limit(limit)
    return list(db.session.scalars(near))
