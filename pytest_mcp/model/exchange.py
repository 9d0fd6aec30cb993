"""What was sent to a server and all that came back, as bytes with times, before anybody judged it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Arrival(StrEnum):
    """How waiting for a reply ended."""

    REPLY = "reply"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    """The server closed the connection or its stdout, or exited, before it replied."""
    FAILED = "failed"
    """The transport failed: connection refused, malformed HTTP, reply over the size limit."""
    SENT = "sent"
    """Nothing to wait for: a notification."""
    OPEN = "open"
    """The notification of ``Ask.until`` came; the reply, which ends the request, is not waited for."""


class NoiseKind(StrEnum):
    """What a server may emit beside the reply that was waited for."""

    NOT_JSON = "not-json"
    NOTIFICATION = "notification"
    SERVER_REQUEST = "server-request"
    UNKNOWN_REPLY = "unknown-reply"
    """A reply whose id no request of ours has."""
    LATE_REPLY = "late-reply"
    DUPLICATE_REPLY = "duplicate-reply"
    INVALID = "invalid"
    """JSON that is no JSON-RPC message: an array, a number, an object without method, result or error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """One thing a server emitted unasked; ``raw`` is cut at 64 KiB, ``at`` is seconds on the monotonic clock."""

    kind: NoiseKind
    raw: bytes
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One message to send.

    ``raw`` replaces the encoded message (for malformed ones); ``bare`` leaves out what the client adds by itself (the
    ``_meta`` envelope of 2026-07-28, over HTTP its headers and those of a legacy session); ``timeout`` is seconds, None
    for the client's own. ``until`` is a notification that ends the waiting before the reply, for requests that stay
    open. ``cancelled`` sends the cancellation right behind the request and waits for neither (stdio). ``verb`` is the
    HTTP method, where there is one.
    """

    method: str
    params: dict[str, Any] | None = None
    timeout: float | None = None
    notification: bool = False
    bare: bool = False
    raw: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    until: str = ""
    cancelled: bool = False
    verb: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Messages to send without waiting for each other's replies."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Wait this many seconds without sending, and take what comes."""

    seconds: float


Step = Ask | Together | Silence
"""What a test does with a shared connection, where it can be told before the test runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One message to a server and what came back. Times are seconds on the monotonic clock.

    ``first_byte_at`` is taken when the first byte of the reply was read, before anything was parsed. ``received`` is
    the reply as it came, ``message`` the same parsed leniently: None when there is none or it is no JSON.
    """

    server: str
    method: str
    id: int | None
    sent: bytes
    sent_at: float
    arrival: Arrival
    received: bytes | None = None
    message: Any = None
    first_byte_at: float | None = None
    reason: str = ""
    http_status: int | None = None
    http_headers: tuple[tuple[str, str], ...] = ()
    noise: tuple[Noise, ...] = ()

    @property
    def latency(self) -> float | None:
        """Seconds from the write to the first byte of the reply; None without a reply."""
        return None if self.first_byte_at is None else self.first_byte_at - self.sent_at

    @property
    def result(self) -> Any:
        """The ``result`` member of the reply, None when there is none."""
        return self.message.get("result") if isinstance(self.message, dict) else None

    @property
    def error(self) -> dict[str, Any] | None:
        """The ``error`` member of the reply when it is an object, else None."""
        error = self.message.get("error") if isinstance(self.message, dict) else None
        return error if isinstance(error, dict) else None

    @property
    def error_code(self) -> int | None:
        """The JSON-RPC error code of the reply, None when there is none."""
        code = (self.error or {}).get("code")
        return code if isinstance(code, int) and not isinstance(code, bool) else None
