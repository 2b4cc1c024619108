"""The tab Requests of a client, a new request, and one request: to review for staff, to answer for its contacts."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.document_requests import checklist, commands, queries
from portal.document_requests.forms import RefusalForm, RequestForm
from portal.document_requests.models import DocumentRequest
from portal.document_requests.policies import (
    can_decide,
    can_manage_request_templates,
    can_request_documents,
    can_view_request,
    can_view_requests,
)
from portal.document_requests.queries import visible_requests
from portal.document_requests.refusals import BadLines, Faults
from portal.document_requests.uploaders import Choice, folder_choices, uploaders_of
from portal.document_requests.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

PAGE = 50


@bp.get("/clients/<uuid:client_id>/requests")
@allowed(can_view_requests, client=visible_clients)
def of_client(client: Client) -> ResponseReturnValue:
    """What was asked of this client's contacts."""
    viewer = current_viewer()
    page = page_of(queries.requests_of(viewer, client.id), size=PAGE, place=request.args.get("after"))
    part = "document_requests/_rows.html" if is_fragment_request() else "document_requests/of_client.html"
    return render_template(
        part,
        client=client,
        page=page,
        progress=queries.progress_of([one.id for one, _folder in page.items]),
        may_send=can_request_documents(viewer, client),
    )


@bp.route("/clients/<uuid:client_id>/requests/new", methods=["GET", "POST"])
@allowed(can_request_documents, client=visible_clients)
def send(client: Client) -> ResponseReturnValue:
    """Ask contacts of this client for documents."""
    viewer = current_viewer()
    wanted = _uuid(request.values.get("folder"))
    choices = folder_choices(viewer, client, root_name=_("Documents"), also=wanted)
    form = RequestForm(folders=choices)
    templates = queries.request_templates()
    faults: Faults = {}
    if request.method == "GET":
        _begin(form, templates, choices, wanted)
    elif form.validate_on_submit():
        try:
            sent = _send(form, client, choices)
            flash(_("“%(title)s” was sent.", title=sent.title), "success")
            return redirect_to("document_requests.show", document_request_id=sent.id)
        except BadLines as refusal:
            faults = refusal.faults
            refuse(form, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    page = render_template(
        "document_requests/send.html",
        client=client,
        form=form,
        lines=checklist.as_typed(str(form.lines.data or "[]"), faults) or [{}],
        choices=choices,
        people=_people(choices),
        templates=templates,
        chosen=request.values.get("template", ""),
        may_write=can_manage_request_templates(viewer),
    )
    return page, status_of(form)


def _begin(form: RequestForm, templates: list[Any], choices: list[Choice], wanted: uuid.UUID | None) -> None:
    """The form as it is opened: with a template's lines, and the folder where there is only one."""
    chosen = _uuid(request.args.get("template"))
    template = next((one for one in templates if one.id == chosen), None)
    if template is not None:
        form.title.data, form.note.data = template.name, template.note
        form.lines.data = json.dumps(checklist.shown_items(checklist.items_of(template.items)))
    known = {choice.folder.id for choice in choices}
    if wanted in known:
        form.folder.data = wanted
    elif len(known) == 1:
        form.folder.data = next(iter(known))


def _send(form: RequestForm, client: Client, choices: list[Choice]) -> DocumentRequest:
    items = checklist.parse_items(str(form.lines.data or ""))
    folder = next(choice.folder for choice in choices if choice.folder.id == form.folder.data)
    if form.due_on.data is not None:
        checklist.check_day(form.due_on.data)
        items = [item if item.due_on else replace(item, due_on=form.due_on.data) for item in items]
    return commands.send_request(
        client,
        folder=folder,
        title=str(form.title.data),
        note=str(form.note.data or ""),
        items=items,
        remind_every=int(form.remind_every.data),
        actor=current_viewer(),
    )


def _people(choices: list[Choice]) -> list[Any]:
    """Everybody who may upload into one of the folders, by name."""
    found = {person.id: person for choice in choices for person in choice.people}
    return sorted(found.values(), key=lambda person: (person.search_key, person.id))


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


@bp.get("/requests/<uuid:document_request_id>")
@allowed(can_view_request, document_request=visible_requests)
def show(document_request: DocumentRequest) -> ResponseReturnValue:
    """One request: its lines to review, or for a contact to answer."""
    if not current_viewer().is_staff:
        [shown] = queries.shown(current_viewer(), [document_request])
        return render_template("document_requests/answer.html", shown=shown)
    return review(document_request)


def review(
    document_request: DocumentRequest, *, refused: uuid.UUID | None = None, form: RefusalForm | None = None
) -> ResponseReturnValue:
    """The staff's page; with the dialog of a refusal that came back."""
    viewer = current_viewer()
    [shown] = queries.shown(viewer, [document_request])
    able = uploaders_of([document_request.folder_id])[document_request.folder_id]
    page = render_template(
        "document_requests/show.html",
        shown=shown,
        client=shown.client,
        progress=queries.progress_of([document_request.id])[document_request.id],
        able={person.id for person in able},
        people=_named(shown),
        may_decide=can_decide(viewer, document_request),
        refused=refused,
        form=form,
    )
    return page, status_of(form) if form is not None else 200


def _named(shown: queries.Shown) -> dict[uuid.UUID, Any]:
    ids = {line.person_id for line in shown.lines} | {line.uploaded_by_id for line in shown.lines}
    return queries.people({ident for ident in ids if ident is not None})
