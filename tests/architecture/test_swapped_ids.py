"""Ids of another client in forms, queries, lists and second places of addresses: nothing is done, nothing is said."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import portal
from tests.architecture.matrix import Browsers
from tests.architecture.relations import apply
from tests.architecture.world import World, make_world
from tests.cast import Cast
from tests.figures import record_figure

# Names that only the other client's people may read.
SECRETS = ("Brasserie du Port", "Mallory", "mallory@")


CHANGE = "POST /clients/{client_id}/rights-changes"
PREVIEW = "POST /clients/{client_id}/rights-previews"


@dataclass(frozen=True)
class Swap:
    """A request about what is one's own, with one id that is the other client's. ``form``: ``name=value`` by blanks."""

    name: str
    asked: str
    form: str = ""
    as_json: bool = False

    def request(self, values: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        """(method, path, what is sent)."""
        method, path = self.asked.format(**values).split(" ")
        form = dict(pair.split("=") for pair in self.form.format(**values).split())
        sent = {"json": {name: [value] for name, value in form.items()}} if self.as_json else {"data": form}
        return method, path, sent if form else {}


# What is asked, by the field or place that holds the other client's id: method, address, form. ``{...}`` is a value of
# one's own, ``{other_...}`` one of the other client's.
SWAPS: list[Swap] = [
    Swap("folder: place", "POST /folders/{folder_id}/selection/place", "all=1 folder={other_folder_id}"),
    Swap("folder: copies", "POST /folders/{folder_id}/selection/copies", "item={file_id} folder={other_folder_id}"),
    Swap("item: place", "POST /folders/{folder_id}/selection/place", "item={other_file_id} folder={folder_id}"),
    Swap("item: copies", "POST /folders/{folder_id}/selection/copies", "item={other_file_id} folder={folder_id}"),
    Swap(
        "item: a folder's copies",
        "POST /folders/{folder_id}/selection/copies",
        "item={other_folder_id} folder={folder_id}",
    ),
    Swap("cell: another folder", CHANGE, "kind=set level=full cell={other_folder_id}:{person_id}"),
    Swap("cell: another person", CHANGE, "kind=set level=full cell={folder_id}:{other_person_id}"),
    Swap("cell: preview", PREVIEW, "kind=set level=full cell={other_folder_id}:{other_person_id}"),
    Swap("target: for a stranger", CHANGE, "kind=copy folder={folder_id} target={other_person_id} source={person_id}"),
    Swap("source: as a stranger", CHANGE, "kind=copy folder={folder_id} target={person_id} source={other_person_id}"),
    Swap("folder: elsewhere", CHANGE, "kind=copy folder={other_folder_id} target={person_id} source={person_id}"),
    Swap("folder: defaults elsewhere", CHANGE, "kind=defaults folder={other_folder_id} target={person_id}"),
    Swap("at: rows of another folder", "GET /folders/{folder_id}/rights/rows?at={other_folder_id}"),
    Swap(
        "uploads: completion in a batch", "POST /upload-batches/completion", "uploads={other_upload_id}", as_json=True
    ),
    Swap("clients: a group for many", "POST /clients/selection/group", "clients={other_client_id} value="),
    Swap("clients: a type for many", "POST /clients/selection/type", "clients={other_client_id} value="),
    Swap("clients: an export of many", "POST /exports", "what=current clients={other_client_id}"),
    Swap("person_id: invitations in a list", "POST /contacts/invitations", "person_id={other_person_id}"),
    Swap("person: a contact to add", "POST /clients/{client_id}/contacts", "person={other_person_id}"),
    Swap("contacts: who gets a form", "POST /clients/{client_id}/forms/new", "contacts={other_person_id}"),
    Swap("folder: activity of a folder", "GET /clients/{client_id}/activity?folder={other_folder_id}"),
    Swap("person: activity of a person", "GET /clients/{client_id}/activity?person={other_person_id}"),
    Swap("client: what ends", "GET /expirations?client={other_client_id}"),
    Swap("client: search", "GET /search?q=kept&client={other_client_id}"),
    Swap("folder and file: archive", "GET /clients/{client_id}/archive?folder={other_folder_id}&file={other_file_id}"),
    Swap("address: cell of a stranger", "GET /folders/{folder_id}/rights/{other_person_id}"),
    Swap("address: eye on a stranger", "POST /clients/{client_id}/eye/{other_person_id}"),
    Swap("address: renewal for a stranger", "POST /folders/{folder_id}/people/{other_person_id}/renewal"),
    *(
        Swap(f"address: {verb} of a stranger", "POST /clients/{client_id}/contacts/{other_person_id}/" + verb)
        for verb in ("invitation", "removal", "end", "main", "renewal")
    ),
    *(
        Swap(f"address: {verb} of a colleague", "POST /clients/{client_id}/collaborators/{other_person_id}/" + verb)
        for verb in ("end", "renewal")
    ),
]


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


@pytest.mark.parametrize("actor", ["bob", "clara", "diego", "rita", "tess"])
def test_an_id_of_another_client_does_nothing_and_says_nothing(
    app: Flask, transaction: Any, world: World, actor: str
) -> None:
    own = apply(world, "own")
    values = {**own, **{f"other_{name}": value for name, value in world.sibling.items()}}
    browsers = Browsers(app, transaction, world.people)
    wrong = []
    for swap in SWAPS:
        method, path, sent = swap.request(values)
        before = browsers.written
        word, answer = browsers.ask(actor, method, path, **sent)
        if browsers.written != before:
            wrong.append(f"{actor}, {swap.name}: {word}, {browsers.written - before} rows written")
        # A form template is the firm's, whatever it is called.
        said = answer.text.replace("Form of Brasserie du Port", "")
        if any(secret in said for secret in SECRETS):
            wrong.append(f"{actor}, {swap.name}: {word}, and the page says a name")
    assert wrong == []
    record_figure("swapped ids: requests that did and said nothing", len(SWAPS), "all")


# Fields with an id that is not a client's: the firm's roles and templates, one's own draft, or no id at all.
OF_THE_FIRM = {"role_id", "group_id", "type_id", "template_id", "template_ids"}
# Asked by tests of their own package.
ELSEWHERE = {"file_id": "document_requests", "upload_id": "document_requests", "request_id": "wizard"}


def test_every_field_that_takes_an_id_is_swapped() -> None:
    """A field that is called ``..._id`` and read from a form, query or JSON body, without a row above, fails."""
    swapped = {word.strip() for swap in SWAPS for word in swap.name.split(":")[0].replace(" and ", ",").split(",")}
    missing = _ids_read() - swapped - OF_THE_FIRM - ELSEWHERE.keys()
    assert sorted(missing) == []


def _ids_read() -> set[str]:
    found = set()
    for path in Path(portal.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "getlist") and node.args:
                read_from = ast.unparse(node.func.value)  # type: ignore[attr-defined]
                named = getattr(node.args[0], "value", None)
                if read_from.startswith("request.") and isinstance(named, str):
                    found.add(named)
            elif isinstance(node, ast.ClassDef) and any("Form" in ast.unparse(base) for base in node.bases):
                found |= {ast.unparse(one.targets[0]) for one in node.body if isinstance(one, ast.Assign)}
    return {name for name in found if name.endswith(("_id", "_ids"))}
