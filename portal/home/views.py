"""The first page of everybody."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.accounts.queries import firm
from portal.accounts.viewer import Viewer
from portal.clients.policies import can_manage_contacts
from portal.document_requests.queries import needs_of, to_review
from portal.expirations.queries import ending_soon
from portal.files.receipts import own_receipts
from portal.home import queries
from portal.kit.paging import Page
from portal.kit.web import current_viewer, public
from portal.questionnaires.queries import open_forms
from portal.wizard.queries import drafts_of

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """What awaits the person who is signed in; strangers are led to the sign-in page."""
    if firm() is None:
        return redirect(url_for("accounts.not_set_up"), 303)
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.sign_in"), 303)
    viewer = current_viewer()
    return _staff_home(viewer) if viewer.is_staff else _contact_home(viewer)


def _contact_home(viewer: Viewer) -> str:
    files = queries.recent_files(viewer)
    clients = queries.clients_of(viewer)
    return render_template(
        "home/contact.html",
        forms=open_forms(viewer),
        needs=needs_of(viewer),
        files=files,
        clients=clients,
        client_names={client.id: client.name for client in clients},
        ends=queries.ends_of_spaces(viewer),
        receipts=Page(own_receipts(viewer), None),
    )


def _staff_home(viewer: Viewer) -> str:
    files = queries.recent_files(viewer)
    answered, overdue = queries.answered_forms(viewer), queries.overdue_forms(viewer)
    waiting = queries.waiting_contacts(viewer)
    concerned = {file.client_id for file in files} | {form.client_id for form in [*answered, *overdue]}
    return render_template(
        "home/staff.html",
        files=files,
        reviews=to_review(viewer),
        answered=answered,
        overdue=overdue,
        waiting=waiting,
        ending=Page(ending_soon(viewer), None),
        may_invite={client.id for _person, client in waiting if can_manage_contacts(viewer, client)},
        drafts=drafts_of(viewer, limit=5),
        client_names=queries.names_of_clients(concerned, viewer),
    )
