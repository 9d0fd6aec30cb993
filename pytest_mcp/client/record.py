"""What went back and forth on one connection, kept for whoever judges it as a whole; bounded in bytes."""

import threading
from collections import deque

from pytest_mcp.model.exchange import Exchange

RECORD_BYTES = 4 * 1024 * 1024


class Record:
    """The last exchanges; safe from any thread. A reply that is larger than all of it is left out."""

    def __init__(self, limit: int = RECORD_BYTES) -> None:
        self._limit, self._size = limit, 0
        self._kept: deque[Exchange] = deque()
        self._lock = threading.Lock()

    def add(self, seen: Exchange) -> None:
        """Keep one more, and drop the oldest that have no room beside it."""
        size = _size(seen)
        if size > self._limit:
            return
        with self._lock:
            self._kept.append(seen)
            self._size += size
            while self._size > self._limit:
                self._size -= _size(self._kept.popleft())

    def kept(self) -> tuple[Exchange, ...]:
        """What is there, oldest first."""
        with self._lock:
            return tuple(self._kept)


def _size(seen: Exchange) -> int:
    return 1024 + len(seen.sent) + len(seen.received or b"")
