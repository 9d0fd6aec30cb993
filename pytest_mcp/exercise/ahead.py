"""What tests will send to the shared connections, sent before they run: sequential tests do not queue up servers.

Each server has one thread that carries out the steps of its tests in the order of the tests, so that a server is asked
just what it would be asked without this, in the same order. A test finds its replies there, or waits for them; what it
asks beyond its declaration goes to the live connection once the thread is through.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.client.connection import IN_FLIGHT, Caller
from pytest_mcp.model.exchange import Ask, Exchange, Noise, Silence, Step, Together
from pytest_mcp.model.interface import Shutdown

AHEAD_BYTES = 8 * 1024 * 1024
"""Replies a server may have waiting for its tests; more wait until a test has taken some."""

Seen = Exchange | tuple[Exchange, ...] | tuple[Noise, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The steps of one test; ``key`` is its node id."""

    key: str
    steps: tuple[Step, ...]


@dataclass(slots=True)
class _Taken:
    """What is there of one test: ``alive`` is the connection before its first step, None before that came up."""

    steps: deque[tuple[Step, Seen]] = field(default_factory=deque)
    alive: bool | None = None
    whole: bool = False
    forgotten: bool = False


class Chain:
    """One server's steps, carried out on a thread of its own; the steps of one test are never interrupted."""

    def __init__(self, connection: Caller, planned: Iterable[Planned]) -> None:
        self._connection, self._planned = connection, tuple(planned)
        self._change = threading.Condition()
        self._alone = threading.Lock()
        self._alone_for: str | None = None
        self._taken: dict[str, _Taken] = {each.key: _Taken() for each in self._planned}
        self._over = self._stopped = False
        self._waiting_bytes = 0
        self._thread = threading.Thread(target=self._work, name="mcp-ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin with no further test, and wait for the one that was begun."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
        self._thread.join()

    def alive(self, key: str) -> bool | None:
        """Whether the connection was alive before this test's first step; None for a test without steps here."""
        taken = self._taken.get(key)
        if taken is None:
            return None
        with self._change:
            self._change.wait_for(lambda: taken.alive is not None or self._over)
        return taken.alive

    def take(self, key: str, step: Step) -> Seen | None:
        """What the next step of this test brought, waiting for it; None when that is another step, or none is left."""
        taken = self._taken.get(key)
        if taken is None or self._alone_for == key:
            return None
        with self._change:
            self._change.wait_for(lambda: taken.steps or taken.whole or self._over)
            if not taken.steps or taken.steps[0][0] != step:
                return None
            _, seen = taken.steps.popleft()
            self._waiting_bytes -= _size(seen)
            self._change.notify_all()
            return seen

    def live(self, key: str) -> Caller:
        """The connection itself, which this test has for itself until it is over."""
        if self._alone_for != key:
            self._alone.acquire()
            self._alone_for = key
        return self._connection

    def forget(self, key: str) -> None:
        """The test is over: what it did not take is dropped, what it had for itself is given back."""
        if self._alone_for == key:
            self._alone_for = None
            self._alone.release()
        taken = self._taken.get(key)
        if taken is None:
            return
        with self._change:
            taken.forgotten = True
            while taken.steps:
                self._waiting_bytes -= _size(taken.steps.popleft()[1])
            self._change.notify_all()

    def _work(self) -> None:
        try:
            for planned in self._planned:
                with self._change:
                    self._change.wait_for(lambda: self._stopped or self._waiting_bytes < AHEAD_BYTES)
                    if self._stopped:
                        return
                with self._alone:
                    self._carry_out(planned)
        finally:
            with self._change:
                self._over = True
                self._change.notify_all()

    def _carry_out(self, planned: Planned) -> None:
        taken = self._taken[planned.key]
        alive = self._connection.alive()
        with self._change:
            taken.alive = alive
            self._change.notify_all()
        for step in planned.steps if alive else ():
            seen = _carried_out(self._connection, step)
            with self._change:
                if not taken.forgotten:
                    taken.steps.append((step, seen))
                    self._waiting_bytes += _size(seen)
                self._change.notify_all()
        with self._change:
            taken.whole = True
            self._change.notify_all()


class Ahead:
    """The chains of a session, one for each server that has something to be asked."""

    def __init__(self, connection_of: Callable[[str], Caller], planned: Mapping[str, Sequence[Planned]]) -> None:
        self._connection_of = connection_of
        self._chains = {server: Chain(connection_of(server), each) for server, each in planned.items()}

    def client(self, server: str, key: str) -> Caller:
        """The shared connection as a test sees it."""
        chain = self._chains.get(server)
        connection = self._connection_of(server)
        return connection if chain is None else SentAhead(connection, chain, key)

    def forget(self, key: str) -> None:
        """The test is over, whether it asked for its replies or not."""
        for chain in self._chains.values():
            chain.forget(key)

    def stop(self, server: str | None = None) -> None:
        """Send nothing more that was not begun, to one server or to all."""
        for each, chain in self._chains.items():
            if server in (None, each):
                chain.stop()


class SentAhead:
    """A test's view of the shared connection: its steps are there already, anything else is done live."""

    def __init__(self, connection: Caller, chain: Chain, key: str) -> None:
        self._connection, self._chain, self._key = connection, chain, key

    def request(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> Exchange:
        """See Connection.request."""
        return self.send(Ask(method=method, params=params, timeout=timeout))

    def send(self, ask: Ask) -> Exchange:
        """See Connection.send."""
        seen = self._chain.take(self._key, ask)
        return seen if isinstance(seen, Exchange) else self._live().send(ask)

    def send_all(self, asks: Sequence[Ask], in_flight: int = IN_FLIGHT) -> tuple[Exchange, ...]:
        """See Connection.send_all."""
        seen = self._chain.take(self._key, Together(asks=tuple(asks)))
        return self._live().send_all(asks, in_flight) if seen is None else seen  # type: ignore[return-value]

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """See Connection.listen."""
        seen = self._chain.take(self._key, Silence(seconds=seconds))
        return self._live().listen(seconds) if seen is None else seen  # type: ignore[return-value]

    def heard(self) -> tuple[Noise, ...]:
        """See Connection.heard."""
        return self._connection.heard()

    def exchanged(self) -> tuple[Exchange, ...]:
        """See Connection.exchanged."""
        return self._connection.exchanged()

    def alive(self) -> bool:
        """Whether the connection was alive before this test's first step."""
        known = self._chain.alive(self._key)
        return self._live().alive() if known is None else known

    def terminate(self) -> Shutdown:
        """See Connection.terminate."""
        return self._live().terminate()

    def close(self) -> Shutdown:
        """See Connection.close."""
        return self._live().close()

    def _live(self) -> Caller:
        return self._chain.live(self._key)


def _carried_out(connection: Caller, step: Step) -> Seen:
    if isinstance(step, Ask):
        return connection.send(step)
    return connection.listen(step.seconds) if isinstance(step, Silence) else connection.send_all(step.asks)


def _size(seen: Seen) -> int:
    each = seen if isinstance(seen, tuple) else (seen,)
    return sum(len(one.received or b"") if isinstance(one, Exchange) else len(one.raw) for one in each)
