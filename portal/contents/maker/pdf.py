"""PDF: the first page at once, the others when somebody asks for them, and the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from portal.contents.maker.made import MOST_WORDS, Made, Unfit
from portal.contents.maker.pictures import add_picture, add_thumbnail

# In pixels: sharp on a good screen, and a page of text is about 100 kB.
WIDTH, HEIGHT = 1400, 2000
MOST_PAGES_READ = 500
# A document that claims more is not what an office sends, and its page list alone would be long.
MOST_PAGES = 20_000


def make(source: Path, made: Made, ending: str) -> None:
    """Page 1, the thumbnail, the count, the words of the first 500 pages.

    :raises Unfit: it cannot be opened, or holds no page that can be shown.
    """
    document = _opened(source)
    made.pages = len(document)
    if not 0 < made.pages <= MOST_PAGES:
        raise Unfit(f"claims {made.pages} pages")
    first = _page(document, 0)
    add_picture(made, first)
    add_thumbnail(made, first)
    made.words = _words(document)


def make_pages(source: Path, made: Made, numbers: list[int]) -> None:
    """These pages, counted from 1. One that cannot be drawn becomes an empty sheet with a stroke through it."""
    document = _opened(source)
    for number in numbers:
        try:
            image = _page(document, number - 1)
        except (Unfit, pdfium.PdfiumError):
            image = crossed_out()
        add_picture(made, image, number=number)


def crossed_out() -> Image.Image:
    """A sheet that says without words that there is nothing to see."""
    image = Image.new("RGB", (700, 990), "white")
    ImageDraw.Draw(image).line((0, 0, 700, 990), fill="#c9c5bb", width=3)
    return image


def _opened(source: Path) -> Any:
    try:
        return pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        raise Unfit(f"cannot be opened: {error}"[:200]) from None


def _page(document: Any, index: int) -> Image.Image:
    try:
        page = document[index]
        width, height = page.get_size()
    except pdfium.PdfiumError as error:
        raise Unfit(f"page {index + 1}: {error}"[:200]) from None
    if not (width > 0 and height > 0):
        raise Unfit(f"page {index + 1} has no size")
    scale = min(WIDTH / width, HEIGHT / height)
    if max(width, height) * scale > 2 * HEIGHT or min(width, height) * scale < 1:
        raise Unfit(f"page {index + 1} is {width:.0f} by {height:.0f} points")
    image: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
    return image


def _words(document: Any) -> str:
    found: list[str] = []
    room = MOST_WORDS
    for index in range(min(len(document), MOST_PAGES_READ)):
        try:
            text = document[index].get_textpage().get_text_bounded()[:room]
        except pdfium.PdfiumError:
            continue
        found.append(text)
        room -= len(text)
        if room <= 0:
            break
    return "\n".join(found)
