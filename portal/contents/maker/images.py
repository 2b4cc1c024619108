"""Images: one picture for looking at and a thumbnail, upright, without metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.contents.maker.made import Made, Unfit
from portal.contents.maker.pictures import add_picture, add_thumbnail

LONGEST = 2000
# A camera has 50 to 200 million; JPEG is decoded at a fraction of its size, everything else in full.
MOST_PIXELS = 80_000_000
MOST_PIXELS_JPEG = 250_000_000
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")


def make(source: Path, made: Made, ending: str) -> None:
    """The picture, at most 2,000 pixels on its longer side, and the thumbnail.

    :raises Unfit: it is no image, or has more pixels than are decoded.
    """
    formats: tuple[str, ...] = _FORMATS
    if ending in ("heic", "heif"):
        formats = ("HEIF",)
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # the bound below is ours, and is asked before anything is decoded
    try:
        with Image.open(source, formats=formats) as image:
            _check(image)
            image.draft("RGB", (LONGEST, LONGEST))
            image.seek(0)
            if image.mode.startswith("I;16") or image.mode in ("I", "F"):
                picture = _lightened(image)
            else:
                picture = image.copy() if image.mode in ("RGB", "RGBA", "L", "LA") else image.convert(_target(image))
            # Turned after it was made small: that is a tenth of the work.
            orientation = image.getexif().get(0x0112)
    except UnidentifiedImageError:
        raise Unfit("is no image that can be read") from None
    picture.thumbnail((LONGEST, LONGEST))
    upright = _turned(picture, orientation)
    made.pages = 1
    add_picture(made, upright)
    add_thumbnail(made, upright)


def _check(image: Image.Image) -> None:
    pixels = image.width * image.height
    most = MOST_PIXELS_JPEG if image.format in ("JPEG", "MPO") else MOST_PIXELS
    if not 0 < pixels <= most:
        raise Unfit(f"has {image.width} by {image.height} pixels")


def _target(image: Image.Image) -> str:
    return "RGBA" if "transparency" in image.info or image.mode in ("PA", "La", "RGBa") else "RGB"


def _lightened(image: Image.Image) -> Image.Image:
    """Samples of 16 and 32 bits, spread over 8: a scanner's grey would otherwise be all white."""
    wide = image.convert("F")
    extremes: Any = wide.getextrema()
    low, high = extremes
    span = (high - low) or 1.0
    return wide.point(lambda value: value * (255.0 / span) - low * 255.0 / span).convert("L")


def _turned(picture: Image.Image, orientation: object) -> Image.Image:
    exif = Image.Exif()
    if not isinstance(orientation, int) or not 1 < orientation < 9:
        return picture
    exif[0x0112] = orientation
    picture.info["exif"] = exif.tobytes()
    return ImageOps.exif_transpose(picture)
