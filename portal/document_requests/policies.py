"""Who may do what with document requests. Each takes what ``visible_*`` has let through already."""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.uploaders import may_request_anywhere, workplaces
from portal.files.models import Folder
from portal.kit.db import db


def can_manage_request_templates(viewer: Viewer, *_objects: Any) -> bool:
    """Write the firm's checklists."""
    return viewer.may(Feature.TEMPLATES)


def can_view_requests(viewer: Viewer, client: Client) -> bool:
    """The tab Requests: every collaborator who sees the client; it holds what they see."""
    return viewer.is_staff


def can_request_documents(viewer: Viewer, client: Client) -> bool:
    """Send a request: the role's permission, and some folder of the client to work in."""
    return _handles_requests(viewer) and may_request_anywhere(viewer, client)


def can_view_request(viewer: Viewer, document_request: DocumentRequest) -> bool:
    """Whoever sees it: collaborators review it, contacts hand in."""
    return True


def can_decide(viewer: Viewer, document_request: DocumentRequest) -> bool:
    """Accept, refuse, close: the role's permission, and *deposit* or *full* on the folder."""
    return _handles_requests(viewer) and _works_in(viewer, document_request.folder_id)


def can_decide_line(viewer: Viewer, request_line: RequestLine) -> bool:
    """:func:`can_decide`, of the line's request."""
    if not _handles_requests(viewer):
        return False
    return can_decide(viewer, db.session.get_one(DocumentRequest, request_line.request_id))


def can_hand_in(viewer: Viewer, request_line: RequestLine) -> bool:
    """Contacts of whom it is asked; what lets them see the line is that they may upload there."""
    return not viewer.is_staff


def _handles_requests(viewer: Viewer) -> bool:
    return viewer.may(Feature.FORMS) or viewer.may(Feature.MANAGE_CONTACTS)


def _works_in(viewer: Viewer, folder_id: Any) -> bool:
    return db.session.scalars(workplaces(viewer).where(Folder.id == folder_id)).first() is not None
