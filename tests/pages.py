"""What every HTML page must fulfil, whichever test fetched it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import html5lib
from html5lib.constants import E as MESSAGES

# The parser's own complaints that browsers and the standard accept in fragments and SVG.
_HARMLESS = {"non-void-element-with-trailing-solidus", "unknown-start-tag"}
_LABELLED = {"input", "select", "textarea"}
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
    whole = "<html" in text[:400].lower()
    faults = list(_structure(text, whole=whole))
    if whole:
        faults += _document(text, response)
    if faults:
        raise BadPage(f"{response.request.path if response.request else ''}: " + "; ".join(faults[:12]))


def _structure(text: str, *, whole: bool) -> list[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    if not whole:
        return []
    parser.parse(text)
    faults = []
    for position, code, values in parser.errors:
        if code not in _HARMLESS:
            faults.append(f"line {position[0]}: {MESSAGES.get(code, code) % values}")
    return faults


def _document(text: str, response: Any) -> list[str]:
    tree = html5lib.parse(text, namespaceHTMLElements=True)
    faults = []
    title = tree.find(f".//{_NS}title")
    if title is None or not (title.text or "").strip():
        faults.append("no title")
    if len(tree.findall(f".//{_NS}h1")) != 1:
        faults.append(f"{len(tree.findall(f'.//{_NS}h1'))} h1 elements")
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    faults += [f"id {ident} stands {count} times" for ident, count in ids.items() if count > 1]
    faults += _labels(tree)
    nonce = re.search(r"'nonce-([^']+)'", response.headers.get("Content-Security-Policy", ""))
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
