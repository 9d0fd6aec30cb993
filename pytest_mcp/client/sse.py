"""Server-Sent Events framing (WHATWG HTML, 9.2): bytes in, payloads out."""

from collections.abc import Iterator

BOM = b"\xef\xbb\xbf"


class EventStream:
    """Cuts a byte stream into the ``data`` payloads of its events; other fields and comments are passed over.

    ``limit`` bounds one event: beyond it ``overflow`` is set and nothing more comes out.
    """

    def __init__(self, limit: int) -> None:
        self._buffer = bytearray()
        self._data: list[bytes] = []
        self._limit = limit
        self._kept = 0
        self._begun = False
        self._after_cr = False
        """The chunk ended with CR, which ended a line already: an LF at the start of the next belongs to it."""
        self.overflow = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The payloads completed by this chunk."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._buffer += chunk
        if b"\n" not in chunk and b"\r" not in chunk:
            self.overflow = self.overflow or len(self._buffer) > self._limit
            return
        self._after_cr = self._buffer.endswith(b"\r")
        *lines, rest = self._buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if not self._begun:
            lines[0], self._begun = lines[0].removeprefix(BOM), True
        self._buffer = bytearray(rest)
        for line in lines:
            if line:
                self._field(bytes(line))
            elif self._data:
                yield b"\n".join(self._data)
                self._data, self._kept = [], 0

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._kept += len(value)
            self.overflow = self.overflow or self._kept > self._limit
