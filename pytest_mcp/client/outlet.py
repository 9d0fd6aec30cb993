"""The way to a server's stdin: whole lines, one writer at a time, through a pipe that may be full."""

import os
import threading
from collections import deque

OWED_LIMIT = 64 * 1024


class Outlet:
    """Writes as much as the pipe takes and keeps the rest, so that half a line is always followed by its other half.

    ``turn`` is held by whoever sends. What is owed (answers to requests of the server's) may be added by anybody; it is
    written between lines, and dropped beyond 64 KiB: such a server reads nothing.
    """

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.turn = threading.Lock()
        self.closed = False
        self._lines = deque[memoryview | bytes]()
        self._owed = deque[bytes]()
        self._owed_size = 0

    def send(self, line: bytes) -> bool:
        """Write a line after what is left of earlier ones; False when the pipe is full, then ``flush`` goes on."""
        if self._lines or self._owed:
            self._lines.append(line)
            return self.flush()
        if self.closed:
            raise BrokenPipeError
        try:
            written = os.write(self.fd, line)
        except BlockingIOError:
            written = 0
        if written == len(line):
            return True
        self._lines.append(memoryview(line)[written:] if written else line)
        return False

    def flush(self) -> bool:
        """Write what is left as far as the pipe takes it; True when nothing is left, OSError when nobody reads."""
        while self._lines or self._owed:
            if self.closed:
                raise BrokenPipeError
            if not self._lines:
                self._lines.append(self._owed.popleft())
                self._owed_size -= len(self._lines[0])
            try:
                written = os.write(self.fd, self._lines[0])
            except BlockingIOError:
                return False
            if written < len(self._lines[0]):
                self._lines[0] = memoryview(self._lines[0])[written:]
                return False
            self._lines.popleft()
        return True

    def withdraw(self, line: bytes) -> None:
        """Take a line back of which nothing was written yet."""
        self._lines = deque(each for each in self._lines if each is not line)

    def release(self) -> None:
        """Let the next one send; whatever was owed meanwhile goes out first."""
        self.turn.release()
        if self._owed:
            self.pay()

    def owe(self, line: bytes) -> None:
        """Have a line written as soon as nobody else writes and the pipe has room; never waits."""
        if self._owed_size + len(line) <= OWED_LIMIT:
            self._owed_size += len(line)
            self._owed.append(line)
            self.pay()

    def pay(self) -> None:
        """Write what is owed, unless somebody else writes: he does it when he is done."""
        if not self.turn.acquire(blocking=False):
            return
        try:
            self.flush()
        except OSError:
            self._owed.clear()
            self._owed_size = 0
        finally:
            self.turn.release()

    def close(self, seconds: float) -> None:
        """Write nothing any more; waits for whoever does at the moment."""
        self.closed = True
        if self.turn.acquire(timeout=seconds):
            self.turn.release()
