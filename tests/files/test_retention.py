"""Retention: what was kept long enough goes by itself, in bounded steps, once, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.activity.models import Activity
from portal.files import reaper
from portal.files.commands import bin as bins
from portal.files.commands import retention as commands
from portal.files.commands.completion import store_bytes
from portal.files.commands.copies import restore_version
from portal.files.commands.leaving import OBJECTS_STAY
from portal.files.commands.retention import clean_up, delete_old_versions, empty_bins
from portal.files.models import BinEntry, File, FileVersion, Folder, ObjectDeletion
from portal.files.retention import Retention, bin_until, due
from portal.files.tasks import clean_up as registered
from portal.kit import storage
from portal.kit.db import db
from portal.outbox.registry import PERIODIC
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.chosen import copy_of
from tests.files.test_versions import filled, made_ago, versions_of
from tests.statements import counted


def numbers(file: File) -> list[int]:
    """The versions that are left, oldest first."""
    return [version.number for version in versions_of(file)]


def keep(cast: Cast, *, versions: int | None = None, days: int | None = None, bin_days: int = 90) -> None:
    """The firm's rule."""
    cast.firm.versions_kept, cast.firm.versions_days, cast.firm.bin_days = versions, days, bin_days
    db.session.commit()


def binned_ago(entry: BinEntry, days: float) -> None:
    """As if it had been deleted so many days earlier."""
    moment = func.now() - timedelta(days=days)
    db.session.execute(update(BinEntry).where(BinEntry.id == entry.id).values(created_at=moment))
    db.session.commit()
    db.session.refresh(entry)


def lines(verb: str) -> list[Activity]:
    """Lines of the log with this verb."""
    return list(db.session.scalars(select(Activity).where(Activity.verb == verb).order_by(Activity.id)))


def test_it_comes_back_by_itself_every_hour() -> None:
    assert PERIODIC["files.clean_up"].handler is registered
    assert PERIODIC["files.clean_up"].every == timedelta(hours=1)


def test_a_firm_that_keeps_all_loses_no_version(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", *[b"x"] * 6, actor=cast.bob)
    for version in versions_of(file):
        made_ago(version, 4000)
    clean_up()
    assert numbers(file) == [1, 2, 3, 4, 5, 6]


def test_what_is_beyond_the_number_goes_and_the_current_one_counts(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", *[b"x"] * 5, actor=cast.bob)
    other = filled(cast.other_folder, "a.txt", b"x", b"y", actor=cast.alice)
    keep(cast, versions=2)
    assert delete_old_versions() == 3
    assert numbers(file) == [4, 5]
    assert numbers(other) == [1, 2]
    assert delete_old_versions() == 0, "a second run finds nothing"


def test_age_counts_from_the_day_on_which_another_took_its_place(cast: Cast) -> None:
    """A file that was replaced yesterday keeps what it held for years until yesterday."""
    file = filled(cast.exchange, "a.txt", b"1", b"2", b"3", actor=cast.bob)
    one, two, three = versions_of(file)
    for version, days in ((one, 900), (two, 31), (three, 1)):
        made_ago(version, days)
    keep(cast, days=30)
    clean_up()
    assert numbers(file) == [2, 3], "the first was replaced 31 days ago, the second one day ago"
    made_ago(three, 400)
    clean_up()
    assert numbers(file) == [3], "the current version stays, however old"
    clean_up()
    assert numbers(file) == [3]


def test_with_both_rules_a_version_goes_as_soon_as_one_says_so(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", b"1", b"2", b"3", b"4", actor=cast.bob)
    for version, days in zip(versions_of(file), (50, 40, 20, 10), strict=True):
        made_ago(version, days)
    keep(cast, versions=3, days=15)
    clean_up()
    assert numbers(file) == [3, 4], "the first is the fourth, the second was replaced 20 days ago"


def test_what_the_virus_check_holds_back_takes_nobodys_place_and_stays(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", b"1", b"2", b"3", b"4", actor=cast.bob)
    three = versions_of(file)[2]
    db.session.execute(update(FileVersion).where(FileVersion.id == three.id).values(quarantine="infected"))
    db.session.commit()
    keep(cast, versions=2)
    clean_up()
    assert numbers(file) == [2, 3, 4], "the second is the one before the fourth; the third is for administrators"


def test_a_version_that_is_current_again_stays_though_its_number_is_old(cast: Cast) -> None:
    """While a new content waits for its virus check, the file goes on with the one before."""
    file = filled(cast.exchange, "a.txt", b"1", b"2", b"3", actor=cast.bob)
    first = versions_of(file)[0]
    db.session.execute(update(File).where(File.id == file.id).values(version_id=first.id))
    db.session.commit()
    keep(cast, versions=1, days=1)
    for version in versions_of(file):
        made_ago(version, 100)
    clean_up()
    assert numbers(file) == [1, 3]


def test_one_line_for_a_client_and_a_run_says_how_many_and_how_much(cast: Cast, sign_in: Any) -> None:
    filled(cast.exchange, "a.txt", b"12345", b"67890", b"x", actor=cast.bob)
    filled(cast.books, "b.txt", b"123", b"x", actor=cast.bob)
    filled(cast.other_folder, "c.txt", b"1", b"2", actor=cast.alice)
    keep(cast, versions=1)
    clean_up()
    clean_up()
    found = {line.client_id: line for line in lines("files.versions_expired")}
    assert len(lines("files.versions_expired")) == 2
    assert found[cast.acme.id].details["count"] == 3
    assert found[cast.acme.id].details["bytes"] == 13
    assert found[cast.other.id].details["count"] == 1
    page = sign_in(cast.alice).get(f"/clients/{cast.acme.id}/activity")
    assert "Earlier versions whose time has run out were deleted: 3." in page.text


def test_an_object_that_a_copy_or_a_return_shares_stays_and_the_others_leave_after_a_week(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", b"first", b"second", actor=cast.bob)
    first = versions_of(file)[0]
    shared = [version.object_key for version in versions_of(file)]
    copied = copy_of(file, to=cast.books, actor=cast.bob)
    restore_version(file, first, actor=cast.bob)
    keep(cast, versions=1)
    assert due(Retention(1, None, 90)).size == 0, "the copy and the version that was brought back hold both objects"
    clean_up()
    assert numbers(file) == [3]
    filled_too = filled(cast.exchange, "b.txt", b"gone", b"kept", actor=cast.bob)
    gone, *kept = [version.object_key for version in versions_of(filled_too)]
    kept += [*shared, *[version.object_key for version in versions_of(copied)]]
    assert due(Retention(1, None, 90)).size == 4
    clean_up()
    reaper.delete_due_objects()
    assert storage.head(gone) is not None
    db.session.execute(update(ObjectDeletion).values(due_at=ObjectDeletion.due_at - OBJECTS_STAY))
    db.session.commit()
    reaper.delete_due_objects()
    assert storage.head(gone) is None
    assert all(storage.head(key) is not None for key in kept)


def test_a_run_is_bounded_and_the_next_one_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    file = filled(cast.exchange, "a.txt", *[b"x"] * 6, actor=cast.bob)
    keep(cast, versions=1, bin_days=1)
    monkeypatch.setattr(commands, "VERSIONS", 2)
    monkeypatch.setattr(commands, "ENTRIES", 1)
    for name in ("b", "c"):
        binned_ago(bins.bin_file(store_bytes(cast.books, name, b"b", actor=cast.bob), actor=cast.bob), 2)
    assert [delete_old_versions() for _run in range(4)] == [2, 2, 1, 0]
    assert [empty_bins() for _run in range(3)] == [1, 1, 0]
    assert numbers(file) == [6]


def test_a_run_that_dies_in_the_middle_leaves_no_half(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions, the promise to delete their objects and the line in the log are one transaction."""
    file = filled(cast.exchange, "a.txt", b"1", b"2", actor=cast.bob)
    keep(cast, versions=1)

    class Killed(BaseException):
        """As kill -9 would: nothing catches it."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed()

    with monkeypatch.context() as patched:
        patched.setattr("portal.activity.record", die)
        with pytest.raises(Killed):
            clean_up()
    db.session.rollback()
    assert numbers(file) == [1, 2]
    assert db.session.scalar(select(func.count()).select_from(ObjectDeletion)) == 0
    clean_up()
    assert numbers(file) == [2]


def test_the_bin_is_emptied_after_its_days_and_not_before(cast: Cast) -> None:
    payroll_id = cast.payroll.id
    early = bins.bin_file(store_bytes(cast.exchange, "early.txt", b"x", actor=cast.bob), actor=cast.bob)
    late = bins.bin_folder(cast.books, actor=cast.bob)
    binned_ago(early, 29.9)
    binned_ago(late, 30.1)
    keep(cast, bin_days=30)
    assert bin_until(early) == early.created_at + timedelta(days=30)
    clean_up()
    assert [entry.id for entry in db.session.scalars(select(BinEntry))] == [early.id]
    assert db.session.scalar(select(Folder.id).where(Folder.id == payroll_id)) is None
    (line,) = lines("folder.erased")
    assert line.actor_id is None
    bins.restore(early, actor=cast.bob)
    assert db.session.scalars(select(File.name)).all() == ["early.txt"]


def test_an_entry_inside_another_goes_with_it_and_the_run_goes_on(cast: Cast) -> None:
    slip = store_bytes(cast.payroll, "slip.pdf", b"slip", actor=cast.bob)
    inner, outer = bins.bin_file(slip, actor=cast.bob), bins.bin_folder(cast.payroll, actor=cast.bob)
    other = bins.bin_file(store_bytes(cast.exchange, "a", b"a", actor=cast.bob), actor=cast.bob)
    for entry, days in ((outer, 9), (inner, 8), (other, 7)):
        binned_ago(entry, days)
    keep(cast, bin_days=5)
    clean_up()
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 0
    assert db.session.scalar(select(func.count()).select_from(FileVersion)) == 0


def test_versions_of_what_lies_in_the_bin_stay_until_it_goes(cast: Cast) -> None:
    file = filled(cast.exchange, "a.txt", b"1", b"2", actor=cast.bob)
    entry = bins.bin_file(file, actor=cast.bob)
    keep(cast, versions=1)
    clean_up()
    assert numbers(file) == [1, 2]
    bins.restore(entry, actor=cast.bob)
    clean_up()
    assert numbers(file) == [2]


def test_what_would_go_is_counted_before_a_rule_is_saved(cast: Cast) -> None:
    filled(cast.exchange, "a.txt", b"12345", b"2", b"3", actor=cast.bob)
    binned_ago(bins.bin_file(store_bytes(cast.books, "b", b"b", actor=cast.bob), actor=cast.bob), 40)
    assert not due(Retention(None, None, 90))
    found = due(Retention(2, None, 30))
    assert (found.versions, found.size, found.entries) == (1, 5, 1)


def test_many_versions_go_with_as_many_statements_as_few(cast: Cast) -> None:
    keep(cast, versions=1)

    def cost(name: str, width: int) -> int:
        filled(cast.exchange, name, *[b"x"] * width, actor=cast.bob)
        with counted() as sent:
            assert delete_old_versions() == width - 1
        return len(sent)

    cost("first.txt", 2)
    few, many = cost("few.txt", 3), cost("many.txt", 30)
    record_figure("clean-up: statements for 29 versions of a client", many, f"as for 2 ({few})", many == few)
    assert few == many
