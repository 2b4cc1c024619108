# ruff: noqa: E501 - one line for each file
"""More pictures that were made to hurt: heads that lie, parts that are missing, and bombs of every packer."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tests.contents import papers

Bytes = Callable[[], bytes]
MIB = 1024 * 1024


def chunk(name: bytes, content: bytes, *, length: int | None = None, check: int | None = None) -> bytes:
    """A chunk of a PNG, with a true length and checksum unless told otherwise."""
    said = len(content) if length is None else length
    return (
        struct.pack(">I", said)
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content) if check is None else check)
    )


def png(*chunks: bytes, head: tuple[int, ...] = (10, 10, 8, 2, 0, 0, 0)) -> bytes:
    """A PNG of these chunks after its head."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *head)) + b"".join(chunks)


_DATA = chunk(b"IDAT", zlib.compress(bytes(310)))
_END = chunk(b"IEND", b"")


def _profile_bomb() -> bytes:
    return png(chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(40 * MIB), 1)), _DATA, _END)


def jpeg_without(mark: bytes) -> bytes:
    """A JPEG in which a kind of segment is renamed to a comment."""
    return papers.picture("JPEG").replace(b"\xff" + mark, b"\xff\xfe")


def jpeg_with(segment: bytes) -> bytes:
    """A JPEG with one more segment after its beginning."""
    data = papers.picture("JPEG")
    return data[:2] + segment + data[2:]


def segment(mark: int, content: bytes, length: int | None = None) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, mark]) + struct.pack(">H", len(content) + 2 if length is None else length) + content


def _changed_frame(**places: int) -> bytes:
    """A JPEG whose frame says something else: bits, components."""
    data = bytearray(papers.picture("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 4] = places.get("bits", data[at + 4])
    data[at + 9] = places.get("components", data[at + 9])
    data[at + 1] = places.get("coding", data[at + 1])
    return bytes(data)


def _many_scans() -> bytes:
    """A progressive JPEG of a large frame that is gone over thousands of times."""
    data = papers.picture("JPEG")
    scan = data[data.index(b"\xff\xda") : -2]
    frame = bytearray(data[: data.index(b"\xff\xda")])
    at = frame.index(b"\xff\xc0")
    frame[at + 1] = 0xC2
    frame[at + 5 : at + 9] = struct.pack(">HH", 4000, 4000)
    return bytes(frame) + scan * 3000 + b"\xff\xd9"


def _ring_of_notes() -> bytes:
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return jpeg_with(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + struct.pack("<I", 8)))


def gif(width: int, height: int, body: bytes) -> bytes:
    """A GIF with a screen of this size."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff" + body


def _frame(left: int, top: int, width: int, height: int, bits: int = 2, data: bytes = b"\x02\x4c\x01\0") -> bytes:
    return b"," + struct.pack("<HHHH", left, top, width, height) + b"\0" + bytes([bits]) + data


def bmp(width: int, height: int, bits: int = 24, packing: int = 0, colours: int = 0, body: bytes = b"") -> bytes:
    """A BMP of this size."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(body), 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + info + body


def tiff(**tags: tuple[int, int, int]) -> bytes:
    """A TIFF of tags: kind, count, value; the usual ones unless told otherwise."""
    usual = {"256": (4, 1, 10), "257": (4, 1, 10), "258": (3, 1, 8), "259": (3, 1, 1), "262": (3, 1, 1), "273": (4, 1, 8),
             "278": (4, 1, 10), "279": (4, 1, 100)}  # fmt: skip
    wanted = {**usual, **{name.removeprefix("t"): value for name, value in tags.items()}}
    entries = sorted((int(name), *value) for name, value in wanted.items())
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", 0) + bytes(200)


def _packed_tiff() -> bytes:
    data = zlib.compress(bytes(64 * MIB), 1)
    head = tiff(
        t256=(4, 1, 8_000),
        t257=(4, 1, 8_000),
        t259=(3, 1, 8),
        t273=(4, 1, 400),
        t279=(4, 1, len(data)),
        t278=(4, 1, 8_000),
    )
    return head.ljust(400, b"\0") + data


def riff(*parts: bytes, size: int | None = None) -> bytes:
    """A WebP of these parts."""
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def part(name: bytes, content: bytes) -> bytes:
    """A part of a RIFF file."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def box(name: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    """A box of the ISO base media format."""
    return struct.pack(">I", len(content) + 8 if size is None else size) + name + content


_FTYP = box(b"ftyp", b"heic\0\0\0\0mif1heic")


def _deep_boxes() -> bytes:
    inner = b""
    for _ in range(5000):
        inner = box(b"meta", b"\0\0\0\0" + inner)
    return _FTYP + inner


def _claiming_heic() -> bytes:
    data = bytearray(papers.picture("HEIF"))
    at = data.find(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", 65_000, 65_000)
    return bytes(data)


IMAGES: dict[str, Bytes] = {
    "wrong checksums.png": lambda: png(chunk(b"IDAT", zlib.compress(bytes(310)), check=1), _END),
    "chunk of two gigabytes.png": lambda: png(chunk(b"IDAT", b"x", length=2**31 - 1)),
    "two heads.png": lambda: png(chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), _DATA, _END),
    "nothing but an end.png": lambda: png(_END),
    "end first.png": lambda: b"\x89PNG\r\n\x1a\n" + _END + _DATA,
    "woven and short.png": lambda: png(_DATA, _END, head=(5000, 5000, 8, 2, 0, 0, 1)),
    "palette missing.png": lambda: png(_DATA, _END, head=(10, 10, 8, 3, 0, 0, 0)),
    "palette too short.png": lambda: png(chunk(b"PLTE", b"\0\0\0"), chunk(b"IDAT", zlib.compress(b"\0" + b"\xff" * 10)), _END, head=(10, 1, 8, 3, 0, 0, 0)),
    "three bits.png": lambda: png(_DATA, _END, head=(10, 10, 3, 2, 0, 0, 0)),
    "ninth kind of colour.png": lambda: png(_DATA, _END, head=(10, 10, 8, 9, 0, 0, 0)),
    "unknown filter.png": lambda: png(chunk(b"IDAT", zlib.compress(b"\xff" * 310)), _END),
    "see-through too long.png": lambda: png(chunk(b"tRNS", b"\0" * 9999), _DATA, _END),
    "swelling profile.png": _profile_bomb,
    "swelling words.png": lambda: png(chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(40 * MIB), 1)), _DATA, _END),
    "thousands of notes.png": lambda: png(*[chunk(b"tEXt", b"k\0v")] * 50_000, _DATA, _END),
    "2^31 moving pictures.png": lambda: png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), _DATA, _END),
    "film of one frame too large.png": lambda: png(
        chunk(b"acTL", struct.pack(">II", 2, 0)), _DATA, chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 60_000, 60_000, 0, 0, 1, 1, 0, 0)), _END
    ),
    "data without end.png": lambda: png(chunk(b"IDAT", zlib.compress(bytes(310))[:-6]), _END),
    "no frame.jpg": lambda: jpeg_without(b"\xc0"),
    "no tables of codes.jpg": lambda: jpeg_without(b"\xc4"),
    "no tables of sizes.jpg": lambda: jpeg_without(b"\xdb"),
    "no scan.jpg": lambda: jpeg_without(b"\xda"),
    "twelve bits.jpg": lambda: _changed_frame(bits=12),
    "no colours.jpg": lambda: _changed_frame(components=0),
    "255 colours.jpg": lambda: _changed_frame(components=255),
    "arithmetic coding.jpg": lambda: _changed_frame(coding=0xC9),
    "three thousand scans.jpg": _many_scans,
    "segment behind the end.jpg": lambda: jpeg_with(segment(0xE2, b"x", length=65_535)),
    "segment without length.jpg": lambda: jpeg_with(segment(0xE2, b"x", length=0)),
    "ten thousand segments.jpg": lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\xff" + b"x" * 100) * 10_000),
    "notes in a ring.jpg": _ring_of_notes,
    "turned 99 ways.jpg": lambda: jpeg_with(
        segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 1, 99) + bytes(4))
    ),
    "starts again for ever.jpg": lambda: papers.picture("JPEG")[:-2] + b"\xff\xd0\xff\xd1" * 500_000,
    "fifty thousand frames.gif": lambda: gif(10, 10, _frame(0, 0, 1, 1) * 50_000 + b";"),
    "frame outside of the screen.gif": lambda: gif(10, 10, _frame(65_000, 65_000, 65_000, 65_000) + b";"),
    "twelve bits of code.gif": lambda: gif(10, 10, _frame(0, 0, 10, 10, bits=200) + b";"),
    "codes without end.gif": lambda: gif(9000, 9000, _frame(0, 0, 9000, 9000, data=(b"\xff" + b"\x92" * 255) * 4000 + b"\0") + b";"),
    "two megabytes of comment.gif": lambda: gif(10, 10, b"!\xfe" + (b"\xff" + b"x" * 255) * 8000 + b"\0;"),
    "upside down.bmp": lambda: bmp(10, -(2**31) + 1),
    "packed runs without end.bmp": lambda: bmp(20_000, 20_000, bits=8, packing=1, body=b"\xff\x01" * 50_000),
    "palette of 2^31.bmp": lambda: bmp(10, 10, bits=8, colours=2**31 - 1, body=bytes(100)),
    "three bits.bmp": lambda: bmp(10, 10, bits=3, body=bytes(100)),
    "a PNG inside.bmp": lambda: bmp(30_000, 30_000, packing=5, body=png(_DATA, _END, head=(30_000, 30_000, 8, 2, 0, 0, 0))),
    "strips behind the end.tif": lambda: tiff(t273=(4, 1, 2**32 - 1)),
    "a billion strips.tif": lambda: tiff(t273=(4, 10**9, 8), t279=(4, 10**9, 8)),
    "tiles without size.tif": lambda: tiff(t322=(4, 1, 0), t323=(4, 1, 0), t324=(4, 1, 8), t325=(4, 1, 9)),
    "65,535 samples.tif": lambda: tiff(t277=(3, 1, 65_535)),
    "no bits.tif": lambda: tiff(t258=(3, 1, 0)),
    "noise in LZW.tif": lambda: tiff(t259=(3, 1, 5)),
    "noise in JPEG.tif": lambda: tiff(t259=(3, 1, 7)),
    "noise in fax.tif": lambda: tiff(t259=(3, 1, 4), t256=(4, 1, 60_000)),
    "swelling.tif": _packed_tiff,
    "sub-directories in a ring.tif": lambda: tiff(t330=(4, 1, 8)),
    "directory of 65,535 entries.tif": lambda: b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(500),
    "canvas of 2^24.webp": lambda: riff(part(b"VP8X", b"\x02\0\0\0" + b"\xff" * 6), part(b"ANIM", bytes(6))),
    "ten thousand frames.webp": lambda: riff(part(b"VP8X", b"\x02\0\0\0" + bytes(6)), part(b"ANIM", bytes(6)), *[part(b"ANMF", bytes(24))] * 10_000),
    "noise without loss.webp": lambda: riff(part(b"VP8L", b"/" + b"\xff" * 500)),
    "size of four gigabytes.webp": lambda: riff(part(b"VP8 ", bytes(50)), size=2**32 - 1),
    "boxes five thousand deep.heic": _deep_boxes,
    "box without end.heic": lambda: _FTYP + box(b"meta", b"", size=0),
    "box smaller than its head.heic": lambda: _FTYP + box(b"meta", b"x" * 50, size=3),
    "box of 2^63 bytes.heic": lambda: _FTYP + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 2**63),
    "claims 65,000 pixels.heic": _claiming_heic,
    "grid of 65,000 tiles.heic": lambda: _FTYP + box(b"meta", b"\0\0\0\0" + box(b"iprp", box(b"ipco", box(b"ispe", bytes(4) + b"\xff" * 8) * 5000))),
    "nothing but a kind.avif": lambda: box(b"ftyp", b"avif\0\0\0\0avifmif1"),
}  # fmt: skip
