"""Write a mail out in its reader's language, from ``templates/emails/<name>/{subject.txt,text.txt,html.mjml}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import css_inline
import mjml
import structlog
from flask import current_app
from jinja2 import Environment
from sqlalchemy import column, select, table

from portal.kit.crypto import derived_token
from portal.kit.db import db
from portal.kit.i18n import in_language
from portal.kit.mail import Attachment, one_line
from portal.kit.urls import canonical_url
from portal.mailer.models import Mail

# Mail programs show text of any length badly; a line per paragraph, at most one blank line between.
_MANY_BLANKS = re.compile(r"\n{3,}")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


log = structlog.get_logger(__name__)
Attacher = Callable[[Mapping[str, Any]], Sequence[Attachment]]
_ATTACHERS: dict[str, Attacher] = {}


@dataclass(frozen=True)
class Written:
    """A mail as it leaves: its subject (one line), its plain text, its HTML and what is attached."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()

    @property
    def links(self) -> list[str]:
        """The addresses in the plain text."""
        return _ADDRESS.findall(self.text)


def write_out(mail: Mail) -> Written:
    """Render the three parts of a mail.

    :raises jinja2.TemplateError: a template is missing or wrong.
    """
    values = {
        **mail.context,
        "to_name": mail.to_name,
        "to_address": mail.to_address,
        "language": mail.language,
        "firm_name": firm_name(),
        "portal_host": urlsplit(str(current_app.config["PORTAL_URL"])).netloc,
        "link_to": canonical_url,
        "one_time_link": one_time_link,
    }
    with in_language(mail.language):
        subject = one_line(_plain().get_template(_part(mail, "subject", "txt")).render(values))
        text = _plain().get_template(_part(mail, "text", "txt")).render(values)
        markup = _escaping().get_template(_part(mail, "html", "mjml")).render({**values, "subject": subject})
        attachments = _attached(mail)
    return Written(subject, _MANY_BLANKS.sub("\n\n", text).strip() + "\n", _to_html(markup), attachments)


def attaches(template: str) -> Callable[[Attacher], Attacher]:
    """Register what makes the files that go with every mail of this template, each time that it is written out.

    ``make(context)`` gets the mail's context and runs in its reader's language; higher floors register theirs.
    """

    def register(make: Attacher) -> Attacher:
        _ATTACHERS[template] = make
        return make

    return register


def _attached(mail: Mail) -> Sequence[Attachment]:
    """A mail that says all by itself must not stay away because a file could not be made."""
    make = _ATTACHERS.get(mail.template)
    if make is None:
        return ()
    try:
        return make(mail.context)
    except Exception:
        log.exception("mail.not_attached", mail=str(mail.id), template=mail.template)
        return ()


def _part(mail: Mail, part: str, ending: str) -> str:
    """The name of the template of one part of a mail."""
    return f"emails/{mail.template}/{part}.{ending}"


def one_time_link(endpoint: str, purpose: str, link_id: str) -> str:
    """The full address of a one-time link; its token is made again from the id of its row."""
    return canonical_url(endpoint, token=derived_token(purpose, link_id))


def firm_name() -> str:
    """What the firm is called. Firms live one floor up, so the table is named only."""
    name: str | None = db.session.scalar(select(column("name")).select_from(table("firm")).limit(1))
    return name or "Atrium"


def _to_html(markup: str) -> str:
    rendered: Any = mjml.mjml2html(markup)
    html = rendered if isinstance(rendered, str) else rendered["html"]
    # Media queries (phones, dark mode) stay in the head; all else is written onto the elements, as mail programs need.
    inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
    return inliner.inline(html)


def _plain() -> Environment:
    return _environment("mail_text", autoescape=False)


def _escaping() -> Environment:
    """Flask escapes by the ending of a template's name, and does not know ``.mjml``."""
    return _environment("mail_markup", autoescape=True)


def _environment(key: str, *, autoescape: bool) -> Environment:
    found: Environment | None = current_app.extensions.get(key)
    if found is None:
        found = current_app.jinja_env.overlay(autoescape=autoescape)
        current_app.extensions[key] = found
    return found
