"""A receipt as a PDF to keep: accessible (PDF/UA-1) wherever the fonts at hand can write all its names."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import typst
from flask_babel import get_locale, get_timezone, ngettext
from flask_babel import gettext as _

from portal.files.receipts import ReceiptPage, moment_in, receipt_number
from portal.kit.i18n import filesize, number

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent
# Some seconds of work; whoever deposits more finds all of it on the receipt's page.
MOST_LINES = 5_000
_mine = threading.local()
# Characters that no font writes: controls, and halves of pairs, which are no text at all.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# A name without a blank must still break, or it would leave the page.
_LONG_RUN = re.compile(r"(\S{6})(?=\S{6})")


def receipt_pdf(page: ReceiptPage, *, zone: str | None = None) -> bytes:
    """The receipt on A4, in the language that is set.

    :param zone: the time zone of its moments, a name of the IANA database; the reader's when left out.
    :raises typst.TypstError: it cannot be set, which no content of a receipt should bring about.
    """
    data = json.dumps(_data(page, zone))
    try:
        return bytes(_compiled(data, pdf_standards=["ua-1"]))
    except typst.TypstError as error:
        # A letter for which this machine has no font may not stand in a PDF/UA: better a receipt with a gap than none.
        log.warning("receipt.not_accessible", receipt=str(page.receipt.id), reason=str(error)[:200])
        return bytes(_compiled(data))


def file_name(page: ReceiptPage) -> str:
    """What the PDF is called."""
    return str(_("Receipt %(number)s", number=receipt_number(page.receipt.id))) + ".pdf"


def _compiled(data: str, **options: Any) -> Any:
    """Compilers are kept per thread: they know the fonts already."""
    if not hasattr(_mine, "compiler"):
        _mine.compiler = typst.Compiler(root=FOLDER, font_paths=typst.Fonts(include_system_fonts=True))
    return _mine.compiler.compile(FOLDER / "receipt.typ", sys_inputs={"data": data}, **options)


def _data(page: ReceiptPage, zone: str | None) -> dict[str, Any]:
    receipt, files = page.receipt, page.files
    left_out = len(files) - MOST_LINES
    identity = receipt_number(receipt.id)
    place = str(ZoneInfo(zone) if zone else get_timezone())
    facts = [
        (_("Receipt number"), identity),
        (_("Received by"), page.firm_name),
        (_("Deposited by"), f"{page.person.full_name} ({page.person.email})"),
        (_("Client"), page.client_name),
        (_("Folder"), receipt.folder_name or _("Documents")),
        (_("Received on"), moment_in(receipt.created_at, zone)),
        (_("Time zone"), place),
    ]
    total = ngettext("One file, %(size)s", "%(num)s files, %(size)s", len(files), size=filesize(page.size))
    one, many = "and one more file, on the receipt's page", "and %(num)s more files, on the receipt's page"
    return {
        "title": _("Receipt for deposited documents"),
        "language": get_locale().language,
        "firm": _written(page.firm_name),
        "facts": [(label, _written(str(value))) for label, value in facts],
        "files_title": _("Files"),
        "columns": [_("Name"), _("Size"), _("Received on")],
        "files": [_line(file, zone) for file in files[:MOST_LINES]],
        "more": ngettext(one, many, left_out) if left_out > 0 else "",
        "total": _("Total: %(total)s", total=total),
        "explanation": _(
            "The SHA-256 is a fingerprint of the content: if yours is the same, what was received is what you sent, "
            "to the last bit."
        ),
        "footer": _written(f"{page.firm_name} · {identity}"),
        "page": _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
    }


def _line(file: Any, zone: str | None) -> dict[str, str]:
    # Below a thousand the rounded size is the exact one already.
    exact = ngettext("One byte", "%(count)s bytes", file.size, count=number(file.size)) if file.size >= 1000 else ""
    unknown = _("the file was erased before it was computed") if file.lost else _("being computed")
    size = f"{filesize(file.size)} ({exact})" if exact else filesize(file.size)
    return {
        "name": _written(file.name), "size": size, "at": moment_in(file.at, zone), "sha256": file.sha256 or unknown,
    }  # fmt: skip


def _written(text: str) -> str:
    """The text as it can be set: with a place to break in every long word, and a mark for what is no letter."""
    return _LONG_RUN.sub("\\1\u200b", _UNWRITABLE.sub("\ufffd", text))
