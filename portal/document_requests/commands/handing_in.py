"""Tie an uploaded file to the line that asked for it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal import activity
from portal.document_requests.checklist import formats_said
from portal.document_requests.commands.holding import hold, hold_lines
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.refusals import LineSettled, NotYourUpload, RequestClosed, SameFileAgain, WrongFormat
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import INFECTED, refuse_held_back
from portal.kit.clock import now
from portal.kit.db import db, transactional


@transactional
def hand_in(line: RequestLine, file_id: uuid.UUID | None, *, actor: Any) -> RequestLine:
    """Say which file answers this line. Sent twice, it counts once.

    The file is looked at by itself, not through what its uploader sees: one that still waits for its virus check is
    handed in all the same.

    :param file_id: a file that the actor uploaded into the request's folder.
    :raises NotYourUpload: it is not.
    :raises WrongFormat: another format was asked for.
    :raises LineSettled: the line was accepted already.
    :raises SameFileAgain: what was refused is handed in once more.
    :raises RequestClosed: nothing is handed in any more.
    :raises KeptAway: a virus was found in it.
    """
    request = hold(line.request_id)
    held = next(iter(hold_lines(request, [line.id])), None)
    if held is None:
        raise RequestClosed()
    file = _own_file(request, file_id, actor)
    if file.quarantine == INFECTED:
        refuse_held_back(file.quarantine, name=file.name)
    # A new version of the same file is a new document, also while it waits for its virus check.
    same = held.file_id == file.id and held.uploaded_at is not None and _newest(file) <= held.uploaded_at
    if same and held.state == "uploaded":
        return held
    if held.state == "accepted":
        raise LineSettled()
    if same and held.state == "refused":
        raise SameFileAgain()
    if held.formats and file.ext not in held.formats:
        raise WrongFormat(name=file.name, formats=formats_said(held.formats))
    held.state, held.reason, held.file_id = "uploaded", "", file.id
    held.uploaded_by_id, held.uploaded_at = actor.id, now()
    held.decided_by_id = held.decided_at = None
    activity.record(
        activity.verbs.REQUEST_LINE_UPLOADED,
        actor=actor,
        file=file,
        folder=db.session.get(Folder, file.folder_id),
        line=held.label,
        request=request.title,
    )
    return held


def _newest(file: File) -> datetime:
    """When the latest content of the file came in."""
    latest = db.session.scalar(select(func.max(FileVersion.created_at)).where(FileVersion.file_id == file.id))
    return max(file.uploaded_at, latest) if latest is not None else file.uploaded_at


def _own_file(request: DocumentRequest, file_id: uuid.UUID | None, actor: Any) -> File:
    found = (
        db.session.scalars(
            select(File)
            .where(
                File.id == file_id,
                File.folder_id == request.folder_id,
                File.uploaded_by_id == actor.id,
                File.bin_id.is_(None),
            )
            .execution_options(populate_existing=True)
        ).one_or_none()
        if file_id is not None
        else None
    )
    if found is None:
        raise NotYourUpload()
    return found
