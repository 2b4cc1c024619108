"""The search over names and texts of files, everywhere or inside of one client."""

from __future__ import annotations

import re
import uuid

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.contents.search import FORMATS, PERIODS, Question, search
from portal.contents.terms import MOST_TYPED
from portal.contents.views import bp
from portal.kit.web import current_viewer, get_or_404, is_fragment_request, signed_in

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@bp.get("/search")
@signed_in
def results() -> ResponseReturnValue:
    """What was found; ``?q=`` words, ``client``, ``format`` and ``period`` narrow."""
    viewer = current_viewer()
    client = _client()
    asked = Question(
        typed=_CONTROL.sub(" ", request.args.get("q", ""))[:MOST_TYPED],
        client_id=client.id if client is not None else None,
        format=request.args.get("format", ""),
        period=request.args.get("period", ""),
    )
    found = search(viewer, asked, place=request.args.get("after"))
    template = "contents/_results.html" if is_fragment_request() else "contents/search.html"
    return render_template(
        template, asked=asked, found=found, client=client, formats=list(FORMATS), periods=list(PERIODS)
    )


def _client() -> Client | None:
    """The client that the search stays in: one that the viewer sees, else 404."""
    text = request.args.get("client", "")
    if not text:
        return None
    try:
        ident = uuid.UUID(text)
    except ValueError:
        abort(404)
    found: Client = get_or_404(visible_clients(current_viewer()), ident)
    return found
