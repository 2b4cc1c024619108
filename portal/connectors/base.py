"""What a connector is: one class that says its name, asks for its settings, and hands messages to an outside tool."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.kit.forms import Form

Settings = dict[str, Any]

# Why a delivery failed, as it is stored; the card says it in the reader's language.
FAILURES: dict[str, LazyString] = {
    "address": _l("The address leads into a private network. That is not allowed."),
    "unknown_host": _l("No computer with this name could be found."),
    "connection": _l("The other side does not accept connections."),
    "certificate": _l("The certificate of the other side cannot be trusted."),
    "timeout": _l("The other side did not answer in time."),
    "protocol": _l("The other side answered with something that is not HTTP."),
    "redirect": _l("The other side sends to another address. Enter the final address instead."),
    "status": _l("The other side answered with an error."),
    "gone": _l("The other side no longer wants these messages."),
    "settings": _l("The settings of this connector cannot be read. Enter them again."),
    "inactive": _l("The connector was switched off or paused before this could be sent."),
    "fault": _l("The connector itself failed."),
}


@dataclass(frozen=True)
class Message:
    """What is handed over. ``id`` stays the same for each try, so that the other side can recognise a repetition."""

    id: uuid.UUID
    event: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the other side said: HTTP status (or 0 for other protocols) and the first 2 kB."""

    status: int
    excerpt: str = ""


class DeliveryFailed(Exception):
    """A message could not be handed over.

    :param code: a key of ``FAILURES``.
    :param retry: False when trying again can never help.
    """

    def __init__(self, code: str, *, answer: Answer | None = None, retry: bool = True) -> None:
        self.code = code
        self.answer = answer
        self.retry = retry
        super().__init__(code)


class SettingsForm(Form):
    """Base of the settings forms. The form around it carries the token, so that several fit on one page."""

    class Meta(Form.Meta):
        csrf = False


class Connector:
    """A link to an outside tool. Copy a folder of this package, fill in the class, and it is in the list."""

    key: ClassVar[str]
    name: ClassVar[LazyString]
    description: ClassVar[LazyString]
    icon: ClassVar[str] = "plug"
    # Which way things go: push (to the tool), pull (from it) or both.
    direction: ClassVar[str] = "push"
    settings_form: ClassVar[type[SettingsForm]] = SettingsForm
    # What the firm sets once for all clients; None when there is nothing.
    firm_form: ClassVar[type[SettingsForm] | None] = None
    # Settings that are never shown again.
    secrets: ClassVar[tuple[str, ...]] = ()

    def client_form(self, formdata: Any = None, *, settings: Settings | None = None, prefix: str = "") -> SettingsForm:
        """The form for one client's settings; secrets stay empty.

        :param formdata: what was typed (``request.form``), or None for a fresh form.
        :param settings: what is stored, to begin with.
        :param prefix: puts several connectors on one page.
        """
        shown = {key: value for key, value in (settings or {}).items() if key not in self.secrets}
        return self.settings_form(formdata=formdata, data=shown, prefix=prefix)

    def clean(self, settings: Settings, *, before: Settings | None = None, firm: Settings | None = None) -> Settings:
        """The settings as they are stored. ``before``: those stored now, whose secrets are kept.

        :raises portal.kit.errors.Refused: with ``field``, the field at fault.
        """
        return dict(settings)

    def clean_firm(self, settings: Settings) -> Settings:
        """The firm-wide settings as they are stored.

        :raises portal.kit.errors.Refused: with ``field``, the field at fault.
        """
        return dict(settings)

    def wants(self, event: str, settings: Settings) -> bool:
        """Is this event to be sent with these settings?"""
        return False

    def summary(self, settings: Settings) -> str:
        """One line for the card: where it leads. Never a secret."""
        return ""

    def check(self, settings: Settings, *, firm: Settings) -> Answer:
        """Try the connection.

        :raises DeliveryFailed: it does not work.
        """
        raise DeliveryFailed("settings", retry=False)

    def deliver(self, message: Message, settings: Settings, *, firm: Settings) -> Answer:
        """Hand a message over, once. Must be harmless when the other side has seen ``message.id`` before.

        :raises DeliveryFailed: it did not work.
        """
        raise DeliveryFailed("settings", retry=False)
