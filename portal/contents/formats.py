"""Which formats are shown and how: by the name's ending, and only where the first bytes agree with it."""

from __future__ import annotations

# How a format is shown. "words" is not shown at all, but its text is searched.
PAGES, IMAGE, TEXT, TABLE, MAIL, AUDIO, VIDEO, WORDS = (
    "pages",
    "image",
    "text",
    "table",
    "mail",
    "audio",
    "video",
    "words",
)

_ENDINGS = {
    PAGES: "pdf",
    IMAGE: "jpg jpeg jfif png gif webp bmp tif tiff heic heif avif",
    TEXT: "txt text log md markdown json xml yaml yml ini docx",
    TABLE: "csv tsv xlsx xlsm xlsb xls ods",
    MAIL: "eml",
    AUDIO: "mp3 m4a wav ogg oga opus flac aac",
    VIDEO: "mp4 m4v webm mov ogv",
    WORDS: "odt pptx odp",
}
KINDS = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}

# What browsers call the formats that they play themselves.
MEDIA_TYPES = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "flac": "audio/flac", "aac": "audio/aac", "mp4": "video/mp4", "m4v": "video/mp4",
    "webm": "video/webm", "mov": "video/mp4", "ogv": "video/ogg",
}  # fmt: skip

# As many first bytes are looked at.
HEAD_BYTES = 4096
_ZIP = {"docx", "xlsx", "xlsm", "xlsb", "ods", "odt", "pptx", "odp"}
_PLAIN = {"txt", "text", "log", "md", "markdown", "json", "xml", "yaml", "yml", "ini", "csv", "tsv", "eml"}
_IMAGES = {
    "jpg": "jpeg", "jpeg": "jpeg", "jfif": "jpeg", "png": "png", "gif": "gif", "webp": "webp", "bmp": "bmp",
    "tif": "tiff", "tiff": "tiff", "heic": "heif", "heif": "heif", "avif": "heif",
}  # fmt: skip
_MARKS = (
    ("pdf", b"%PDF-"), ("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n"), ("gif", b"GIF87a"), ("gif", b"GIF89a"),
    ("bmp", b"BM"), ("tiff", b"II*\x00"), ("tiff", b"MM\x00*"), ("zip", b"PK\x03\x04"), ("zip", b"PK\x05\x06"),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("media", b"OggS"), ("media", b"fLaC"), ("media", b"ID3"),
    ("media", b"\x1a\x45\xdf\xa3"), ("program", b"MZ"), ("program", b"\x7fELF"), ("gzip", b"\x1f\x8b"),
)  # fmt: skip


def kind_of(ending: str) -> str:
    """How a file of this ending is shown; empty where it is not (SVG and HTML among them: they could run)."""
    return KINDS.get(ending, "")


def agrees(ending: str, head: bytes) -> bool:
    """Do the first bytes belong to a format of this ending?"""
    found = _sniffed(head)
    kind = kind_of(ending)
    if ending == "pdf":
        # Some writers put a few bytes before the mark (ISO 32000-1, implementation note 13).
        return b"%PDF-" in head[:1024]
    if kind == IMAGE:
        return found == _IMAGES[ending]
    if ending in _ZIP:
        return found == "zip"
    if ending == "xls":
        return found == "ole"
    if kind in (AUDIO, VIDEO):
        # Streams of MPEG frames begin with eleven set bits, and have no other mark.
        return found == "media" or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0)
    return ending in _PLAIN and found in ("", "bmp")


def _sniffed(head: bytes) -> str:
    """The format by its mark; empty where there is none, as in text."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "media"}.get(head[8:12], "riff")
    if head[4:8] == b"ftyp":
        pictures = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
        return "heif" if head[8:12] in pictures else "media"
    return next((name for name, mark in _MARKS if head.startswith(mark)), "")
