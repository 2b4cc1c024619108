"""The line between a real browser and the portal breaks during completions: all arrive once, and the page says so."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.files.verify import verify
from portal.kit.db import db
from tests.browser.conftest import Site, free_port, running_site
from tests.browser.test_upload_many import counts, drop, wait_for_all
from tests.faults.severing import Cut, Severing, random_cut
from tests.faults.web import COMPLETION
from tests.figures import record_figure


@pytest.fixture(scope="module")
def line() -> Iterator[Severing]:
    """What stands between browser and portal, before there is a portal."""
    with Severing(f"http://127.0.0.1:{free_port()}", COMPLETION) as made:
        yield made


@pytest.fixture(scope="module")
def site(
    line: Severing, fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site whose address is that of the line."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(fresh_environment(), folder, port=line.server_port, url=line.url, has_worker=False) as running:
        yield running


def agreed(site: Site) -> list[str]:
    """What ``portal verify`` finds wrong with files."""
    with site.app.app_context():
        found = [fault for fault in verify() if fault.startswith("files/") and "has not been computed" not in fault]
        db.session.remove()
        return found


def test_files_whose_completion_is_cut_are_done_after_asking_again(site: Site, line: Severing, documents: Page) -> None:
    """Large ones that travel alone, small ones together: nobody presses anything, none is doubled, none is lost."""
    chance = random.Random(12)
    line.planned[:] = [random_cut(chance) for _ in range(9)]
    drop(documents, 9, "Allein", 300_000)
    wait_for_all(documents, seconds=180)
    line.planned[:] = [random_cut(chance) for _ in range(4)]
    drop(documents, 300, "Zusammen", 400)
    expect(documents.locator(".upload-row").first).to_be_visible()
    wait_for_all(documents, seconds=180)
    line.mend()
    assert counts(site, "Allein") == (9, 9, 9)
    assert counts(site, "Zusammen") == (300, 300, 300)
    assert agreed(site) == []
    record_figure("completions cut under a real browser", len(line.happened), "about 10", len(line.happened) > 4)
    assert len(line.happened) > 4


def test_a_tab_that_is_closed_before_the_answer_finds_them_done_at_the_next_visit(
    site: Site, line: Severing, documents: Page, context: BrowserContext
) -> None:
    """The portal made files of them and could not say so: the next visit asks, and sends nothing a second time."""
    line.happened.clear()
    # No completion is ever answered while this tab is open, however the files are put together.
    line.planned[:] = [Cut("answer", 0.0, hard=True)] * 1000
    drop(documents, 60, "Ungehört", 500)
    until = time.monotonic() + 60
    while counts(site, "Ungehört") != (60, 60, 60):
        assert time.monotonic() < until, counts(site, "Ungehört")
        documents.wait_for_timeout(200)
    # Offline first: a closing tab may let go a request that is held back.
    context.set_offline(True)
    documents.close()
    line.mend()
    assert counts(site, "Ungehört") == (60, 60, 60)
    context.set_offline(False)
    second = context.new_page()
    puts: list[str] = []
    second.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    second.goto(documents.url)
    wait_for_all(second, seconds=60)
    expect(second.locator("#contents")).to_contain_text("Ungehört")
    assert counts(site, "Ungehört") == (60, 60, 60)
    assert (puts, agreed(site)) == ([], [])
