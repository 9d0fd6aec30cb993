"""The live connections of a run: started together, each counted by its purpose, and ended together."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from pytest_mcp.client.connection import Channel, Connection
from pytest_mcp.client.guard import Guard
from pytest_mcp.client.handshake import Handshake, negotiate
from pytest_mcp.client.headers import Headers, parameters_of
from pytest_mcp.client.http import HttpChannel
from pytest_mcp.client.listing import bounded, elements, list_all
from pytest_mcp.client.oauth import bearer_token
from pytest_mcp.client.process import Process
from pytest_mcp.client.pump import Pump
from pytest_mcp.client.sse_channel import SseChannel
from pytest_mcp.client.stdio import StdioChannel
from pytest_mcp.client.wire import NOTHING_DECLARED, Role
from pytest_mcp.errors import ClientError
from pytest_mcp.inventory.confidential import worth_hiding
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.interface import Era, Interface, Shutdown, Start, StartFailure, StartState
from pytest_mcp.model.server import Http, Launch, Server, Sse, Stdio

ABORTED_GRACE = 1.0


class LostServerError(ClientError):
    """A server that we started could not be reached; with what was seen of its process before it was ended."""

    def __init__(self, reason: str, *, exit_code: int | None, stderr: str) -> None:
        super().__init__(reason)
        self.exit_code, self.stderr = exit_code, stderr


def start_limit() -> int:
    """How many servers start at once: twice the cores, more was measured to be slower."""
    return 2 * (os.cpu_count() or 1)


class Fleet:
    """Owns every connection; safe from any thread.

    ``timeout`` is seconds for a handshake and for a reply; ``own`` has other values for servers by name.
    """

    def __init__(self, rootdir: Path, *, timeout: float, own: Mapping[str, float] | None = None) -> None:
        self._rootdir, self._default, self._own = rootdir, timeout, own or {}
        self._pump, self._guard = Pump(), Guard()
        self._lock = threading.Lock()
        self._live: dict[str, Connection] = {}
        self._open: set[Connection] = set()
        self._learned: dict[str, tuple[str, ...]] = {}
        self._starts: list[tuple[str, Start]] = []
        self._closed = False
        self._closing: dict[str, Future[Shutdown]] = {}
        self._closers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="mcp-close")

    def connect_all(self, servers: Sequence[Server]) -> Iterator[Interface]:
        """Start at once, ``start_limit`` at a time; the interface of every server as it gets known.

        Daemon threads, unlike those of an executor, are not waited for when the interpreter exits: an interrupt is
        obeyed at once, and the guard ends what was started.
        """
        waiting: SimpleQueue[Server] = SimpleQueue()
        done: SimpleQueue[Interface | BaseException] = SimpleQueue()
        for server in servers:
            waiting.put(server)
        for _ in range(min(start_limit(), len(servers))):
            threading.Thread(target=self._work, args=(waiting, done), name="mcp-start", daemon=True).start()
        return _each(done, len(servers))

    def _work(self, waiting: "SimpleQueue[Server]", done: "SimpleQueue[Interface | BaseException]") -> None:
        while True:
            try:
                server = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put(self.connect(server))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for it
                done.put(error)

    def connect(self, server: Server) -> Interface:
        """Start or reach one server, negotiate and list; the connection is kept as the server's shared one."""
        began = time.monotonic()
        try:
            return self._connect(server, began)
        except Exception as error:  # noqa: BLE001 - one odd server must not end the run of all others
            return self._failure(server, began, ClientError(f"internal error: {type(error).__name__}: {error}"))

    def _connect(self, server: Server, began: float) -> Interface:
        timeout = self._timeout(server)
        try:
            connection, shaken = self._negotiated(server, "shared", timeout=timeout)
        except ClientError as error:
            return self._failure(server, began, error)
        if shaken.problem:
            return self._failed(server, began, shaken.problem, connection)
        with self._lock:
            self._live[server.id] = connection
        return self._snapshot(connection, shaken, began)

    def open(
        self, server: Server, *, purpose: str, era: Era | None = None, role: Role = NOTHING_DECLARED
    ) -> tuple[Connection, Interface]:
        """Another connection beside the shared one, to a process of its own where we start it; the caller closes it.

        The start is counted under ``purpose``. ``era`` is the only one to try. Raises ClientError when it fails.
        """
        began = time.monotonic()
        connection, shaken = self._negotiated(server, purpose, timeout=self._timeout(server), era=era, role=role)
        if shaken.problem:
            connection.close()
            raise ClientError(f"{shaken.problem}{_last_words(connection)}")
        return connection, self._snapshot(connection, shaken, began)

    def beside(
        self, first: Connection, *, purpose: str, era: Era | None = None, role: Role = NOTHING_DECLARED
    ) -> tuple[Connection, Interface]:
        """Another client of the process that a connection over HTTP goes to; counted, though nothing is started.

        Raises ClientError when it is not let in, and for stdio, where every client has a process of its own.
        """
        transport = first.server.transport
        if isinstance(first.channel, StdioChannel) or not isinstance(transport, Http | Sse):
            raise ClientError("over stdio every client has a process of its own")
        there = replace(transport, url=first.channel.url, launch=None)
        return self.open(replace(first.server, transport=there), purpose=purpose, era=era, role=role)

    def ask_first(self, server: Server, ask: Ask, *, purpose: str) -> Exchange:
        """Say one thing as the first on a connection of its own, without a handshake, and end the connection.

        The start is counted under ``purpose``. Raises ClientError when no connection opens.
        """
        began = time.monotonic()
        connection = self._opened(server, purpose, self._timeout(server), NOTHING_DECLARED)
        seen = connection.send(ask)
        self._count_start(connection, purpose, began, seen.reason or "answered")
        connection.close()
        return seen

    def _negotiated(
        self,
        server: Server,
        purpose: str,
        *,
        timeout: float,
        era: Era | None = None,
        role: Role = NOTHING_DECLARED,
    ) -> tuple[Connection, Handshake]:
        """A connection with its handshake; a server that dies of the probe gets a fresh process without one."""
        began = time.monotonic()
        connection, shaken = self._shake_hands(server, purpose, timeout=timeout, era=era, role=role)
        left = timeout - (time.monotonic() - began)
        if shaken.retry_fresh and isinstance(server.transport, Stdio) and left > 0:
            self._discard(connection)
            return self._shake_hands(server, "era-retry", timeout=left, era=Era.LEGACY, role=role)
        return connection, shaken

    def get(self, server_id: str) -> Connection:
        """The shared connection of a server that connected; raises KeyError for another."""
        with self._lock:
            return self._live[server_id]

    def starts(self, server_id: str) -> tuple[Start, ...]:
        """Every start of this server so far, in order."""
        with self._lock:
            return tuple(start for owner, start in self._starts if owner == server_id)

    def learned_secrets(self, server_id: str) -> tuple[str, ...]:
        """Secret values that came up while connecting: tokens, which no output may show."""
        with self._lock:
            return self._learned.get(server_id, ())

    def secrets_of(self, server: Server) -> tuple[str, ...]:
        """All secret values of a server that may be hidden: those of its config, and those that came up."""
        return worth_hiding((*self.learned_secrets(server.id), *server.secrets))

    def begin_close(self, server_id: str) -> Future[Shutdown]:
        """End a server's shared connection in the background; the same future for every caller."""
        with self._lock:
            if server_id not in self._closing:
                self._closing[server_id] = self._closers.submit(self._live[server_id].close)
            return self._closing[server_id]

    def close(self) -> None:
        """End everything that is still open, together, and then the threads; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            still_open = list(self._open)
        for closing in [self._closers.submit(connection.close) for connection in still_open]:
            closing.result()
        self._closers.shutdown()
        self._guard.close()
        self._pump.close()

    def _timeout(self, server: Server) -> float:
        return self._own.get(server.name, self._default)

    def _shake_hands(
        self, server: Server, purpose: str, *, timeout: float, era: Era | None, role: Role
    ) -> tuple[Connection, Handshake]:
        began = time.monotonic()
        connection = self._opened(server, purpose, timeout, role)
        shaken = negotiate(connection, timeout=max(0.1, timeout - (time.monotonic() - began)), era=era)
        self._count_start(connection, purpose, began, shaken.problem or "connected")
        return connection, shaken

    def _opened(self, server: Server, purpose: str, timeout: float, role: Role) -> Connection:
        """A connection before its first message; a start that fails is counted too."""
        began = time.monotonic()
        try:
            return self._open_connection(server, timeout, role)
        except ClientError as error:
            self._count(server, Start(purpose=purpose, pid=None, seconds=time.monotonic() - began, outcome=str(error)))
            raise

    def _count_start(self, connection: Connection, purpose: str, began: float, outcome: str) -> None:
        pid = connection.process.pid if connection.process else None
        start = Start(purpose=purpose, pid=pid, seconds=time.monotonic() - began, outcome=outcome)
        self._count(connection.server, start)

    def _open_connection(self, server: Server, timeout: float, role: Role) -> Connection:
        transport = server.transport
        process: Process | None = None
        channel: Channel
        if isinstance(transport, Stdio):
            process = self._process(transport.launch, speaks_on_stdout=True)
            channel = StdioChannel(server.id, process, self._pump, role=role)
        elif isinstance(transport, Http | Sse):
            url = transport.url
            if transport.launch:
                port = free_port()
                process = self._process(with_port(transport.launch, port), speaks_on_stdout=False)
                url = url.replace("{port}", str(port))
                self._await_port(process, port, timeout)
            channel = self._reach(server, transport, url, process, timeout=timeout, role=role)
        else:
            raise ClientError(server.problem or "this entry cannot be used")
        connection = Connection(server, channel, process, timeout=self._timeout(server), role=role)
        with self._lock:
            over = self._closed
            if not over:
                self._open.add(connection)
        if over:
            self._discard(connection)
            raise ClientError("the run is over; no server is started any more")
        return connection

    def _reach(  # noqa: PLR0913 - where to connect, and as whom
        self, server: Server, transport: Http | Sse, url: str, process: Process | None, *, timeout: float, role: Role
    ) -> HttpChannel | SseChannel:
        try:
            headers = self._authorized(server, transport, url, timeout)
            if isinstance(transport, Http):
                return HttpChannel(server.id, url, headers, role=role)
            return SseChannel(server.id, url, headers, timeout=timeout, role=role)
        except Exception as error:
            if process:
                raise _lost(str(error), process) from error
            raise

    def _authorized(self, server: Server, transport: Http | Sse, url: str, timeout: float) -> Headers:
        token = bearer_token(url, transport.oauth, timeout) if transport.oauth else None
        if token is None:
            return transport.headers
        with self._lock:
            self._learned[server.id] = (token,)
        return (*transport.headers, ("Authorization", f"Bearer {token}"))

    def _process(self, launch: Launch, *, speaks_on_stdout: bool) -> Process:
        return Process(
            launch, rootdir=self._rootdir, pump=self._pump, guard=self._guard, speaks_on_stdout=speaks_on_stdout
        )

    def _await_port(self, process: Process, port: int, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if process.wait(0.02):
                break
        code = process.exit_code if process.wait(0) else None
        waited = f"the server does not listen on the port it was given after {timeout:g} s"
        raise _lost(waited if code is None else f"the server exited with code {code} before it listened", process)

    def _failed(self, server: Server, began: float, problem: str, connection: Connection) -> Interface:
        """What is known of a server that did not shake hands; one that still runs is ended while others are started."""
        process = connection.process
        if process and process.wait(0):
            self._discard(connection)
            return self._failure(server, began, _seen(problem, process))
        failure = self._failure(server, began, _seen(problem, process) if process else ClientError(problem))
        self._closers.submit(self._discard, connection)
        return failure

    def _discard(self, connection: Connection) -> None:
        if connection.process:
            connection.process.end(grace=ABORTED_GRACE)
        connection.close()

    def _count(self, server: Server, start: Start) -> None:
        with self._lock:
            self._starts.append((server.id, start))

    def _failure(self, server: Server, began: float, error: ClientError) -> Interface:
        launch = server.transport.launch if server.transport else None
        lost = error if isinstance(error, LostServerError) else None
        failure = StartFailure(
            reason=str(error),
            command=launch.argv if launch else (),
            exit_code=lost.exit_code if lost else None,
            stderr_tail=lost.stderr if lost else "",
            state=_state(server, lost),
            url=server.transport.url if isinstance(server.transport, Http | Sse) else "",
        )
        return Interface(
            server=server.id,
            connected=False,
            failure=failure,
            starts=self.starts(server.id),
            seconds=time.monotonic() - began,
        )

    def _snapshot(self, connection: Connection, shaken: Handshake, began: float) -> Interface:
        capabilities = shaken.result.get("capabilities")
        listings, noise = list_all(connection, capabilities if isinstance(capabilities, dict) else {})
        listed = elements(listings)
        connection.parameters = parameters_of(listed)
        return Interface(
            server=connection.server.id,
            connected=True,
            era=connection.era,
            revision=connection.revision,
            handshake=bounded(shaken.result),
            elements=listed,
            listings=listings,
            noise=noise,
            stderr_head=connection.process.said() if connection.process else "",
            starts=self.starts(connection.server.id),
            seconds=time.monotonic() - began,
        )


def _each(done: "SimpleQueue[Interface | BaseException]", count: int) -> Iterator[Interface]:
    for _ in range(count):
        found = done.get()
        if isinstance(found, BaseException):
            raise found
        yield found


def _last_words(connection: Connection) -> str:
    """The last line of stderr, where there is one."""
    lines = connection.process.said().strip().splitlines() if connection.process else []
    return f"; stderr ends: {lines[-1]}" if lines else ""


def _seen(reason: str, process: Process) -> LostServerError:
    return LostServerError(reason, exit_code=process.exit_code, stderr=process.said())


def _lost(reason: str, process: Process) -> LostServerError:
    """The process as it is, which is then ended: how it ends is our doing, what it writes meanwhile may tell more."""
    code = process.exit_code
    process.end(eof=False)
    return LostServerError(reason, exit_code=code, stderr=process.said())


def _state(server: Server, lost: LostServerError | None) -> StartState:
    if lost:
        return StartState.RUNNING if lost.exit_code is None else StartState.EXITED
    remote = server.transport is not None and server.transport.launch is None
    return StartState.REMOTE if remote else StartState.NEVER


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_port(launch: Launch, port: int) -> Launch:
    """The launch with ``{port}`` replaced in its arguments and environment."""
    return Launch(
        command=launch.command,
        args=tuple(arg.replace("{port}", str(port)) for arg in launch.args),
        env=tuple((name, value.replace("{port}", str(port))) for name, value in launch.env),
        cwd=launch.cwd,
    )
