"""Who is asking. Every list, count and check of the product takes a viewer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from portal.accounts.roles import Feature


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks, with the feature permissions of their role at this very request."""

    person_id: uuid.UUID
    kind: str
    features: frozenset[str] = field(default_factory=frozenset)
    full_name: str = ""
    # Through the eye only this client is seen, also where the person belongs to further ones.
    only_client_id: uuid.UUID | None = None

    @property
    def id(self) -> uuid.UUID:
        """The person's id, so that a viewer can stand as ``actor``."""
        return self.person_id

    @property
    def is_staff(self) -> bool:
        """True for collaborators of the firm, False for contacts."""
        return self.kind == "collaborator"

    @property
    def sees_all(self) -> bool:
        """True when the role lifts this collaborator to at least *read* on every client (F37)."""
        return self.is_staff and Feature.VIEW_ALL_CLIENTS in self.features

    def may(self, feature: str) -> bool:
        """Does the role allow this feature? Contacts have none."""
        return self.is_staff and feature in self.features
