"""Send a request: the checklist, its lines, a mail to each contact concerned and the log, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert

from portal import activity, mailer
from portal.accounts.models import Person
from portal.clients.models import Client
from portal.document_requests.checklist import Item, items_of
from portal.document_requests.commands.mornings import next_morning
from portal.document_requests.models import DocumentRequest, RequestLine, RequestTemplate
from portal.document_requests.refusals import BadLines, Faults, NobodyMayDeposit, NotYourFolder
from portal.document_requests.uploaders import uploaders_of, workplaces
from portal.files.models import Folder
from portal.kit.db import db, new_id, pretended_moments, transactional
from portal.kit.names import clean_name

MOST_IN_MAIL = 30


@transactional
def send_request(
    client: Client,
    *,
    folder: Folder,
    title: str,
    items: Sequence[Item],
    actor: Any,
    note: str = "",
    remind_every: int = 7,
) -> DocumentRequest:
    """Ask a client's contacts for documents. A bounded number of statements, and some for each contact who is mailed.

    :param folder: where the files go; a folder of this client.
    :param items: what is asked for, as :func:`portal.document_requests.checklist.parse_items` gives it.
    :param remind_every: days between two reminders; 0 sends none.
    :raises NotYourFolder: not the client's, gone, or the actor may not work in it.
    :raises NobodyMayDeposit: no contact may upload there.
    :raises BadLines: a line is asked of somebody who may not upload there.
    """
    viewer = getattr(actor, "viewer", actor)
    mine = workplaces(viewer).where(Folder.id == folder.id, Folder.client_id == client.id)
    if db.session.scalars(mine).first() is None:
        raise NotYourFolder()
    return _send(client, folder, title, items, actor, note, remind_every)


@transactional
def send_from_template(
    template: RequestTemplate, *, client: Client, folder: Folder, actor: Any, remind_every: int = 7
) -> DocumentRequest:
    """Ask for what a template lists, of any contact: for a client space that is just being opened.

    Whoever opens the space decides about all of it, so the actor's own level is not asked for.

    :raises NobodyMayDeposit: no contact may upload there.
    """
    return _send(client, folder, template.name, items_of(template.items), actor, template.note, remind_every)


def _send(
    client: Client, folder: Folder, title: str, items: Sequence[Item], actor: Any, note: str, remind_every: int
) -> DocumentRequest:
    title = clean_name(title, field="title", path_safe=False)
    people = uploaders_of([folder.id])[folder.id]
    if not people:
        raise NobodyMayDeposit()
    _check_people(items, people)
    asked = DocumentRequest(
        client_id=client.id,
        folder_id=folder.id,
        title=title,
        note=note.strip(),
        created_by_id=actor.id,
        remind_every=remind_every,
        next_reminder_at=next_morning(remind_every) if remind_every else None,
        version=1,
    )
    db.session.add(asked)
    db.session.flush()  # the lines are written in bulk, behind the session's back
    lines = [_row(asked.id, position, item) for position, item in enumerate(items)]
    db.session.execute(insert(RequestLine), lines)
    activity.record(
        activity.verbs.REQUEST_SENT, actor=actor, client=client, folder=folder, request=title, count=len(lines)
    )
    for person in people:
        theirs = [line for line in lines if line["person_id"] in (None, person.id)]
        if theirs:
            _mail(person, asked, client, theirs, actor)
    return asked


def _check_people(items: Sequence[Item], people: Sequence[Person]) -> None:
    able = {person.id for person in people}
    faults: Faults = {
        place: {"person_id": _("This contact may not deposit into the chosen folder.")}
        for place, item in enumerate(items)
        if item.person_id is not None and item.person_id not in able
    }
    if faults:
        raise BadLines(faults)


def _row(request_id: uuid.UUID, position: int, item: Item) -> dict[str, Any]:
    return {
        "id": new_id(),
        **pretended_moments(RequestLine),
        "request_id": request_id,
        "position": position,
        "label": item.label,
        "help": item.help,
        "formats": list(item.formats),
        "required": item.required,
        "due_on": item.due_on,
        "person_id": item.person_id,
        "state": "pending",
    }


def _mail(person: Person, asked: DocumentRequest, client: Client, lines: list[dict[str, Any]], actor: Any) -> None:
    mailer.send(
        "document_request",
        to=person,
        client_id=client.id,
        request_id=asked.id,
        title=asked.title,
        note=asked.note,
        client_name=client.name,
        sender=actor.full_name,
        lines=[in_mail(line["label"], line["due_on"], line["required"]) for line in lines[:MOST_IN_MAIL]],
        count=len(lines),
    )


def in_mail(label: str, due_on: Any, required: bool, reason: str = "") -> dict[str, Any]:
    """One line of a mail, as JSON values."""
    return {
        "label": label,
        "due_on": due_on.isoformat() if due_on is not None else None,
        "required": required,
        "reason": reason,
    }
