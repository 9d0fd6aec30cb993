"""One background thread that drains what servers emit while nobody is waiting for it."""

import contextlib
import os
import select
import threading
from collections.abc import Callable

KEPT = 8 * 1024
CHUNK = 65536


class Stderr:
    """The first and the last 8 KiB of a server's stderr, and how much there was in between."""

    def __init__(self) -> None:
        self.head = b""
        self.tail = b""
        self.total = 0

    def feed(self, chunk: bytes) -> None:
        """Keep what still fits at the head, and the end."""
        self.head += chunk[: max(0, KEPT - len(self.head))]
        self.tail = (self.tail + chunk)[-KEPT:]
        self.total += len(chunk)

    def drain(self, fd: int) -> None:
        """Take what is still in a pipe that does not block."""
        with contextlib.suppress(OSError):
            while chunk := os.read(fd, CHUNK):
                self.feed(chunk)

    def text(self) -> str:
        """What is kept, as text, with a line that says how much is missing."""
        if self.total <= KEPT:
            return self.head.decode(errors="replace")
        if self.total <= 2 * KEPT:
            return (self.head + self.tail[2 * KEPT - self.total :]).decode(errors="replace")
        gap = self.total - 2 * KEPT
        return (
            f"{self.head.decode(errors='replace')}\n... {gap} bytes left out ...\n{self.tail.decode(errors='replace')}"
        )


class Pump:
    """Watches file descriptors with epoll and calls back when one can be read.

    ``watch`` arms a descriptor, ``pause`` silences it without a system call more than needed (a waiting caller reads by
    itself), ``resume`` arms it again, ``forget`` drops it. All are safe from any thread.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._turn = threading.RLock()
        self._wake_read, self._wake_write = os.pipe()
        self._epoll.register(self._wake_read, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="mcp-pump", daemon=True)
        self._thread.start()

    def watch(self, fd: int, readable: Callable[[], None]) -> None:
        """Call ``readable`` from the pump's thread whenever ``fd`` has something to read or is at its end."""
        self._callbacks[fd] = readable
        self._epoll.register(fd, select.EPOLLIN)

    def watch_stderr(self, fd: int, kept: Stderr) -> None:
        """Drain ``fd`` into ``kept`` until it ends."""

        def readable() -> None:
            try:
                chunk = os.read(fd, CHUNK)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if chunk:
                kept.feed(chunk)
            else:
                self.forget(fd)

        os.set_blocking(fd, False)
        self.watch(fd, readable)

    def pause(self, fd: int) -> None:
        """Stop watching for input; the end of the stream may still be reported."""
        with contextlib.suppress(OSError, ValueError):
            self._epoll.modify(fd, 0)

    def resume(self, fd: int) -> None:
        """Watch for input again."""
        with contextlib.suppress(OSError, ValueError):
            self._epoll.modify(fd, select.EPOLLIN)

    def catch_up(self, fd: int) -> None:
        """Read once what is there by now: the thread may not have come to it yet."""
        with self._turn:
            if callback := self._callbacks.get(fd):
                self._call(fd, callback)

    def forget(self, fd: int) -> None:
        """Stop watching for good; no call back is under way when this returns, so the descriptor may be closed."""
        with self._turn:
            if self._callbacks.pop(fd, None):
                with contextlib.suppress(OSError, ValueError):
                    self._epoll.unregister(fd)

    def close(self) -> None:
        """End the thread and give the descriptors back."""
        os.write(self._wake_write, b"x")
        self._thread.join(timeout=5)
        self._epoll.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        while True:
            for fd, _ in self._epoll.poll():
                if fd == self._wake_read:
                    return
                with self._turn:
                    if callback := self._callbacks.get(fd):
                        self._call(fd, callback)

    def _call(self, fd: int, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:  # noqa: BLE001 - whatever one server sent, the others are drained on
            self.forget(fd)
