"""Document requests in a real browser: a contact drops files on lines, staff write lines with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from portal.document_requests import commands
from portal.document_requests.checklist import Item
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.files.models import File
from portal.kit.db import db
from tests.browser.scene import come_in, commit, faults_of
from tests.cast import make_cast


@pytest.fixture(scope="module")
def scene(site: Any) -> dict[str, Any]:
    """Bob has asked Clara for her lease, as a PDF."""

    def prepare() -> dict[str, Any]:
        cast = make_cast()
        items = [Item("Lease", formats=("pdf",)), Item("Anything")]
        commands.send_request(cast.acme, folder=cast.exchange, title="Papers", items=items, actor=cast.bob)
        return {"acme": cast.acme.id, "exchange": cast.exchange.id, "clara": cast.clara.id, "bob": cast.bob.id}

    return commit(site, prepare)


@pytest.fixture
def window(chromium: Browser, site: Any) -> Iterator[BrowserContext]:
    """A browser profile in English."""
    made = chromium.new_context(base_url=site.url, locale="en-GB")
    made.set_default_timeout(20_000)
    yield made
    made.close()


def _page(window: BrowserContext, site: Any, person_id: Any) -> tuple[Page, list[str]]:
    come_in(window, site, person_id)
    page = window.new_page()
    return page, faults_of(page)


def test_a_contact_hands_in_on_the_line_and_a_wrong_format_sends_no_byte(
    site: Any, window: BrowserContext, scene: dict[str, Any]
) -> None:
    page, faults = _page(window, site, scene["clara"])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/uploads" in request.url else None)
    page.goto("/")
    line = page.locator(".request-line", has_text="Lease")
    line.locator("input[type=file]").set_input_files({"name": "lease.exe", "mimeType": "x/y", "buffer": b"MZ"})
    expect(line).to_contain_text("This format is not accepted here.")
    assert sent == []
    pdf = {"name": "lease.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 lease"}
    line.locator("input[type=file]").set_input_files(pdf)
    expect(page.locator(".request-line", has_text="Lease")).to_have_attribute("data-state", "uploaded")
    expect(page.locator(".request-line:focus")).to_contain_text("lease.pdf")

    def stored() -> tuple[str, str]:
        row = db.session.execute(
            select(RequestLine.state, File.name)
            .join(File, File.id == RequestLine.file_id)
            .where(RequestLine.label == "Lease")
        ).one()
        return row[0], row[1]

    assert commit(site, stored) == ("uploaded", "lease.pdf")
    assert faults == []


def test_lines_are_written_and_put_in_order_with_the_keyboard(
    site: Any, window: BrowserContext, scene: dict[str, Any]
) -> None:
    page, faults = _page(window, site, scene["bob"])
    page.goto(f"/clients/{scene['acme']}/requests/new")
    page.get_by_label("Title").fill("By keyboard")
    page.get_by_label("Folder", exact=False).first.select_option(str(scene["exchange"]))
    expect(page.locator(".request-may")).to_contain_text("Clara Costa, Diego Diaz")
    page.locator('[data-part="label"]').first.focus()
    page.keyboard.type("First")
    page.keyboard.press("Enter")
    page.keyboard.type("Second")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator('[data-part="label"]').first).to_have_value("Second")
    expect(page.locator('[data-part="label"]').first).to_be_focused()
    page.get_by_role("button", name="Copy this line").first.click()
    expect(page.locator('[data-part="label"]')).to_have_count(3)
    page.get_by_role("button", name="Send the request").click()
    page.wait_for_url("**/requests/*-*")

    def labels() -> list[str]:
        asked = db.session.scalars(select(DocumentRequest).where(DocumentRequest.title == "By keyboard")).one()
        lines = select(RequestLine.label).where(RequestLine.request_id == asked.id).order_by(RequestLine.position)
        return list(db.session.scalars(lines))

    assert commit(site, labels) == ["Second", "Second", "First"]
    assert faults == []
