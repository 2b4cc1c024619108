# ruff: noqa: E501 - one line for each file
"""More mails, texts, tables and packages that were made to hurt."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tests.contents import papers
from tests.contents.hostile import MIB, _changed, _package, _sheet, _word

Bytes = Callable[[], bytes]
_W = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
_S = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _outside(kind: bytes) -> bytes:
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        + kind
        + b'" TargetMode="External"'
        b' Target="http://127.0.0.1:9/canary"/></Relationships>'
    )
    return _changed(papers.word(), "word/_rels/document.xml.rels", relation)


def _ring_of_relations() -> bytes:
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        b' Target="_rels/.rels"/></Relationships>'
    )
    return _changed(papers.word(), "_rels/.rels", relation)


def _overlapping() -> bytes:
    """A thousand names for one member that swells: the quoted bomb."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(bytes(10 * MIB)) + packed.flush()
    check = zlib.crc32(bytes(10 * MIB))
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, check, len(body), 10 * MIB, 17, 0)
        + b"word/document.xml"
    )
    entries = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, check, len(body), 10 * MIB, 17, 0, 0, 0, 0, 0, 0
        )
        + b"word/document.xml"
        for _ in range(1000)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1000, 1000, len(entries), len(local) + len(body), 0)
    return local + body + entries + end


def _flagged(flag: int = 0, method: int | None = None) -> bytes:
    """A word-processor file whose members say that they are locked, or packed in another way."""
    data = bytearray(papers.word())
    for mark, at_flag, at_method in ((b"PK\3\4", 6, 8), (b"PK\1\2", 8, 10)):
        at = data.find(mark)
        while at >= 0:
            data[at + at_flag] |= flag
            if method is not None:
                data[at + at_method : at + at_method + 2] = struct.pack("<H", method)
            at = data.find(mark, at + 4)
    return bytes(data)


def _mail(head: bytes, body: bytes = b"hi") -> bytes:
    return b"From: a@x.example\n" + head + b"\n\n" + body


TEXTS: dict[str, Bytes] = {
    "template outside.docx": lambda: _outside(b"attachedTemplate"),
    "picture outside.docx": lambda: _outside(b"image"),
    "part outside.docx": lambda: _outside(b"aFChunk"),
    "relations in a ring.docx": _ring_of_relations,
    "a thousand names for one member.docx": _overlapping,
    "locked members.docx": lambda: _flagged(flag=1),
    "packed in way 99.docx": lambda: _flagged(method=99),
    "tables in tables.docx": lambda: _word(
        _W % (b"<w:tbl><w:tr><w:tc>" * 3000 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 3000)
    ),
    "script in a link.docx": lambda: _word(_W % b"<w:p><w:hyperlink w:anchor='&quot; onclick=&quot;x'><w:r><w:t>x</w:t></w:r></w:hyperlink></w:p>"),
    "formula that fetches.xlsx": lambda: _sheet(
        _S % b'<sheetData><row><c r="A1"><f>WEBSERVICE("http://127.0.0.1:9/canary")</f><v>1</v></c></row></sheetData>'
    ),
    "texts that are not there.xlsx": lambda: _sheet(_S % b'<sheetData><row><c r="A1" t="s"><v>4000000000</v></c></row></sheetData>'),
    "one merged cell of all.xlsx": lambda: _sheet(
        _S % b'<sheetData/><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    ),
    "cells without end.xlsx": lambda: _sheet(_S % (b"<sheetData><row>" + b'<c r="ZZZZZZZZ99999999999"><v>1</v></c>' * 5000 + b"</row></sheetData>")),
    "macros.xlsm": lambda: _changed(papers.workbook(), "xl/vbaProject.bin", _OLE + b"Sub Auto_Open()" * 500),
    "noise.xlsb": lambda: _package({"xl/workbook.bin": bytes(range(256)) * 90, "[Content_Types].xml": b"<Types/>"}),
    "sectors in a ring.xls": lambda: (_OLE + bytes(16) + b"\x3e\0\3\0\xfe\xff\x09\0\6\0" + bytes(10) + struct.pack("<II", 1, 0)).ljust(512, b"\0") + bytes(4096),
    "a megabyte of marks on one letter.txt": ("a" + "\u0301\u0316" * 250_000).encode,
    "screen that is taken over.log": lambda: b"\x1b[2J\x1b]0;owned\x07\x1b[31m" * 20_000,
    "bombs of aliases.yaml": lambda: b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 9)) for n in range(98, 110)),
    "laughs.xml": lambda: b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(b"<!ENTITY a%d '&a%d;&a%d;'>" % (n, n - 1, n - 1) for n in range(1, 60)) + b"]><x>&a59;</x>",
    "half a million columns.csv": lambda: b"," * 500_000 + b"\n1",
    "lines of carriage returns.tsv": lambda: b"a\tb\r" * 300_000,
    "tables too wide.md": lambda: b"|" + b"a|" * 8_000 + b"\n|" + b"-|" * 8_000 + b"\n" + b"|x" * 8_000,
    "links in links.md": lambda: b"[x](" * 8_000 + b")" * 8_000,
    "entities.md": lambda: b"&#x26;lt;script&gt; &" + b"&" * 50_000,
    "subject in ten thousand pieces.eml": lambda: _mail(b"Subject: " + b"=?utf-8?q?x?=\n " * 10_000),
    "parameters in pieces.eml": lambda: _mail(b"Content-Type: text/plain;\n" + b"\n".join(b" name*%d=x;" % n for n in range(20_000))),
    "ten thousand readers.eml": lambda: _mail(b"To: " + b"a <a@x.example>,\n " * 10_000),
    "characters that are a packer.eml": lambda: _mail(b"Content-Type: text/plain; charset=zlib_codec", zlib.compress(bytes(MIB))),
    "characters from a path.eml": lambda: _mail(b'Content-Type: text/html; charset="../../../etc/passwd"', b"<p>x</p>"),
    "boundary of nothing.eml": lambda: _mail(b'Content-Type: multipart/mixed; boundary=""', b"--\n" * 50_000),
    "quoted for ever.eml": lambda: _mail(b"Content-Transfer-Encoding: quoted-printable", b"=3D=\n" * 300_000),
    "comments in comments.eml": lambda: _mail(b"From: " + b"(" * 20_000 + b"x" + b")" * 20_000),
    "page that moves on.eml": lambda: _mail(b"Content-Type: text/html", b"<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/canary'><link rel=stylesheet href=//x><style>@import 'http://127.0.0.1:9/'</style>x"),
    "unpacks for ever.odt": lambda: _package({"content.xml": b"<!DOCTYPE x [<!ENTITY a SYSTEM 'http://127.0.0.1:9/canary'>]><a>&a;</a>"}),
}  # fmt: skip
