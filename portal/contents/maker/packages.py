"""Office files are ZIP packages of XML: how they are looked over before anything reads them, and the words of some."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from portal.contents.maker.made import MOST_WORDS, Made, Unfit

MOST_MEMBERS = 5000
MOST_BYTES = 150 * 1024**2
CHUNK = 1024 * 1024
# A declaration of entities has no place in these formats (ECMA-376, part 2, 8.1.4): expansion and fetching begin there.
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00[DE]\x00|\x00<\x00!\x00[DE]", re.IGNORECASE)
_WORDS_IN = re.compile(r"content\.xml|ppt/(?:slides|notesSlides)/[^/]+\.xml")
_BLOCKS = {"p", "h", "table-cell", "br", "tab", "line-break"}


def check_package(source: Path, *, most: int = MOST_BYTES, wanted: str = "", deepest: int = 0) -> zipfile.ZipFile:
    """Open a package once it was read through, counting what really comes out: what the directory says may be a lie.

    :param most: bytes of XML in all.
    :param wanted: a member that must be there.
    :param deepest: so many elements may stand in each other; 0 does not count them, which takes as long as parsing.
    :raises Unfit: too many members, too many bytes, a document type declaration, nested too deeply, or no package.
    """
    try:
        package = zipfile.ZipFile(source)
        members = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise Unfit(f"is no readable package: {error}"[:200]) from None
    if len(members) > MOST_MEMBERS:
        raise Unfit(f"holds {len(members)} members")
    texts = [member for member in members if member.filename.lower().endswith((".xml", ".rels", ".vml"))]
    if wanted and wanted not in {member.filename for member in members} and not texts:
        raise Unfit(f"has no {wanted}")
    if sum(member.file_size for member in texts) > most:
        raise Unfit("swells beyond what a preview may take")
    room = most
    for member in texts:
        room = _read_through(package, member, room, _Depth(deepest) if deepest else None)
    return package


class _Depth:
    """Counts how deep elements stand in each other, and stops at the first that is too deep."""

    def __init__(self, deepest: int) -> None:
        self.deepest, self.now = deepest, 0
        self.parser: expat.XMLParserType | None = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._enter
        self.parser.EndElementHandler = self._leave

    def feed(self, chunk: bytes) -> None:
        """:raises Unfit: an element of these bytes is too deep."""
        try:
            if self.parser is not None:
                self.parser.Parse(chunk, False)
        except expat.ExpatError:
            # Whoever parses this member meets the same fault at the same place, and says so.
            self.parser = None

    def _enter(self, _name: str, _attributes: object) -> None:
        self.now += 1
        if self.now > self.deepest:
            raise Unfit("is nested too deeply")

    def _leave(self, _name: str) -> None:
        self.now -= 1


def _read_through(package: zipfile.ZipFile, member: zipfile.ZipInfo, room: int, depth: _Depth | None) -> int:
    if member.flag_bits & 1:
        raise Unfit("is encrypted")
    tail = b""
    try:
        with package.open(member) as content:
            while chunk := content.read(CHUNK):
                room -= len(chunk)
                if room < 0:
                    raise Unfit("swells beyond what a preview may take")
                if _DECLARED.search(tail + chunk):
                    raise Unfit("declares a document type")
                if depth is not None:
                    depth.feed(chunk)
                tail = chunk[-32:]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise Unfit(f"has a broken member: {error}"[:200]) from None
    return room


def make(source: Path, made: Made, ending: str) -> None:
    """The words of slides and OpenDocument texts; they are found, not shown.

    :raises Unfit: see :func:`check_package`.
    """
    package = check_package(source, most=60 * 1024**2)
    found: list[str] = []
    room = MOST_WORDS
    for name in sorted(package.namelist(), key=_by_number):
        if not _WORDS_IN.fullmatch(name):
            continue
        with package.open(name) as content:
            for piece in _pieces(content):
                found.append(piece)
                room -= len(piece)
                if room <= 0:
                    break
        if room <= 0:
            break
    made.words = "".join(found)


def _by_number(name: str) -> tuple[str, int]:
    number = re.search(r"(\d+)\.xml$", name)
    return (re.sub(r"\d+\.xml$", "", name), int(number.group(1)[:9]) if number else 0)


def _pieces(content: object) -> Iterator[str]:
    try:
        for _event, element in ElementTree.iterparse(content, events=("end",)):  # type: ignore[call-overload]  # noqa: S314
            if element.text:
                yield element.text
            if element.tag.rpartition("}")[2] in _BLOCKS:
                yield "\n"
            if element.tail:
                yield element.tail
            element.clear()
    except ElementTree.ParseError as error:
        raise Unfit(f"holds broken XML: {error}"[:200]) from None
