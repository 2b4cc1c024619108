"""Shape of input of the pages around the connectors' own forms."""

from __future__ import annotations

from portal.kit.forms import Form


class PlainForm(Form):
    """Only the token: the fields are those of the connector's own form on the same page."""
