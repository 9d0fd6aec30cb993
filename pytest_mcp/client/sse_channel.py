"""The HTTP+SSE transport of 2024-11-05, deprecated since 2025-03-26 and still spoken: POST to ask, one stream to hear.

A thread reads the stream for as long as the connection lives; callers wait for their reply to arrive on it.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpcore2

from pytest_mcp.client.headers import Headers
from pytest_mcp.client.http import BROKEN, broken, new_pool, raw_headers, timeouts, wire_url
from pytest_mcp.client.slots import taken
from pytest_mcp.client.sse import EventStream
from pytest_mcp.client.stdio import NOISE_LIMIT, RAW_LIMIT, REPLY_LIMIT
from pytest_mcp.client.tls import trouble
from pytest_mcp.client.wire import NOTHING_DECLARED, Role, answer, classify
from pytest_mcp.errors import ClientError
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, Noise, NoiseKind

STREAM_SILENCE = 3600.0
"""Seconds a stream may be silent: servers need not send keep-alives."""


@dataclass(slots=True)
class _Waiting:
    """One request in flight."""

    done: threading.Event = field(default_factory=threading.Event)
    raw: bytes | None = None
    message: object = None
    at: float | None = None


class SseChannel:
    """One stream and the endpoint it named; raises ClientError when no stream opens."""

    def __init__(  # noqa: PLR0913 - named
        self,
        server: str,
        url: str,
        headers: Headers,
        *,
        timeout: float,
        reply_limit: int = REPLY_LIMIT,
        role: Role = NOTHING_DECLARED,
    ) -> None:
        self._role = role
        self.url = url
        self._server, self._url, self._own, self._reply_limit = server, wire_url(url), headers, reply_limit
        self._pool = new_pool(url)
        self._waiting: dict[int, _Waiting] = {}
        self._expired: set[int] = set()
        self._noise: deque[Noise] = deque(maxlen=NOISE_LIMIT)
        self._arrived = threading.Condition()
        self._endpoint: str | None = None
        self._problem = ""
        self._socket: socket.socket | None = None
        self.closed = False
        self._thread = threading.Thread(target=self._read, name="mcp-sse", daemon=True)
        self._thread.start()
        with self._arrived:
            self._arrived.wait_for(lambda: self._endpoint or self.closed, timeout)
        if self._endpoint is None:
            self.close()
            raise ClientError(f"no event stream at {url}: {self._problem or f'no endpoint event within {timeout:g} s'}")

    def exchange(self, request_id: int | None, ask: Ask, body: bytes, timeout: float) -> Exchange:
        """Send one message and wait for its reply on the stream, at most ``timeout`` seconds."""
        deadline = time.perf_counter() + timeout
        waiting = _Waiting()
        if request_id is not None:
            self._waiting[request_id] = waiting
        sent_at = time.perf_counter()
        arrival, reason, status = self._post(ask, body, timeout)
        if arrival is Arrival.REPLY and request_id is not None:
            arrival, reason = self._await(request_id, waiting, deadline)
        elif request_id is None and arrival is Arrival.REPLY:
            arrival = Arrival.SENT
        self._waiting.pop(request_id or 0, None)
        return Exchange(
            server=self._server,
            method=ask.method,
            id=request_id,
            sent=body,
            sent_at=sent_at,
            arrival=arrival,
            received=waiting.raw,
            message=waiting.message,
            first_byte_at=waiting.at,
            reason=reason,
            http_status=status,
            noise=taken(self._noise),
        )

    def exchange_all(
        self, asks: Sequence[tuple[int, Ask, bytes]], timeout: float, in_flight: int
    ) -> tuple[Exchange, ...]:
        """Send many requests with at most ``in_flight`` unanswered."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=max(1, min(in_flight, len(asks)))) as threads:
            return tuple(threads.map(lambda each: self.exchange(each[0], each[1], each[2], timeout), asks))

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """Wait without asking anything, and take what came meanwhile and before."""
        with self._arrived:
            self._arrived.wait_for(lambda: self.closed, seconds)
        return taken(self._noise)

    def close(self) -> None:
        """End the stream and its thread."""
        self.closed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._pool.close()

    # -- asking -----------------------------------------------------------------------------------------------------

    def _post(self, ask: Ask, body: bytes, timeout: float) -> tuple[Arrival, str, int | None]:
        assert self._endpoint
        headers = raw_headers({"Content-Type": "application/json"}, (*self._own, *ask.headers))
        try:
            seen = self._pool.request(
                "POST", self._endpoint, headers=headers, content=body, extensions={"timeout": timeouts(timeout)}
            )
        except httpcore2.TimeoutException:
            return Arrival.TIMEOUT, "the POST was not answered in time", None
        except BROKEN as error:
            return *broken(error), None
        taken = 200 <= seen.status < 300
        return (Arrival.REPLY, "", seen.status) if taken else (Arrival.FAILED, f"HTTP {seen.status}", seen.status)

    def _await(self, request_id: int, waiting: _Waiting, deadline: float) -> tuple[Arrival, str]:
        if waiting.done.wait(max(0.0, deadline - time.perf_counter())):
            return (Arrival.REPLY, "") if waiting.raw is not None else (Arrival.CLOSED, "the event stream ended")
        self._expired.add(request_id)
        return Arrival.TIMEOUT, "no reply in time"

    # -- hearing ----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            self._follow_stream()
        except Exception as error:  # noqa: BLE001 - whatever ended it, everybody who waits is told
            self._problem = self._problem or trouble(error) or f"{type(error).__name__}: {error}"
        with self._arrived:
            self.closed = True
            self._arrived.notify_all()
        for waiting in list(self._waiting.values()):
            waiting.done.set()

    def _follow_stream(self) -> None:
        headers = raw_headers({"Accept": "text/event-stream"}, self._own)
        extensions = {"timeout": {**timeouts(30.0), "read": STREAM_SILENCE}}
        with self._pool.stream("GET", self._url, headers=headers, extensions=extensions) as response:
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
            kind = next((value for name, value in response.headers if name.lower() == b"content-type"), b"")
            if response.status != 200 or not kind.startswith(b"text/event-stream"):
                self._problem = f"HTTP {response.status}, content type {kind.decode('latin-1') or 'none'}"
                return
            stream = EventStream(self._reply_limit)
            for chunk in response.iter_stream():
                for payload in stream.feed(chunk):
                    self._event(payload, time.perf_counter())
                if stream.overflow or self.closed:
                    return

    def _event(self, payload: bytes, now: float) -> None:
        if self._endpoint is None:
            self._take_endpoint(payload)
            return
        incoming = classify(payload)
        request_id = incoming.id
        waiting = self._waiting.get(request_id) if type(request_id) is int else None
        if incoming.noise is None and waiting is not None and not waiting.done.is_set():
            waiting.raw, waiting.message, waiting.at = payload, incoming.message, now
            waiting.done.set()
            return
        late = type(request_id) is int and request_id in self._expired
        kind = incoming.noise or (NoiseKind.LATE_REPLY if late else NoiseKind.UNKNOWN_REPLY)
        self._noise.append(Noise(kind=kind, raw=payload[:RAW_LIMIT], at=now))
        if incoming.noise is NoiseKind.SERVER_REQUEST and (reply := answer(incoming.message, self._role)):
            threading.Thread(target=self._post, args=(Ask(method="reply"), reply, 5.0), daemon=True).start()

    def _take_endpoint(self, payload: bytes) -> None:
        """The first event names where to POST; it must stay with the server (2024-11-05 basic/transports)."""
        endpoint = wire_url(urljoin(self._url, payload.decode("utf-8", "replace").strip()))
        with self._arrived:
            if urlsplit(endpoint)[:2] != urlsplit(self._url)[:2]:
                self._problem = "its endpoint event leads to another server"
                self.closed = True
            else:
                self._endpoint = endpoint
            self._arrived.notify_all()
