"""The menu, as far as the person's rights go, and what every template may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from portal.accounts.eye import is_shown, open_eye
from portal.accounts.queries import firm
from portal.accounts.roles import Feature
from portal.kit.assets import asset_url, url_if
from portal.kit.web import current_viewer

# Which pages light up an entry of the menu, by the beginnings of their endpoints.
_TEMPLATES = (
    "clients.template",
    "clients.new_template",
    "clients.attributes",
    "clients.attribute",
    "clients.create_attribute",
    "files.tree_template",
    "files.new_tree_template",
    "files.edit_tree_template",
    "files.choose_tree_clients",
    "files.preview_tree",
    "files.apply_tree_template",
    "files.tree_application",
    "files.tree_clients",
    "questionnaires.templates",
    "questionnaires.new_template",
    "questionnaires.edit_template",
    "questionnaires.preview_template",
    "document_requests.templates",
    "document_requests.new_template",
    "document_requests.edit_template",
)
_OF_CLIENTS = (
    "clients",
    "wizard",
    "files",
    "questionnaires",
    "document_requests",
    "connectors.of_client",
    "feed.of_client",
    "exports",
)
_SETTINGS = (
    "accounts.firm", "clients.groups", "clients.types", "files.document_settings", "files.in_quarantine",
    "files.one_in_quarantine",
)  # fmt: skip
_ELSEWHERE = (*_TEMPLATES, *_SETTINGS)


@dataclass(frozen=True)
class Link:
    """One entry of the menu."""

    label: str
    icon: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class Group:
    """Entries under one heading (or none)."""

    label: str
    links: list[Link] = field(default_factory=list)


def init_app(app: Flask) -> None:
    """Give templates the menu, the firm and the viewer."""
    app.jinja_env.globals.update(navigation=navigation, keyboard_map=keyboard_map)

    @app.context_processor
    def shared() -> dict[str, Any]:
        from portal.accounts.terms import working_term

        signed_in = current_user.is_authenticated
        return {
            "firm": firm(),
            "viewer": current_viewer() if signed_in else None,
            "working_term": working_term(),
        }


def keyboard_map() -> Markup:
    """The dialog behind "?". It stands on every page and differs by language alone, so it is drawn once for each."""
    drawn: dict[tuple[str, str], Markup] = current_app.extensions.setdefault("keyboard_maps", {})
    key = str(get_locale()), asset_url("icons.svg")
    if key not in drawn:
        drawn[key] = Markup(render_template("layouts/_keys.html"))  # noqa: S704 - a template, already escaped
    return drawn[key]


def navigation() -> list[Group]:
    """The staff's menu: two groups, only what this person may open."""
    if not current_user.is_authenticated or not current_user.is_staff:
        return []
    from portal.accounts.terms import working_term

    viewer = current_viewer()
    term = working_term().plural
    daily = [
        _link(_("Home"), "home", "home.index", "home"),
        _link(term[:1].upper() + term[1:], "users", "clients.index", *_OF_CLIENTS),
        _link(_("Contacts"), "address-book", "accounts.contacts", "accounts.contact"),
        _link(_("Activity"), "history", "feed.firm", "feed.firm"),
    ]
    administration = []
    if viewer.may(Feature.TEMPLATES):
        administration.append(_link(_("Templates"), "template", "clients.templates", *_TEMPLATES))
    if viewer.may(Feature.CONNECTORS):
        administration.append(_link(_("Connectors"), "plug", "connectors.index", "connectors.index"))
    if viewer.may(Feature.SETTINGS):
        administration += [
            _link(_("Collaborators"), "users-group", "accounts.collaborators", "accounts.collaborator"),
            _link(_("Settings"), "settings", "accounts.firm_settings", *_SETTINGS),
            _link(_("Mail log"), "mail", "mailer.index", "mailer"),
        ]
    groups = [
        Group("", [link for link in daily if link]),
        Group(_("Administration"), [link for link in administration if link]),
    ]
    return [group for group in groups if group.links]


def _link(label: str, icon: str, endpoint: str, *current: str) -> Link | None:
    href = url_if(endpoint)
    if href and open_eye() is not None and not is_shown(endpoint):
        return None
    here = request.endpoint or ""
    # An administration page belongs to its own entry, not to the package that it lives in.
    mine = here.startswith(current) and (current != _OF_CLIENTS or not here.startswith(_ELSEWHERE))
    return Link(label, icon, href, mine) if href else None
