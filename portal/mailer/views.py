"""The mail log: what was sent to whom, what failed, and what an installation without a mail server keeps."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.kit.forms import searched
from portal.kit.paging import page_of
from portal.kit.security import content_policy, csp_nonce
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to
from portal.mailer import commands
from portal.mailer.models import Mail
from portal.mailer.policies import can_read_mail_log
from portal.mailer.queries import STATES, log_of, visible_mails

bp = Blueprint("mailer", __name__)

PAGE = 50
_STYLE = re.compile(r'\sstyle="([^"]*)"')


@bp.get("/mails")
@allowed(can_read_mail_log)
def index() -> ResponseReturnValue:
    """The mail log, newest first."""
    state, text = searched("state"), searched()
    page = page_of(log_of(current_viewer(), state=state, text=text), size=PAGE, place=request.args.get("after"))
    template = "mailer/_rows.html" if is_fragment_request() else "mailer/index.html"
    return render_template(template, page=page, state=state, text=text, states=STATES)


@bp.get("/mails/<uuid:mail_id>")
@allowed(can_read_mail_log, mail=visible_mails)
def show(mail: Mail) -> ResponseReturnValue:
    """One mail. A kept one is shown whole: its text, and its HTML in a frame of its own."""
    response = make_response(render_template("mailer/show.html", mail=mail))
    store = "{0.scheme}://{0.netloc}".format(urlsplit(current_app.config["S3_PUBLIC_URL"]))
    response.headers["Content-Security-Policy"] = content_policy(store, csp_nonce()) + "; frame-src 'self'"
    return response


@bp.get("/mails/<uuid:mail_id>/preview")
@allowed(can_read_mail_log, mail=visible_mails)
def preview(mail: Mail) -> ResponseReturnValue:
    """The HTML of a kept mail, sandboxed: it can run nothing and reach nothing; its links open in a new tab."""
    nonce = csp_nonce()
    response = make_response(_with_style_sheet(mail.body_html or "", nonce))
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        f"style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _with_style_sheet(html: str, nonce: str) -> str:
    """Mails carry their look on each element, which our content policy forbids: move it into a sheet with the nonce."""
    rules: dict[str, int] = {}

    def moved(match: re.Match[str]) -> str:
        return f' data-look="{rules.setdefault(match.group(1), len(rules))}"'

    body = _STYLE.sub(moved, html).replace("<style", f'<style nonce="{nonce}"')
    css = "".join(f'[data-look="{number}"]{{{rule.replace("&quot;", chr(34))}}}' for rule, number in rules.items())
    return body.replace("</head>", f'<style nonce="{nonce}">{css}</style></head>', 1)


@bp.post("/mails/<uuid:mail_id>/retry")
@allowed(can_read_mail_log, mail=visible_mails)
def retry(mail: Mail) -> ResponseReturnValue:
    """Try a failed mail again."""
    commands.retry(mail, actor=current_viewer())
    flash(_("The mail will be sent again in a moment."), "success")
    return redirect_to("mailer.show", mail_id=mail.id)
