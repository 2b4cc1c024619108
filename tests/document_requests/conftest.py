"""Requests to Acme: one that anybody may answer, lines for Clara and Diego."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.document_requests import commands
from portal.document_requests.checklist import Item
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.files.models import File
from portal.kit import days
from portal.kit.db import db
from portal.mailer.models import Mail


def lines_json(*lines: dict[str, Any]) -> str:
    """What the editor sends."""
    return json.dumps([{"formats": "", "help": "", "required": True, **line} for line in lines])


def lines_of(request: DocumentRequest) -> list[RequestLine]:
    found = select(RequestLine).where(RequestLine.request_id == request.id).order_by(RequestLine.position)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def mails(template: str) -> list[Mail]:
    return list(db.session.scalars(select(Mail).where(Mail.template == template).order_by(Mail.to_address)))


@pytest.fixture
def asked(cast: Any) -> DocumentRequest:
    """Bob asks: bank statements of anybody (PDF), the lease of Clara, photos of Diego (not required)."""
    soon = days.today() + timedelta(days=5)
    return commands.send_request(
        cast.acme,
        folder=cast.exchange,
        title="Annual accounts",
        note="Thank you.",
        items=[
            Item("Bank statements", help="All months.", formats=("pdf",), due_on=soon),
            Item("Lease", person_id=cast.clara.id),
            Item("Photos", person_id=cast.diego.id, required=False),
        ],
        actor=cast.bob,
    )


@pytest.fixture
def deposit(cast: Any) -> Callable[..., File]:
    """``deposit(clara, "Lease.pdf")``: a file that they uploaded into *Exchange*."""

    def make(person: Any, name: str, folder: Any = None) -> File:
        from portal.files.commands.completion import store_bytes

        return store_bytes(folder or cast.exchange, name, b"content of " + name.encode(), actor=person)

    return make
