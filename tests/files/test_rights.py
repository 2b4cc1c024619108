"""Levels on folders, as the cast meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.clients import commands as clients
from portal.clients.models import Client
from portal.files.commands import folders, rights
from portal.files.models import Folder
from portal.files.policies import can_change_folder, can_open_folder, can_set_rights, can_upload, can_view_folder
from portal.files.queries import (
    breadcrumbs,
    children,
    folder_level,
    path_folders,
    reachable_folders,
    root_of,
    visible_folders,
)
from portal.files.refusals import NotAMember
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.commands import forget, refresh, start_contact_rights
from portal.permissions.levels import Level
from portal.permissions.queries import level_in_scope, why
from tests.cast import Cast


def _seen(person, client_id) -> set[str]:
    rows = visible_folders(person.viewer).where(Folder.client_id == client_id)
    return {folder.name for folder in db.session.scalars(rows)}


def _rows(person, folder) -> dict[str, tuple[Level, bool]]:
    return {row.folder.name: (row.level, row.path_only) for row in children(person.viewer, folder).items}


def test_everybody_sees_what_was_given_and_nothing_else(cast: Cast) -> None:
    assert _seen(cast.clara, cast.acme.id) == {"Exchange", "Accounts"}
    assert _seen(cast.diego, cast.acme.id) == {"Exchange"}
    assert _seen(cast.mallory, cast.acme.id) == set()
    assert _seen(cast.tess, cast.acme.id) == set()
    assert _seen(cast.bob, cast.acme.id) == {"Acme", "Exchange", "Accounts", "Payroll"}
    assert _seen(cast.alice, cast.acme.id) == _seen(cast.bob, cast.acme.id)


def test_a_role_that_sees_all_lifts_to_read_and_no_further(cast: Cast) -> None:
    assert folder_level(cast.alice.viewer, cast.payroll) == Level.READ
    assert not can_change_folder(cast.alice.viewer, cast.payroll)
    assert level_in_scope(cast.alice.viewer, cast.payroll.scope_id) == Level.READ


def test_deposit_and_full_may_upload_and_read_may_not(cast: Cast) -> None:
    assert can_upload(cast.diego.viewer, cast.exchange)
    assert can_upload(cast.clara.viewer, cast.exchange)
    assert not can_upload(cast.clara.viewer, cast.books)
    assert not can_upload(cast.mallory.viewer, cast.exchange)


def test_setting_a_level_changes_this_folder_only(cast: Cast) -> None:
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    deep = folders.create_folder(inner, name="Deep", actor=cast.alice)
    rights.set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.NONE
    assert folder_level(cast.clara.viewer, inner) == Level.FULL
    assert folder_level(cast.clara.viewer, deep) == Level.FULL
    assert folder_level(cast.diego.viewer, deep) == Level.DEPOSIT
    assert why(cast.clara.id, inner.scope_id).origin == "pin"


def test_a_cascade_makes_all_below_follow(cast: Cast) -> None:
    rights.set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.alice)
    assert rights.cascade(cast.books, person=cast.clara, actor=cast.alice) == 1
    assert folder_level(cast.clara.viewer, cast.payroll) == Level.READ
    assert folder_level(cast.diego.viewer, cast.payroll) == Level.NONE, "other people's levels stay"


def test_a_folder_that_leads_to_a_visible_one_shows_its_name_only(cast: Cast) -> None:
    inner = folders.create_folder(cast.payroll, name="Slips", actor=cast.alice)
    rights.set_level(inner, person=cast.diego, level=Level.READ, actor=cast.alice)
    root = root_of(cast.acme.id)
    assert _rows(cast.diego, root) == {"Exchange": (Level.DEPOSIT, False), "Accounts": (Level.NONE, True)}
    assert _rows(cast.diego, cast.books) == {"Payroll": (Level.NONE, True)}
    assert path_folders(cast.diego.viewer, cast.acme.id) == {root.id, cast.books.id, cast.payroll.id}
    assert not can_view_folder(cast.diego.viewer, cast.books)
    assert can_open_folder(cast.diego.viewer, cast.books)
    assert [crumb.level for crumb in breadcrumbs(cast.diego.viewer, inner)] == [Level.NONE] * 3 + [Level.READ]


def test_a_folder_that_leads_nowhere_cannot_be_opened(cast: Cast) -> None:
    reachable = set(db.session.scalars(reachable_folders(cast.diego.viewer).with_only_columns(Folder.id)))
    assert reachable == {cast.root.id, cast.exchange.id}
    assert not set(db.session.scalars(reachable_folders(cast.mallory.viewer).where(Folder.client_id == cast.acme.id)))


def test_a_right_that_was_taken_away_is_gone_at_the_next_query(cast: Cast) -> None:
    assert can_upload(cast.clara.viewer, cast.exchange)
    rights.set_level(cast.exchange, person=cast.clara, level=Level.NONE, actor=cast.alice)
    assert not can_upload(cast.clara.viewer, cast.exchange)
    assert "Exchange" not in _seen(cast.clara, cast.acme.id)


def test_a_level_ends_by_the_clock_alone(cast: Cast) -> None:
    moment = now()
    rights.set_level(
        cast.books, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=moment + timedelta(hours=1)
    )
    assert folder_level(cast.diego.viewer, cast.books) == Level.READ
    rights.set_level(
        cast.books, person=cast.diego, level=Level.FULL, actor=cast.alice, valid_until=moment - timedelta(seconds=1)
    )
    assert folder_level(cast.diego.viewer, cast.books) == Level.NONE


def test_after_a_level_has_ended_the_inherited_one_holds(cast: Cast) -> None:
    before = now() - timedelta(minutes=1)
    rights.set_level(cast.payroll, person=cast.bob, level=Level.NONE, actor=cast.alice, valid_until=before)
    assert folder_level(cast.bob.viewer, cast.payroll) == Level.FULL


def test_nothing_outlasts_the_membership(cast: Cast) -> None:
    clients.set_standing(cast.acme, cast.bob, Level.FULL, actor=cast.alice, valid_until=now() - timedelta(seconds=1))
    assert folder_level(cast.bob.viewer, cast.exchange) == Level.NONE
    assert why(cast.bob.id, cast.exchange.scope_id).origin == "nobody"


def test_who_does_not_belong_to_the_client_is_given_nothing(cast: Cast) -> None:
    with pytest.raises(NotAMember):
        rights.set_level(cast.exchange, person=cast.mallory, level=Level.READ, actor=cast.alice)


def test_who_left_and_comes_back_does_not_find_the_old_rights(cast: Cast) -> None:
    forget(cast.acme.id, [cast.clara.id])
    refresh(cast.acme.id)
    assert _seen(cast.clara, cast.acme.id) == set()


@pytest.mark.parametrize(("column", "staff_sees"), [("binned_at", False), ("disabled_at", True)])
def test_a_client_in_the_bin_hides_from_all_and_a_disabled_one_from_its_contacts(
    cast: Cast, column: str, staff_sees: bool
) -> None:
    db.session.execute(update(Client).where(Client.id == cast.acme.id).values({column: now()}))
    assert folder_level(cast.clara.viewer, cast.exchange) == Level.NONE
    assert path_folders(cast.clara.viewer, cast.acme.id) == set()
    assert can_view_folder(cast.bob.viewer, cast.exchange) == staff_sees
    assert can_view_folder(cast.alice.viewer, cast.exchange) == staff_sees


def test_rights_are_set_by_staff_with_full_and_the_permission_for_that_person(cast: Cast) -> None:
    assert can_set_rights(cast.bob.viewer, cast.exchange, cast.clara)
    assert not can_set_rights(cast.bob.viewer, cast.exchange, cast.tess), "a collaborator assigns no collaborators"
    assert can_set_rights(cast.alice.viewer, cast.exchange, cast.clara), "who assigns everywhere needs no level"
    assert not can_set_rights(cast.tess.viewer, cast.exchange, cast.clara)
    assert not can_set_rights(cast.clara.viewer, cast.exchange, cast.diego)


def test_in_a_firm_where_folders_are_born_private_contacts_get_none_also_later(cast: Cast) -> None:
    cast.firm.born_private = True
    secret = folders.create_folder(cast.exchange, name="Secret", actor=cast.alice)
    assert folder_level(cast.clara.viewer, secret) == Level.NONE
    assert folder_level(cast.bob.viewer, secret) == Level.FULL
    clients.add_contact(cast.acme, cast.mallory, actor=cast.alice)
    rights.set_level(cast.exchange, person=cast.mallory, level=Level.READ, actor=cast.alice)
    start_contact_rights(cast.acme.id, [cast.mallory.id], actor=cast.alice)
    assert folder_level(cast.mallory.viewer, secret) == Level.NONE


def test_two_siblings_of_one_scope_part_when_one_gets_a_level_of_its_own(cast: Cast) -> None:
    one, two = (folders.create_folder(cast.exchange, name=name, actor=cast.alice) for name in ("One", "Two"))
    rights.set_level(cast.exchange, person=cast.clara, level=Level.READ, actor=cast.alice)
    assert one.scope_id == two.scope_id != cast.exchange.scope_id, "one scope pins all that followed"
    rights.set_level(one, person=cast.diego, level=Level.FULL, actor=cast.alice)
    assert one.scope_id != two.scope_id
    assert folder_level(cast.diego.viewer, two) == Level.DEPOSIT
    assert folder_level(cast.clara.viewer, one) == folder_level(cast.clara.viewer, two) == Level.FULL


def test_scopes_that_say_nothing_any_more_dissolve(cast: Cast) -> None:
    inner = folders.create_folder(cast.exchange, name="Inner", actor=cast.alice)
    rights.set_level(inner, person=cast.clara, level=Level.READ, actor=cast.alice)
    rights.cascade(cast.exchange, person=cast.clara, actor=cast.alice)
    assert inner.scope_id == cast.exchange.scope_id
    starters = select(Folder.starts_scope).where(Folder.id == inner.id)
    assert db.session.execute(starters).scalar_one() is False
