"""A closed door says why, to staff and to nobody else."""

from __future__ import annotations

from typing import Any

from portal.clients import commands as clients
from portal.files.commands import rights
from portal.files.queries.why import why_refused
from portal.kit.db import db
from portal.kit.i18n import in_language
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.test_copies import put


def _text(response: Any) -> str:
    return str(response.get_data(as_text=True))


def test_bob_is_told_which_folder_and_rule_closed_the_door(cast: Cast, sign_in: Any) -> None:
    rights.set_level(cast.books, person=cast.bob, level=Level.READ, actor=cast.alice)
    cast.bob.language = "en"
    file = put(cast.books, "a.pdf", cast.alice)
    db.session.commit()
    bob = sign_in(cast.bob)
    for path in (f"/folders/{cast.books.id}/deletion", f"/files/{file.id}/deletion"):
        answer = bob.post(path)
        assert answer.status_code == 403
        assert "Your level on “Accounts” is “Read”." in _text(answer)
        assert "“Read” was set for Bob Blanc on “Accounts”. Set by Alice Aubert on" in _text(answer)
    problem = bob.post(f"/folders/{cast.books.id}/deletion", headers={"Accept": "application/json"})
    assert len(problem.json["why"]) == 2
    part = bob.post(f"/folders/{cast.books.id}/deletion", headers={"HX-Request": "true"})
    assert "Your level on “Accounts”" in _text(part)


def test_where_the_level_is_full_it_was_the_role(cast: Cast) -> None:
    clients.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    with in_language("en"):
        assert why_refused(cast.tess.viewer, cast.exchange) == [
            "Your level on “Exchange” is “Full”.", "What your role allows decided, not the folder.",
        ]  # fmt: skip
        assert why_refused(cast.tess.viewer, cast.acme) == [], "nothing is said about clients"


def test_a_contact_learns_nothing_of_folders_and_rules(cast: Cast, sign_in: Any) -> None:
    clara = sign_in(cast.clara)
    answer = clara.post(f"/folders/{cast.books.id}/deletion")
    assert answer.status_code == 403
    assert "Accounts" not in _text(answer)
    assert "why" not in clara.post(f"/folders/{cast.books.id}/deletion", headers={"Accept": "application/json"}).json
