"""ClamAV's daemon: is this content clean? The protocol is that of ``clamd(8)``, command INSTREAM.

Written out here because the client libraries send one kilobyte at a time, take the end of a stream that is too long for
a broken line, and the one that is kept up is under the GPL.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 5.0
# A large archive keeps the scanner busy for a while after its last byte (MaxScanTime is two minutes by default).
ANSWER_SECONDS = 300.0
CHUNK = 256 * 1024
_MOST_ANSWER = 4096


class ScannerAway(Exception):
    """The scanner does not answer, or answers nothing that can be understood; trying again later is safe."""


class TooLong(Exception):
    """The content is longer than what the scanner takes (``StreamMaxLength``)."""


@dataclass(frozen=True)
class Scanner:
    """What a scanner says of itself: the version, and its signatures' number and date; empty for its own ones alone."""

    version: str
    signatures: str
    dated: str
    latency_ms: float


def scan(url: str, chunks: Iterable[bytes]) -> str | None:
    """The name of what was found in this content, or None where it is clean.

    :param url: ``tcp://host:port`` or ``unix:///path``.
    :raises TooLong: the scanner does not take as much.
    :raises ScannerAway: there is no answer.
    """
    with closing(_connected(url)) as line:
        try:
            line.sendall(b"zINSTREAM\0")
            for chunk in chunks:
                for start in range(0, len(chunk), CHUNK):
                    piece = chunk[start : start + CHUNK]
                    line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
        except OSError as broken:
            # A scanner that has had enough says so and hangs up while we are still sending.
            answer = _rest(line)
            if "size limit exceeded" in answer:
                raise TooLong(answer) from broken
            raise ScannerAway(f"it hung up: {broken}") from broken
        return _verdict(_answer(line))


def describe(url: str) -> Scanner:
    """Ask the scanner what it is.

    :raises ScannerAway: there is no answer.
    """
    with closing(_connected(url)) as line:
        begun = time.perf_counter()
        try:
            line.sendall(b"zVERSION\0")
        except OSError as broken:
            raise ScannerAway(str(broken)) from broken
        said = _answer(line)
        latency = round((time.perf_counter() - begun) * 1000, 2)
    if not said:
        raise ScannerAway("it said nothing")
    # "ClamAV 1.4.3/27500/Mon Jan 5 09:24:07 2026"
    version, _, rest = said.partition("/")
    signatures, _, dated = rest.partition("/")
    return Scanner(version.strip(), signatures.strip(), dated.strip(), latency)


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    try:
        if parts.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(CONNECT_SECONDS)
            line.connect(unquote(parts.path))
        else:
            line = socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=CONNECT_SECONDS)
    except OSError as away:
        raise ScannerAway(str(away)) from away
    line.settimeout(ANSWER_SECONDS)
    return line


def _answer(line: socket.socket) -> str:
    """Everything up to the zero byte that ends an answer."""
    said = b""
    try:
        while b"\0" not in said and len(said) < _MOST_ANSWER:
            more = line.recv(_MOST_ANSWER)
            if not more:
                break
            said += more
    except OSError as broken:
        if not said:
            raise ScannerAway(str(broken)) from broken
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _rest(line: socket.socket) -> str:
    with suppress(ScannerAway):
        return _answer(line)
    return ""


def _verdict(answer: str) -> str | None:
    """``stream: OK``, ``stream: NAME FOUND`` or ``INSTREAM size limit exceeded. ERROR``."""
    if answer == "stream: OK":
        return None
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")[:200]
    if "size limit exceeded" in answer:
        raise TooLong(answer)
    raise ScannerAway(answer[:200] or "it hung up without an answer")
