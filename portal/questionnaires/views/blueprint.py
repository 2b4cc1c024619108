"""What the pages of this package hang on."""

from datetime import date

from flask import Blueprint, Flask

from portal.kit.i18n import day
from portal.questionnaires.answers import as_field, shown
from portal.questionnaires.queries import state_of

bp = Blueprint("questionnaires", __name__)


@bp.record_once
def _helpers(state: object) -> None:
    app: Flask = state.app  # type: ignore[attr-defined]
    app.jinja_env.globals.update(form_state=state_of, answer_field=as_field, answer_text=shown)
    # A mail carries its values as JSON, so a day comes as text.
    app.jinja_env.filters["iso_day"] = lambda text: day(date.fromisoformat(text))
