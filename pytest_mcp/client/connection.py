"""A live, negotiated connection to one server, the same over every transport and era."""

import itertools
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from pytest_mcp.client.headers import Parameters, mirrored
from pytest_mcp.client.http import HttpChannel
from pytest_mcp.client.process import Process
from pytest_mcp.client.record import Record
from pytest_mcp.client.sse_channel import SseChannel
from pytest_mcp.client.stdio import StdioChannel
from pytest_mcp.client.wire import NOTHING_DECLARED, Role, encode
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, Noise
from pytest_mcp.model.interface import Era, ExitBy, Shutdown
from pytest_mcp.model.server import Server

Channel = StdioChannel | HttpChannel | SseChannel
IN_FLIGHT = 32
HEARD = 1000
AT_ONCE = 0.001
"""Seconds for a request whose reply nobody waits for."""


class Caller(Protocol):
    """What a test can do with a server; the live connection and a worker's relay to it both do it."""

    def request(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> Exchange:
        """Send a request and wait for its reply, at most ``timeout`` seconds."""

    def send(self, ask: Ask) -> Exchange:
        """Send one message just as the ask says."""

    def send_all(self, asks: Sequence[Ask], in_flight: int = IN_FLIGHT) -> tuple[Exchange, ...]:
        """Send many with at most ``in_flight`` unanswered, in one go; replies in the order of the asks."""

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """Wait in silence and take what the server emitted meanwhile and before."""

    def heard(self) -> tuple[Noise, ...]:
        """Everything the server emitted unasked so far, the handshake included; the last thousand of it."""

    def exchanged(self) -> tuple[Exchange, ...]:
        """What was sent and what came back so far, the handshake included; the last of it, up to 4 MiB."""

    def alive(self) -> bool:
        """False once the server closed its side or exited, or we ended it."""

    def terminate(self) -> Shutdown:
        """End the server's process by SIGTERM rather than by the end of its input."""

    def close(self) -> Shutdown:
        """End the connection, and the server's process where it is ours."""


class Connection:
    """One server over one transport; ``era`` and ``revision`` are set by the handshake (None before it)."""

    def __init__(
        self,
        server: Server,
        channel: Channel,
        process: Process | None,
        *,
        timeout: float,
        role: Role = NOTHING_DECLARED,
    ) -> None:
        self.server, self.channel, self.process, self.timeout = server, channel, process, timeout
        self.role = role
        self.era: Era | None = None
        self.revision: str | None = None
        self.parameters: Parameters = {}
        """Arguments that go into headers too (2026-07-28 over HTTP), once the tools are listed."""
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._shutdown: Shutdown | None = None
        self._heard: deque[Noise] = deque(maxlen=HEARD)
        self._record = Record()

    def alive(self) -> bool:
        """False once the server closed its side or exited, or we ended it."""
        return self._shutdown is None and not self.channel.closed and (self.process is None or self.process.running)

    def settle(self, era: Era, revision: str) -> None:
        """Speak this era and revision from now on."""
        self.era, self.revision = era, revision
        if isinstance(self.channel, HttpChannel) and era is Era.LEGACY:
            self.channel.revision = revision

    def request(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> Exchange:
        """Send a request and wait for its reply, at most ``timeout`` seconds."""
        return self.send(Ask(method=method, params=params, timeout=timeout))

    def send(self, ask: Ask) -> Exchange:
        """Send one message just as the ask says."""
        seen = self._send(ask)
        if seen.noise:
            self._heard.extend(seen.noise)
        self._record.add(seen)
        return seen

    def _send(self, ask: Ask) -> Exchange:
        modern = self.revision if self.era is Era.MODERN else None
        timeout = ask.timeout or self.timeout
        number = None if ask.notification else next(self._ids)
        message = encode(ask, number, modern, self.role)
        if isinstance(self.channel, HttpChannel):
            return self.channel.exchange(number, ask, message, timeout, mirrored(ask, modern, self.parameters))
        if isinstance(self.channel, SseChannel):
            return self.channel.exchange(number, ask, message, timeout)
        if number is None:
            return self.channel.notify(ask.method, message, timeout)
        if ask.cancelled:
            return self.channel.exchange(number, ask.method, message + b"\n" + _cancellation(number), AT_ONCE)
        seen = self.channel.exchange(number, ask.method, message, timeout, ask.until)
        if seen.arrival is Arrival.OPEN:  # over HTTP the stream was closed, which says the same
            self.channel.notify("notifications/cancelled", _cancellation(number), timeout)
        return seen

    def send_all(self, asks: Sequence[Ask], in_flight: int = IN_FLIGHT) -> tuple[Exchange, ...]:
        """Send many requests with at most ``in_flight`` unanswered; replies in the order of the asks."""
        seen = self._send_all(asks, in_flight)
        self._heard.extend(noise for each in seen for noise in each.noise)
        for each in seen:
            self._record.add(each)
        return seen

    def _send_all(self, asks: Sequence[Ask], in_flight: int) -> tuple[Exchange, ...]:
        modern = self.revision if self.era is Era.MODERN else None
        numbered = [(next(self._ids), ask) for ask in asks]
        if isinstance(self.channel, HttpChannel):
            posts = [
                (n, ask, encode(ask, n, modern, self.role), mirrored(ask, modern, self.parameters))
                for n, ask in numbered
            ]
            return self.channel.exchange_all(posts, self.timeout, in_flight)
        if isinstance(self.channel, SseChannel):
            messages = [(n, ask, encode(ask, n, modern, self.role)) for n, ask in numbered]
            return self.channel.exchange_all(messages, self.timeout, in_flight)
        lines = [(n, ask.method, encode(ask, n, modern, self.role)) for n, ask in numbered]
        return self.channel.exchange_all(lines, self.timeout, in_flight)

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """Wait in silence and take what the server emitted; over Streamable HTTP nothing comes unasked."""
        if isinstance(self.channel, HttpChannel):
            return ()
        noise = self.channel.listen(seconds)
        self._heard.extend(noise)
        return noise

    def heard(self) -> tuple[Noise, ...]:
        """Everything the server emitted unasked so far, the handshake included; the last thousand of it."""
        return tuple(self._heard)

    def exchanged(self) -> tuple[Exchange, ...]:
        """What was sent and what came back so far, the handshake included; the last of it, up to 4 MiB."""
        return self._record.kept()

    def close(self) -> Shutdown:
        """End the connection, and the process where it is ours; the second call tells what the first saw."""
        return self._ended(eof=True)

    def terminate(self) -> Shutdown:
        """As ``close``, but by SIGTERM rather than by the end of input."""
        return self._ended(eof=False)

    def _ended(self, *, eof: bool) -> Shutdown:
        with self._lock:
            if self._shutdown is None:
                self._shutdown = self._end(eof)
            return self._shutdown

    def _end(self, eof: bool) -> Shutdown:
        if isinstance(self.channel, HttpChannel) and (self.process is None or self.process.running):
            self.channel.leave(min(5.0, self.timeout))
        if isinstance(self.channel, StdioChannel):
            self.channel.hush()
            shutdown = self.channel.process.end(eof)
            self.channel.close()
            return shutdown
        self.channel.close()
        if self.process is None:
            return Shutdown(by=ExitBy.REMOTE, seconds=0.0, exit_code=None)
        return self.process.end(eof=False)


def _cancellation(number: int) -> bytes:
    """What tells a server over stdio that the reply is not waited for any more (basic/patterns/cancellation)."""
    params = {"requestId": number, "reason": "not needed any more"}
    return encode(Ask(method="notifications/cancelled", params=params, notification=True), None, None)
