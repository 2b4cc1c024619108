"""Downloads: an address for 60 s, always an attachment, only for those who may read."""

from __future__ import annotations

import re
from typing import Any

import pytest
import urllib3
from sqlalchemy import func, select

from portal.activity.models import Activity
from portal.files.commands.completion import store_bytes
from portal.files.commands.rights import set_level
from portal.permissions.levels import Level


@pytest.fixture
def plan(cast: Any) -> Any:
    """A file in the folder that Clara and Diego share; Bob put it there."""
    return store_bytes(cast.exchange, "Bilan « été » 2025.html", b"<script>alert(1)</script>", actor=cast.bob)


def test_clara_downloads_by_an_address_for_a_minute(cast: Any, plan: Any, sign_in: Any, session: Any) -> None:
    """303 to the store, which gives the bytes as an attachment under the right name; the log says who."""
    answer = sign_in(cast.clara).get(f"/files/{plan.id}/content")
    assert answer.status_code == 303
    assert "X-Amz-Expires=60" in answer.location
    assert answer.headers["Cache-Control"] == "no-store"
    got = urllib3.request("GET", answer.location, retries=False)
    assert (got.status, got.data) == (200, b"<script>alert(1)</script>")
    said = got.headers["Content-Disposition"]
    assert said.startswith("attachment;")
    assert "filename*=UTF-8''Bilan%20%C2%AB%20%C3%A9t%C3%A9%20%C2%BB%202025.html" in said
    told = select(Activity.actor_id).where(Activity.verb == "file.downloaded", Activity.file_id == plan.id)
    assert session.scalars(told).all() == [cast.clara.id]


def test_the_address_cannot_be_changed(cast: Any, plan: Any, sign_in: Any) -> None:
    """Inline instead of attachment, another type, another key: the signature does not hold."""
    where = sign_in(cast.clara).get(f"/files/{plan.id}/content").location
    for changed in (
        where.replace("attachment", "inline"),
        re.sub(r"response-content-type=[^&]+", "response-content-type=text%2Fplain", where),
        re.sub(r"/files/[0-9a-f]{32}/", "/files/" + "0" * 32 + "/", where),
    ):
        assert changed != where
        assert urllib3.request("GET", changed, retries=False).status == 403
    assert urllib3.request("PUT", where, body=b"x", retries=False).status == 403


def test_strangers_learn_nothing(cast: Any, plan: Any, sign_in: Any, client: Any) -> None:
    """Mallory, Tess and a depositor who did not upload it get 404, a visitor is sent to the sign-in page."""
    for person in (cast.mallory, cast.tess, cast.diego):
        assert sign_in(person).get(f"/files/{plan.id}/content").status_code == 404
    assert client.get(f"/files/{plan.id}/content").status_code in (302, 303, 401)


def test_a_depositor_gets_back_what_they_put_in(cast: Any, sign_in: Any) -> None:
    """Own uploads only."""
    own = store_bytes(cast.exchange, "own.txt", b"mine", actor=cast.diego)
    assert sign_in(cast.diego).get(f"/files/{own.id}/content").status_code == 303


def test_a_revoked_right_is_gone_at_the_next_request(cast: Any, plan: Any, sign_in: Any, session: Any) -> None:
    """And nothing is written into the log for what was not given."""
    browser = sign_in(cast.clara)
    set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    assert browser.get(f"/files/{plan.id}/content").status_code == 404
    assert session.scalar(select(func.count()).where(Activity.verb == "file.downloaded")) == 0
