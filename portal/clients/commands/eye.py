"""Open and close the eye of a session (F63). Both leave a line in the log, which contacts never read."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

from portal import activity
from portal.accounts.models import Person
from portal.accounts.sessions import point_eye
from portal.clients.models import Client
from portal.clients.queries.eye import may_look_as
from portal.clients.refusals import MoreRights
from portal.kit.db import db, transactional


@transactional
def open_eye(client: Client, person: Person, *, session_id: uuid.UUID, actor: Any) -> None:
    """From the next request on this session sees what the person sees of the client, and changes nothing.

    :param person: who has access to the client.
    :param actor: the viewer who looks.
    :raises MoreRights: the person may do or see something there that the actor may not.
    """
    if not may_look_as(actor, client.id, person):
        raise MoreRights(person=person.full_name)
    if point_eye(session_id, (person.id, client.id)) != (person.id, client.id):
        activity.record(activity.verbs.EYE_OPENED, actor=actor, client=client, person=person.full_name)


@transactional
def close_eye(session_id: uuid.UUID, *, actor: Any) -> uuid.UUID | None:
    """From the next request on this session sees what its owner sees. Closing a closed eye does nothing.

    :param actor: whose session it is; never the person who was seen.
    :returns: the client that was looked at, or None.
    """
    before = point_eye(session_id, None)
    if before is None:
        return None
    seen, client = db.session.get(Person, before[0]), SimpleNamespace(id=before[1])
    activity.record(activity.verbs.EYE_CLOSED, actor=actor, client=client, person=seen.full_name if seen else "–")
    return before[1]
