"""Outgoing webhooks: a signed message for each event that was chosen."""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from standardwebhooks import Webhook

from portal.connectors import outbound
from portal.connectors.base import Answer, Connector, DeliveryFailed, Message, Settings
from portal.connectors.events import EVENTS, PING
from portal.connectors.webhooks.forms import WebhookFirmForm, WebhookForm
from portal.kit.db import new_id
from portal.kit.errors import Refused

_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Atrium-Webhooks/1"}


class Webhooks(Connector):
    """Sends what happens to a client to an address of the firm's choice."""

    key = "webhooks"
    name = _l("Webhooks")
    description = _l(
        "Tells another system at once what happens: files, folders, contacts, forms. "
        "Messages are signed (Standard Webhooks) and sent again until they arrive."
    )
    icon = "webhook"
    direction = "push"
    settings_form = WebhookForm
    firm_form = WebhookFirmForm
    secrets = ("secret",)

    def clean(self, settings: Settings, *, before: Settings | None = None, firm: Settings | None = None) -> Settings:
        """Keep the signing secret of before, or make one."""
        before = before or {}
        events = [event for event in settings.get("events") or [] if isinstance(event, str) and event in EVENTS]
        if not events:
            raise Refused(_l("Choose at least one event."), field="events")
        url = settings.get("url")
        if not isinstance(url, str) or not url.strip():
            raise outbound.BadUrl()
        return {
            "url": outbound.check_url(url.strip(), allowed=networks_of(firm or {})),
            "events": list(dict.fromkeys(events)),
            "secret": before.get("secret") or new_secret(),
            "secret_shown": bool(before.get("secret_shown", False)),
        }

    def clean_firm(self, settings: Settings) -> Settings:
        """One network per line."""
        typed = str(settings.get("allowed_networks") or "")
        try:
            networks = [str(ipaddress.ip_network(line)) for line in typed.split()]
        except ValueError:
            raise Refused(
                _l("Write one network per line, such as 10.1.0.0/16 or 192.168.1.20."), field="allowed_networks"
            ) from None
        return {"allowed_networks": "\n".join(networks)}

    def wants(self, event: str, settings: Settings) -> bool:
        """Only what was ticked; the test message always."""
        return event == PING or event in (settings.get("events") or ())

    def summary(self, settings: Settings) -> str:
        """The address; a token in its query string is nobody's business."""
        url, query, _rest = str(settings.get("url", "")).partition("?")
        return f"{url}?…" if query else url

    def check(self, settings: Settings, *, firm: Settings) -> Answer:
        """Send a test message."""
        message = Message(new_id(), PING, datetime.now(UTC), {})
        return self.deliver(message, {"secret": new_secret(), **settings}, firm=firm)

    def deliver(self, message: Message, settings: Settings, *, firm: Settings) -> Answer:
        """Sign and post. 2xx is success, 410 asks us to stop, all else is tried again."""
        body = body_of(message)
        headers = {**_HEADERS, **signature_headers(message, body, str(settings["secret"]))}
        answer = outbound.post(str(settings["url"]), body=body, headers=headers, allowed=networks_of(firm))
        if 200 <= answer.status < 300:
            return answer
        if 300 <= answer.status < 400:
            raise DeliveryFailed("redirect", answer=answer)
        if answer.status == 410:
            raise DeliveryFailed("gone", answer=answer, retry=False)
        raise DeliveryFailed("status", answer=answer)


def body_of(message: Message) -> bytes:
    """The message as JSON, the same bytes for each try."""
    payload = {"type": message.event, "timestamp": message.at.astimezone(UTC).isoformat(), "data": message.data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def signature_headers(message: Message, body: bytes, secret: str) -> dict[str, str]:
    """The three headers of Standard Webhooks. The time is that of this try, or a late one would count as a replay."""
    at = datetime.now(UTC)
    ident = f"msg_{message.id.hex}"
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(ident, at, body.decode()),
    }


def new_secret() -> str:
    """A signing secret of 256 bits in the notation of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def networks_of(firm: Settings) -> list[Any]:
    """The private networks that the firm has allowed."""
    return [ipaddress.ip_network(line) for line in str(firm.get("allowed_networks") or "").split()]
