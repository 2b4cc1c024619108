"""What is asked for a webhook."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.connectors.base import SettingsForm
from portal.connectors.events import EVENTS
from portal.kit.forms import line, long_text


class ChecksField(SelectMultipleField):
    """Several of a few, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WebhookForm(SettingsForm):
    """Where to send and what."""

    url = line(
        _l("Address (URL)"),
        need=_l("Enter the address that receives the messages."),
        limit=2000,
        description=_l("A public https address. Every message is signed, so that the receiver can check its origin."),
        render_kw={"type": "url", "placeholder": "https://example.com/hook", "autocomplete": "off"},
    )
    events = ChecksField(
        _l("What is sent"),
        choices=list(EVENTS.items()),
        validators=[Length(min=1, message=_l("Choose at least one event."))],
        default=("file.uploaded", "form.answered"),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Hostile values of the boxes are left out of what is shown again."""
        valid = super().validate(extra_validators=extra_validators)
        self.events.data = [event for event in self.events.data or [] if event in EVENTS]
        return valid


class WebhookFirmForm(SettingsForm):
    """What the firm allows for all its webhooks."""

    allowed_networks = long_text(
        _l("Private networks that may be reached"),
        limit=2000,
        description=_l("One per line, such as 10.1.0.0/16. Leave it empty when all receivers stand on the internet."),
    )
