"""What a form about a selection sent, and what is said about the part of it that was left."""

from __future__ import annotations

from flask import request
from flask_babel import ngettext

from portal.files.commands.bulk import Done, said_left
from portal.files.models import Folder
from portal.files.selections import Selection, selection_of


def sent_selection(folder: Folder) -> Selection:
    """What was chosen in this folder: ``item=id&item=id``, or ``all=1&without=id``.

    :raises NothingChosen: nothing, or what is no id.
    """
    sent = request.values
    return selection_of(
        folder, sent.getlist("item"), everything=sent.get("all") == "1", without=sent.getlist("without")
    )


def left_said(done: Done) -> str:
    """ "2 of 12 were left: “a.pdf”: there is something of this name already." Empty where none was."""
    count = sum(left.count for left in done.left)
    if not count:
        return ""
    return str(
        ngettext(
            "%(num)s of %(total)s was left as it was: %(reasons)s.",
            "%(num)s of %(total)s were left as they were: %(reasons)s.",
            count,
            total=done.total,
            reasons="; ".join(said_left(left) for left in done.left),
        )
    )
