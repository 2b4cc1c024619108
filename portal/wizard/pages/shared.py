"""What the pages of all steps share."""

from __future__ import annotations

import re
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.kit.web import redirect_to
from portal.wizard import commands
from portal.wizard.models import Draft
from portal.wizard.steps import following, preceding

_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def pressed() -> str:
    """Which button sent the form: ``continue``, ``back``, or one of the step's own."""
    return request.form.get("action", "continue")


def posted_version() -> int | None:
    """The version that the page was made from, or None when it was not sent."""
    value = request.form.get("version", "")
    return int(value) if value.isdigit() and len(value) < 10 else None


def typed(name: str, limit: int = 20_000) -> str:
    """A text as it was typed, fit to be kept in a draft even while it is not yet valid."""
    return _UNSHOWABLE.sub("", request.form.get(name, ""))[:limit]


def go_on(draft: Draft, step: str, value: Any) -> ResponseReturnValue:
    """Save the step and go where the pressed button leads.

    :raises Conflict: another window saved the draft.
    """
    back = pressed() == "back"
    target = (preceding(step) or step) if back else following(step)
    commands.save_step(draft, step, value, version=posted_version(), reached=target)
    if target == "summary":
        return redirect_to("wizard.summary", draft_id=draft.id)
    return redirect_to("wizard.step", draft_id=draft.id, step=target)


def stay(draft: Draft, step: str, value: Any) -> ResponseReturnValue:
    """Save the step and show it again."""
    commands.save_step(draft, step, value, version=posted_version())
    return redirect_to("wizard.step", draft_id=draft.id, step=step)


def show(draft: Draft | None, step: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The page of a step."""
    return render_template(f"wizard/{step}.html", draft=draft, current=step, **context), status
