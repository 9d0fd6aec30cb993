"""Lends the controller's live connections to xdist workers: a server is started once, however many workers there are.

The listener is a Unix socket of an abstract address, which leaves nothing behind however we end, and both ends prove
that they know a random key; what travels are the frozen values of ``model``.
"""

import contextlib
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Client, Listener
from multiprocessing.connection import Connection as Pipe
from typing import Any

from pytest_mcp.client.connection import IN_FLIGHT, Connection
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.wire import NOTHING_DECLARED, Role, classify
from pytest_mcp.errors import ClientError
from pytest_mcp.model.exchange import Ask, Exchange, Noise
from pytest_mcp.model.interface import Era, Interface, Shutdown
from pytest_mcp.model.server import Server

LENT = {"request", "send", "send_all", "listen", "heard", "exchanged", "alive"}
ENDING = {"close", "terminate"}


@dataclass(frozen=True, slots=True)
class _Failed:
    """A call that raised in the controller; ``theirs`` when the server is to blame."""

    reason: str
    theirs: bool = False


class Relay:
    """The controller's end: one thread a worker, each call carried out on the fleet's own connection."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._closed = False
        self._opened: dict[str, Connection] = {}
        self.offers: dict[str, Callable[..., Any]] = {}
        """What else a worker may have carried out, by verb; it is given the server and what the worker sent."""
        self.address = f"\0mcp-{secrets.token_hex(16)}"
        self.key = secrets.token_hex(16)
        self._listener = Listener(self.address, family="AF_UNIX", authkey=self.key.encode())
        self._thread = threading.Thread(target=self._accept, name="mcp-relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more workers; those connected see the end of their stream."""
        self._closed = True
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as waking:  # close alone wakes no accept
            waking.connect(self.address)
        self._thread.join(timeout=1)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                pipe = self._listener.accept()
            except OSError:
                return
            except Exception:  # noqa: BLE001, S112 - a stranger without the key must not end the relay
                continue
            threading.Thread(target=self._serve, args=(pipe,), name="mcp-relay", daemon=True).start()

    def _serve(self, pipe: "Pipe[Any, Any]") -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                server, verb, args, kwargs = pipe.recv()
                pipe.send(_unparsed(self._carried_out(server, verb, args, kwargs)))

    def _carried_out(self, server: str, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return self._carry_out(server, verb, args, kwargs)
        except ClientError as error:
            return _Failed(str(error), theirs=True)
        except Exception as error:  # noqa: BLE001 - told to the worker, whose other calls go on
            return _Failed(f"{type(error).__name__}: {error}")

    def _carry_out(self, server: str, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if verb == "open":
            return self._open(*args, **kwargs)
        if verb == "ask_first":
            return self._fleet.ask_first(*args, **kwargs)
        if verb in self.offers:
            return self.offers[verb](server, *args, **kwargs)
        opened = self._opened.get(server)
        if verb == "close" and opened is None:
            return self._fleet.begin_close(server).result()
        if verb == "begin_close":
            self._fleet.begin_close(server)
            return None
        assert verb in LENT or (opened and verb in ENDING)
        return getattr(opened or self._fleet.get(server), verb)(*args, **kwargs)

    def _open(self, server: Server, purpose: str, era: Era | None, role: Role | None) -> tuple[str, Interface]:
        """Another connection, and the name that the worker has for it."""
        connection, interface = self._fleet.open(server, purpose=purpose, era=era, role=role or NOTHING_DECLARED)
        name = f"{server.id}\0{secrets.token_hex(8)}"
        self._opened[name] = connection
        return name, interface


class RelayedConnection:
    """A worker's end for one server: does what a live connection does, in the controller."""

    def __init__(self, borrowed: "BorrowedFleet", server: str) -> None:
        self._borrowed, self._server = borrowed, server

    def request(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> Exchange:
        """See Connection.request."""
        return self._borrowed.call(self._server, "request", method, params, timeout=timeout)  # type: ignore[no-any-return]

    def send(self, ask: Ask) -> Exchange:
        """See Connection.send."""
        return self._borrowed.call(self._server, "send", ask)  # type: ignore[no-any-return]

    def send_all(self, asks: Sequence[Ask], in_flight: int = IN_FLIGHT) -> tuple[Exchange, ...]:
        """See Connection.send_all."""
        return self._borrowed.call(self._server, "send_all", tuple(asks), in_flight)  # type: ignore[no-any-return]

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """See Connection.listen."""
        return self._borrowed.call(self._server, "listen", seconds)  # type: ignore[no-any-return]

    def alive(self) -> bool:
        """See Connection.alive."""
        return self._borrowed.call(self._server, "alive")  # type: ignore[no-any-return]

    def heard(self) -> tuple[Noise, ...]:
        """See Connection.heard."""
        return self._borrowed.call(self._server, "heard")  # type: ignore[no-any-return]

    def exchanged(self) -> tuple[Exchange, ...]:
        """See Connection.exchanged."""
        return self._borrowed.call(self._server, "exchanged")  # type: ignore[no-any-return]

    def terminate(self) -> Shutdown:
        """See Connection.terminate; only for a connection of one's own."""
        return self._borrowed.call(self._server, "terminate")  # type: ignore[no-any-return]

    def close(self) -> Shutdown:
        """See Connection.close."""
        return self._borrowed.call(self._server, "close")  # type: ignore[no-any-return]


class BorrowedFleet:
    """A worker's view of the controller's fleet."""

    def __init__(self, address: str, key: str) -> None:
        self._address, self._key = address, key
        self._lock = threading.Lock()
        self._pipe: Pipe[Any, Any] | None = None

    def get(self, server_id: str) -> RelayedConnection:
        """The relayed connection of a server."""
        return RelayedConnection(self, server_id)

    def open(
        self, server: Server, *, purpose: str, era: Era | None = None, role: Role = NOTHING_DECLARED
    ) -> tuple[RelayedConnection, Interface]:
        """See Fleet.open; the controller starts it."""
        name, interface = self.call(server.id, "open", server, purpose, era, None if role is NOTHING_DECLARED else role)
        return RelayedConnection(self, name), interface

    def ask_first(self, server: Server, ask: Ask, *, purpose: str) -> Exchange:
        """See Fleet.ask_first; the controller does it."""
        return self.call(server.id, "ask_first", server, ask, purpose=purpose)  # type: ignore[no-any-return]

    def call(self, server: str, verb: str, *args: object, **kwargs: object) -> Any:
        """Have the controller carry out one call; one at a time a worker."""
        with self._lock:
            if self._pipe is None:
                self._pipe = Client(self._address, family="AF_UNIX", authkey=self._key.encode())
            try:
                self._pipe.send((server, verb, args, kwargs))
                reply = self._pipe.recv()
            except BaseException:  # a test's time is over: what still comes belongs to nobody
                self._pipe.close()
                self._pipe = None
                raise
        if isinstance(reply, _Failed):
            raise ClientError(reply.reason) if reply.theirs else RuntimeError(reply.reason)
        return _parsed(reply)

    def close(self) -> None:
        """Give the connection back."""
        if self._pipe is not None:
            self._pipe.close()


def _unparsed(value: Any) -> Any:
    """Exchanges without their parsed message: a deep one cannot be pickled, and its bytes travel anyway."""
    if isinstance(value, Exchange):
        return replace(value, message=None)
    return tuple(map(_unparsed, value)) if isinstance(value, tuple) else value


def _parsed(value: Any) -> Any:
    if isinstance(value, Exchange) and value.received is not None:
        return replace(value, message=classify(value.received).message)
    return tuple(map(_parsed, value)) if isinstance(value, tuple) else value
