"""Mail files: who wrote what to whom, the text without anything that is fetched, and the names of what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import escape
from pathlib import Path

from portal.contents.maker.made import Made, Unfit
from portal.contents.maker.plain import SHOWN_BYTES, decoded, preformatted
from portal.contents.maker.safe_html import safe, words_of

MOST_BYTES = 40 * 1024**2
MOST_PARTS_READ, MOST_NESTED = 2000, 100
MOST_PARTS = 200
MOST_DEPTH = 20
HEADER = 2000
# A name in the reader's language takes the place of these marks.
HEADERS = {"from": "From", "to": "To", "cc": "Cc", "date": "Date", "subject": "Subject"}


def make(source: Path, made: Made, ending: str) -> None:
    """The document and its words.

    :raises Unfit: more parts, or parts within parts, than people write.
    """
    with source.open("rb") as file:
        data = file.read(MOST_BYTES)
    if data.count(b"boundary=") > MOST_NESTED or data.lower().count(b"\ncontent-type:") > MOST_PARTS_READ:
        raise Unfit("holds too many parts")
    # The older of the standard parsers: the newer one takes minutes for one long header.
    mail = message_from_bytes(data)
    headers = [(key, value) for key, name in HEADERS.items() if (value := _header(mail, name))]
    plain, html, names = _parts(mail)
    body = (
        safe(html) if html and not _is_empty(html) else preformatted(plain[:SHOWN_BYTES], cut=len(plain) > SHOWN_BYTES)
    )
    told = "".join(f"<dt><!--said:{key}--></dt><dd>{escape(value)}</dd>" for key, value in headers)
    if names:
        listed = "".join(f"<li>{escape(name)}</li>" for name in names)
        told += f"<dt><!--said:attachments--></dt><dd><ul>{listed}</ul></dd>"
    page = f'<dl class="mail-head">{told}</dl><div class="mail-body">{body}</div>'
    made.pages = 1
    made.words = "\n".join([*(value for _key, value in headers), words_of(body), *names])
    made.add("document", 0, page.encode("utf-8", "replace"), "text/html; charset=utf-8")


def _header(mail: Message, name: str) -> str:
    value = str(mail.get(name, ""))[: 2 * HEADER]
    try:
        value = str(make_header(decode_header(value)))
    except Exception:
        # An encoding that nobody knows, or half of one: what stands there is shown as it stands.
        value = value.encode("utf-8", "replace").decode()
    return decoded(" ".join(value.split()).encode("utf-8", "replace"))[:HEADER]


def _parts(mail: Message) -> tuple[str, str, list[str]]:
    """(plain text, HTML, names of attachments) of the first 200 parts."""
    plain, html, names = "", "", []
    for number, part in enumerate(_walk(mail)):
        if number >= MOST_PARTS:
            break
        name = _file_name(part)
        kind = part.get_content_type()
        if part.is_multipart() and kind != "message/rfc822":
            continue
        if name or kind == "message/rfc822" or part.get_content_disposition() == "attachment":
            names.append(name or kind)
        elif kind == "text/plain" and not plain:
            plain = _content(part)
        elif kind == "text/html" and not html:
            html = _content(part)
    return plain, html, names


def _walk(mail: Message) -> Iterator[Message]:
    """The parts in order, without recursion; what lies deeper than 20 is left out."""
    waiting = [(mail, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part
        inner = part.get_payload() if part.is_multipart() else None
        # A mail in the mail is an attachment: its text must not pass for that of the mail.
        if isinstance(inner, list) and depth < MOST_DEPTH and part.get_content_type() != "message/rfc822":
            waiting += [(one, depth + 1) for one in reversed(inner[:MOST_PARTS]) if isinstance(one, Message)]


def _file_name(part: Message) -> str:
    try:
        return decoded((part.get_filename() or "").encode("utf-8", "replace"))[:255]
    except Exception:
        return ""


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload[: 4 * SHOWN_BYTES] if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or ""
    try:
        return decoded(data.decode(charset).encode("utf-8", "replace")) if charset else decoded(data)
    except (LookupError, UnicodeDecodeError, ValueError):
        return decoded(data)


def _is_empty(html: str) -> bool:
    return not words_of(safe(html)).strip()
