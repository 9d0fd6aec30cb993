"""The server over standard input and output: one message a line."""

import json
import os
import select
import threading
from collections import deque
from typing import Any

from tests.servers.defects import Broken
from tests.servers.protocol import Answer, Channel

_CHUNK = 65536


class Lines:
    """The lines of a descriptor; can tell whether another is there without losing it."""

    def __init__(self, fd: int) -> None:
        self._fd, self._ready, self._rest, self._ended = fd, deque[bytes](), b"", False

    def more(self, seconds: float) -> bool:
        """Whether another line is there, or comes within so many seconds."""
        if not self._ready and not self._ended and select.select([self._fd], [], [], seconds)[0]:
            self._read()
        return bool(self._ready)

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> bytes:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._read()
        return self._ready.popleft()

    def _read(self) -> None:
        chunk = os.read(self._fd, _CHUNK)
        if not chunk:
            self._ended = True
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._ready.extend(line for line in lines if line.strip())


def serve(server: Broken) -> None:
    """Answer until the input ends."""
    lines, channel = Lines(0), Channel(transport="stdio")
    server.start()
    for line in lines:
        _send(_answer(server, line, channel, lines))
    server.end()


def _answer(server: Broken, line: bytes, channel: Channel, lines: Lines) -> Answer:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return Answer([{"jsonrpc": "2.0", "error": {"code": -32700, "message": "this is no JSON"}}])
    return server.answer(message, channel, lines.more)


def _send(answer: Answer) -> None:
    if answer.silent:
        return
    out = b"".join(encoded(message) + b"\n" for message in answer.messages)
    while out:
        out = out[os.write(1, out) :]


def encoded(message: Any) -> bytes:
    """A message as it travels; bytes are a defect's own and stay."""
    return message if isinstance(message, bytes) else json.dumps(message).encode()


def wait_for_ever() -> None:
    """Keep a caller waiting until the process ends."""
    threading.Event().wait()
