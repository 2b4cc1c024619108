"""What a content is, by its first bytes: no name makes a program a document, or a page a photo.

Programs in disguise are refused, as the mail services do. Everything else is kept under the type of its content: an
HTML page that is called a photo is an unknown file for downloading, and is never shown.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.files.acceptance import content_type_of
from portal.kit.errors import Refused
from portal.kit.names import extension

# As many first bytes are looked at.
HEAD_BYTES = 4096
UNKNOWN = "application/octet-stream"


class Disguised(Refused):
    """A program under the name of something else."""

    sentence = _l(
        "“%(name)s” is a program, although its name says otherwise, and was not kept. "
        "If it has to be sent, put it into a ZIP archive."
    )
    field = "name"


# Kind -> (its type, endings whose files are of this kind too and keep the type of their ending).
_KINDS: dict[str, tuple[str, str]] = {
    "pdf": ("application/pdf", "pdf ai"),
    "jpeg": ("image/jpeg", "jpg jpeg jpe jfif"),
    "png": ("image/png", "png apng"),
    "gif": ("image/gif", "gif"),
    "bmp": ("image/bmp", "bmp dib"),
    "tiff": ("image/tiff", "tif tiff dng nef cr2 arw"),
    "webp": ("image/webp", "webp"),
    "heif": ("image/heif", "heic heif hif avif"),
    "zip": (
        "application/zip",
        "zip docx docm dotx dotm xlsx xlsm xlsb xltx pptx pptm potx ppsx odt ods odp odg ott ots otp epub kmz vsdx "
        "pages numbers key xps oxps 3mf cbz sketch ifczip",
    ),
    "ole": ("application/x-ole-storage", "doc dot xls xlt ppt pps pot msg mpp vsd pub wps one"),
    "gzip": ("application/gzip", "gz tgz svgz"),
    "7z": ("application/x-7z-compressed", "7z"),
    "rar": ("application/vnd.rar", "rar cbr"),
    "rtf": ("application/rtf", "rtf doc"),
    "ogg": ("application/ogg", "ogg oga ogv opus spx"),
    "flac": ("audio/flac", "flac"),
    "mp3": ("audio/mpeg", "mp3 mpga aac"),
    "wav": ("audio/wav", "wav"),
    "avi": ("video/x-msvideo", "avi"),
    "matroska": ("video/x-matroska", "mkv webm mka"),
    "mp4": ("video/mp4", "mp4 m4v m4a mov qt 3gp m4b"),
}
_ENDINGS = {kind: frozenset(endings.split()) for kind, (_type, endings) in _KINDS.items()}
# Files of these endings have a mark; without it they are not what their name says.
_MARKED = frozenset().union(*_ENDINGS.values())
_MARKS = (
    ("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n"), ("gif", b"GIF87a"), ("gif", b"GIF89a"),
    ("tiff", b"II*\x00"), ("tiff", b"MM\x00*"), ("zip", b"PK\x03\x04"), ("zip", b"PK\x05\x06"), ("zip", b"PK\x07\x08"),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("gzip", b"\x1f\x8b"), ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("rar", b"Rar!\x1a\x07"), ("rtf", b"{\\rtf"), ("ogg", b"OggS"), ("flac", b"fLaC"), ("mp3", b"ID3"),
    ("matroska", b"\x1a\x45\xdf\xa3"),
)  # fmt: skip
# ELF, Mach-O in both orders and for several processors (its mark is that of Java classes too), Android, shortcuts of
# Windows (MS-SHLLINK 2.1), which start what they like.
_PROGRAMS = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"dex\n0", b"\x4c\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
_PICTURES = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


def type_of_content(name: str, head: bytes) -> str:
    """The content type to keep for a file of this name that begins with these bytes.

    :param head: the first 4 KiB, or all of a shorter one.
    :raises Disguised: it is a program.
    """
    ending = extension(name)
    if is_program(ending, head):
        raise Disguised(name=name)
    kind = _kind(head)
    if kind:
        return content_type_of(name) if ending in _ENDINGS[kind] else _KINDS[kind][0]
    if head and ending in _MARKED:
        return UNKNOWN
    return content_type_of(name)


def is_program(ending: str, head: bytes) -> bool:
    """Would a computer run this content? A script counts where its name says that it is a document or a picture."""
    if head.startswith(_PROGRAMS):
        return True
    # The header of a program for DOS and Windows is 64 bytes long and never without zeros; a text may begin with MZ.
    if head.startswith(b"MZ") and len(head) >= 28 and b"\x00" in head[:64]:
        return True
    return head.startswith(b"#!") and ending in _MARKED


def _kind(head: bytes) -> str:
    """The kind by its mark; empty where there is none, as in texts."""
    # Some writers put a few bytes before the mark (ISO 32000-1, implementation note 13).
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return "heif" if head[8:12] in _PICTURES else "mp4"
    if head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00":
        return "bmp"
    # Streams of MPEG frames begin with eleven set bits, and have no other mark.
    is_frame = head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0
    if is_frame and head[:2] not in (b"\xff\xd8", b"\xff\xfe"):
        return "mp3"
    return next((kind for kind, mark in _MARKS if head.startswith(mark)), "")
