"""What the pages of this package hang on."""

from __future__ import annotations

from flask import Blueprint

from portal.clients.models import Client
from portal.document_requests.checklist import FORMATS, formats_said
from portal.document_requests.queries import Progress, client_progress
from portal.kit import days
from portal.kit.web import current_viewer

bp = Blueprint("document_requests", __name__)

bp.add_app_template_filter(formats_said, "formats_said")
bp.add_app_template_global(lambda: FORMATS, "request_formats")
bp.add_app_template_global(days.today, "firm_today")


@bp.app_template_global()
def request_progress(client: Client) -> Progress:
    """All open requests of a client together, as far as this reader sees them."""
    return client_progress(current_viewer(), client.id)
