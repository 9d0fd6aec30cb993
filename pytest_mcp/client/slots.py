"""A request in flight over stdio, how it is settled: once, by whoever reads; and what came beside the replies."""

import contextlib
import threading
from collections import deque
from typing import NamedTuple

from pytest_mcp.model.exchange import Arrival, Noise


class Guess(NamedTuple):
    """A reply with an id we never sent, while one request waits: perhaps the answer to it."""

    raw: bytes
    message: object
    at: float


class Slot:
    """One request in flight."""

    __slots__ = (
        "arrival",
        "event",
        "first_byte_at",
        "guess",
        "id",
        "message",
        "method",
        "raw",
        "sent",
        "sent_at",
        "until",
    )

    def __init__(self, request_id: int, method: str, sent: bytes, until: str = "") -> None:
        self.id, self.method, self.sent, self.until = request_id, method, sent, until
        self.sent_at = 0.0
        self.arrival: Arrival | None = None
        self.first_byte_at: float | None = None
        self.raw: bytes | None = None
        self.message: object = None
        self.event: threading.Event | None = None
        self.guess: Guess | None = None

    def settle(self, arrival: Arrival) -> None:
        """What came of it; whoever waits for it is woken."""
        self.arrival = arrival
        if self.event:
            self.event.set()

    def settle_without(self, arrival: Arrival) -> None:
        """No reply with our id came: the one without it, if there is one, is taken for it; the checks judge its id."""
        if self.guess:
            self.raw, self.message, self.first_byte_at = self.guess.raw, self.guess.message, self.guess.at
            arrival = Arrival.REPLY
        self.settle(arrival)


def taken(noise: deque[Noise]) -> tuple[Noise, ...]:
    """All noise there is, taken out one by one: another thread may be adding to it."""
    out: list[Noise] = []
    with contextlib.suppress(IndexError):
        while True:
            out.append(noise.popleft())
    return tuple(out)
