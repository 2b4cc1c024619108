"""Files that were made to hurt whoever opens them: by name, each with its bytes made only when they are asked for."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.contents import papers

MIB = 1024 * 1024
Bytes = Callable[[], bytes]


def _pdf(*objects: str, trailer: str = "") -> bytes:
    """A PDF without a table of its objects, which readers rebuild."""
    body = "".join(f"{number} 0 obj\n{content}\nendobj\n" for number, content in enumerate(objects, 1))
    return f"%PDF-1.7\n{body}trailer\n<</Root 1 0 R {trailer}>>\nstartxref\n0\n%%EOF".encode("latin-1")


def _page(extra: str = "", box: str = "0 0 600 800", content: str = "") -> bytes:
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R {extra}>>",
        content or "<</Length 0>>\nstream\n\nendstream",
    )


def _flate_bomb() -> bytes:
    packed = zlib.compress(b" " * (100 * MIB), 9).decode("latin-1")
    return _page(content=f"<</Length {len(packed)}/Filter/FlateDecode>>\nstream\n{packed}\nendstream")


def _huge_picture_in_pdf() -> bytes:
    picture = (
        "<</Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceRGB/BitsPerComponent 8/Length 3>>"
    )
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        "<</Length 27>>\nstream\nq 600 0 0 800 0 0 cm /X Do Q\nendstream",
        f"{picture}\nstream\nabc\nendstream",
    )


def _drawing_itself() -> bytes:
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 5 0 R>>>>/Length 12>>"
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        "<</Length 5>>\nstream\n/X Do\nendstream",
        f"{form}\nstream\n/X Do /X Do\nendstream",
    )


PDFS: dict[str, Bytes] = {
    "cut at a tenth.pdf": lambda: papers.pdf(3)[: len(papers.pdf(3)) // 10],
    "cut in half.pdf": lambda: papers.pdf(3)[: len(papers.pdf(3)) // 2],
    "cut near the end.pdf": lambda: papers.pdf(3)[:-40],
    "head only.pdf": lambda: b"%PDF-1.7\n",
    "noise.pdf": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4000,
    "claims 100,000 pages.pdf": lambda: _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 100000>>"),
    "claims 2^31 pages.pdf": lambda: _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 2147483647>>"),
    "pages hold themselves.pdf": lambda: _pdf(
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"
    ),
    "root is itself.pdf": lambda: _pdf("1 0 R"),
    "huge page.pdf": lambda: _page(box="0 0 1000000000 1000000000"),
    "thin page.pdf": lambda: _page(box="0 0 1000000 0.001"),
    "no size.pdf": lambda: _page(box="0 0 0 0"),
    "negative size.pdf": lambda: _page(box="600 800 -600 -800"),
    "deep arrays.pdf": lambda: _page(extra="/X" + "[" * 100_000 + "]" * 100_000),
    "deep dictionaries.pdf": lambda: _page(extra="/X" + "<</A" * 50_000 + " 1" + ">>" * 50_000),
    "swelling stream.pdf": _flate_bomb,
    "huge picture inside.pdf": _huge_picture_in_pdf,
    "draws itself.pdf": _drawing_itself,
    "table of itself.pdf": lambda: _page().replace(b"startxref\n0", b"startxref\n9") + b" /Prev 9",
    "runs a script.pdf": lambda: _pdf(
        "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>", "<</Type/Pages/Kids[]/Count 0>>"
    ),
    "page of HTML.pdf": lambda: b"<html><script>alert(1)</script></html>",
    "program.pdf": lambda: b"MZ" + bytes(5000),
}


def _png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _swelling_note() -> bytes:
    packed = b"note\0\0" + zlib.compress(bytes(200 * MIB), 9)
    extra = struct.pack(">I", len(packed)) + b"zTXt" + packed + struct.pack(">I", zlib.crc32(b"zTXt" + packed))
    return _png(10, 10, zlib.compress(bytes(310)), extra)


def _claiming_jpeg() -> bytes:
    small = bytearray(papers.picture("JPEG"))
    at = small.index(b"\xff\xc0")
    small[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(small)


def _tiff(*, width: int = 100_000, following: int = 0) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, width), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
               (279, 4, 1, 2**31 - 1)]  # fmt: skip
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", following)


IMAGES: dict[str, Bytes] = {
    "100,000 pixels wide.png": lambda: _png(100_000, 100_000, zlib.compress(bytes(1000))),
    "all of 900 million pixels.png": lambda: _png(30_000, 30_000, zlib.compress(bytes(90_001 * 300), 9)),
    "2^31 pixels.png": lambda: _png(2**31 - 1, 2**31 - 1),
    "no pixels.png": lambda: _png(0, 0),
    "swelling note.png": _swelling_note,
    "cut.png": lambda: papers.picture()[:200],
    "claims 65,500 pixels.jpg": _claiming_jpeg,
    "cut.jpg": lambda: papers.picture("JPEG")[:700],
    "head only.jpg": lambda: b"\xff\xd8\xff\xe0",
    "script in a note.jpg": lambda: papers.picture("JPEG", comment=b"<script>alert(1)</script>"),
    "largest screen.gif": lambda: (
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\0;"
    ),
    "cut.gif": lambda: papers.picture("GIF")[:30],
    "huge.bmp": lambda: (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "huge.tif": _tiff,
    "directory of itself.tif": lambda: _tiff(width=10, following=8),
    "cut.webp": lambda: papers.picture("WEBP")[:60],
    "noise.heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(256)) * 40,
    "cut.heic": lambda: papers.picture("HEIF")[:400],
    "noise.avif": lambda: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(range(256)) * 40,
    "script.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "svg.png": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
}


def _package(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return out.getvalue()


def _changed(base: bytes, name: str, content: bytes) -> bytes:
    """A package with one member replaced."""
    with zipfile.ZipFile(io.BytesIO(base)) as package:
        members = {one: package.read(one) for one in package.namelist()}
    return _package({**members, name: content})


def _lying(data: bytes) -> bytes:
    """The directory says of every member that it has ten bytes."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 24 : at + 28] = struct.pack("<I", 10)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


_W = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
_XXE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 12)
)
_SHEET = "xl/worksheets/sheet1.xml"
_S = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
_O = (
    b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    b' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    b' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    b"<office:body><office:spreadsheet>%s</office:spreadsheet></office:body></office:document-content>"
)
_REPEATED = (
    b'<table:table table:name="T"><table:table-row table:number-rows-repeated="1048576"><table:table-cell'
    b' office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    b"</table:table-row></table:table>"
)


def word_document(body: bytes) -> bytes:
    """A word-processor file with this in its body."""
    return _word(_W % body)


def _word(document: bytes) -> bytes:
    return _changed(papers.word(), "word/document.xml", document)


def _sheet(content: bytes) -> bytes:
    return _changed(papers.workbook(), _SHEET, content)


OFFICE: dict[str, Bytes] = {
    "entity.docx": lambda: _word(_XXE + _W % b"<w:p><w:r><w:t>&e;</w:t></w:r></w:p>"),
    "laughs.docx": lambda: _word(_LAUGHS + _W % b"<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"),
    "entity in UTF-16.docx": lambda: _word((_XXE + _W % b"").decode().encode("utf-16")),
    "swelling.docx": lambda: _word(_W % (b"<w:p/>" * (40 * MIB))),
    "swelling and lying.docx": lambda: _lying(_word(_W % (b"<w:p/>" * (40 * MIB)))),
    "deep.docx": lambda: _word(_W % (b"<w:p>" * 100_000 + b"</w:p>" * 100_000)),
    "deep and said to be closed.docx": lambda: _word(_W % (b'<w:p w:x="/>">' * 100_000 + b"</w:p>" * 100_000)),
    "deep styles.docx": lambda: _changed(
        papers.word(), "word/styles.xml", b"<w:styles xmlns:w='w'>" + b"<w:p>" * 100_000 + b"</w:p>" * 100_000
    ),
    "many paragraphs.docx": lambda: _word(_W % (b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 20_000)),
    "empty package.docx": lambda: _package({}),
    "65,000 members.docx": lambda: _package({f"{number}.xml": b"" for number in range(65_000)}),
    "climbing names.docx": lambda: _package({"../../../etc/passwd": b"x", "word/document.xml": _W % b""}),
    "no package.docx": lambda: b"PK\x03\x04" + bytes(1000),
    "entity.xlsx": lambda: _sheet(
        _XXE + _S % b"<sheetData><row><c t='inlineStr'><is><t>&e;</t></is></c></row></sheetData>"
    ),
    "laughs.xlsx": lambda: _sheet(_LAUGHS + _S % b""),
    "swelling.xlsx": lambda: _sheet(_S % (b"<row/>" * (60 * MIB))),
    "swelling and lying.xlsx": lambda: _lying(_sheet(_S % (b"<row/>" * (60 * MIB)))),
    "cell at the far end.xlsx": lambda: _sheet(
        _S % b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    ),
    "a billion cells.ods": lambda: _package(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": _O % _REPEATED}
    ),
    "noise.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 100,
    "entity.pptx": lambda: _package({"ppt/slides/slide1.xml": _XXE + b"<a>&e;</a>"}),
    "deep.odt": lambda: _package({"content.xml": b"<a>" * 200_000 + b"</a>" * 200_000}),
}


def _nested_parts(depth: int) -> bytes:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"Subject: deep\n{opened}Content-Type: text/plain\n\nhi\n".encode()


def _mails_in_mails(depth: int) -> bytes:
    return ("Content-Type: message/rfc822\n\n" * depth + "Subject: x\n\nhi").encode()


TEXTS: dict[str, Bytes] = {
    "10,000 parts.eml": lambda: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 10_000
    ),
    "deep parts.eml": lambda: _nested_parts(2000),
    "mails in mails.eml": lambda: _mails_in_mails(3000),
    "long head.eml": lambda: b"Subject: " + b"x " * MIB + b"\n\nhi",
    "many heads.eml": lambda: b"X: y\n" * 200_000 + b"\nhi",
    "unknown characters.eml": lambda: b"Content-Type: text/html; charset=no-such\n\n<p>\xff\xfe</p>",
    "broken encodings.eml": lambda: (
        b"From: =?utf-8?b?!!!?=\nTo: <<<>,;:\nDate: never\nContent-Transfer-Encoding: base64\n\n!!!"
    ),
    "deep page.eml": lambda: b"Content-Type: text/html\n\n" + b"<div>" * 100_000 + b"x",
    "page with everything.eml": lambda: (
        b"Content-Type: text/html\n\n<svg><script>alert(1)</script></svg><math><mtext><style>"
        b"<img src=x onerror=alert(1)></style></mtext></math><img src='data:image/svg+xml;base64,AAAA'>"
        b"<form action=//x><input></form><base href=//x>"
    ),
    "one line of 50 MB.csv": lambda: b"x;" * (25 * MIB),
    "open quote.csv": lambda: b'"' + b"x,\n" * MIB,
    "zeros.csv": lambda: bytes(5 * MIB),
    "zeros.txt": lambda: bytes(5 * MIB),
    "Latin.txt": lambda: "Été à Orléans".encode("latin-1"),
    "UTF-16 without a mark.txt": lambda: "Été à Orléans\n".encode("utf-16-be") * 50,
    "UTF-32.txt": lambda: "Été".encode("utf-32"),
    "broken UTF-8.txt": lambda: b"abc\xe2\x28\xa1\xff" * 1000,
    "control characters.txt": lambda: bytes(range(1, 256)) * 100,
    "closing tags.txt": lambda: b"</pre><script>alert(1)</script><!--said:cut-->",
    "quotes in quotes.md": lambda: b">" * 50_000 + b"x",
    "open brackets.md": lambda: b"[" * 50_000,
    "stars.md": lambda: b"*a " * 50_000 + b"**a" * 20_000,
    "page.md": lambda: b"<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n![x](http://tracker.example/x.png)",
    "deep.json": lambda: b"[" * 200_000,
    "noise.mp3": lambda: b"ID3" + bytes(range(256)),
}
ALL: dict[str, Bytes] = {**PDFS, **IMAGES, **OFFICE, **TEXTS}
