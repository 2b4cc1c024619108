"""Names inside a ZIP that unpack on every system: nothing leaves the folder, nothing collides, nothing is lost."""

from __future__ import annotations

import re
import unicodedata

from portal.kit.names import name_key

_BYTES = 255
# Not allowed in a name on Windows, separators everywhere, and characters that control or deceive.
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f<>:"/\\\\|?*\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]')
# Names of devices on Windows, with or without an ending (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


class Shelf:
    """One folder of the archive: gives every name that is put into it one that is free and safe."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        # Where the next of many twins begins to look, so that a thousand of them stay fast.
        self._next: dict[str, int] = {}

    def place(self, name: str) -> str:
        """The name under which this file or folder stands; " (2)" and so on where it is taken."""
        wanted = safe_name(name)
        key = _key(wanted)
        placed, number = wanted, self._next.get(key, 2)
        while _key(placed) in self._taken:
            placed, number = _numbered(wanted, number), number + 1
        self._next[key] = number
        self._taken.add(_key(placed))
        return placed


def safe_name(name: str) -> str:
    """One part of a path that every system can write: 255 bytes at most, no separator, no device, no dot at its end."""
    text = unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode()
    text = _UNSAFE.sub("_", text).strip().rstrip(". ")
    if not text.strip("."):
        text = "_" * max(1, len(text))
    if _DEVICE.match(text):
        text = f"_{text}"
    return _cut(text, _BYTES)


def _key(name: str) -> str:
    # Accents of either form and every case are one name on some system.
    return name_key(unicodedata.normalize("NFKC", name))


def _numbered(name: str, number: int) -> str:
    ending = f" ({number})"
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or len(extension) > 16:
        return _cut(name, _BYTES - len(ending)) + ending
    tail = f"{ending}.{extension}"
    return _cut(stem, _BYTES - len(tail.encode())) + tail


def _cut(name: str, size: int) -> str:
    """At most so many bytes, with the ending of the file kept where there is a short one."""
    if len(name.encode()) <= size:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f".{extension}" if dot and stem and len(extension) <= 16 else ""
    kept = (stem if tail else name).encode()[: size - len(tail.encode())].decode("utf-8", "ignore")
    return kept.rstrip(". ") + tail
