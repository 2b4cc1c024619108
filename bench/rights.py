"""Rights on a large tree: set, cascade, the check through HTTP, and a large folder listed by a restricted contact."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, g
from sqlalchemy import select, text

from bench import generate
from bench.site import Site, driver_connection
from portal.accounts.sessions import open_session
from portal.files.commands import folders, rights
from portal.files.commands.changes import LevelChange, apply_changes
from portal.files.models import File, Folder
from portal.files.policies import can_change_folder, can_open_folder
from portal.files.queries import children, listing, reachable_folders, visible_folders
from portal.files.queries.listed_files import FILE_FACTS
from portal.kit.bulk import insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import name_key
from portal.kit.web import allowed, current_viewer, signed_in
from portal.permissions.levels import Level


class Timed:
    """An action of which only the action is timed: what prepares it, and what tidies up after it, is not."""

    def __init__(
        self, action: Callable[[], object], *, before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        self.action, self.before, self.after = action, before, after

    def __call__(self) -> object:
        return self.action()


Pair = tuple[Callable[[], object], Callable[[], object]]
FOLDERS = 20_000


def set_on_twenty_thousand(site: Site) -> Pair:
    """A level set at the top of 20,000 sub-folders, which then keep what they had, against one UPDATE of their rows."""
    top = _tree(site, FOLDERS)
    levels = [Level.READ, Level.FULL]

    @transactional
    def ours() -> None:
        rights.set_level(_again(top), person=site.cast.clara, level=levels[0], actor=site.cast.alice)
        levels.reverse()

    def fresh() -> None:
        # Each round begins as the first did: all sub-folders follow.
        rights.cascade(_again(top), person=site.cast.clara, actor=site.cast.alice)

    return Timed(ours, before=fresh), _one_update(site, top)


def cascade_on_twenty_thousand(site: Site) -> Pair:
    """A level pushed down to 20,000 sub-folders that were pinned to another one, with the change kept for undoing."""
    cast = site.cast
    top = _tree(site, FOLDERS)
    levels = [Level.READ, Level.DEPOSIT]

    def ours() -> None:
        apply_changes(cast.acme, [LevelChange(top.id, cast.clara.id, levels[0], cascade=True)], actor=cast.alice)

    def fresh() -> None:
        levels.reverse()
        rights.set_level(_again(top), person=cast.clara, level=Level.FULL, actor=cast.alice)

    return Timed(ours, before=fresh), _one_update(site, top)


def check_through_http(site: Site) -> Pair:
    """A route that loads a folder through the viewer and asks a policy, against an empty one for signed-in people."""
    cast = site.cast
    ask = _browser(site, cast.bob)
    return lambda: ask(f"/bench/checked/{cast.exchange.id}"), lambda: ask("/bench/empty")


def page_through_http(site: Site) -> Pair:
    """The first 100 of 10,000 files as JSON to a restricted contact, against one such row by its primary key."""
    cast = site.cast
    folder = transactional(folders.create_folder)(cast.root, name=f"Page {new_id()}", actor=cast.alice)
    rights.set_level(folder, person=cast.clara, level=Level.READ, actor=cast.alice)
    with driver_connection() as connection:
        generate.files(connection, [(cast.acme.id, folder.id)], 10_000)
        connection.execute("ANALYZE")
    row = db.session.scalar(select(File.id).where(File.folder_id == folder.id).limit(1))
    db.session.rollback()
    ask = _browser(site, cast.clara)
    return lambda: ask(f"/bench/page/{folder.id}"), lambda: ask(f"/bench/row/{row}")


def list_ten_thousand(site: Site) -> Pair:
    """All pages of 10,000 sub-folders, a third of them hidden, against one bare query of the same rows.

    Both count by the index ("between" an id and itself): where one folder holds all files, "=" reads them for each row.
    """
    cast = site.cast
    top = _tree(site, 10_000)
    hidden = db.session.scalars(
        text("SELECT id FROM folder WHERE parent_id = :top ORDER BY id LIMIT 3333"), {"top": top.id}
    ).all()
    _hide(site, list(hidden))
    # Also of files: a floor whose planner knows nothing of them would be none.
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    viewer = cast.clara.viewer

    def ours() -> str:
        place, rows = None, []
        while True:
            page = children(viewer, top, size=1000, place=place)
            rows += [
                {"id": str(folder.id), "name": folder.name, "folders": inner, "files": files}
                for folder, _level, inner, files in page.items
            ]
            place = page.next_place
            if place is None:
                assert len(rows) == 6667, len(rows)
                return json.dumps(rows)

    bare = text(
        "SELECT f.id, f.name,"
        " (SELECT count(*) FROM folder g WHERE g.parent_id BETWEEN f.id AND f.id AND g.bin_id IS NULL),"
        " (SELECT count(*) FROM file WHERE file.folder_id BETWEEN f.id AND f.id AND file.bin_id IS NULL)"
        " FROM folder f WHERE f.parent_id = :top AND f.scope_id = :scope AND f.bin_id IS NULL ORDER BY f.name_key, f.id"
    )

    def floor() -> str:
        found = db.session.execute(bare, {"top": top.id, "scope": _again(top).scope_id}).all()
        return json.dumps([{"id": str(row[0]), "name": row[1], "folders": row[2], "files": row[3]} for row in found])

    return ours, floor


@transactional
def _tree(site: Site, count: int) -> Folder:
    """A folder with so many sub-folders, which Clara reads."""
    cast = site.cast
    top = folders.create_folder(cast.root, name=f"Tree {new_id()}", actor=cast.alice)
    rights.set_level(top, person=cast.clara, level=Level.FULL, actor=cast.alice)
    rows = []
    for number in range(count):
        ident, name = new_id(), f"Folder {number}"
        rows.append(
            {
                "id": ident, "client_id": top.client_id, "parent_id": top.id, "name": name, "name_key": name_key(name),
                "path": f"{top.path}{ident.hex}/", "scope_id": top.scope_id,
            }
        )  # fmt: skip
    insert_rows(Folder, rows)
    db.session.execute(text("ANALYZE folder"))
    return top


def _again(folder: Folder) -> Folder:
    """The folder in the present session."""
    return db.session.get_one(Folder, folder.id, populate_existing=True)


@transactional
def _hide(site: Site, ids: list[Any]) -> None:
    cast = site.cast
    changes = [LevelChange(ident, cast.clara.id, Level.NONE) for ident in ids[:1]]
    apply_changes(cast.acme, changes, actor=cast.alice)
    scope = db.session.scalar(text("SELECT scope_id FROM folder WHERE id = :id"), {"id": ids[0]})
    db.session.execute(
        text("UPDATE folder SET scope_id = :scope, starts_scope = true WHERE id = ANY(:ids)"),
        {"scope": scope, "ids": ids},
    )


def _one_update(site: Site, top: Folder) -> Callable[[], object]:
    """One committed UPDATE of the scope of all sub-folders, by the bare driver; taken back outside of the time."""
    driver = site.closing.enter_context(driver_connection())
    change = "UPDATE folder SET scope_id = %s WHERE parent_id = %s"
    held: list[Any] = []

    def update() -> None:
        driver.execute(change, (site.cast.exchange.scope_id, top.id))
        driver.commit()

    def note() -> None:
        held[:] = driver.execute("SELECT scope_id FROM folder WHERE parent_id = %s LIMIT 1", (top.id,)).fetchone() or ()
        driver.commit()

    def back() -> None:
        driver.execute(change, (held[0], top.id))
        driver.commit()

    return Timed(update, before=note, after=back)


def _browser(site: Site, person: Any) -> Callable[[str], None]:
    """What asks for an address twenty times, signed in as this person."""
    _doors(site.app)
    browser = site.app.test_client()
    token = transactional(lambda: open_session(person, ip="127.0.0.1", user_agent="bench"))()
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = token

    def ask(address: str) -> None:
        for _ in range(20):
            # The site's context stays open; without this, the person of the request before would be taken over.
            for kept in list(g):
                g.pop(kept)
            assert browser.get(address).status_code == 200

    return ask


def _shown(file: Any) -> dict[str, Any]:
    return {"id": str(file.id), "name": file.name, "size": file.size}


def _doors(app: Flask) -> None:
    """Two routes for whoever is signed in, and two that load a folder through the viewer and ask a policy.

    The first two are the floors: an empty one, and one that reads a row by its primary key.
    """
    if "bench.empty" in app.view_functions:
        return
    app._got_first_request = False
    doors = Blueprint("bench", __name__, url_prefix="/bench")

    @doors.get("/empty")
    @signed_in
    def empty() -> str:
        return "ok"

    @doors.get("/checked/<uuid:folder_id>")
    @allowed(can_change_folder, folder=visible_folders)
    def checked(folder: Folder) -> str:
        return "ok"

    @doors.get("/row/<uuid:file_id>")
    @signed_in
    def row(file_id: uuid.UUID) -> str:
        return json.dumps([_shown(db.session.execute(select(*FILE_FACTS).where(File.id == file_id)).one())])

    @doors.get("/page/<uuid:folder_id>")
    @allowed(can_open_folder, folder=reachable_folders)
    def page(folder: Folder) -> str:
        files = listing(current_viewer(), folder, size=100).files.items
        assert len(files) == 100
        return json.dumps([_shown(file) for file in files])

    app.register_blueprint(doors)
