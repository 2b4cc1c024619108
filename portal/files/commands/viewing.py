"""How somebody wants to see folders: kept with the person, for all folders and devices."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.accounts.models import Person
from portal.files.order import SORTS
from portal.kit.db import db, transactional
from portal.kit.errors import Refused

LAYOUTS = ("list", "grid")


class NoSuchView(Refused):
    """Neither a sort nor a layout that there is."""

    sentence = _l("Folders cannot be shown in this way.")


@transactional
def choose_view(viewer: Any, *, sort: str | None = None, layout: str | None = None) -> None:
    """Keep what the person chose; None leaves it as it is.

    :param sort: one of ``SORTS``, such as "-date"; empty for the firm's own order.
    :param layout: list or grid.
    :raises NoSuchView: neither.
    """
    if (sort is not None and sort not in SORTS) or (layout is not None and layout not in LAYOUTS):
        raise NoSuchView()
    person = db.session.get_one(Person, viewer.person_id)
    if sort is not None:
        person.documents_sort = sort
    if layout is not None:
        person.documents_layout = layout
