"""The main job in a real browser, in French: from the wizard to the workbook, with an upload that is interrupted."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from sqlalchemy import select

from portal.connectors import commands as connectors
from portal.files.commands.tree_templates import save_tree_template
from portal.files.commands.uploads import parts_held
from portal.files.models import File, FileVersion, Folder, Upload
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from tests.browser.scene import come_in, commit, faults_of, make_french_cast, profile
from tests.cast import PASSWORD

MEBIBYTE = 1024 * 1024
CLIENT = "Menuiserie Delorme"
LEA = "lea@delorme.example"
LARGE = "Grand livre 2025.bin"
TREE = "Dossier comptable"
FORM = "Bienvenue au cabinet"
QUESTIONS = [
    {
        "id": "society",
        "title": "Votre société",
        "help": "",
        "questions": [
            {"id": "object", "type": "text", "label": "Quelle est votre activité ?", "required": True},
            {"id": "staff", "type": "number", "label": "Combien de salariés ?"},
            {"id": "vat", "type": "yes_no", "label": "Payez-vous la TVA ?"},
        ],
    }
]


@dataclass
class Story:
    """What the steps hand on to each other."""

    site: Any
    people: dict[str, Any]
    alice: Page
    client: str = ""
    folder: str = ""
    file: str = ""

    def look(self, query: Any) -> Any:
        """The first row's value of a query on the site's database."""
        with self.site.app.app_context():
            found = db.session.execute(query).scalars().first()
            db.session.remove()
            return found


def prepare() -> dict[str, Any]:
    """The cast, a folder tree in which contacts may work in one folder, and a form."""
    cast = make_french_cast()
    save_tree_template(
        None,
        name=TREE,
        tree=[
            Branch("Pièces à transmettre", Level.FULL, [Branch("Factures")]),
            Branch("Bilans", Level.READ),
            Branch("Interne", Level.NONE),
        ],
        actor=cast.alice,
    )
    questionnaires.save_template(actor=cast.alice, title=FORM, sections=QUESTIONS, mail_text="Merci de répondre.")
    connectors.activate("webhooks", actor=cast.alice)
    return {name: person.id for name, person in cast.everybody.items()}


@pytest.fixture
def story(site: Any, page: Page) -> Story:
    """A committed database, and Alice before the sign-in page."""
    return Story(site, commit(site, prepare), page)


@pytest.fixture
def lea(chromium: Browser, site: Any) -> Iterator[BrowserContext]:
    """The browser of the contact who does not know the portal yet."""
    made = profile(chromium, site, viewport={"width": 1200, "height": 860})
    yield made
    made.close()


def test_from_the_wizard_to_the_workbook(story: Story, lea: BrowserContext, chromium: Browser, tmp_path: Path) -> None:
    """A firm opens a space; the contact comes in, answers, uploads; others see nothing; the firm sees everything."""
    sign_in(story.alice, "alice@firm.example")
    open_the_space(story)
    take_the_right_of_diego(story)
    contact = lea.new_page()
    faults = faults_of(contact)
    activate(contact, story)
    answer_the_form(contact)
    source = tmp_path / LARGE
    source.write_bytes(os.urandom(30 * MEBIBYTE))
    upload_with_an_interruption(lea, contact, story, source)
    nobody_else_sees_it(story, chromium)
    the_firm_sees_it(story, source)
    the_answers_stand_on_the_card(story.alice, story)
    the_workbook_holds_the_client(story.alice, tmp_path)
    assert faults == []


def sign_in(page: Page, email: str) -> None:
    """Through the form, as everybody does."""
    page.goto("/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^fr"))
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator(".actions button[type=submit]").click()
    expect(page.locator(".side-nav").first).to_be_visible()


def go_on(page: Page, step: str) -> None:
    """Press *Continue*; the next step opens."""
    page.locator(".wizard-actions [name=action][value=continue]").click()
    page.wait_for_url(re.compile(rf"/{step}$"))


def open_the_space(story: Story) -> None:
    """The six steps: a new and a known contact, collaborators, the tree, a form; then *Finish*."""
    page = story.alice
    page.goto("/clients/new")
    page.locator("#step [name=name]").fill(CLIENT)
    go_on(page, "contacts")
    name_the_contacts(page)
    go_on(page, "collaborators")
    page.locator(".list-row", has_text="Bob Blanc").locator("label.segment-full").click()
    go_on(page, "tree")
    page.locator("label.choice-card-head", has_text=TREE).click()
    go_on(page, "connectors")
    go_on(page, "forms")
    page.locator("#template_ids").get_by_label(FORM).check()
    page.locator("#contacts").get_by_label(re.compile("Delorme")).check()
    page.locator("[name=due_on]").fill((datetime.now(UTC) + timedelta(days=14)).date().isoformat())
    go_on(page, "summary")
    expect(page.locator(".wizard")).to_contain_text("Diego Diaz")
    expect(page.locator(".wizard")).to_contain_text(FORM)
    page.locator("form[action$='/client'] button[type=submit]").click()
    expect(page.locator("h1")).to_have_text(CLIENT)
    story.client = page.url.rsplit("/", 1)[1]
    wanted = select(Folder.id).where(Folder.client_id == story.client, Folder.name == "Pièces à transmettre")
    story.folder = str(story.look(wanted))


def name_the_contacts(page: Page) -> None:
    """Léa is new and gets a mail; Diego is known from another client and is found by three letters."""
    page.locator("[name=new-first_name]").fill("Léa")
    page.locator("[name=new-last_name]").fill("Delorme")
    page.locator("[name=new-email]").fill(LEA)
    page.locator("[name=action][value=new]").click()
    expect(page.locator(".contact-line")).to_have_count(1)
    page.locator("#find-contact").press_sequentially("Die")
    page.locator("#suggestions .suggestion", has_text="Diego Diaz").click()
    expect(page.locator(".contact-line")).to_have_count(2)
    expect(page.locator("[name=main]").first).to_be_checked()
    expect(page.locator("[name=invite_0]")).to_be_checked()


def take_the_right_of_diego(story: Story) -> None:
    """In the matrix of rights, Diego's level on the folder becomes *none*, for the sub-folders too; by keyboard."""
    page = story.alice
    diego = story.people["diego"]
    page.goto(f"/folders/{story.folder}/rights")
    cell = page.locator(f'tr[data-id="{story.folder}"] a[data-p="{diego}"]')
    cell.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#rights-dialog")
    expect(dialog.locator(".rights-about")).to_contain_text("Diego Diaz")
    dialog.get_by_role("radio", name=re.compile("^Aucun")).check()
    dialog.locator("input[name=reach][value=below]").check()
    expect(dialog.locator(".rights-outcome")).to_contain_text("Diego Diaz")
    expect(dialog.locator(".rights-details")).to_contain_text("Factures")
    with page.expect_response(re.compile("/rights-changes$")) as answer:
        dialog.get_by_role("button", name="Appliquer").click()
    assert answer.value.status == 204
    expect(dialog).to_be_hidden()
    expect(cell.locator("xpath=..")).to_have_class(re.compile("k-none"))


def link_of_the_mail(story: Story) -> str:
    """The activation link, as it stands on the mail log of an installation without a mail server."""
    page = story.alice
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page.goto(f"/mails?q={LEA}")
        addresses = [row.get_attribute("href") for row in page.locator("tbody a.name").all()]
        for address in addresses:
            page.goto(str(address))
            link = page.locator(".mail-text a[href*='/activation/']")
            if link.count():
                return str(link.first.get_attribute("href"))
        page.wait_for_timeout(500)
    raise TimeoutError("The activation mail was not written.")


def activate(page: Page, story: Story) -> None:
    """The link of the mail, a password, and the home of a contact, with the form that awaits them."""
    page.goto(link_of_the_mail(story))
    expect(page.locator("h1")).to_contain_text("Léa")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=repeated]").fill(PASSWORD)
    page.locator(".actions button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Bonjour Léa")
    expect(page.get_by_role("link", name=FORM, exact=True)).to_be_visible()


def answer_the_form(page: Page) -> None:
    """From the home page; afterwards nothing awaits Léa any more."""
    page.get_by_role("link", name=FORM, exact=True).click()
    page.get_by_label("Quelle est votre activité ?").fill("Escaliers en chêne")
    page.get_by_label("Combien de salariés ?").fill("1 250,5")
    page.get_by_role("group", name="Payez-vous la TVA ?").get_by_label("Oui").check()
    page.locator(".fill-form .actions button:not([formaction])").click()
    expect(page.locator(".fill-form")).to_have_count(0)
    page.goto("/")
    expect(page.get_by_role("link", name=FORM, exact=True)).to_have_count(0)


def upload_with_an_interruption(context: BrowserContext, page: Page, story: Story, source: Path) -> None:
    """The line breaks after the first part and the tab is closed; the next visit sends only what is missing."""
    page.get_by_role("link", name=CLIENT, exact=True).click()
    page.locator("#contents a.name", has_text="Pièces à transmettre").click()
    page.wait_for_url(f"**/folders/{story.folder}")

    def breaking(route: Route) -> None:
        # Only the first part arrives, however often it has to be sent.
        if part_of(route.request) == {1}:
            route.continue_()
        else:
            route.abort("connectionreset")

    page.route(lambda url: "partNumber" in url, breaking)
    page.set_input_files("#upload-files", str(source))
    wait_for_the_first_part(story, page)
    # Offline first: a request that is held back while its tab closes may be let go by the browser.
    context.set_offline(True)
    page.wait_for_timeout(500)
    page.close()
    held, parts = parts_in_the_store(story)
    assert 1 <= len(held) < parts
    context.set_offline(False)
    again = context.new_page()
    faults = faults_of(again)
    sent: set[int] = set()
    again.on("request", lambda request: sent.update(part_of(request)))
    again.goto(f"/folders/{story.folder}")
    expect(again.locator("#contents")).to_contain_text(LARGE, timeout=60_000)
    assert sent == set(range(1, parts + 1)) - held
    story.file = str(story.look(select(File.id).where(File.name == LARGE)))
    assert fingerprint(story) == hashlib.sha256(source.read_bytes()).hexdigest()
    assert faults == []


def part_of(request: Request) -> set[int]:
    """The number of the part that a request sends; nothing for any other request."""
    query = parse_qs(urlsplit(request.url).query)
    return {int(number) for number in query.get("partNumber", [])} if request.method == "PUT" else set()


def wait_for_the_first_part(story: Story, page: Page) -> None:
    """Until the store has a part. The page's own time goes on while we wait."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page.wait_for_timeout(500)
        if story.look(select(Upload.id)) and parts_in_the_store(story)[0]:
            return
    raise TimeoutError("No part of the upload arrived.")


def parts_in_the_store(story: Story) -> tuple[set[int], int]:
    """(numbers of the parts that the store holds, parts of the whole) of the only upload."""
    with story.site.app.app_context():
        upload = db.session.execute(select(Upload)).scalars().one()
        held = set(parts_held(upload))
        size = int(upload.part_size or upload.size)
        db.session.remove()
        return held, -(-upload.size // size)


def fingerprint(story: Story) -> str | None:
    """The SHA-256 that the worker has written beside the version; it reads the whole file from the store."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: str | None = story.look(select(FileVersion.sha256).where(FileVersion.file_id == story.file))
        if found:
            return found
        time.sleep(0.3)
    return None


def nobody_else_sees_it(story: Story, chromium: Browser) -> None:
    """Diego belongs to the client and has no right on the folder; Mallory belongs to another client."""
    for name in ("diego", "mallory"):
        context = profile(chromium, story.site)
        come_in(context, story.site, story.people[name])
        page = context.new_page()
        answer = page.goto(f"/clients/{story.client}/documents")
        assert answer is not None and answer.status == (200 if name == "diego" else 404)
        assert "Pièces à transmettre" not in page.content()
        assert LARGE not in page.content()
        for address in (f"/folders/{story.folder}", f"/files/{story.file}/content", f"/clients/{story.client}/forms"):
            answer = page.goto(address)
            assert answer is not None and answer.status in (403, 404), (name, address)
            assert answer.status == 404 or "forms" in address
        page.goto("/")
        assert LARGE not in page.content()
        context.close()


def the_firm_sees_it(story: Story, source: Path) -> None:
    """In the activity tab, found by name; the download is what was uploaded."""
    page = story.alice
    page.goto(f"/clients/{story.client}")
    page.locator(".tabs a[href$='/activity']").click()
    lines = page.locator("#main .list-row", has_text=LARGE)
    page.locator("#main [name=q]").fill("grand livre")
    page.wait_for_url(re.compile(r"q=grand"))
    expect(lines.filter(has_text="Léa Delorme").first).to_be_visible()
    expect(page.locator("#main .list-row", has_text="Diego Diaz")).to_have_count(0)
    page.locator("#main [name=q]").fill("n'existe pas")
    expect(page.locator("#main .list-row")).to_have_count(0)
    page.goto(f"/folders/{story.folder}")
    with page.expect_download() as waiting:
        page.locator("#contents a.name", has_text=LARGE).click()
    assert waiting.value.suggested_filename == LARGE
    assert waiting.value.path().read_bytes() == source.read_bytes()


def the_answers_stand_on_the_card(page: Page, story: Story) -> None:
    """The form's tab leads to what Léa wrote, the number in the French way."""
    page.goto(f"/clients/{story.client}")
    page.locator(".tabs a[href$='/forms']").click()
    page.locator("#main tbody a.name", has_text=FORM).click()
    expect(page.locator(".answer-list")).to_contain_text("Escaliers en chêne")
    expect(page.locator(".answer-list")).to_contain_text(re.compile(r"1\s250,5"))
    expect(page.locator(".answer-list")).to_contain_text("Oui")


def the_workbook_holds_the_client(page: Page, folder: Path) -> None:
    """Everything to Excel: progress, download, the client with its contacts, and no cell of it is a formula."""
    page.goto("/exports")
    page.locator("form:has(input[value=everything]) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/exports/[0-9a-f-]{36}$"))
    download = page.locator("#export-progress a[href$='/workbook']")
    expect(download).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        download.click()
    saved = folder / "clients.xlsx"
    waiting.value.save_as(saved)
    book = load_workbook(saved)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert CLIENT in [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert {LEA, "diego@client.example"} <= {cell.value for cell in cells}
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
