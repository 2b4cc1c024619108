"""What the pages of this package hang on."""

from flask import Blueprint, Flask

from portal.connectors.base import FAILURES
from portal.connectors.events import event_label

bp = Blueprint("connectors", __name__)


@bp.record_once
def _helpers(state: object) -> None:
    app: Flask = state.app  # type: ignore[attr-defined]
    app.jinja_env.globals.update(event_label=event_label, failure_sentence=failure_sentence)


def failure_sentence(code: str | None) -> str:
    """Why a delivery failed, in the reader's language."""
    return str(FAILURES.get(code or "") or FAILURES["fault"])
