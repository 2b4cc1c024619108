"""The tab Forms of a client, and the answers to one form."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from portal.clients.models import Client
from portal.clients.queries import contacts_of, visible_clients
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, get_or_404, is_fragment_request, redirect_to
from portal.questionnaires import commands, queries
from portal.questionnaires.forms import SendForm
from portal.questionnaires.models import Form
from portal.questionnaires.policies import can_manage_form_templates, can_read_answers, can_send_forms, can_view_forms
from portal.questionnaires.queries import visible_forms
from portal.questionnaires.views.blueprint import bp

PAGE = 50


@bp.get("/clients/<uuid:client_id>/forms")
@allowed(can_view_forms, client=visible_clients)
def of_client(client: Client) -> ResponseReturnValue:
    """What was sent to this client's contacts."""
    page = page_of(queries.forms_of(client.id), size=PAGE, place=request.args.get("after"))
    part = "questionnaires/_rows.html" if is_fragment_request() else "questionnaires/of_client.html"
    return render_template(
        part, client=client, page=page, today=queries.today(), may_send=can_send_forms(current_viewer(), client)
    )


@bp.route("/clients/<uuid:client_id>/forms/new", methods=["GET", "POST"])
@allowed(can_send_forms, client=visible_clients)
def send(client: Client) -> ResponseReturnValue:
    """Send a form to contacts of this client."""
    people = [person for person, _membership in contacts_of(client.id) if person.disabled_at is None]
    templates = queries.templates()
    form = SendForm(templates=templates, people=people)
    if request.method == "GET" and len(people) == 1:
        form.contacts.data = [people[0].id]
    if form.validate_on_submit():
        try:
            chosen = next(template for template in templates if template.id == form.template.data)
            sent = commands.send_form(
                chosen,
                client=client,
                contacts=[person for person in people if person.id in (form.contacts.data or ())],
                actor=current_viewer(),
                due_on=form.due_on.data,
            )
            text = ngettext("The form was sent to one contact.", "The form was sent to %(num)s contacts.", len(sent))
            flash(text, "success")
            return redirect_to("questionnaires.of_client", client_id=client.id)
        except Refused as refusal:
            refuse(form, refusal)
    page = render_template(
        "questionnaires/send.html",
        client=client,
        form=form,
        people=people,
        templates=templates,
        may_write=can_manage_form_templates(current_viewer()),
    )
    return page, status_of(form)


@bp.get("/forms/<uuid:form_id>/answers")
@allowed(can_read_answers, form=visible_forms)
def show(form: Form) -> ResponseReturnValue:
    """The answers to one form, for collaborators; its own contact is led to the page where they answer."""
    viewer = current_viewer()
    if not viewer.is_staff:
        return redirect_to("questionnaires.fill", form_id=form.id)
    client = get_or_404(visible_clients(viewer), form.client_id)
    # The layout calls the one who is signed in "person".
    contact = queries.people_of([form])[form.contact_id]
    return render_template("questionnaires/show.html", form=form, client=client, contact=contact, today=queries.today())
