"""Looking at files in a real browser: the next one by arrow keys, back to the folder, nothing of a file runs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.contents.commands.making import make, make_pages
from portal.files.commands.completion import store_bytes
from portal.kit.db import db
from tests.browser.scene import come_in, commit, make_french_cast
from tests.contents import papers

EVIL = "<p>Bonjour</p><script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>ici</a>"


@pytest.fixture(scope="module")
def things(site: Any) -> dict[str, Any]:
    """Clara's folder with a PDF of twelve pages, a mail that would run a script, and a text."""

    def settle() -> dict[str, Any]:
        cast = make_french_cast()
        files = {
            "a": store_bytes(cast.exchange, "a bilan.pdf", papers.pdf(12, "Comptes annuels"), actor=cast.bob),
            "b": store_bytes(cast.exchange, "b mail.eml", papers.mail(EVIL), actor=cast.bob),
            "c": store_bytes(cast.exchange, "c notes.txt", b"<script>alert(1)</script> notes", actor=cast.bob),
        }
        versions = [str(file.version_id) for file in files.values()]
        return {"clara": cast.clara.id, "folder": cast.exchange.id, "versions": versions} | {
            key: file.id for key, file in files.items()
        }

    made = commit(site, settle)
    with site.app.app_context():
        for version_id in made["versions"]:
            make(version_id=version_id)
        db.session.remove()
    return made


def test_clara_walks_through_the_files_and_back(context: BrowserContext, page: Page, site: Any, things: Any) -> None:
    """Her folder, the first file, a page that is made when she comes to it, the next ones by keys, back by Escape."""
    come_in(context, site, things["clara"])
    page.goto(f"/folders/{things['folder']}")
    page.get_by_role("link", name="a bilan.pdf").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("a bilan.pdf")
    first = page.locator(".preview-page img").first
    expect(first).to_have_js_property("complete", True)
    assert first.evaluate("one => one.naturalWidth") == 1401
    tenth = page.locator(".preview-page img").nth(9)
    with page.expect_response(lambda answer: answer.url.endswith("/preview/pages/10") and answer.status == 202):
        tenth.scroll_into_view_if_needed()
    # As the worker does, which may be quicker: made twice is made once.
    with site.app.app_context():
        make_pages(version_id=things["versions"][0], first=9)
        db.session.remove()
    page.wait_for_function("one => one.naturalWidth > 0", arg=tenth.element_handle(), timeout=60_000)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("b mail.eml")
    expect(page.frame_locator(".preview-frame").get_by_text("Bonjour")).to_be_visible()
    assert page.frame_locator(".preview-frame").locator("script").count() == 0
    page.keyboard.press("ArrowRight")
    expect(page.frame_locator(".preview-frame").get_by_text("<script>alert(1)</script> notes")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_have_text("b mail.eml")
    # Keys are heard once the page's script has run.
    page.wait_for_load_state("domcontentloaded")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/folders/{things['folder']}")


def test_a_slash_leads_to_the_search_and_a_result_to_the_file(
    context: BrowserContext, page: Page, site: Any, things: Any
) -> None:
    come_in(context, site, things["clara"])
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("comptes annuels")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=comptes+annuels*")
    expect(page.locator(".found mark").first).to_have_text("Comptes")
    page.get_by_role("link", name="a bilan.pdf").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("a bilan.pdf")
