"""The editor of forms in a real browser: questions are copied, moved across sections, removed and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import select

from portal.kit.db import db
from portal.questionnaires.models import FormTemplate
from tests.browser.scene import come_in, commit, faults_of
from tests.cast import make_cast


@pytest.fixture
def window(chromium: Browser, site: Any) -> Iterator[BrowserContext]:
    """Alice's browser profile, in English."""
    made = chromium.new_context(base_url=site.url, locale="en-GB")
    made.set_default_timeout(20_000)
    come_in(made, site, commit(site, lambda: make_cast().alice.id))
    yield made
    made.close()


def test_questions_are_copied_moved_removed_and_taken_back(site: Any, window: BrowserContext) -> None:
    page = window.new_page()
    faults = faults_of(page)
    page.goto("/administration/forms/new")
    page.locator("[name=title]").fill("By keyboard")
    label = page.locator('[data-item="question"] [data-part="label"]')
    label.first.fill("Colour")
    page.locator('[data-part="type"]').first.select_option("one_of")
    answers = page.locator('[data-part="option"]')
    answers.nth(0).fill("Red")
    answers.nth(0).press("Enter")
    answers.nth(1).fill("Green")
    answers.nth(2).fill("Blue")

    page.get_by_role("button", name="Copy this question").click()
    expect(label).to_have_count(2)
    expect(answers.nth(4)).to_have_value("Green")
    label.nth(1).fill("Second colour")
    page.get_by_role("button", name="Add a section").click()
    label.nth(2).fill("Later")
    label.nth(1).press("Alt+ArrowDown")
    expect(page.locator('[data-item="section"]').nth(1).locator('[data-part="label"]').first).to_have_value(
        "Second colour"
    )

    page.get_by_role("button", name="Remove this question").last.click()
    expect(label).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(label).to_have_count(3)
    page.get_by_role("button", name="Save the form").click()
    page.wait_for_url(lambda address: not address.endswith("/new"))

    def stored() -> list[list[Any]]:
        sections = db.session.scalars(select(FormTemplate.sections).where(FormTemplate.title == "By keyboard")).one()
        return [
            [
                (question["label"], [option["label"] for option in question.get("options", [])])
                for question in section["questions"]
            ]
            for section in sections
        ]

    colours = ["Red", "Green", "Blue"]
    assert commit(site, stored) == [[("Colour", colours)], [("Second colour", colours), ("Later", [])]]
    assert faults == []
