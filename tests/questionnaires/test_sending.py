"""Forms are sent as copies, to contacts of the client only, with a mail each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.kit.errors import Refused
from portal.mailer.models import Mail
from portal.mailer.rendering import write_out
from portal.outbox.models import OutboxEntry
from portal.questionnaires import commands, queries
from portal.questionnaires.models import Form
from tests.questionnaires.conftest import SECTIONS


def test_each_contact_gets_a_copy_and_a_mail(cast, session, template):
    forms = commands.send_form(template, client=cast.acme, contacts=[cast.clara, cast.diego], actor=cast.bob)

    assert {form.contact_id for form in forms} == {cast.clara.id, cast.diego.id}
    mails = session.scalars(select(Mail).where(Mail.template == "form_request")).all()
    assert {mail.to_address for mail in mails} == {cast.clara.email, cast.diego.email}
    assert session.scalar(select(func.count()).select_from(Activity).where(Activity.verb == "form.sent")) == 2


@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_the_mail_leads_to_the_form_and_escapes_what_the_firm_wrote(cast, session, template, language):
    template.mail_text = "<script>alert(1)</script>"
    cast.clara.language = language
    [form] = commands.send_form(
        template, client=cast.acme, contacts=[cast.clara], actor=cast.bob, due_on=queries.today() + timedelta(days=9)
    )
    mail = session.scalars(select(Mail).where(Mail.template == "form_request")).one()
    written = write_out(mail)
    assert f"/forms/{form.id}" in written.text
    assert f"/forms/{form.id}" in written.html
    assert "<script>alert" not in written.html
    assert mail.language == language


def test_later_changes_of_the_template_do_not_reach_what_was_sent(cast, session, template, form):
    changed = [{**SECTIONS[0], "title": "Something else"}]
    commands.save_template(template, actor=cast.alice, title="Renamed", sections=changed, version=template.version)
    session.refresh(form)
    assert form.title == "New client"
    assert form.sections[0]["title"] == "About you"


def test_a_deleted_template_leaves_its_forms(cast, session, template, form):
    commands.delete_template(template, actor=cast.alice)
    session.refresh(form)
    assert form.template_id is None
    assert form.title == "New client"


def test_a_stranger_cannot_be_asked(cast, template):
    for people in ([], [cast.mallory], [cast.clara, cast.mallory], [cast.bob]):
        with pytest.raises(Refused):
            commands.send_form(template, client=cast.acme, contacts=people, actor=cast.bob)


def test_an_archived_template_and_a_day_that_has_passed_are_refused(cast, template):
    with pytest.raises(Refused):
        commands.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.bob, due_on=date(2020, 1, 1))
    commands.archive_template(template, actor=cast.alice)
    with pytest.raises(Refused):
        commands.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.bob)


def test_the_firm_tells_connectors_that_a_form_was_sent(cast, session, form):
    entry = session.scalars(select(OutboxEntry).where(OutboxEntry.name == "connectors.publish")).all()[-1]
    assert entry.payload["event"] == "form.sent"
    assert entry.payload["client_id"] == str(cast.acme.id)


def test_everybody_sees_only_their_forms(cast, session, form):
    def seen(person):
        return set(session.scalars(queries.visible_forms(person.viewer).with_only_columns(Form.id)))

    assert seen(cast.clara) == seen(cast.bob) == seen(cast.alice) == {form.id}
    assert seen(cast.diego) == seen(cast.mallory) == seen(cast.tess) == set()
    assert [found.id for found in queries.open_forms(cast.clara.viewer)] == [form.id]


def test_a_form_is_late_once_its_day_has_passed(cast, session, form):
    assert queries.state_of(form) == "sent"
    commands.mark_opened(form)
    session.refresh(form)
    assert queries.state_of(form) == "opened"
    form.due_on = queries.today()
    assert queries.state_of(form) == "opened"
    form.due_on = queries.today() - timedelta(days=1)
    assert queries.state_of(form) == "late"
