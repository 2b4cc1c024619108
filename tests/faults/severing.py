"""The line between browsers and the web server, cut during chosen requests: before they arrive, while they are
carried out, or before their answer is read.

It knows which bytes belong to which request because browsers send one request after the other on a connection.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.faults.line import Line

# A cut while the server works falls within so many seconds after the request has reached it.
WORKING = 0.08


@dataclass(frozen=True)
class Cut:
    """Where a connection is severed: the place, the share of it that still passes, and whether without a goodbye."""

    # "request": its bytes do not all arrive; "working": between the request and its answer; "answer": its bytes.
    where: str
    share: float
    hard: bool


def random_cut(chance: random.Random) -> Cut:
    """Anywhere; the very first byte of request and answer more often than the others."""
    share = chance.choice([0.0, chance.random(), chance.random(), 0.999999])
    return Cut(chance.choice(["request", "working", "answer", "answer"]), share, hard=chance.random() < 0.5)


def _length(data: bytes) -> int:
    """How long a request or answer is whose head begins here, in bytes."""
    head, ends, _ = data.partition(b"\r\n\r\n")
    body = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return len(head) + len(ends) + (int(body[1]) if body else 0)


class _Left:
    """A connection to be cut, and how many bytes it still passes in the direction that is watched."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.bytes: int | None = None
        self.answered = False


@dataclass
class _Ends:
    """Both sockets of a connection, as one key."""

    pair: frozenset[socket.socket]
    left: _Left | None = None
    severed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Severing(Line):
    """Severs connections during requests whose first line matches ``marked``, one for each planned cut."""

    def __init__(self, server: str, marked: bytes) -> None:
        self._marked = re.compile(marked)
        self._known: dict[frozenset[socket.socket], _Ends] = {}
        self.planned: list[Cut] = []
        self.happened: list[Cut] = []
        self.server_port = int(server.rpartition(":")[2])
        super().__init__(server)

    def mend(self) -> None:
        """Pass everything on, whatever was planned."""
        super().mend()
        self.planned.clear()

    def _pass(self, source: socket.socket, target: socket.socket, to_store: bool) -> None:
        ends = self._known.setdefault(frozenset((source, target)), _Ends(frozenset((source, target))))
        try:
            while data := source.recv(65536):
                if self._cuts(ends, data, to_store):
                    most = (ends.left and ends.left.bytes) or 0
                    target.sendall(data[:most])
                    self._sever(ends)
                    break
                target.sendall(data)
        except OSError:
            pass
        finally:
            self._known.pop(ends.pair, None)
            self._open -= ends.pair
            _close(source, target)

    def _cuts(self, ends: _Ends, data: bytes, to_server: bool) -> bool:
        """Does the cut fall into these bytes? Notes what passes before it."""
        if to_server and self._marked.match(data) and self.planned:
            ends.left = _Left(self.planned.pop(0))
            if ends.left.cut.where == "working":
                threading.Timer(ends.left.cut.share * WORKING, self._sever_working, (ends, ends.left)).start()
        left = ends.left
        if left is None:
            return False
        if not to_server:
            left.answered = True
        if (left.cut.where == "request") != to_server or left.cut.where == "working":
            return False
        if left.bytes is None:
            left.bytes = int(left.cut.share * _length(data))
        if left.bytes < len(data):
            return True
        left.bytes -= len(data)
        return False

    def _sever_working(self, ends: _Ends, left: _Left) -> None:
        # An answer that came sooner got through: nothing was cut then.
        if not left.answered and ends.left is left:
            self._sever(ends)

    def _sever(self, ends: _Ends) -> None:
        with ends.lock:
            if ends.severed or ends.left is None:
                return
            ends.severed = True
        self.happened.append(ends.left.cut)
        if ends.left.cut.hard:
            for one in ends.pair:
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        _close(*ends.pair)


def _close(*sockets: Any) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            one.close()
