"""Write out a mail as MIME and hand it to a mail server, telling what may be tried again from what may not."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

TIMEOUT_SECONDS = 20.0
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_IN_DISPLAY_NAMES = re.compile(r'["<>\\]')
_DISPLAY_NAME = 60


class TemporaryFailure(Exception):
    """The server could not take the mail now (unreachable, busy, greylisting): try again later."""


class PermanentFailure(Exception):
    """The server will never take this mail (unknown reader, refused content): trying again is useless."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; ``content`` in bytes."""

    name: str
    content_type: str
    content: bytes


def one_line(text: str) -> str:
    """A text that may stand in a header: no line breaks or controls, so nothing can be injected (RFC 5322, 2.2).

    Nor anything that a reader would decode (RFC 2047): it could hold what was taken out.
    """
    return " ".join(_UNSAFE.sub(" ", text).split()).replace("=?", "= ?")


def display_name(text: str) -> str:
    """A name that may stand before an address: what it holds cannot be taken for an address or for its end.

    The library breaks a quoted name that does not fit on its line, and forgets the quotes: readers then find other
    addresses in the header. So a name is short enough to stay whole, and holds nothing that quotes must keep together.
    """
    return one_line(_NOT_IN_DISPLAY_NAMES.sub(" ", text))[:_DISPLAY_NAME].strip()


def compose(
    *,
    sender: str,
    sender_name: str,
    to_address: str,
    to_name: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    language: str,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """A mail of two parts, plain text and HTML, and what is attached to it.

    :param sender: ``Name <address>``; its address is used, its name only when ``sender_name`` is empty.
    :param message_id: without brackets; the same one each time, so that a second delivery is recognised as a double.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name(sender_name or name), addr_spec=_wire_address(address))
    message["To"] = Address(display_name(to_name), addr_spec=_wire_address(to_address))
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{message_id}>"
    # Out-of-office robots must not answer (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for attached in attachments:
        kind, _, subtype = attached.content_type.partition("/")
        message.add_attachment(attached.content, maintype=kind, subtype=subtype, filename=one_line(attached.name))
    # Last: writing the content takes all headers about content away.
    message["Content-Language"] = language
    return message


def _wire_address(address: str) -> str:
    """The address with its domain in ASCII (IDNA), which every server understands."""
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        # The sender may be an address of this machine only, such as portal@localhost.localdomain.
        return one_line(address)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def hand_over(message: EmailMessage, smtp_url: str) -> str:
    """Give the mail to the server behind ``smtp[s]://user:password@host:port`` or ``smtp+starttls://``.

    Returns once the server has said that it took it.

    :raises TemporaryFailure: unreachable, 4xx, or the connection broke before the answer.
    :raises PermanentFailure: 5xx, or the server cannot take this kind of address.
    """
    try:
        with _connection(smtp_url) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _failure(code, reason) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentFailure(str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(f"{type(error).__name__}: {error}") from error
    return str(message["Message-ID"])


@contextmanager
def _connection(smtp_url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(smtp_url)
    host, port = parts.hostname or "localhost", parts.port or _PORTS[parts.scheme]
    # A server on one's own network may have a certificate of its own: ?verify=no says so on purpose.
    context = ssl.create_default_context()
    if parse_qs(parts.query).get("verify") == ["no"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
    finally:
        _leave(server)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye. What happens now changes nothing any more: the mail was taken, or the reason is already known."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _failure(code: int, reason: bytes | str) -> Exception:
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    sentence = one_line(f"{code} {said}")[:500]
    # Wrong credentials (535, 530, 538) are a fault of our settings, not of the mail: once mended, it must still leave.
    if 500 <= code < 600 and code not in (530, 534, 535, 538):
        return PermanentFailure(sentence)
    return TemporaryFailure(sentence)
