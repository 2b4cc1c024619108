"""What every HTML page must fulfil, whichever test fetched it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any

import html5lib
from html5lib.constants import E as MESSAGES

# The parser's own complaints that browsers and the standard accept in fragments and SVG.
_HARMLESS = {"non-void-element-with-trailing-solidus", "unknown-start-tag"}
_LABELLED = {"input", "select", "textarea"}
_NONCE = re.compile(r"'nonce-([^']+)'")
_TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]*|(?<=name="csrf-token" content=")[^"]*')
# Fingerprints of pages in which nothing was found.
_FLAWLESS: set[bytes] = set()
_NS = "{http://www.w3.org/1999/xhtml}"


class BadPage(AssertionError):
    """A page breaks one of the rules; the message lists all that it breaks."""


def check_page(response: Any) -> None:
    """Assert the rules on an HTML answer; other answers pass.

    :raises BadPage: with one line per broken rule.
    """
    if response.mimetype != "text/html" or not response.data or response.direct_passthrough:
        return
    text = response.get_data(as_text=True)
    if "<html" not in text[:400].lower():
        return
    known = _fingerprint(text, response)
    if known in _FLAWLESS:
        return
    # Parsed once for all rules: the parser is what takes the time of a check.
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    tree = parser.parse(text)
    faults = [*_structure(parser), *_document(tree, response)]
    if faults:
        raise BadPage(f"{response.request.path if response.request else ''}: " + "; ".join(faults[:12]))
    _FLAWLESS.add(known)


def _fingerprint(text: str, response: Any) -> bytes:
    """The same for pages that differ only in what is drawn anew for each: the nonce of the policy and the token."""
    nonce = _NONCE.search(response.headers.get("Content-Security-Policy", ""))
    if nonce:
        text = text.replace(f'nonce="{nonce.group(1)}"', 'nonce=""')
    return hashlib.sha256(_TOKEN.sub("", text).encode()).digest()


def _structure(parser: Any) -> list[str]:
    return [
        f"line {position[0]}: {MESSAGES.get(code, code) % values}"
        for position, code, values in parser.errors
        if code not in _HARMLESS
    ]


def _document(tree: Any, response: Any) -> list[str]:
    faults = []
    title = tree.find(f".//{_NS}title")
    if title is None or not (title.text or "").strip():
        faults.append("no title")
    if len(tree.findall(f".//{_NS}h1")) != 1:
        faults.append(f"{len(tree.findall(f'.//{_NS}h1'))} h1 elements")
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    faults += [f"id {ident} stands {count} times" for ident, count in ids.items() if count > 1]
    faults += _labels(tree)
    nonce = _NONCE.search(response.headers.get("Content-Security-Policy", ""))
    for script in tree.iter(f"{_NS}script"):
        if nonce is None or script.get("nonce") != nonce.group(1):
            faults.append("a script without the nonce")
        if (script.text or "").strip() and script.get("type") not in ("application/json",):
            faults.append("an inline script")
    for element in tree.iter():
        for name in element.attrib:
            if name == "style" or name.startswith("on"):
                faults.append(f"attribute {name} on {element.tag.rpartition('}')[2]}")
    return faults


def _labels(tree: Any) -> list[str]:
    labelled = {label.get("for") for label in tree.iter(f"{_NS}label")}
    inside = {id(child) for label in tree.iter(f"{_NS}label") for child in label.iter()}
    faults = []
    for element in tree.iter():
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name not in _LABELLED or element.get("type") in ("hidden", "submit", "button"):
            continue
        if (
            element.get("id") in labelled
            or id(element) in inside
            or element.get("aria-label")
            or element.get("aria-labelledby")
        ):
            continue
        faults.append(f"{name} {element.get('name')} has no label")
    return faults
