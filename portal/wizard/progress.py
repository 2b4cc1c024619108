"""How far a draft is, for the progress bar."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from portal.wizard.models import Draft
from portal.wizard.steps import KEYS, STEPS


def steps(draft: Draft | None) -> list[dict[str, Any]]:
    """The steps for the stepper. Once the draft exists each of them can be opened, forwards and back."""
    return [
        {
            "key": step.key,
            "label": step.label,
            "href": url_for("wizard.step", draft_id=draft.id, step=step.key) if draft is not None else None,
        }
        for step in STEPS
    ]


def done(draft: Draft | None) -> list[str]:
    """The steps that were saved."""
    return [key for key in KEYS if draft is not None and key in draft.data]


def label(key: str) -> str:
    """A step as it is called on screen."""
    found = {step.key: str(step.label) for step in STEPS}
    return found.get(key) or str(_("Summary"))


def template_choices(templates: list[Any]) -> list[tuple[str, str]]:
    """(id, name) of each template."""
    return [(str(template.id), template.name) for template in templates]
