"""The Streamable HTTP transport: every message is a POST of its own, answered with JSON or a stream of events.

HTTP itself is httpcore2's work: no proxies, no redirects, no cookies and no decompression happen behind our back.
"""

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote

import httpcore2

from pytest_mcp.client.deadline import BoundedBackend, within
from pytest_mcp.client.headers import Headers
from pytest_mcp.client.sse import EventStream
from pytest_mcp.client.stdio import NOISE_LIMIT, RAW_LIMIT, REPLY_LIMIT
from pytest_mcp.client.tls import trouble, trusting
from pytest_mcp.client.wire import NOTHING_DECLARED, Incoming, Role, answer, classify
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, Noise, NoiseKind

BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, ValueError, TypeError)
"""What the library raises when an exchange fails; the last two for a url or a header it cannot take."""
URL_CHARACTERS = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(slots=True)
class _Reply:
    """What has been seen of one response so far; ``id`` and ``until`` are what is waited for."""

    id: int | None = None
    until: str = ""
    arrival: Arrival = Arrival.FAILED
    status: int | None = None
    headers: Headers = ()
    raw: bytes | None = None
    message: object = None
    first_byte_at: float | None = None
    reason: str = ""
    noise: deque[Noise] = field(default_factory=lambda: deque(maxlen=NOISE_LIMIT))


class HttpChannel:
    """Sends messages to one URL; ``session`` and ``revision`` are what a legacy handshake left us to repeat."""

    def __init__(
        self,
        server: str,
        url: str,
        headers: Headers = (),
        *,
        reply_limit: int = REPLY_LIMIT,
        role: Role = NOTHING_DECLARED,
    ) -> None:
        self._role = role
        self._server, self._url, self._reply_limit = server, wire_url(url), reply_limit
        self.url, self._own = url, headers
        self.session: str | None = None
        self.revision: str | None = None
        self.closed = False
        self._pool = new_pool(url)

    def exchange(self, request_id: int | None, ask: Ask, body: bytes, timeout: float, mirror: Headers = ()) -> Exchange:
        """Send one message and wait for its reply, at most ``timeout`` seconds in all."""
        headers = self._headers((*mirror, *ask.headers), bare=ask.bare)
        sent_at = time.perf_counter()
        reply = _Reply(id=request_id, until=ask.until)
        try:
            with within(timeout):
                self._post(ask.verb, headers, body, timeout, reply)
        except httpcore2.TimeoutException:
            reply.arrival, reply.reason = Arrival.TIMEOUT, "no reply in time"
        except httpcore2.ConnectError as error:
            reply.arrival, reply.reason = Arrival.CLOSED, trouble(error) or f"connection refused: {error}"
        except BROKEN as error:
            reply.arrival, reply.reason = broken(error)
        return Exchange(
            server=self._server,
            method=ask.method,
            id=request_id,
            sent=body,
            sent_at=sent_at,
            arrival=reply.arrival,
            received=reply.raw,
            message=reply.message,
            first_byte_at=reply.first_byte_at,
            reason=reply.reason,
            http_status=reply.status,
            http_headers=reply.headers,
            noise=tuple(reply.noise),
        )

    def exchange_all(
        self, asks: Sequence[tuple[int, Ask, bytes, Headers]], timeout: float, in_flight: int
    ) -> tuple[Exchange, ...]:
        """Send many requests with at most ``in_flight`` unanswered."""
        with ThreadPoolExecutor(max_workers=max(1, min(in_flight, len(asks)))) as threads:
            return tuple(threads.map(lambda ask: self.exchange(ask[0], ask[1], ask[2], timeout, ask[3]), asks))

    def leave(self, timeout: float) -> int | None:
        """End a legacy session with DELETE as the client should (2025-11-25 basic/transports); the status, or None."""
        if self.session is None:
            return None
        try:
            with within(timeout):
                reply = self._pool.request(
                    "DELETE", self._url, headers=self._headers(()), extensions={"timeout": timeouts(timeout)}
                )
        except (httpcore2.TimeoutException, *BROKEN):
            return None
        return int(reply.status)

    def close(self) -> None:
        """Close every connection."""
        self.closed = True
        self._pool.close()

    def _headers(self, more: Headers, *, bare: bool = False) -> list[tuple[bytes, bytes]]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        if self.revision and not bare:
            headers["Mcp-Protocol-Version"] = self.revision
        if self.session and not bare:
            headers["Mcp-Session-Id"] = self.session
        return raw_headers(headers, (*self._own, *more))

    def _post(self, verb: str, headers: list[tuple[bytes, bytes]], body: bytes, timeout: float, reply: _Reply) -> None:
        extensions = {"timeout": timeouts(timeout)}
        with self._pool.stream(verb, self._url, headers=headers, content=body, extensions=extensions) as response:
            reply.first_byte_at = time.perf_counter()
            reply.status = response.status
            reply.headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers)
            kind = (
                next((v for n, v in reply.headers if n.lower() == "content-type"), "").partition(";")[0].strip().lower()
            )
            if kind == "text/event-stream":
                self._events(response.iter_stream(), reply, extensions)
            else:
                self._body(response.iter_stream(), reply)

    def _body(self, chunks: Iterator[bytes], reply: _Reply) -> None:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._reply_limit:
                reply.raw, reply.reason = bytes(body[:RAW_LIMIT]), f"reply over {self._reply_limit} bytes"
                return
        reply.raw = bytes(body)
        incoming = classify(reply.raw)
        reply.message = incoming.message
        if incoming.noise is None:
            reply.arrival = Arrival.REPLY
        elif reply.id is None and not reply.raw.strip() and (reply.status or 500) < 300:
            reply.arrival = Arrival.SENT
        else:
            reply.reason = f"HTTP {reply.status} without a JSON-RPC reply in its body"

    def _events(self, chunks: Iterator[bytes], reply: _Reply, extensions: dict[str, dict[str, float]]) -> None:
        stream = EventStream(self._reply_limit)
        for chunk in chunks:
            for payload in stream.feed(chunk):
                if self._event(payload, reply):
                    return
                self._answer(payload, extensions)
            if stream.overflow:
                reply.reason = f"event over {self._reply_limit} bytes"
                return
        reply.arrival, reply.reason = Arrival.CLOSED, "the event stream ended without a reply"

    def _answer(self, payload: bytes, extensions: dict[str, dict[str, float]]) -> None:
        """A request of the server's amid its reply: it waits for our answer, which is a POST of its own."""
        incoming = classify(payload)
        if incoming.noise is NoiseKind.SERVER_REQUEST and (body := answer(incoming.message, self._role)):
            with contextlib.suppress(*BROKEN):
                self._pool.request("POST", self._url, headers=self._headers(()), content=body, extensions=extensions)

    @staticmethod
    def _event(payload: bytes, reply: _Reply) -> bool:
        now = time.perf_counter()
        incoming: Incoming = classify(payload)
        if incoming.noise is None and (incoming.id == reply.id or incoming.id is None):
            reply.raw, reply.message, reply.first_byte_at, reply.arrival = payload, incoming.message, now, Arrival.REPLY
            return True
        if payload.strip():
            reply.noise.append(Noise(kind=incoming.noise or NoiseKind.UNKNOWN_REPLY, raw=payload[:RAW_LIMIT], at=now))
        if incoming.noise is NoiseKind.NOTIFICATION and incoming.message["method"] == reply.until:
            reply.arrival = Arrival.OPEN
            return True
        return False


def broken(error: Exception) -> tuple[Arrival, str]:
    """How an exchange ended that the library could not finish, and why."""
    ours = isinstance(error, ValueError | TypeError)
    return Arrival.FAILED if ours else Arrival.CLOSED, trouble(error) or f"{type(error).__name__}: {error}"


def wire_url(url: str) -> str:
    """The url as it can be sent: what is not printable ASCII is percent-encoded."""
    return quote(url, safe=URL_CHARACTERS, errors="surrogatepass")


def new_pool(url: str) -> httpcore2.ConnectionPool:
    """Connections to one server; raises ClientError where nobody could be trusted."""
    encrypted = url.partition(":")[0].lower() == "https"  # reading the system's certificates costs more than a start
    return httpcore2.ConnectionPool(
        ssl_context=trusting() if encrypted else None,
        max_connections=64,
        max_keepalive_connections=8,
        keepalive_expiry=30.0,
        network_backend=BoundedBackend(),
    )


def raw_headers(ours: dict[str, str], more: Headers) -> list[tuple[bytes, bytes]]:
    """Header fields as bytes; of two with one name the later counts."""
    every = {"User-Agent": "pytest-mcp", **ours}
    merged = {name.lower(): (name, value) for name, value in (*every.items(), *more)}
    return [(name.encode("ascii", "replace"), value.encode("latin-1", "replace")) for name, value in merged.values()]


def timeouts(seconds: float) -> dict[str, float]:
    """The same bound for connecting, each read, each write and waiting for a connection."""
    return {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
