"""A whole site in processes of its own, and a real browser in French before it."""

from __future__ import annotations

import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import Settings
from portal.app import create_app
from tests.browser.chromium import executable
from tests.browser.processes import start, stop
from tests.browser.scene import come_in, commit, make_french_cast

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass
class Site:
    """A running site: its address, its environment, and an application on the same database for looking behind it."""

    url: str
    env: dict[str, str]
    app: Any


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except Exception:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{url} does not answer. The server said: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def running_site(env: dict[str, str], folder: Path, *, port: int, url: str, has_worker: bool = True) -> Iterator[Site]:
    """Web server and worker (with its clock) on this database. They listen on ``port`` and are known as ``url``.

    Without a worker nothing is done with files that arrive: thousands of previews take the processors from the page.
    """
    env = {**env, "PORTAL_URL": url, "PORTAL_VAR": str(folder), "PORTAL_DEVELOPMENT": "1"}
    settings = Settings.from_env(env)
    web = [
        "gunicorn",
        "wsgi:app",
        "-k",
        "gthread",
        "--threads",
        "8",
        "-b",
        f"127.0.0.1:{port}",
        "--log-level",
        "warning",
    ]
    worker = ["celery", "-A", "wsgi:celery_app", "worker", "-B", "-c", "1", "-l", "warning", "-s", str(folder / "beat")]
    worker += ["-Q", "default,mail,files,connectors,exports"]
    programs = [start(web, env, folder / "web.log")]
    programs += [start(worker, env, folder / "worker.log")] if has_worker else []
    try:
        _answers(f"{url}/sign-in", folder / "web.log")
        yield Site(url, env, create_app(settings))
    finally:
        for program in programs:
            stop(program)


@pytest.fixture(scope="module")
def site(fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Web server and worker on a database of their own."""
    port = free_port()
    folder = tmp_path_factory.mktemp("site")
    with running_site(fresh_environment(), folder, port=port, url=f"http://localhost:{port}") as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """An installed Chromium, or the one from npm."""
    path, env = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=FLAGS, env={**os.environ, **env})
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A fresh browser profile of somebody who reads French."""
    made = chromium.new_context(base_url=site.url, locale="fr-FR", viewport={"width": 1360, "height": 860})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test when a script fails or the content policy is violated."""
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(f"script: {error}"))
    opened.on(
        "console",
        lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield opened
    assert faults == []


@pytest.fixture(scope="module")
def people(site: Any) -> Any:
    """The cast in the site's database."""
    return commit(site, make_french_cast)


@pytest.fixture
def documents(site: Any, context: BrowserContext, page: Page, people: Any) -> Page:
    """Clara's page of the folder of exchanges."""
    come_in(context, site, people.clara.id)
    page.goto(f"/folders/{people.exchange.id}")
    return page
