"""What every HTML page must fulfil, whichever test fetched it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any

import html5lib
import lxml.html
from html5lib.constants import E as MESSAGES

# The parser's own complaints that browsers and the standard accept in fragments and SVG.
_HARMLESS = {"non-void-element-with-trailing-solidus", "unknown-start-tag"}
_LABELLED = {"input", "select", "textarea"}
_NONCE = re.compile(r"'nonce-([^']+)'")
_TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]*|(?<=name="csrf-token" content=")[^"]*')
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#[0-9]+|#x[0-9a-fA-F]+);")
_VALUE = re.compile(r'="[^"]*"')
_WORDS = re.compile(r">[^<>&]*[^<>&\s][^<>&]*<")
_AGAIN = re.compile(r"(<(tr|li|option|label|article)\b(?:(?!<\2\b).)*?</\2>\s*)\1+", re.DOTALL)
# Fingerprints of pages, and of their skeletons, in which nothing was found.
_FLAWLESS: set[bytes] = set()


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
    skeleton = _skeleton(text)
    if skeleton in _FLAWLESS:
        # Well built, as a page before with other words: what is left are rules about values.
        faults = _document(lxml.html.document_fromstring(text.encode()), response)
    else:
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        tree = parser.parse(text)
        faults = [*_structure(parser), *_document(tree, response)]
    if faults:
        raise BadPage(f"{response.request.path if response.request else ''}: " + "; ".join(faults[:12]))
    _FLAWLESS.update((known, skeleton))


def _skeleton(text: str) -> bytes:
    """The same for pages that are built alike: without values and words, and with rows that are built alike only once.

    The parser that names every fault takes most of a test's time. Which faults there are depends on elements, names of
    attributes, where there are words at all, and on ampersands that begin nothing: all of that stays.
    """
    text = _ENTITY.sub("x", text)
    text = _WORDS.sub(">x<", _VALUE.sub('=""', text))
    return hashlib.sha256(_AGAIN.sub(r"\1", text).encode()).digest()


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
    title = tree.find(".//title")
    if title is None or not (title.text or "").strip():
        faults.append("no title")
    if len(tree.findall(".//h1")) != 1:
        faults.append(f"{len(tree.findall('.//h1'))} h1 elements")
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    faults += [f"id {ident} stands {count} times" for ident, count in ids.items() if count > 1]
    faults += _labels(tree)
    nonce = _NONCE.search(response.headers.get("Content-Security-Policy", ""))
    for script in tree.iter("script"):
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
    labelled = {label.get("for") for label in tree.iter("label")}
    inside = {child for label in tree.iter("label") for child in label.iter()}
    faults = []
    for element in tree.iter():
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name not in _LABELLED or element.get("type") in ("hidden", "submit", "button"):
            continue
        if (
            element.get("id") in labelled
            or element in inside
            or element.get("aria-label")
            or element.get("aria-labelledby")
        ):
            continue
        faults.append(f"{name} {element.get('name')} has no label")
    return faults
