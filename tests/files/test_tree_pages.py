"""The pages of templates and clients: what they show, to whom, and what they do with nonsense."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.roles import Feature
from portal.clients import commands as clients
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_folder
from portal.files.commands.tree_templates import save_tree_template
from portal.files.commands.trees import apply_tree
from portal.files.models import Folder, TreeTemplate
from portal.files.queries import folder_level
from portal.files.tree_fit import nodes_by_template
from portal.files.tree_shape import Branch
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.postbox import do_promised_work
from tests.statements import counted

NAME = "<b>Société & Cie</b>"


@pytest.fixture
def template(cast: Cast) -> TreeTemplate:
    """A template with a name that is markup."""
    tree = [Branch("Invoices", Level.DEPOSIT, [Branch("<i>2026")]), Branch("Internal", Level.NONE)]
    return save_tree_template(None, name=NAME, tree=tree, actor=cast.alice)


@pytest.fixture
def able(cast: Cast, session: Any) -> Cast:
    """The cast; Bob's role may also change and apply templates."""
    cast.roles["collaborator"].features = [*cast.roles["collaborator"].features, Feature.TEMPLATES]
    session.commit()
    return cast


def _apply(cast: Cast, template: TreeTemplate, client: Any = None, root: Any = None) -> None:
    nodes = nodes_by_template([template.id])[template.id]
    apply_tree(client or cast.acme, nodes, actor=cast.alice, template=template)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found.group(1)


def _folder(session: Any, client: Any, name: str) -> Folder:
    return session.scalars(select(Folder).where(Folder.client_id == client.id, Folder.name == name)).one()


def test_alice_chooses_looks_and_applies(cast: Cast, template: TreeTemplate, sign_in: Any, session: Any) -> None:
    browser, base = sign_in(cast.alice), f"/templates/trees/{template.id}"
    assert "Acme" in browser.get(f"{base}/application").text
    assert "Brasserie" not in browser.get(f"{base}/application?q=acm").text
    chosen = {"clients": [str(cast.acme.id), str(cast.other.id)]}
    shown = browser.post(f"{base}/application", data=chosen).text
    assert "6 folders will be added." in shown
    assert "<b>Société" not in shown
    assert "<i>2026" not in shown
    assert "Clara Costa" in shown
    sent = {"clients": _field(shown, "clients"), "fingerprint": _field(shown, "fingerprint")}
    answer = browser.post(f"{base}/applications", data=sent)
    assert answer.status_code == 303
    assert "0 of 2 clients" in browser.get(answer.location).text
    do_promised_work()
    page = browser.get(answer.location).text
    assert "Done: 6 folders were added." in page
    assert "Acme" in page
    assert session.scalars(select(Folder).where(Folder.name == "Internal")).all()
    assert "hx-get" in browser.get(answer.location, headers={"HX-Request": "true"}).text or "Done" in page
    assert sign_in(cast.bob).get(answer.location).status_code == 404, "another's work"
    assert sign_in(cast.mallory).get(answer.location).status_code == 404
    of_template = browser.get(f"{base}/clients").text
    assert "Brasserie du Port" in of_template
    assert "In line" in of_template


def test_all_that_match_are_taken_whatever_is_ticked(cast: Cast, template: TreeTemplate, sign_in: Any) -> None:
    browser, base = sign_in(cast.alice), f"/templates/trees/{template.id}"
    shown = browser.post(f"{base}/application", data={"all": "1", "q": "brass", "clients": str(cast.acme.id)}).text
    assert "Brasserie" in shown
    assert "Acme" not in shown


def test_what_changed_meanwhile_is_shown_again(cast: Cast, template: TreeTemplate, sign_in: Any, session: Any) -> None:
    browser, base = sign_in(cast.alice), f"/templates/trees/{template.id}"
    shown = browser.post(f"{base}/application", data={"clients": str(cast.acme.id)}).text
    folders.create_folder(cast.root, name="invoices", actor=cast.alice)
    sent = {"clients": _field(shown, "clients"), "fingerprint": _field(shown, "fingerprint")}
    again = browser.post(f"{base}/applications", data=sent)
    assert again.status_code == 409
    assert "Something has changed since this was shown." in again.text
    assert "2 folders will be added." in again.text
    sent["fingerprint"] = _field(again.text, "fingerprint")
    assert browser.post(f"{base}/applications", data=sent).status_code == 303


@pytest.mark.parametrize(
    "sent", [{}, {"clients": "x"}, {"clients": ["", ",,,"]}, {"clients": "\x00" * 9}, {"all": "1", "q": "zzz\x00"}]
)
def test_nonsense_is_answered_with_a_sentence(cast: Cast, template: TreeTemplate, sign_in: Any, sent: Any) -> None:
    browser, base = sign_in(cast.alice), f"/templates/trees/{template.id}"
    for door in ("application", "applications"):
        answer = browser.post(f"{base}/{door}", data=sent)
        assert answer.status_code == 422
        assert "Nothing is chosen any more." in answer.text
    for query in ("?clients=x", "?group=x&type=,&q=%00", "?after=nonsense"):
        assert browser.get(f"{base}/application{query}").status_code == 200
        assert browser.get(f"{base}/clients{query}").status_code == 200
    for mend in ([], ["add"], ["rights:a:b"], ["add:" + "0" * 36]):
        answer = browser.post(f"/clients/{cast.acme.id}/drift", data={"mend": mend})
        assert answer.status_code == 422
        answer = browser.post(f"/clients/{cast.acme.id}/repairs", data={"mend": mend, "fingerprint": "x"})
        assert answer.status_code == 422


def test_bob_sees_only_clients_on_which_he_has_full(able: Cast, template: TreeTemplate, sign_in: Any) -> None:
    _apply(able, template)
    _apply(able, template, able.other, able.other_root)
    bob, base = sign_in(able.bob), f"/templates/trees/{template.id}"
    for page in (f"{base}/application", f"{base}/clients", f"{base}/application?clients={able.other.id}"):
        text = bob.get(page).text
        assert "Acme" in text, page
        assert "Brasserie" not in text, page
    assert "1 client to choose from" in bob.get(f"{base}/application").text
    shown = bob.post(f"{base}/application", data={"clients": [str(able.acme.id), str(able.other.id)]}).text
    assert "Brasserie" not in shown
    assert bob.get(f"/clients/{able.acme.id}/drift").status_code == 200
    assert bob.get(f"/clients/{able.other.id}/drift").status_code == 404
    clients.set_standing(able.acme, able.bob, Level.READ, actor=able.alice)
    assert "Acme" not in bob.get(f"{base}/clients").text
    assert bob.get(f"/clients/{able.acme.id}/drift").status_code == 403


def test_readers_trainees_and_contacts_find_the_doors_closed(cast: Cast, template: TreeTemplate, sign_in: Any) -> None:
    base, acme = f"/templates/trees/{template.id}", cast.acme.id
    doors = [
        ("GET", f"{base}/clients"), ("GET", f"{base}/application"), ("POST", f"{base}/application"),
        ("POST", f"{base}/applications"),
    ]  # fmt: skip
    of_client = [
        ("GET", f"/clients/{acme}/drift"),
        ("POST", f"/clients/{acme}/drift"),
        ("POST", f"/clients/{acme}/repairs"),
    ]
    for name, of_firm, of_acme in (("bob", 403, 403), ("tess", 403, 404), ("clara", 404, 403), ("mallory", 404, 404)):
        browser = sign_in(cast.everybody[name])
        for method, door in doors:
            assert browser.open(door, method=method).status_code == of_firm, (name, door)
        for method, door in of_client:
            assert browser.open(door, method=method).status_code == of_acme, (name, door)


def test_alice_sees_the_drift_and_mends_a_part(cast: Cast, template: TreeTemplate, sign_in: Any, session: Any) -> None:
    _apply(cast, template)
    invoices = _folder(session, cast.acme, "Invoices")
    year = _folder(session, cast.acme, "<i>2026")
    folders.rename_folder(invoices, name="<u>Bills", actor=cast.alice)
    bin_folder(year, actor=cast.alice)
    rights.set_level(invoices, person=cast.diego, level=Level.FULL, actor=cast.alice)
    browser, page = sign_in(cast.alice), f"/clients/{cast.acme.id}/drift"
    report = browser.get(page).text
    assert "&lt;u&gt;Bills" in report
    assert "&amp;lt;" not in report
    assert "1 folder is missing" in report
    assert "Diego Diaz on" in report
    assert "Exchange" in report, "further folders are shown"
    ticks = re.findall(r'name="mend" value="([^"]*)"', report)
    assert len(ticks) == 3
    wanted = [tick for tick in ticks if not tick.startswith("rename")]
    shown = browser.post(page, data={"mend": wanted}).text
    assert "Diego Diaz will be able to do less in" in shown
    sent = {"mend": wanted, "fingerprint": _field(shown, "fingerprint")}
    done = browser.post(f"/clients/{cast.acme.id}/repairs", data=sent)
    assert done.status_code == 303
    after = browser.get(page).text
    assert "1 folder has another name" in after
    assert "is missing" not in after
    assert folder_level(cast.diego.viewer, invoices) == Level.DEPOSIT
    twice = browser.post(f"/clients/{cast.acme.id}/repairs", data=sent)
    assert twice.status_code == 422, "there is nothing left of it"
    stale = browser.post(f"/clients/{cast.acme.id}/repairs", data={"mend": ticks, "fingerprint": "x"})
    assert stale.status_code == 409
    assert "Something has changed since" in stale.text


def test_the_list_of_clients_costs_as_many_statements_for_many_as_for_one(
    cast: Cast, template: TreeTemplate, sign_in: Any
) -> None:
    browser, page = sign_in(cast.alice), f"/templates/trees/{template.id}/clients"
    _apply(cast, template)
    browser.get(page)
    with counted() as one:
        browser.get(page)
    for number in range(60):
        client = clients.create_client(name=f"Client {number:02}", actor=cast.alice)
        _apply(cast, template, client, folders.create_root(client, actor=cast.alice))
    with counted() as many:
        text = browser.get(page).text
    assert len(many) == len(one)
    following = re.search(r'href="([^"]*after=[^"]*)"', text)
    assert following is not None
    assert "Client 59" in browser.get(following.group(1).replace("&amp;", "&")).text


def test_a_client_without_a_template_or_a_space_has_a_page_too(
    cast: Cast, template: TreeTemplate, sign_in: Any
) -> None:
    browser = sign_in(cast.alice)
    assert "This client follows no template." in browser.get(f"/clients/{cast.acme.id}/drift").text
    bare = clients.create_client(name="Bare", actor=cast.alice)
    assert browser.get(f"/clients/{bare.id}/drift").status_code == 200
    shown = browser.post(f"/templates/trees/{template.id}/application", data={"clients": str(bare.id)}).text
    assert "1 client has no document space yet and is left out." in shown
