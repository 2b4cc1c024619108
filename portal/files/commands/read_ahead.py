"""Small contents of an archive are fetched while those before them are sent: the store's answer is not waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

# What is larger is read in chunks when its turn comes: its bytes take longer than the store's answer.
SMALL_BYTES = 1024 * 1024
# Contents that wait in memory, in bytes and in number; the threads of one archive.
_MOST_BYTES = 4 * SMALL_BYTES
_MOST_FILES = 16
_AT_ONCE = 3


class ReadAhead:
    """Fetches in the order in which contents are wanted, 4 MiB ahead at most. Close it at the end."""

    def __init__(self, wanted: Iterable[tuple[str, int]], fetch: Callable[[str, int], bytes]) -> None:
        """``wanted``: object keys and sizes in bytes, in order; ``fetch`` gives so many bytes of an object at most."""
        self.wanted = ((key, size) for key, size in wanted if 0 < size <= SMALL_BYTES)
        self.fetch = fetch
        self.waiting: list[tuple[str, int, Future[bytes]]] = []
        self.pool = ThreadPoolExecutor(_AT_ONCE)
        self._go_on()

    def take(self, key: str) -> bytes:
        """The content whose turn has come: the next of those that are wanted.

        :raises StoreAway: the store does not answer.
        """
        found, _size, content = self.waiting.pop(0)
        if found != key:
            raise LookupError(f"{key} is not the next one")
        data = content.result()
        self._go_on()
        return data

    def close(self) -> None:
        """Wait for nothing that is still on its way."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _go_on(self) -> None:
        room = _MOST_BYTES - sum(size for _key, size, _content in self.waiting)
        while room >= SMALL_BYTES and len(self.waiting) < _MOST_FILES:
            key, size = next(self.wanted, ("", 0))
            if not key:
                return
            # One byte more than it has: a content that is longer than it was is noticed.
            self.waiting.append((key, size, self.pool.submit(self.fetch, key, size + 1)))
            room -= size
