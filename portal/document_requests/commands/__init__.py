"""Send requests, hand documents in, decide about them, remind; write templates."""

from portal.document_requests.commands.closing import close_request, remove_line, reopen_request
from portal.document_requests.commands.deciding import accept_lines, refuse_line
from portal.document_requests.commands.handing_in import hand_in
from portal.document_requests.commands.mornings import next_morning
from portal.document_requests.commands.reminding import remind
from portal.document_requests.commands.sending import send_from_template, send_request
from portal.document_requests.commands.templates import delete_template, duplicate_template, save_template

__all__ = [
    "accept_lines",
    "close_request",
    "delete_template",
    "duplicate_template",
    "hand_in",
    "next_morning",
    "refuse_line",
    "remind",
    "remove_line",
    "reopen_request",
    "save_template",
    "send_from_template",
    "send_request",
]
