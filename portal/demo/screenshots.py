"""Pictures of a running demo: ``python -m portal.demo.screenshots FOLDER [ADDRESS]``. Starts no site itself.

Chromium is taken from CHROMIUM, else from the system.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1360, 860), (390, 844)
STAFF, CONTACT = "Hélène Verdier", "Contact"


@dataclass(frozen=True)
class Shot:
    """A picture of ``path``, which may hold the places that :func:`_places` finds: {client}, {folder}, {draft}, {tree}."""

    name: str
    path: str
    who: str | None = STAFF
    size: tuple[int, int] = DESKTOP
    dark: bool = False
    whole: bool = False


CARD, DRAFT = "{client}", "{draft}"
SHOTS = (
    Shot("sign-in", "/sign-in", None),
    Shot("sign-in-phone", "/sign-in", None, PHONE),
    Shot("home", "/"),
    Shot("home-dark", "/", dark=True),
    Shot("home-phone", "/", size=PHONE),
    Shot("clients", "/clients"),
    Shot("clients-dark", "/clients", dark=True),
    Shot("clients-phone", "/clients", size=PHONE),
    Shot("card", CARD),
    Shot("card-phone", CARD, size=PHONE),
    Shot("information", CARD + "/information", whole=True),
    Shot("contacts", CARD + "/contacts"),
    Shot("collaborators", CARD + "/collaborators"),
    Shot("documents", "{folder}"),
    Shot("documents-dark", "{folder}", dark=True),
    Shot("space", CARD + "/documents"),
    Shot("documents-phone", CARD + "/documents", size=PHONE),
    Shot("client-forms", CARD + "/forms"),
    Shot("client-connectors", CARD + "/connectors"),
    Shot("client-activity", CARD + "/activity"),
    Shot("rights", "{folder}/rights"),
    Shot("client-rights", CARD + "/documents/rights"),
    Shot("wizard-information", DRAFT + "/information", whole=True),
    Shot("wizard-contacts", DRAFT + "/contacts", whole=True),
    Shot("wizard-collaborators", DRAFT + "/collaborators", whole=True),
    Shot("wizard-tree", DRAFT + "/tree", whole=True),
    Shot("wizard-connectors", DRAFT + "/connectors", whole=True),
    Shot("wizard-forms", DRAFT + "/forms", whole=True),
    Shot("wizard-summary", DRAFT + "/summary", whole=True),
    Shot("wizard-phone", DRAFT + "/information", size=PHONE),
    Shot("drafts", "/drafts"),
    Shot("templates", "/templates"),
    Shot("tree-templates", "/templates/trees"),
    Shot("tree-template", "{tree}", whole=True),
    Shot("tree-editor", "{tree}/edit", whole=True),
    Shot("attribute-templates", "/templates/attributes"),
    Shot("form-templates", "/administration/forms"),
    Shot("firm-connectors", "/administration/connectors"),
    Shot("settings", "/settings/firm", whole=True),
    Shot("groups", "/settings/client-groups"),
    Shot("staff", "/collaborators"),
    Shot("roles", "/roles"),
    Shot("all-contacts", "/contacts"),
    Shot("mails", "/mails"),
    Shot("exports", "/exports"),
    Shot("profile", "/profile", whole=True),
    Shot("activity", "/activity"),
    Shot("activity-phone", "/activity", size=PHONE),
    Shot("contact-home", "/", CONTACT),
    Shot("contact-home-phone", "/", CONTACT, PHONE),
    Shot("contact-home-phone-dark", "/", CONTACT, PHONE, dark=True),
    Shot("contact-documents", CARD + "/documents", CONTACT),
    Shot("contact-documents-phone", CARD + "/documents", CONTACT, PHONE),
)


def take(folder: Path, address: str, shots: Sequence[Shot] = SHOTS) -> list[str]:
    """Take the pictures; returns what went wrong, one line each."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium())
        for who in dict.fromkeys(shot.who for shot in shots):
            with _signed_in(browser, address, who) as page:
                places = _places(page, address) if who else {}
                for shot in (shot for shot in shots if shot.who == who):
                    faults += _take(page, address, shot, folder, places)
        browser.close()
    return faults


def _take(page: Page, address: str, shot: Shot, folder: Path, places: dict[str, str]) -> list[str]:
    page.set_viewport_size({"width": shot.size[0], "height": shot.size[1]})
    page.emulate_media(color_scheme="dark" if shot.dark else "light", reduced_motion="reduce")
    answer = page.goto(address + shot.path.format(**places), wait_until="load")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole)
    faults = [] if answer and answer.ok else [f"{shot.name}: {answer.status if answer else 'no answer'} at {page.url}"]
    wide = page.evaluate("document.documentElement.scrollWidth") - shot.size[0]
    return [*faults, *([f"{shot.name}: {wide} px wider than the screen"] if wide > 0 else [])]


@contextmanager
def _signed_in(browser: Browser, address: str, who: str | None) -> Iterator[Page]:
    """A browser in French, signed in by the demo's one click."""
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    if who is not None:
        page.get_by_role("button", name=re.compile(rf"\b{re.escape(who)}\b")).first.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
    yield page
    context.close()


def _places(page: Page, address: str) -> dict[str, str]:
    """Paths of a client's card, of a folder, of a draft and of a tree template, as far as this person sees them."""
    found: dict[str, str] = {}
    for place in ("/clients?q=Boulangerie", "/"):
        page.goto(address + place)
        match = re.search(r"/clients/[0-9a-f-]{36}", page.content())
        found["client"] = found.get("client") or (match[0] if match else "")
    seen = (
        ("folder", found["client"] + "/documents", r'data-href="(/folders/[0-9a-f-]{36})"'),
        ("draft", "/drafts", r"/drafts/[0-9a-f-]{36}"),
        ("tree", "/templates/trees", r"/templates/trees/[0-9a-f-]{36}"),
    )
    for key, place, pattern in seen:
        page.goto(address + place)
        matches = re.findall(pattern, page.content())
        found[key] = matches[0] if matches else ""
    return found


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def main() -> None:
    """Take them all, or those that are named; the exit status says whether every page answered."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m portal.demo.screenshots FOLDER [ADDRESS [NAME ...]]")
    named = sys.argv[3:]
    shots = [shot for shot in SHOTS if not named or shot.name in named]
    faults = take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000", shots)
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
