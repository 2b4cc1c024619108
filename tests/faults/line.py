"""The line between everybody and the store: a TCP proxy in this process that can be slow, cut, mute or down.

The store behind it is the real one and never knows: what it answers and keeps is what it would in earnest.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit


class Line:
    """Listens on a port of its own and passes bytes on to the store, as well as it is told to."""

    def __init__(self, store: str) -> None:
        self._store = (urlsplit(store).hostname, urlsplit(store).port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self.mend()

    def mend(self) -> None:
        """Pass everything on at once."""
        self.delay = 0.0
        self.down = False
        self.mute = False
        # Bytes of answers (to the reader) or of requests (to the store) after which a connection is cut.
        self.cut_answers_after: int | None = None
        self.cut_requests_after: int | None = None

    def break_off(self) -> None:
        """Cut every connection that is open now, in the middle of whatever it carries."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Line:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._listener.close()
        self.break_off()

    def _accept(self) -> None:
        while True:
            try:
                reader, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(reader,), daemon=True).start()

    def _serve(self, reader: socket.socket) -> None:
        if self.down:
            reader.close()
            return
        try:
            store = socket.create_connection(self._store, timeout=30)
        except OSError:
            reader.close()
            return
        self._open |= {reader, store}
        for source, target, to_store in ((reader, store, True), (store, reader, False)):
            threading.Thread(target=self._pass, args=(source, target, to_store), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, to_store: bool) -> None:
        passed = 0
        try:
            while data := source.recv(65536):
                while self.mute:
                    time.sleep(0.02)
                if self.down:
                    break
                time.sleep(self.delay)
                most = self.cut_requests_after if to_store else self.cut_answers_after
                if most is not None and passed + len(data) > most:
                    target.sendall(data[: max(0, most - passed)])
                    break
                target.sendall(data)
                passed += len(data)
        except OSError:
            pass
        finally:
            self._open -= {source, target}
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                    one.close()
