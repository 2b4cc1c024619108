"""The blueprint of the client base, and the head that every page of a client's card shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from portal.clients import policies
from portal.clients.fields import STATUS_TONES, STATUSES
from portal.clients.models import Client, ClientGroup, ClientType
from portal.kit.assets import url_if
from portal.kit.db import db
from portal.kit.i18n import label_in
from portal.kit.web import current_viewer

bp = Blueprint("clients", __name__)


@dataclass(frozen=True)
class Tab:
    """One tab of the card."""

    key: str
    label: str
    href: str
    count: int | None = None


@dataclass(frozen=True)
class CardHead:
    """What stands at the top of each of the card's pages."""

    group: ClientGroup | None
    type: ClientType | None
    status: str
    tone: str
    tabs: list[Tab]
    may_manage: bool
    may_bin: bool


def card_tabs(client: Client) -> list[Tab]:
    """The tabs of the card that this installation has."""
    ident = str(client.id)
    every = [
        ("main", _("Main"), url_if("clients.show", client_id=ident)),
        ("information", _("Information"), url_if("clients.information", client_id=ident)),
        ("contacts", _("Contacts"), url_if("clients.contacts", client_id=ident)),
        ("collaborators", _("Collaborators"), url_if("clients.collaborators", client_id=ident)),
        ("documents", _("Documents"), url_if("files.space", client_id=ident)),
        ("rights", _("Rights"), url_if("files.client_rights", client_id=ident)),
        ("forms", _("Forms"), url_if("questionnaires.of_client", client_id=ident)),
        ("requests", _("Requests"), url_if("document_requests.of_client", client_id=ident)),
        ("connectors", _("Connectors"), url_if("connectors.of_client", client_id=ident)),
        ("activity", _("Activity"), url_if("feed.of_client", client_id=ident)),
    ]
    return [Tab(key, label, href) for key, label, href in every if href]


bp.add_app_template_filter(label_in, "label_in")


@bp.app_template_global()
def client_card(client: Client) -> CardHead:
    """The head of the card for this reader."""
    viewer: Any = current_viewer()
    return CardHead(
        group=db.session.get(ClientGroup, client.group_id) if client.group_id else None,
        type=db.session.get(ClientType, client.type_id) if client.type_id else None,
        status=str(STATUSES[client.status]),
        tone=STATUS_TONES[client.status],
        tabs=card_tabs(client),
        may_manage=policies.can_manage_client(viewer, client),
        may_bin=policies.can_bin_client(viewer, client),
    )
