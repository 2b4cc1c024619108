"""How far the application of a template to many clients is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.files.commands.tree_applications import DONE, MANY
from portal.files.models import TreeTemplate
from portal.files.tree_clients import applicable_clients
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.outbox.models import OutboxEntry

FAILED = "failed"


@dataclass(frozen=True)
class Line:
    """What came of one client."""

    client: Client
    outcome: str
    made: int = 0
    blocked: int = 0


@dataclass
class Progress:
    """So many of so many clients; ``lines`` are those that are finished and that the viewer still may see, by name."""

    template_id: uuid.UUID
    template_name: str
    total: int
    finished: int = 0
    lines: list[Line] = field(default_factory=list)
    given_up: bool = False

    @property
    def is_over(self) -> bool:
        """Nothing more will come."""
        return self.given_up or self.finished >= self.total

    @property
    def made(self) -> int:
        """How many folders were made in all."""
        return sum(line.made for line in self.lines)

    @property
    def left(self) -> list[Line]:
        """The clients that stayed as they were."""
        return [line for line in self.lines if line.outcome != DONE]


def visible_applications(viewer: Viewer) -> Any:
    """What this person promised themselves; nobody sees another's."""
    by = OutboxEntry.payload["by"].astext == str(viewer.person_id)
    return select(OutboxEntry).where(OutboxEntry.name == MANY, by).execution_options(populate_existing=True)


def progress_of(application: OutboxEntry, viewer: Viewer) -> Progress:
    """How far it is. Three statements."""
    payload = application.payload
    template_id = uuid.UUID(payload["template_id"])
    name = db.session.scalar(select(TreeTemplate.name).where(TreeTemplate.id == template_id))
    found = Progress(template_id, name or "", len(payload["clients"]), given_up=application.failed_at is not None)
    ids = [uuid.UUID(text) for text in payload.get("noted", {}).get("entries", [])]
    rows = db.session.execute(
        select(OutboxEntry.payload, OutboxEntry.done_at, OutboxEntry.failed_at).where(OutboxEntry.id == any_ids(ids))
    ).all()
    over = [(row, noted) for row, done_at, failed_at in rows if (noted := _outcome(row, done_at, failed_at))]
    found.finished = len(over)
    clients = {client.id: client for client in db.session.scalars(_clients(viewer, [row for row, _noted in over]))}
    lines = [
        Line(clients[client_id], noted["outcome"], noted.get("made", 0), noted.get("blocked", 0))
        for row, noted in over
        if (client_id := uuid.UUID(row["client_id"])) in clients
    ]
    found.lines = sorted(lines, key=lambda line: (line.outcome == DONE, line.client.name_key, line.client.id))
    return found


def _outcome(payload: dict[str, Any], done_at: Any, failed_at: Any) -> dict[str, Any] | None:
    if done_at is not None:
        noted: dict[str, Any] = payload.get("noted", {"outcome": FAILED})
        return noted
    return {"outcome": FAILED} if failed_at is not None else None


def _clients(viewer: Viewer, payloads: list[dict[str, Any]]) -> Any:
    ids = [uuid.UUID(payload["client_id"]) for payload in payloads]
    return applicable_clients(viewer, {"disabled": "1"}).where(Client.id == any_ids(ids))
