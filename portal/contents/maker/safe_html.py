"""HTML of others, reduced to what carries words: no script, no style, no address, nothing that is fetched."""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

_NAMES = """
    h1 h2 h3 h4 h5 h6 p br hr ul ol li dl dt dd blockquote pre code em strong b i u s sub sup small mark
    table caption thead tbody tfoot tr th td img div span
"""
_TAGS = set(_NAMES.split())
_SPANS = {"colspan", "rowspan"}
_ATTRIBUTES = {"img": {"src", "alt"}, "td": _SPANS, "th": _SPANS, "ol": {"start"}}
_WITH_CONTENT = {
    "script",
    "style",
    "template",
    "title",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "textarea",
    "select",
}
# Pictures that the document itself carries. No SVG: it is a program.
_INLINE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z")
MOST_HTML = 2_000_000
MOST_DEPTH = 500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# These never hold anything, or are seldom closed.
_VOID = {
    "br",
    "hr",
    "img",
    "input",
    "meta",
    "link",
    "col",
    "wbr",
    "area",
    "base",
    "p",
    "li",
    "td",
    "th",
    "tr",
    "o",
    "font",
}


def safe(html: str) -> str:
    """The harmless part of a piece of HTML; comments are gone, and the first heading is the frame's own."""
    html = html[:MOST_HTML]
    if _is_deep(html):
        return f"<pre>{escape(words_of(html))}</pre>"
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_WITH_CONTENT,
        attribute_filter=_filtered,
        url_schemes={"data"},
        link_rel=None,
        strip_comments=True,
    )
    return cleaned.replace("<h1>", "<h2>").replace("</h1>", "</h2>")


def _is_deep(html: str) -> bool:
    """Elements within elements, further than a person nests them: the time for putting them right grows squared."""
    depth = 0
    for closing, name in _TAG.findall(html):
        depth += -1 if closing else name.lower() not in _VOID
        if depth > MOST_DEPTH:
            return True
        depth = max(depth, 0)
    return False


def _filtered(_tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if _INLINE.match(value) else None
    if name in ("colspan", "rowspan"):
        return value if value.isascii() and value.isdigit() and int(value[:4]) <= 100 else None
    return value


def words_of(html: str) -> str:
    """What is readable in harmless HTML, blocks apart from each other."""
    return unescape(
        re.sub(r"<[^>]*>", "", re.sub(r"<(?:/?(?:p|li|tr|td|th|div|h\d|dt|dd|pre|blockquote)|br|hr)\b", "\n<", html))
    )
