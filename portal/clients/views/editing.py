"""One value that is shown, edited in place and saved by itself, whether it is a field of the client or an attribute."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from portal.clients.models import Client
from portal.kit.errors import Conflict, Refused
from portal.kit.web import is_fragment_request, redirect_to


@dataclass(frozen=True)
class Editable:
    """A value on the card.

    ``kind`` is the control: text, long, select, several, date, email, tel, number. ``value`` is what the control holds,
    ``before`` what a save compares with, ``shown`` what a reader sees.
    """

    key: str
    label: str
    kind: str
    value: Any
    before: str
    shown: str
    endpoint: str
    arguments: dict[str, Any]
    options: list[tuple[str, str]] = field(default_factory=list)
    required: bool = False
    remove_url: str | None = None
    error: str = ""
    theirs: str | None = None

    @property
    def url(self) -> str:
        """Where its form is fetched and sent."""
        return url_for(self.endpoint, **self.arguments)

    @property
    def shown_url(self) -> str:
        """Where the value as it is shown is fetched."""
        return url_for(self.endpoint, **self.arguments, shown=1)

    def holding(self, raw: Any, *, before: str) -> Editable:
        """The same with what was typed, after it was refused."""
        return replace(self, value=raw, before=before)

    def conflicting(self, raw: Any, *, theirs: str) -> Editable:
        """The same with what was typed beside what somebody else saved; saving again replaces theirs."""
        return replace(self, value=raw, theirs=theirs)


def answer(
    client: Client, editable: Editable, page: str, *, editing: bool, refusal: Refused | None = None
) -> ResponseReturnValue:
    """The value as a fragment for htmx; without scripts as a page of its own, or back to the card.

    :param page: the endpoint of the tab that it stands on.
    """
    if refusal is not None:
        editable = replace(editable, error=str(refusal))
    if is_fragment_request():
        # 422 also for a conflict: it is a form that came back.
        status = 422 if refusal is not None else 200
        return render_template("clients/_editable.html", item=editable, editing=editing, may_change=True), status
    if not editing:
        return redirect_to(page, client_id=client.id)
    status = 200 if refusal is None else 409 if isinstance(refusal, Conflict) else 422
    return render_template(
        "clients/edit_field.html", client=client, item=editable, back=url_for(page, client_id=client.id)
    ), status
