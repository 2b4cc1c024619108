"""Pictures: till receipts as a telephone photographs them, photos, a logo."""

from __future__ import annotations

import functools
import io
import math
import random
from datetime import date
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from portal.demo.papers import Subject, compiled, french


def receipt(subject: Subject, day: date) -> bytes:
    """A receipt, rendered, tilted, laid on a table and photographed: a JPEG of 150 to 500 kB."""
    chance = subject.chance
    rows: list[list[Any]] = [
        [label[:26], round(price * chance.uniform(0.2, 1.1), 2)]
        for label, price in chance.sample(_SHOPPING, k=chance.randint(2, 6))
    ]
    total = round(sum(row[1] for row in rows), 2)
    shop, address = chance.choice(_SHOPS)
    data = {
        "shop": shop,
        "address": address,
        "date": french(day),
        "rows": rows,
        "total": total,
        "vat": round(total / 6, 2),
    }
    printed = compiled("receipt", data, format="png", ppi=chance.choice((140, 160, 180)))
    paper = Image.open(io.BytesIO(printed if isinstance(printed, bytes) else printed[0])).convert("RGBA")
    return _jpeg(_photographed(paper, chance), quality=chance.randint(68, 84))


@functools.cache
def _grain() -> Image.Image:
    """Grey noise, made once: each picture takes another piece of it."""
    return Image.effect_noise((900, 900), 42)


def _noise(size: tuple[int, int], chance: random.Random, *, scale: int = 1) -> Image.Image:
    """Noise of this size, ``scale`` pixels coarse, laid out in tiles."""
    left, top = chance.randint(0, 300), chance.randint(0, 300)
    tile = _grain().crop((left, top, left + 600, top + 600))
    if scale > 1:
        tile = tile.resize((600 * scale, 600 * scale), Image.Resampling.BILINEAR)
    sheet = Image.new("L", size)
    for x in range(0, size[0], tile.width):
        for y in range(0, size[1], tile.height):
            sheet.paste(tile, (x, y))
    return sheet.convert("RGB")


def _photographed(paper: Image.Image, chance: random.Random) -> Image.Image:
    paper = paper.rotate(chance.uniform(-6, 6), expand=True, resample=Image.Resampling.BILINEAR)
    size = (paper.width + 260, paper.height + 220)
    desk = Image.new("RGB", size, chance.choice(((92, 70, 52), (70, 74, 78), (120, 104, 84))))
    desk = ImageChops.soft_light(desk, _noise(size, chance, scale=2))
    shadow = Image.new("L", size, 0)
    shadow.paste(paper.getchannel("A").point(lambda alpha: alpha // 2), (142, 124))
    desk.paste((0, 0, 0), mask=shadow.filter(ImageFilter.BoxBlur(12)))
    desk.paste(paper, (130, 110), paper)
    light = Image.radial_gradient("L").point(lambda value: 255 - value // 3).resize(size).convert("RGB")
    return ImageChops.soft_light(ImageChops.multiply(desk, light), _noise(size, chance))


def photo(subject: Subject, *, large: bool = False) -> bytes:
    """A picture of a place, in flat colours with light and grain: 0.3 to 3 MB."""
    chance = subject.chance
    width, height = (2400, 1600) if large else (1200, 800)
    picture = Image.linear_gradient("L").resize((width, height))
    sky, ground = chance.choice(
        (((214, 226, 232), (96, 122, 110)), ((240, 222, 196), (120, 92, 74)), ((206, 214, 226), (88, 96, 112)))
    )
    bands = [picture.point(lambda v, a=a, b=b: int(a + (b - a) * v / 255)) for a, b in zip(sky, ground, strict=True)]
    scene = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(scene)
    for _number in range(chance.randint(4, 9)):
        left, top = chance.randint(0, width), int(height * chance.uniform(0.3, 0.6))
        right = left + chance.randint(width // 12, width // 4)
        tone = chance.randint(60, 190)
        draw.rectangle((left, top, right, height), fill=(tone, int(tone * 0.94), int(tone * 0.86)))
        for window in range(top + 30, height - 60, max(50, height // 14)):
            draw.rectangle((left + 24, window, left + 60, window + 34), fill=(236, 220, 170))
    return _jpeg(ImageChops.soft_light(scene, _noise(scene.size, chance)), quality=86 if large else 78)


def logo(subject: Subject) -> bytes:
    """A mark with the client's initials, as PNG."""
    size = 640
    chance = subject.chance
    colour = (chance.randint(20, 120), chance.randint(50, 120), chance.randint(60, 140), 255)
    mark = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(mark)
    draw.ellipse((10, 10, size - 10, size - 10), fill=colour)
    for number in range(chance.randint(5, 11)):
        angle = number * math.tau / 9
        draw.line(
            (size / 2, size / 2, size / 2 + 290 * math.cos(angle), size / 2 + 290 * math.sin(angle)),
            fill=(255, 255, 255, 70),
            width=6,
        )
    initials = "".join(word[0] for word in subject.client.name.split() if word[0].isupper())[:2]
    draw.text((size / 2, size / 2), initials, fill="white", font_size=230, anchor="mm")
    out = io.BytesIO()
    mark.save(out, "PNG", optimize=False)
    return out.getvalue()


def _jpeg(picture: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


_SHOPS = (
    ("Relais de la Saône", "A6, aire de Dracé"), ("Bureau Vallon", "69007 Lyon"), ("Brasserie des Célestins", "69002 Lyon"),
    ("Bricolage du Rhône", "69800 Saint-Priest"), ("Parking Perrache", "69002 Lyon"), ("Taxi Lyon Métropole", "69003 Lyon"),
)  # fmt: skip
_SHOPPING = (
    ("Gazole 42,18 l", 74.6), ("Café", 2.4), ("Menu midi", 21.0), ("Ramettes A4 x5", 28.9), ("Piles AA", 7.9), ("Stationnement", 12.0),
    ("Toner noir", 89.0), ("Vis inox boîte", 14.7), ("Eau minérale", 3.2), ("Course 14 km", 38.0),
)  # fmt: skip
