"""Pictures as they are kept: WebP, small, without anything but pixels."""

from __future__ import annotations

import io

from PIL import Image

from portal.contents.maker.made import Made

THUMBNAIL = 240
CONTENT_TYPE = "image/webp"
QUALITY = 82


def add_picture(made: Made, image: Image.Image, *, number: int = 1) -> None:
    """Keep an image as a page."""
    made.add("page", number, _webp(image), CONTENT_TYPE, width=image.width, height=image.height)


def add_thumbnail(made: Made, image: Image.Image) -> None:
    """Keep a small one, 240 pixels at most on its longer side."""
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    made.add("thumbnail", 0, _webp(small), CONTENT_TYPE, width=small.width, height=small.height)


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    # A new image carries no metadata: neither place nor camera nor name leaves with it.
    bare = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        bare.paste(clear, mask=clear.getchannel("A"))
    else:
        bare.paste(image.convert("RGB"))
    bare.save(out, "WEBP", quality=QUALITY, method=2)
    return out.getvalue()
