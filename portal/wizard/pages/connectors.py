"""Step 5: the outside tools that this client is linked to."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.connectors import registry
from portal.connectors.base import Connector, SettingsForm
from portal.kit.crypto import decrypt, encrypt
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import refuse
from portal.wizard.forms import StepForm
from portal.wizard.models import Draft
from portal.wizard.pages.shared import go_on, pressed, show


def connectors(draft: Draft) -> ResponseReturnValue:
    """Show the connectors of the firm, each with its settings for this client, or save."""
    available = registry.available()
    saved = settings_of(draft)
    if request.method == "GET":
        forms = {one.key: one.client_form(settings=saved.get(one.key), prefix=one.key) for one in available}
        return _page(draft, available, forms, set(saved))
    ticked = {one.key for one in available if one.key in request.form.getlist("connector")}
    forms = {
        one.key: one.client_form(
            request.form if one.key in ticked else None, settings=saved.get(one.key), prefix=one.key
        )
        for one in available
    }
    chosen = {}
    for one in available:
        settings = _settings(one, forms[one.key], saved.get(one.key)) if one.key in ticked else None
        if settings is not None:
            chosen[one.key] = settings
    if len(chosen) < len(ticked) and pressed() != "back":
        return _page(draft, available, forms, ticked, status=422)
    try:
        return go_on(draft, "connectors", {key: encrypt(json.dumps(value)).decode() for key, value in chosen.items()})
    except Conflict as refusal:
        flash(str(refusal), "error")
        return _page(draft, available, forms, ticked, status=409)


def _settings(connector: Connector, form: SettingsForm, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """The settings as the connector stores them; None when something is wrong, which then stands beside its field."""
    if not form.validate():
        return None
    try:
        return connector.clean(form.values(), before=before)
    except Refused as refusal:
        refuse(form, refusal)
        return None


def settings_of(draft: Draft) -> dict[str, dict[str, Any]]:
    """The settings per connector as they were saved; they may hold secrets and are stored encrypted."""
    saved = draft.data.get("connectors", {})
    return {key: json.loads(decrypt(value.encode())) for key, value in saved.items()}


def _page(
    draft: Draft, available: list[Any], forms: dict[str, Any], ticked: set[str], *, status: int = 200
) -> ResponseReturnValue:
    version = StepForm(formdata=None, version=draft.version)
    return show(draft, "connectors", status=status, form=version, connectors=available, forms=forms, ticked=ticked)
