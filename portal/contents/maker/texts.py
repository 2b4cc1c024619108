"""Text, Markdown and word-processor files as one harmless document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from portal.contents.maker.made import Made
from portal.contents.maker.packages import check_package
from portal.contents.maker.plain import CUT, SHOWN_BYTES, preformatted, read_text
from portal.contents.maker.safe_html import MOST_HTML, safe, words_of

# Of the text of one word-processor file; reading more takes longer than anybody waits.
MOST_DOCX_BYTES = 20 * 1024**2
# Tables in text boxes in tables reach a few dozen. The library calls itself for each level, and to find out that it
# cannot go on costs it seconds.
DEEPEST_DOCX = 200
# Characters of Markdown that are set: three dozen pages. Emphasis that is opened and never closed takes seconds beyond.
MOST_MARKDOWN = 128 * 1024
# Pictures inside of a document: of each, and of all together, as they are carried in its HTML.
PICTURE_BYTES, PICTURES_BYTES = 400_000, 1_200_000
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def make(source: Path, made: Made, ending: str) -> None:
    """The document and its words.

    :raises Unfit: a package that is broken or swells beyond measure.
    """
    if ending == "docx":
        html = _word_processor(source)
        made.words = words_of(re.sub(r"<img[^>]*>", "", html))
    else:
        text, more = read_text(source)
        made.words = text
        is_markdown = ending in ("md", "markdown")
        shown = text[: MOST_MARKDOWN if is_markdown else SHOWN_BYTES]
        cut = more or len(shown) < len(text)
        html = _markdown(shown, cut) if is_markdown else preformatted(shown, cut=cut)
    made.pages = 1
    made.add("document", 0, html.encode("utf-8", "replace"), "text/html; charset=utf-8")


def _markdown(text: str, cut: bool) -> str:
    from markdown_it import MarkdownIt

    # Raw HTML stays text, and addresses are dropped afterwards: nothing leads out of a preview.
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
    return safe(parser.render(text)) + (CUT if cut else "")


def _word_processor(source: Path) -> str:
    check_package(source, most=MOST_DOCX_BYTES, wanted="word/document.xml", deepest=DEEPEST_DOCX)
    # Only now: what is refused above does not wait for it.
    import mammoth

    room = PICTURES_BYTES

    def picture(image: Any) -> dict[str, str]:
        nonlocal room
        if image.content_type not in _PICTURES:
            return {}
        import base64

        with image.open() as content:
            data = content.read(min(PICTURE_BYTES, room) + 1)
        if len(data) > min(PICTURE_BYTES, room):
            return {}
        room -= len(data)
        return {"src": f"data:{image.content_type};base64,{base64.b64encode(data).decode('ascii')}"}

    with source.open("rb") as file:
        html: str = mammoth.convert_to_html(file, convert_image=mammoth.images.img_element(picture)).value
    return safe(html) + (CUT if len(html) > MOST_HTML else "")
