"""When somebody else saved first: both values are shown, none is lost (F21)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from portal.kit.db import db
from portal.kit.errors import Conflict
from portal.kit.forms import Form, refuse


def show_conflict(form: Form, row: Any, refusal: Conflict) -> None:
    """Keep what was typed and say beside each differing field what stands there now; sending again overwrites it."""
    db.session.refresh(row)
    refuse(form, refusal)
    for name, field in form._fields.items():
        if name in ("csrf_token", "version") or not hasattr(row, name):
            continue
        now = getattr(row, name)
        if str(now or "") != str(field.data or ""):
            shown = dict(getattr(field, "choices", None) or {}).get(str(now), now)
            field.errors = [*field.errors, _("Somebody else has saved “%(value)s” here.", value=shown or "")]
    version: Any = form._fields["version"]
    version.data, version.raw_data = row.version, None
