"""Webhooks against a real receiver."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from portal.connectors import commands, deliveries, outbound
from portal.connectors.models import Delivery
from portal.connectors.queries import settings_of
from portal.kit.errors import Refused
from portal.outbox.models import OutboxEntry
from tests.connectors.conftest import drip, make_due, newest, work_all


def test_a_message_arrives_with_a_signature_that_the_receivers_library_accepts(cast, link, receiver, happen):
    delivery = happen("file.uploaded", name="Bilan é €.pdf")
    assert delivery.state == "delivered"
    assert delivery.response_status == 200
    assert delivery.attempts == 1
    [(path, headers, body)] = receiver.requests
    assert path == "/hook"
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    secret = settings_of(link)["secret"]
    message = Webhook(secret).verify(body, headers)
    assert message["type"] == "file.uploaded"
    assert message["data"] == {"name": "Bilan é €.pdf", "client_id": str(cast.acme.id)}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    assert len(delivery.response_excerpt) <= 2048


def test_events_that_were_not_chosen_and_other_clients_are_not_sent(cast, link, receiver, happen):
    happen("folder.created")
    commands.publish("file.uploaded", cast.other.id, {})
    work_all()
    assert receiver.requests == []
    assert newest() is None


def test_a_failing_receiver_is_tried_again_with_the_same_id_until_it_works(link, receiver, happen):
    receiver.answers = [500, 503, 200]
    delivery = happen()
    assert delivery.state == "waiting"
    assert delivery.last_error == "status"
    assert delivery.response_status == 500
    assert delivery.next_try_at is not None
    work_all()
    assert len(receiver.requests) == 1, "not before its time"
    make_due()
    work_all(1)
    make_due()
    work_all(1)
    assert newest().state == "delivered"
    assert newest().attempts == 3
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.requests}) == 1
    assert len({body for _path, _headers, body in receiver.requests}) == 1


def test_a_receiver_that_never_works_is_given_up_visibly_and_can_be_tried_by_hand(cast, link, receiver, happen):
    receiver.answers = [500] * deliveries.ATTEMPTS
    happen()
    for _try in range(deliveries.ATTEMPTS + 2):
        make_due()
        work_all(1)
    delivery = newest()
    assert delivery.state == "failed"
    assert delivery.attempts == deliveries.ATTEMPTS == len(receiver.requests)
    deliveries.retry(delivery, actor=cast.alice)
    work_all()
    assert newest().state == "delivered"
    with pytest.raises(Refused):
        deliveries.retry(newest(), actor=cast.alice)


def test_the_pauses_grow_over_hours(link):
    assert all(later > earlier for earlier, later in zip(deliveries.WAITS, deliveries.WAITS[1:], strict=False))
    assert sum(deliveries.WAITS, timedelta()) > timedelta(hours=12)


def test_a_redirect_is_not_followed(link, receiver, happen):
    receiver.answers = [302]
    delivery = happen()
    assert delivery.last_error == "redirect"
    assert len(receiver.requests) == 1


def test_a_receiver_that_is_gone_is_asked_once(link, receiver, happen):
    receiver.answers = [410]
    assert happen().state == "failed"


def test_a_slow_receiver_holds_a_worker_no_longer_than_the_limit(link, receiver, happen, monkeypatch):
    monkeypatch.setattr(outbound, "TIMEOUT", 0.6)
    for slow in (lambda handler: time.sleep(5), drip(6)):
        receiver.answers = [slow]
        started = time.monotonic()
        delivery = happen()
        assert delivery.last_error == "timeout"
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("garbage", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 70_000])
def test_an_answer_that_is_no_http_is_a_failure_not_a_fault(link, receiver, happen, garbage):
    receiver.answers = [lambda handler: handler.wfile.write(garbage)]
    delivery = happen()
    assert delivery.state == "waiting"
    assert delivery.last_error in ("protocol", "connection")


def test_a_closed_port_is_a_failure(cast, link, happen, receiver):
    commands.change_settings(link, {"url": "http://127.0.0.1:9/", "events": ["file.uploaded"]}, actor=cast.alice)
    assert happen().last_error == "connection"


def test_a_twin_of_the_task_sends_nothing_more(link, receiver, happen, session):
    delivery = happen()
    for _again in range(3):
        deliveries.deliver(delivery.id)
    entry = session.scalars(select(OutboxEntry).where(OutboxEntry.name == "connectors.publish")).all()[-1]
    from portal.outbox import commands as outbox

    outbox.work(entry.id)
    work_all()
    assert len(receiver.requests) == 1
    assert len(session.scalars(select(Delivery)).all()) == 1


def test_a_worker_that_dies_after_sending_repeats_the_same_id(link, receiver, happen, monkeypatch):
    def die(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "_arrive", die)
        with pytest.raises(KeyboardInterrupt):
            happen()
    from sqlalchemy import update

    from portal.kit.db import db

    # The lease of the dead worker runs out.
    db.session.rollback()
    db.session.execute(update(OutboxEntry).values(leased_until=None))
    db.session.commit()
    work_all()
    assert newest().state == "delivered"
    assert len(receiver.requests) == 2
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.requests}) == 1


def test_a_paused_or_switched_off_connector_sends_nothing(cast, link, receiver, happen):
    commands.pause(link, actor=cast.alice)
    happen()
    assert receiver.requests == []
    commands.resume(link, actor=cast.alice)
    commands.deactivate("webhooks", actor=cast.alice)
    happen()
    assert receiver.requests == []
    commands.activate("webhooks", actor=cast.alice)
    assert happen().state == "delivered", "the settings were kept"


def test_what_waits_when_a_connector_is_paused_is_not_sent(cast, link, receiver, happen):
    receiver.answers = [500]
    happen()
    commands.pause(link, actor=cast.alice)
    make_due()
    work_all()
    assert newest().state == "failed"
    assert newest().last_error == "inactive"
    assert len(receiver.requests) == 1


def test_secrets_are_encrypted_kept_on_change_and_shown_once(cast, link, session):
    from sqlalchemy import text

    secret = settings_of(link)["secret"]
    raw = bytes(session.execute(text("select settings from client_connector")).scalar_one())
    assert secret.encode() not in raw
    assert b"127.0.0.1" not in raw
    commands.change_settings(link, {"url": "https://93.184.215.14/x", "events": ["form.sent"]}, actor=cast.alice)
    session.refresh(link)
    assert settings_of(link)["secret"] == secret
    assert commands.reveal_secret(link, actor=cast.alice) == secret
    assert commands.reveal_secret(link, actor=cast.alice) is None
    commands.renew_secret(link, actor=cast.alice)
    assert commands.reveal_secret(link, actor=cast.alice) not in (None, secret)


def test_a_client_has_a_connector_once_and_only_those_that_the_firm_uses(cast, link, receiver):
    settings = {"url": receiver.url, "events": ["form.sent"]}
    with pytest.raises(commands.AlreadyAttached):
        commands.attach(cast.acme, "webhooks", settings, actor=cast.alice)
    with pytest.raises(commands.UnknownConnector):
        commands.attach(cast.other, "nothing", settings, actor=cast.alice)
    commands.deactivate("webhooks", actor=cast.alice)
    with pytest.raises(commands.UnknownConnector):
        commands.attach(cast.other, "webhooks", settings, actor=cast.alice)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "x"},
        {"url": "https://example.com"},
        {"url": 3, "events": ["form.sent"]},
        {"url": "https://a.example", "events": "form.sent"},
        {"url": "https://a.example", "events": [["x"]]},
    ],
)
def test_settings_without_sense_are_refused_with_a_sentence(cast, link, settings):
    with pytest.raises(Refused) as refusal:
        commands.attach(cast.other, "webhooks", settings, actor=cast.alice)
    assert str(refusal.value).endswith(".")


def test_a_token_in_the_address_is_not_shown(link):
    from portal.connectors.registry import connector

    assert connector("webhooks").summary({"url": "https://a.example/x?token=1"}) == "https://a.example/x?…"


def test_an_answered_form_reaches_the_receiver_with_its_answers(cast, link, receiver):
    from portal.questionnaires import commands as forms
    from tests.questionnaires.conftest import GOOD, SECTIONS

    template = forms.save_template(actor=cast.alice, title="F", sections=SECTIONS)
    [form] = forms.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.bob)
    forms.submit(form, GOOD, actor=cast.clara)
    work_all()
    [(_path, _headers, body)] = receiver.requests
    told = json.loads(body)
    assert told["type"] == "form.answered"
    assert told["data"]["answers"][0]["answer"] == "Clara"
