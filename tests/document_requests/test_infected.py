"""What was handed in and turns out to be infected is asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from portal.document_requests.commands.deciding import refuse_infected
from portal.document_requests.commands.handing_in import hand_in
from portal.files.models import FileVersion
from portal.files.scanning import KeptAway
from portal.kit.db import db
from tests.document_requests.conftest import lines_of


def _infect(file: Any) -> None:
    version = db.session.get_one(FileVersion, file.version_id)
    file.quarantine = version.quarantine = "infected"
    db.session.commit()


def test_a_line_whose_document_is_infected_waits_for_another_one(cast: Any, asked: Any, deposit: Any) -> None:
    cast.clara.language = "en"
    file = deposit(cast.clara, "Lease.pdf")
    hand_in(lines_of(asked)[1], file.id, actor=cast.clara.viewer)
    _infect(file)
    for _ in range(2):
        refuse_infected(str(file.id))
        line = lines_of(asked)[1]
        assert line.state == "refused"
        assert "virus" in line.reason


def test_what_is_infected_already_is_not_taken(cast: Any, asked: Any, deposit: Any) -> None:
    file = deposit(cast.clara, "Lease.pdf")
    _infect(file)
    with pytest.raises(KeptAway):
        hand_in(lines_of(asked)[1], file.id, actor=cast.clara.viewer)


def test_a_line_that_was_accepted_meanwhile_stays_as_it_is(cast: Any, asked: Any, deposit: Any) -> None:
    file = deposit(cast.clara, "Lease.pdf")
    line = hand_in(lines_of(asked)[1], file.id, actor=cast.clara.viewer)
    line.state = "accepted"
    db.session.commit()
    refuse_infected(str(file.id))
    assert lines_of(asked)[1].state == "accepted"
