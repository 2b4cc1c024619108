"""Pages of connectors, and who reaches them."""

from __future__ import annotations

import pytest

from portal.connectors import commands
from portal.connectors.queries import settings_of
from tests.connectors.conftest import work_all

FIRM = "/administration/connectors"


def test_alice_switches_webhooks_on_and_off(cast, sign_in):
    alice = sign_in(cast.alice)
    assert "Webhooks" in alice.get(FIRM).text
    assert "No connector found" in alice.get(FIRM, query_string={"q": "zzz"}).text
    assert "Webhooks" in alice.get(FIRM, query_string={"q": "WÉBhook"}).text
    assert alice.post(f"{FIRM}/webhooks/activation").status_code == 303
    assert "Switch off" in alice.get(f"{FIRM}/webhooks").text
    assert alice.post(f"{FIRM}/webhooks", data={"allowed_networks": "10.0.0.0/8"}).status_code == 303
    refused = alice.post(f"{FIRM}/webhooks", data={"allowed_networks": "ten"})
    assert refused.status_code == 422
    assert "ten</textarea>" in refused.text
    assert alice.post(f"{FIRM}/webhooks/deactivation").status_code == 303
    assert alice.get(f"{FIRM}/nothing").status_code == 404


def test_alice_gives_acme_a_webhook_and_follows_what_is_sent(cast, sign_in, receiver):
    commands.activate("webhooks", actor=cast.alice, settings={"allowed_networks": "127.0.0.0/8"})
    alice = sign_in(cast.alice)
    card = f"/clients/{cast.acme.id}/connectors"
    assert "No connector yet" in alice.get(card).text
    assert alice.get(f"{card}/webhooks/new").status_code == 200
    typed = {"url": receiver.url, "events": ["file.uploaded"]}
    assert "took the test message" in alice.post(f"{card}/webhooks/checks", data=typed).text
    assert alice.post(f"{card}/webhooks/new", data=typed).status_code == 303
    page = alice.get(card).text
    assert receiver.url in page
    assert "whsec_" not in page
    from sqlalchemy import select

    from portal.connectors.models import ClientConnector
    from portal.kit.db import db

    link = db.session.scalars(select(ClientConnector)).one()
    secret = settings_of(link)["secret"]
    shown = alice.post(f"/client-connectors/{link.id}/secret")
    assert secret in shown.text.replace("&#43;", "+")
    assert shown.headers["Cache-Control"] == "no-store"
    assert alice.post(f"/client-connectors/{link.id}/secret").status_code == 409
    edit = alice.get(f"/client-connectors/{link.id}").text
    assert receiver.url in edit
    assert secret not in edit
    assert alice.post(f"/client-connectors/{link.id}/tests").status_code == 303
    log = f"/client-connectors/{link.id}/deliveries"
    assert "every 2s" in alice.get(log).text
    receiver.answers = [410]
    work_all()
    page = alice.get(log).text
    assert "Failed" in page
    assert "410" in page
    assert "Test message" in page
    assert "every 2s" not in page
    from portal.connectors.models import Delivery

    delivery = db.session.scalars(select(Delivery)).one()
    assert "What is sent" in alice.get(f"/deliveries/{delivery.id}").text
    assert alice.post(f"/deliveries/{delivery.id}/retry").status_code == 303
    for path in ("pause", "resumption", "secret/renewal", "detachment"):
        assert alice.post(f"/client-connectors/{link.id}/{path}").status_code == 303
    assert "No connector yet" in alice.get(card).text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"url": "http://127.0.0.1/", "events": ["file.uploaded"]},
        {"url": "https://example.com", "events": ["<script>"]},
        {"url": "x" * 3000, "events": ["file.uploaded"]},
        {"url": "https://a\x00b.example", "events": ["file.uploaded"]},
        {"url": "https://u:p@example.com", "events": ["file.uploaded"]},
    ],
)
def test_settings_without_sense_come_back_with_a_sentence(cast, sign_in, data):
    commands.activate("webhooks", actor=cast.alice)
    page = sign_in(cast.alice).post(f"/clients/{cast.acme.id}/connectors/webhooks/new", data=data)
    assert page.status_code == 422
    assert "field-error" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("name", "firm", "card", "linked"),
    [("bob", 403, 200, 403), ("tess", 403, 404, 404), ("clara", 403, 403, 404), ("mallory", 403, 404, 404)],
)
def test_only_those_who_may_set_up_connectors_reach_them(cast, sign_in, link, happen, name, firm, card, linked):
    delivery = happen()
    browser = sign_in(getattr(cast, name))
    for path in ("", "/webhooks"):
        assert browser.get(FIRM + path).status_code == firm
    for path in ("activation", "deactivation"):
        assert browser.post(f"{FIRM}/webhooks/{path}").status_code == firm
    assert browser.get(f"/clients/{cast.acme.id}/connectors").status_code == card
    for path in ("webhooks/new", "webhooks/checks"):
        assert browser.post(f"/clients/{cast.acme.id}/connectors/{path}").status_code == (403 if card == 200 else card)
    for path in ("", "/deliveries"):
        assert browser.get(f"/client-connectors/{link.id}{path}").status_code == linked
    for path in ("", "/pause", "/resumption", "/detachment", "/secret", "/secret/renewal", "/tests"):
        assert browser.post(f"/client-connectors/{link.id}{path}").status_code == linked
    assert browser.get(f"/deliveries/{delivery.id}").status_code == linked
    assert browser.post(f"/deliveries/{delivery.id}/retry").status_code == linked


def test_a_connector_of_another_package_is_found_by_its_entry_point(app, monkeypatch):
    from portal.connectors import registry
    from portal.connectors.base import Connector

    class Fax(Connector):
        key = "fax"
        name = "Fax"  # type: ignore[assignment]
        description = "Prints."  # type: ignore[assignment]

    class Entry:
        value = "fax"

        def __init__(self, found: object) -> None:
            self.found = found

        def load(self) -> object:
            if isinstance(self.found, Exception):
                raise self.found
            return self.found

    monkeypatch.setattr(registry, "entry_points", lambda group: [Entry(Fax), Entry(ImportError("broken")), Entry(str)])
    registry.connectors.cache_clear()
    try:
        assert set(registry.connectors()) == {"fax", "webhooks"}
    finally:
        monkeypatch.undo()
        registry.connectors.cache_clear()
