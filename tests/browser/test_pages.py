"""Every page as a collaborator, a contact and a stranger find it: accessible, one heading, no sideways scrolling.

Each page is looked at in light on a desk (1360 px) and in dark on a phone (360 px), with axe both times. Whatever
people may write, names, titles, notes, answers, is a script of an attacker, and none of them may ever be run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.routing import Map

from portal.accounts import commands as accounts
from portal.accounts import links
from portal.accounts.models import Person
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.connectors import commands as connectors
from portal.document_requests import commands as document_requests
from portal.document_requests.checklist import Item
from portal.document_requests.models import RequestLine
from portal.expirations.commands import set_file_end
from portal.exports.commands import request_export
from portal.exports.models import Export
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.files import rename_file
from portal.files.commands.receipts import add_to_receipt
from portal.files.commands.tree_applications import apply_to_clients
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import File, FileVersion, Folder, Receipt
from portal.files.tree_clients import previews, together
from portal.files.tree_shape import Branch
from portal.kit import days
from portal.kit.clock import now
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from portal.wizard.commands import contact_lines, save_step, start_draft
from portal.wizard.steps import ContactLine, Information
from tests.browser.scene import come_in, commit, faults_of, make_french_cast, profile

# Addresses of pages, with the things of the scene in braces. A new page without a row here fails the last test.
STAFF = """
/
/activity
/activity?q=bilan
/administration/connectors
/administration/connectors/webhooks
/administration/forms
/administration/forms/new
/administration/forms/{form_template}
/administration/forms/{form_template}/preview
/attributes
/attributes/new
/attributes/{attribute}
/client-connectors/{connector}
/client-connectors/{connector}/deliveries
/clients
/clients?q=nobody-is-called-so
/clients/bin
/clients/new
/clients/{client}
/clients/{client}/activity
/clients/{client}/attributes/{attribute}
/clients/{client}/binning
/clients/{client}/collaborators
/clients/{client}/connectors
/clients/{other}/connectors/webhooks/new
/clients/{client}/contacts
/clients/{client}/documents
/search?q=bilan&client={client}
/search?q=nothing-is-called-so
/clients/{client}/documents/bin
/clients/{client}/drift
/clients/{client}/room
/clients/{client}/documents/rights
/clients/{client}/fields/note
/clients/{client}/forms
/clients/{client}/forms/new
/clients/{client}/information
/clients/{client}/requests
/clients/{client}/requests/new
/clients/{client}/requests/new?template={request_template}
/clients/bin/{binned}/erasure
/clients/bin/{binned}/restoration
/collaborators
/collaborators/new
/collaborators/{bob}
/contacts
/contacts/{clara}
/deliveries/{delivery}
/drafts
/drafts/{draft}/information
/drafts/{draft}/contacts
/drafts/{draft}/collaborators
/drafts/{draft}/tree
/drafts/{draft}/connectors
/drafts/{draft}/forms
/drafts/{draft}/summary
/expirations
/expirations?client={client}&state=ended
/exports
/exports/{export}
/files/{file}/end
/files/{limited}/end
/folders/{folder}
/folders/{folder}/selection/copies?all=1
/folders/{folder}/selection/end?all=1
/folders/{folder}/selection/place?all=1
/folders/{folder}/receipts
/folders/{folder}/rights
/folders/{folder}/rights?tab=collaborators
/folders/{folder}/rights/{clara}
/forms/{answered}/answers
/mails
/mails/{mail}
/profile
/quarantine
/quarantine/{quarantined}
/receipts
/receipts/{receipt}
/requests/{request}
/roles
/roles/new
/roles/{role}
/settings/client-groups
/settings/client-types
/settings/documents
/settings/firm
/styleguide
/templates
/templates/attributes
/templates/attributes/new
/templates/attributes/{attribute_template}
/templates/requests
/templates/requests/new
/templates/requests/{request_template}
/templates/trees
/templates/trees/new
/templates/trees/{tree}
/templates/trees/{tree}/application
/templates/trees/{tree}/clients
/templates/trees/{tree}/edit
/tree-applications/{application}
"""
COLLABORATOR = """
/
/clients
/clients/{client}
/clients/{client}/documents
/clients/{client}/documents/bin/erasure?all=1
/clients/{client}/requests
/expirations
/files/{file}/preview
/files/{file}/versions
/folders/{folder}
/requests/{request}
"""
TRAINEE = """
/
/activity
/clients
/contacts
"""
CONTACT = """
/
/clients/{client}/activity
/clients/{client}/documents
/clients/{client}/documents/bin
/search?q=bilan
/folders/{folder}
/files/{file}/preview
/files/{file}/versions
/folders/{folder}/selection/copies?all=1
/folders/{folder}/selection/place?all=1
/folders/{folder}/receipts
/forms/{open}
/forms/{answered}
/profile
/receipts
/requests/{request}
"""
DEPOSITOR = """
/
/folders/{folder}
/folders/{folder}/receipts
/receipts
/receipts/{receipt}
"""
STRANGER = """
/sign-in
/password-reset
/password-reset/{reset}
/activation/{activation}
/activation/no-such-link
/password-reset/no-such-link
/no-such-page
"""
NOT_FOUND = ("no-such-page", "no-such-link")
# Doors that answer with something else than a page, and why.
NO_PAGE = {
    "static": "bytes",
    "accounts.change_password_elsewhere": "leads to the profile (RFC 8615)",
    "clients.suggest_contacts": "a part of a page",
    "wizard.suggestions": "a part of a page",
    "wizard.resume": "leads to the step",
    "files.branches": "a part of a page",
    "files.contents": "a part of a page",
    "files.download_version": "bytes",
    "files.receipt_document": "bytes",
    "contents.document": "the frame inside of a preview",
    "contents.media": "bytes",
    "contents.page": "bytes",
    "contents.thumbnail": "bytes",
    "files.archive": "bytes",
    "files.folder_archive": "bytes",
    "files.download": "bytes",
    "files.rights_rows": "a part of a page",
    "files.upload": "JSON",
    "exports.download": "bytes",
    "mailer.preview": "a mail in a frame",
}


def make_scene() -> dict[str, Any]:
    """Something of everything that has a page; returns the ids (and tokens) by the names that the addresses use."""
    cast = make_french_cast()
    alice, acme = cast.alice, cast.acme
    clients.create_group(name="Artisans", actor=alice)
    clients.create_type(name="SARL", actor=alice)
    attribute = clients.create_attribute(
        label={"fr": "Régime fiscal"}, type="one_of", options=["IS", "IR"], actor=alice
    )
    template = clients.save_attribute_template(None, name="Société", items=[(attribute.id, True)], actor=alice)
    clients.add_attributes(acme, [(attribute.id, True)], actor=alice)
    clients.update_client(acme, actor=alice, version=None, note="Clé chez le gardien.")
    binned = clients.create_client(name="Ancien client", actor=alice)
    clients.bin_client(binned, confirmed_name="Ancien client", actor=alice)
    branches = [Branch("Bilans", Level.READ, [Branch("2025")]), Branch("Dépôts", Level.DEPOSIT)]
    tree = save_tree_template(None, name="Dossier comptable", tree=branches, actor=alice)
    made = {
        **{name: person.id for name, person in cast.everybody.items()},
        "client": acme.id, "other": cast.other.id, "binned": binned.id, "attribute": attribute.id,
        "attribute_template": template.id, "tree": tree.id, "folder": cast.exchange.id,
        "application": _application(cast, tree),
        "role": accounts.create_role(name="Accueil", features=["forms"], actor=alice).id,
    }  # fmt: skip
    files = _files(cast)
    return {
        **made,
        **files,
        **_requests(cast, files["file"]),
        **_forms(cast),
        **_links(cast),
        **_under_way(cast, tree.id),
    }


def _files(cast: Any) -> dict[str, Any]:
    """Files of three formats, one limited, one in the bin, one deposited; and a folder inside the folder."""
    names = ("bilan 2025.pdf", "balance générale.xlsx", "photo.jpg")
    made = [store_bytes(cast.exchange, name, b"%PDF-1.7", actor=cast.clara) for name in names]
    bin_file(made[2], actor=cast.bob)
    folders.create_folder(
        cast.exchange, name="Un dossier au nom assez long pour ne pas tenir sur une ligne", actor=cast.bob
    )
    set_file_end(made[1], now() + timedelta(days=20), actor=cast.bob)
    rights.set_level(
        cast.books, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=now() + timedelta(days=5)
    )
    deposited = store_bytes(cast.exchange, "relevé de compte.pdf", b"%PDF-1.7", actor=cast.diego)
    add_to_receipt(cast.diego.viewer, cast.exchange, deposited)
    db.session.flush()  # the receipt is asked for below
    receipt = db.session.scalars(select(Receipt)).one()
    infected = store_bytes(cast.exchange, "facture à payer.pdf", b"%PDF-1.7", actor=cast.clara)
    held_back = db.session.get_one(FileVersion, infected.version_id)
    infected.quarantine = held_back.quarantine = "infected"
    held_back.signature = "Pdf.Phishing.Invoice-1"
    return {
        "file": made[0].id, "limited": made[1].id, "receipt": receipt.id, "quarantined": held_back.id,
    }  # fmt: skip


def _application(cast: Any, template: Any) -> Any:
    """The template's application to Acme, promised and not carried out yet."""
    found = previews(template, [cast.acme], viewer=cast.alice.viewer)
    return apply_to_clients(template, [cast.acme.id], fingerprint=together(found), actor=cast.alice.viewer)


def _requests(cast: Any, file_id: Any) -> dict[str, Any]:
    """A checklist, and a request with a line that Clara has answered, one for her alone and one that may wait."""
    items = [Item("Relevés bancaires de l'exercice", help="Les douze mois.", formats=("pdf",), days=14), Item("Bail")]
    template = document_requests.save_template(
        actor=cast.alice, name="Bilan annuel", note="Une photo nette suffit.", items=items
    )
    due = days.today() + timedelta(days=5)
    asked = document_requests.send_request(
        cast.acme, folder=cast.exchange, title="Bilan annuel 2025", note="Merci.", actor=cast.bob,
        items=[
            Item("Relevés bancaires de l'exercice", help="Les douze mois.", formats=("pdf",), due_on=due),
            Item("Bail commercial", person_id=cast.clara.id),
            Item("Procès-verbal de la dernière assemblée", required=False),
        ],
    )  # fmt: skip
    line = db.session.scalars(
        select(RequestLine).where(RequestLine.request_id == asked.id).order_by(RequestLine.position)
    ).first()
    assert line
    document_requests.hand_in(line, file_id, actor=cast.clara)
    return {"request": asked.id, "request_template": template.id}


def _forms(cast: Any) -> dict[str, Any]:
    """A form with every type of question, open for Clara, and another that she has answered."""
    options = [{"key": "a", "label": "Oui, toujours"}, {"key": "b", "label": "Parfois"}]
    kinds = ("text", "long_text", "number", "date", "yes_no", "one_of", "many_of")
    questions = [
        {"id": kind, "type": kind, "label": f"Question {kind}", "help": "Une aide.", "required": kind == "text",
         **({"options": options} if kind.endswith("_of") else {})}
        for kind in kinds
    ]  # fmt: skip
    sections = [{"id": "s", "title": "Votre société", "help": "En quelques mots.", "questions": questions}]
    template = questionnaires.save_template(actor=cast.alice, title="Bienvenue", sections=sections)
    due = (now() + timedelta(days=7)).date()
    waiting, answered = (
        questionnaires.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.bob, due_on=due)[0]
        for _number in range(2)
    )
    questionnaires.submit(answered, {"text": ["Menuiserie"], "yes_no": ["yes"]}, actor=cast.clara)
    return {"form_template": template.id, "open": waiting.id, "answered": answered.id}


def _links(cast: Any) -> dict[str, Any]:
    """Somebody invited, and somebody who forgot the password."""
    newcomer = accounts.create_contact(
        email="lea@client.example", first_name="Léa", last_name="Long", language="fr", actor=cast.alice
    )
    clients.add_contact(cast.acme, newcomer, actor=cast.alice)
    accounts.invite(newcomer, actor=cast.alice)
    db.session.flush()
    activation = db.session.scalars(select(links.OneTimeLink).where(links.OneTimeLink.person_id == newcomer.id)).one()
    reset = links.issue("reset", cast.diego)
    return {"activation": links.token_of(activation), "reset": links.token_of(reset), "newcomer": newcomer.id}


def _under_way(cast: Any, tree_id: Any) -> dict[str, Any]:
    """A connector with a delivery, a draft with contacts, a promised workbook."""
    connectors.activate("webhooks", actor=cast.alice)
    settings = {"url": "https://hooks.example.com/atrium", "events": ["file.uploaded"]}
    link = connectors.attach(cast.acme, "webhooks", settings, actor=cast.alice)
    delivery = connectors.send_test(link, actor=cast.alice)
    draft = start_draft(Information(name="Menuiserie Delorme", language="fr"), actor=cast.alice)
    line = ContactLine(email="new@client.example", first_name="Nina", last_name="Neuf", language="fr", is_main=True)
    save_step(draft, "contacts", contact_lines([line]))
    save_step(draft, "tree", {"template_id": str(tree_id)})
    export = request_export(
        actor=cast.alice, parameters={"what": "everything", "filters": {}, "columns": []}, language="fr"
    )
    return {"connector": link.id, "delivery": delivery.id, "draft": draft.id, "export": export.id}


IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(1)</script>'
# Names of files and folders cannot hold a slash.
DRAWING = '"><svg onload=alert(1)>'


def poison(things: dict[str, Any]) -> None:
    """Everything that people may name is named by an attacker."""
    alice = db.session.get_one(Person, things["alice"])
    acme = db.session.get_one(Client, things["client"])
    clients.rename(acme, name=IMAGE, actor=alice)
    clients.rename(db.session.get_one(Client, things["other"]), name=SCRIPT, actor=alice)
    clients.update_client(acme, actor=alice, version=None, note=SCRIPT + IMAGE, address=SCRIPT, city=IMAGE)
    for name, last in (("clara", IMAGE), ("bob", SCRIPT), ("newcomer", SCRIPT)):
        accounts.update_person(db.session.get_one(Person, things[name]), actor=alice, first_name=SCRIPT, last_name=last)
    folders.rename_folder(db.session.get_one(Folder, things["folder"]), name=IMAGE, actor=alice)
    rename_file(db.session.get_one(File, things["file"]), name=DRAWING + ".pdf", actor=alice)
    rights.set_level(
        db.session.get_one(Folder, things["folder"]), person=db.session.get_one(Person, things["clara"]),
        level=Level.FULL, actor=alice,
    )  # fmt: skip
    sections = [{"id": "s", "title": SCRIPT, "help": IMAGE, "questions": [
        {"id": "one", "type": "one_of", "label": IMAGE, "help": SCRIPT,
         "options": [{"key": "a", "label": SCRIPT}, {"key": "b", "label": IMAGE}]},
        {"id": "text", "type": "text", "label": SCRIPT},
    ]}]  # fmt: skip
    template = questionnaires.save_template(actor=alice, title=SCRIPT, sections=sections, description=IMAGE)
    clara = db.session.get_one(Person, things["clara"])
    waiting, answered = (
        questionnaires.send_form(template, client=acme, contacts=[clara], actor=alice)[0] for _number in range(2)
    )
    questionnaires.submit(answered, {"text": [SCRIPT]}, actor=clara)
    things.update(form_template=template.id, open=waiting.id, answered=answered.id)
    things["tree"] = save_tree_template(None, name=SCRIPT, tree=[Branch(DRAWING)], description=IMAGE, actor=alice).id
    group = clients.create_group(name=SCRIPT, actor=alice)
    kind = clients.create_type(name=IMAGE, actor=alice)
    clients.update_client(acme, actor=alice, version=None, group_id=group.id, type_id=kind.id)
    draft = start_draft(Information(name=SCRIPT, language="fr"), actor=alice)
    line = ContactLine(email="evil@client.example", first_name=SCRIPT, last_name=IMAGE, language="fr", is_main=True)
    save_step(draft, "contacts", contact_lines([line]))
    save_step(draft, "tree", {"template_id": str(things["tree"])})
    things["draft"] = draft.id


@dataclass
class Scene:
    """The site with something of everything in it."""

    site: Any
    things: dict[str, Any]

    def addresses(self, listed: str) -> list[str]:
        """The written addresses with the scene's ids."""
        return [line.format(**self.things) for line in listed.split()]

    def look(self, query: Any) -> Any:
        """The first value of a query."""
        with self.site.app.app_context():
            found = db.session.execute(query).scalars().first()
            db.session.remove()
            return found

    def wait_for_the_worker(self) -> None:
        """Mails are written and the workbook is made, so that their pages show all they can."""
        until = time.monotonic() + 60
        written = select(Mail.id).where(Mail.to_address == "lea@client.example", Mail.body_html.is_not(None))
        made = select(Export.state).where(Export.id == self.things["export"])
        while time.monotonic() < until:
            mail = self.look(written)
            if mail and self.look(made) == "done":
                self.things["mail"] = mail
                return
            time.sleep(0.5)
        raise TimeoutError("The worker did not write the mail or the workbook.")


@pytest.fixture(scope="module")
def scene(site: Any) -> Scene:
    """The scene, committed, and then as an attacker would have named everything in it."""
    made = Scene(site, commit(site, make_scene))
    made.wait_for_the_worker()
    commit(site, lambda: poison(made.things))
    return made


@pytest.fixture
def visitor(chromium: Browser, site: Any) -> Iterator[Page]:
    """A window without animations, so that colours are judged at rest."""
    context = profile(chromium, site, reduced_motion="reduce", viewport={"width": 1360, "height": 860})
    yield context.new_page()
    context.close()


AXE = Axe().axe_script
# What axe names is enough; its copy of the style sheets would be fetched anew for each page.
# Colours that are still on their way to the other theme would be misjudged.
AT_REST = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.timeline === document.timeline && one.effect.getTiming().iterations !== Infinity)
  .map((one) => Promise.race([one.finished, new Promise((done) => setTimeout(done, 2000))]))))
  .then(() => undefined)"""
RUN = """() => axe.run({resultTypes: ["violations"], preload: false}).then((found) => found.violations.map((rule) =>
  `${rule.id} (${rule.nodes.length}): ${rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`))"""
# Elements that only an attacker's words can have made.
WRITTEN = "[onerror], [onload], img[src=x]"
# The innermost elements that stand out to the right, for the message.
WIDEST = """() => [...document.querySelectorAll("body *")].filter((one) => !one.firstElementChild
  && !one.closest(".table-scroll") && one.getBoundingClientRect().right > 361)
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 140)).join(" | ")"""


def inspect(page: Page, address: str) -> list[str]:
    """Open a page and name everything that is wrong with it: in light on a desk, then in dark on a phone."""
    page.set_viewport_size({"width": 1360, "height": 860})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = page.goto(address, wait_until="load")
    expected = (404, 410) if address.endswith(NOT_FOUND) else (200,)
    faults = [] if answer and answer.status in expected else [f"answers {answer and answer.status}"]
    headings = page.locator("h1").count()
    if headings != 1:
        faults.append(f"{headings} h1")
    page.evaluate(AXE)
    page.evaluate(AT_REST)
    faults += [f"light: axe {finding}" for finding in _findings(page)]
    faults += _markup(page)
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.evaluate(AT_REST)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    if width > 360:
        faults.append(f"scrolls sideways: {width} px; {page.evaluate(WIDEST)}")
    return faults + [f"dark, phone: axe {finding}" for finding in _findings(page)]


def _findings(page: Any) -> list[str]:
    """What axe finds, and still finds when the page has surely come to rest on a busy machine."""
    found: list[str] = page.evaluate(RUN)
    if found:
        page.wait_for_timeout(1000)
        found = page.evaluate(RUN)
    return found


def _markup(page: Page) -> list[str]:
    """What somebody wrote and what became an element of the page, also of the first menu that opens on it."""
    found = [f"markup: {one.evaluate('one => one.outerHTML')}" for one in page.locator(WRITTEN).all()]
    for opener in page.locator("main .menu-place button[popovertarget]").all()[:1]:
        opener.click()
        page.keyboard.press("Escape")
    return found


def walk(page: Page, scene: Scene, listed: str) -> dict[str, list[str]]:
    """Inspect all addresses; the faults by address."""
    said = faults_of(page)
    found: dict[str, list[str]] = {}
    for address, written in zip(scene.addresses(listed), listed.split(), strict=True):
        faults = inspect(page, address) + said
        said.clear()
        if faults:
            found[written] = faults
    return found


def test_the_pages_before_there_is_a_firm(site: Any, visitor: Page) -> None:
    """Where the set-up link is to be found, and the page behind it; the first test, for the next ones make a firm."""
    said = faults_of(visitor)
    link = commit(site, accounts.issue_setup_link)
    assert link, "There is a firm already."
    assert inspect(visitor, "/setup") + inspect(visitor, str(link)) + said == []


@pytest.mark.parametrize(
    ("who", "listed"),
    [
        ("alice", STAFF),
        ("bob", COLLABORATOR),
        ("tess", TRAINEE),
        ("clara", CONTACT),
        ("diego", DEPOSITOR),
        (None, STRANGER),
    ],
    ids=["alice", "bob", "tess", "clara", "diego", "stranger"],
)
def test_every_page_is_accessible_fits_a_phone_and_runs_nothing(
    scene: Scene, visitor: Page, who: str | None, listed: str
) -> None:
    """The administrator, a collaborator, a trainee, two contacts, and somebody who is not signed in."""
    if who:
        come_in(visitor.context, scene.site, scene.things[who])
    faults = walk(visitor, scene, listed)
    assert not faults, "\n".join(f"{address}\n  " + "\n  ".join(found) for address, found in faults.items())


def test_every_page_is_listed_here(scene: Scene) -> None:
    """A new page without a line in the lists would never be looked at."""
    routes: Map = scene.site.app.url_map
    matcher = routes.bind("localhost")
    listed = [
        *scene.addresses(STAFF + COLLABORATOR + TRAINEE + CONTACT + DEPOSITOR + STRANGER),
        "/setup",
        "/setup/token",
    ]
    seen = {matcher.match(address.partition("?")[0])[0] for address in listed if not address.endswith(NOT_FOUND[0])}
    pages = {rule.endpoint for rule in routes.iter_rules() if "GET" in (rule.methods or ())}
    assert pages - seen - set(NO_PAGE) == set()
