"""Two people at the same moment, with real commits."""

from __future__ import annotations

import uuid

from flask import Flask

from portal.files.commands import folders, rights
from portal.files.models import Folder
from portal.files.policies import can_upload
from portal.files.refusals import IntoItself
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.at_once import at_once
from tests.cast import Cast
from tests.figures import record_figure


def _folder(ident: uuid.UUID) -> Folder:
    return db.session.get_one(Folder, ident)


def test_two_opposite_moves_make_no_cycle(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    rounds = 10
    for number in range(rounds):
        with app.app_context():
            root = _folder(cast.root.id)
            one = folders.create_folder(root, name=f"one {number}", actor=cast.alice).id
            two = folders.create_folder(root, name=f"two {number}", actor=cast.alice).id
        outcomes = at_once(
            app,
            lambda one=one, two=two: folders.move_folder(_folder(one), to=_folder(two), actor=cast.alice),
            lambda one=one, two=two: folders.move_folder(_folder(two), to=_folder(one), actor=cast.alice),
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(refusal) for refusal in refused] == [IntoItself]
        with app.app_context():
            parents = {_folder(one).parent_id, _folder(two).parent_id}
            assert cast.root.id in parents
            assert parents & {one, two}
    record_figure("folders: opposite moves at once that made a cycle", 0, f"0 of {rounds}")


def test_of_eight_new_folders_of_one_name_one_is_made(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    outcomes = at_once(
        app, *[lambda: folders.create_folder(_folder(cast.exchange.id), name="Same", actor=cast.alice)] * 8
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Folder"] + ["NameTaken"] * 7


def test_a_revoked_right_is_gone_in_every_other_connection_at_the_commit(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    with app.app_context():
        assert can_upload(cast.clara.viewer, cast.exchange)

    def revoke() -> object:
        return rights.set_level(_folder(cast.exchange.id), person=cast.clara, level=Level.NONE, actor=cast.alice)

    assert at_once(app, revoke) == [None]
    with app.app_context():
        assert not can_upload(cast.clara.viewer, cast.exchange)
