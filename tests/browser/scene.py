"""What browser tests have in common: writing for good into the site's database, and coming in without the form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Page

from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.kit.db import db, transactional
from portal.kit.i18n import in_language
from tests.cast import Cast, make_cast

Answer = TypeVar("Answer")


def commit(site: Any, act: Callable[[], Answer]) -> Answer:
    """Do something in one transaction on the site's own database, in French."""
    with site.app.app_context(), in_language("fr"):
        try:
            return transactional(act)()
        finally:
            db.session.remove()


def make_french_cast() -> Cast:
    """The cast, who all read French."""
    cast = make_cast()
    for person in cast.everybody.values():
        person.language = "fr"
    return cast


def cookie_of(site: Any, person_id: Any) -> str:
    """The cookie of somebody who has just signed in."""
    token = commit(site, lambda: open_session(db.session.get_one(Person, person_id), ip="127.0.0.1", user_agent="test"))
    serializer: Any = SecureCookieSessionInterface().get_signing_serializer(site.app)
    return str(serializer.dumps({"sign_in": token}))


def come_in(context: BrowserContext, site: Any, person_id: Any) -> None:
    """Sign somebody in, in this browser profile."""
    context.add_cookies([{"name": "atrium", "value": cookie_of(site, person_id), "url": site.url}])


def profile(chromium: Browser, site: Any, **options: Any) -> BrowserContext:
    """The browser of another person, who reads French."""
    made = chromium.new_context(base_url=site.url, locale="fr-FR", **options)
    made.set_default_timeout(20_000)
    return made


@contextmanager
def window_of(chromium: Browser, site: Any, person_id: Any, **options: Any) -> Iterator[Page]:
    """Somebody's window on a desk, without animations. A script or content policy at fault fails the test."""
    desk = {"reduced_motion": "reduce", "viewport": {"width": 1360, "height": 860}}
    context = profile(chromium, site, **{**desk, **options})
    try:
        come_in(context, site, person_id)
        page = context.new_page()
        faults = faults_of(page)
        yield page
    finally:
        context.close()
    assert faults == []


def faults_of(page: Page) -> list[str]:
    """What goes wrong on a page from now on: scripts that fail, a violated content policy, a dialog that opens."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
    )

    def opened(dialog: Any) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

    page.on("dialog", opened)
    return faults
