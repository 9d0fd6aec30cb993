"""Whatever comes back over HTTP is paired, recorded and bounded, and never raised."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.headers import header_value, mirrored, parameters_of
from pytest_mcp.client.http import HttpChannel
from pytest_mcp.model.exchange import Arrival, Ask, NoiseKind
from pytest_mcp.model.interface import Element, ElementKind, Era, ExitBy, StartState
from pytest_mcp.model.server import Http, Launch, Sse
from tests.client.conftest import launch_of, server_of, wait_for

Answer = Callable[["Request"], None]


class Request:
    """One HTTP request as it came, and the socket to answer it on."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        head, _, self.body = self._until(b"\r\n\r\n")
        self.line, *fields = head.decode("latin-1").split("\r\n")
        self.headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        while len(self.body) < int(self.headers.get("content-length", 0)):
            self.body += wire.recv(65536)

    def _until(self, mark: bytes) -> tuple[bytes, bytes, bytes]:
        seen = b""
        while mark not in seen:
            if not (chunk := self.wire.recv(65536)):
                raise ConnectionError
            seen += chunk
        return seen.partition(mark)

    @property
    def message(self) -> dict[str, object]:
        return json.loads(self.body or b"{}")  # type: ignore[no-any-return]

    def reply(self, result: object = None) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": self.message.get("id"), "result": result or {}}).encode()

    def send(self, body: bytes = b"", status: str = "200 OK", kind: str = "application/json", *more: str) -> None:
        fields = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more, "", ""]
        self.wire.sendall("\r\n".join(fields).encode() + body)

    def chunk(self, body: bytes) -> None:
        self.wire.sendall(b"%x\r\n%s\r\n" % (len(body), body))

    def open_stream(self, kind: str = "text/event-stream") -> None:
        self.wire.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())

    def event(self, payload: bytes) -> None:
        self.chunk(b"event: message\ndata: " + payload + b"\n\n")


class Web:
    """A server in a thread that answers each request as the test says; ``heard`` are the requests it got."""

    def __init__(self) -> None:
        self.answer: Answer = lambda request: request.send(request.reply())
        self.heard: list[Request] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/mcp"
        self._wires: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self._socket.accept()
                self._wires.append(wire)
                self._threads.append(threading.Thread(target=self._serve, args=(wire,)))
                self._threads[-1].start()

    def _serve(self, wire: socket.socket) -> None:
        with suppress(OSError), wire:
            while True:
                request = Request(wire)
                self.heard.append(request)
                self.answer(request)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for wire in self._wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers as the test says."""
    web = Web()
    yield web
    web.close()


@pytest.fixture
def connection(web: Web) -> Iterator[Connection]:
    """A connection to it, without a handshake."""
    channel = HttpChannel("tested", web.url, reply_limit=1_000_000)
    connection = Connection(server_of(Http(url=web.url)), channel, None, timeout=5.0)
    yield connection
    connection.close()


# -- replies -------------------------------------------------------------------------------------------------------


def test_a_json_reply_is_kept_with_status_headers_and_bytes(web: Web, connection: Connection) -> None:
    seen = connection.request("ping")
    assert (seen.arrival, seen.result, seen.http_status) == (Arrival.REPLY, {}, 200)
    assert seen.received == web.heard[0].reply()
    assert ("Content-Type", "application/json") in seen.http_headers
    assert seen.latency is not None
    assert web.heard[0].headers["accept"] == "application/json, text/event-stream"


def test_a_reply_comes_as_an_event_after_others(web: Web, connection: Connection) -> None:
    def answer(request: Request) -> None:
        request.open_stream("text/event-stream; charset=utf-8")
        request.event(b'{"jsonrpc":"2.0","method":"notifications/progress"}')
        request.event(b"no json")
        request.event(b'{"jsonrpc":"2.0","id":99,"result":{}}')
        request.event(request.reply({"n": 1}))

    web.answer = answer
    seen = connection.request("ping")
    assert (seen.arrival, seen.result) == (Arrival.REPLY, {"n": 1})
    assert [noise.kind for noise in seen.noise] == [
        NoiseKind.NOTIFICATION,
        NoiseKind.NOT_JSON,
        NoiseKind.UNKNOWN_REPLY,
    ]
    web.answer = lambda request: request.send(request.reply({"n": 2}))
    assert connection.request("ping").result == {"n": 2}, "a stream left open does not disturb the next call"


def test_a_request_of_the_server_s_amid_its_reply_is_answered(web: Web, connection: Connection) -> None:
    answered = threading.Event()

    def answer(request: Request) -> None:
        if "method" not in request.message:
            answered.set()
            request.send(b"", "202 Accepted")
            return
        request.open_stream()
        request.event(b'{"jsonrpc":"2.0","id":"s1","method":"roots/list"}')
        request.event(request.reply({"answered": answered.wait(3)}))

    web.answer = answer
    seen = connection.request("tools/call")
    assert seen.result == {"answered": True}
    assert [noise.kind for noise in seen.noise] == [NoiseKind.SERVER_REQUEST]
    assert web.heard[1].message == {"jsonrpc": "2.0", "id": "s1", "result": {"roots": []}}


def test_a_notification_is_sent_and_has_no_reply(web: Web, connection: Connection) -> None:
    web.answer = lambda request: request.send(b"", "202 Accepted")
    seen = connection.send(Ask(method="notifications/x", notification=True))
    assert (seen.arrival, seen.http_status, seen.reason) == (Arrival.SENT, 202, "")


@pytest.mark.parametrize(
    ("status", "kind", "body", "arrival"),
    [
        ("404 Not Found", "text/html", b"<h1>no</h1>", Arrival.FAILED),
        ("500 Internal Server Error", "text/plain", b"", Arrival.FAILED),
        ("200 OK", "text/html", b"<h1>welcome</h1>", Arrival.FAILED),
        ("302 Found", "text/html", b"", Arrival.FAILED),
        ("400 Bad Request", "application/json", b'{"jsonrpc":"2.0","id":1,"error":{"code":-32600}}', Arrival.REPLY),
        ("200 OK", "text/plain", b'{"jsonrpc":"2.0","id":1,"result":{}}', Arrival.REPLY),
    ],
)
def test_status_and_body_are_kept_whatever_they_are(
    web: Web, connection: Connection, *, status: str, kind: str, body: bytes, arrival: Arrival
) -> None:
    web.answer = lambda request: request.send(body, status, kind, "Location: http://127.0.0.1:9/elsewhere")
    seen = connection.request("ping")
    assert (seen.arrival, seen.http_status, seen.received) == (arrival, int(status[:3]), body)
    assert arrival is Arrival.REPLY or seen.reason == f"HTTP {status[:3]} without a JSON-RPC reply in its body"
    assert len(web.heard) == 1, "a redirect is not followed"


def test_many_at_once_stay_within_the_window_and_keep_their_order(web: Web, connection: Connection) -> None:
    lock, flying, most = threading.Lock(), 0, 0

    def answer(request: Request) -> None:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        time.sleep(0.005)
        with lock:
            flying -= 1
        request.send(request.reply(request.message["params"]))

    web.answer = answer
    seen = connection.send_all([Ask(method="echo", params={"n": n}) for n in range(60)], in_flight=6)
    assert [each.result for each in seen] == [{"n": n} for n in range(60)]
    assert most <= 6


# -- bounds --------------------------------------------------------------------------------------------------------


def trickle_headers(request: Request) -> None:
    request.wire.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(400):
        request.wire.sendall(b"X-%d: y\r\n" % number)
        time.sleep(0.02)


def trickle_body(request: Request) -> None:
    request.open_stream("application/json")
    for _ in range(400):
        request.chunk(b" ")
        time.sleep(0.02)


def trickle_events(request: Request) -> None:
    request.open_stream()
    for _ in range(400):
        request.chunk(b": still there\n\n")
        time.sleep(0.02)


def flood_events(request: Request) -> None:
    request.open_stream()
    while True:
        request.event(b"x" * 1000)


def silence(request: Request) -> None:
    request.wire.recv(1)


@pytest.mark.parametrize("answer", [trickle_headers, trickle_body, trickle_events, flood_events, silence])
def test_no_reply_takes_longer_than_its_time(web: Web, connection: Connection, answer: Answer) -> None:
    web.answer = answer
    began = time.monotonic()
    seen = connection.request("ping", timeout=0.3)
    assert 0.25 < time.monotonic() - began < 0.8
    assert (seen.arrival, seen.reason) == (Arrival.TIMEOUT, "no reply in time")
    assert len(seen.noise) <= 1000
    web.answer = lambda request: request.send(request.reply({"n": 1}))
    assert connection.request("ping").result == {"n": 1}


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def sends(request: Request, raw: bytes) -> None:
    request.wire.sendall(raw)
    request.wire.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda request: request.wire.close(), "RemoteProtocolError"),
        (lambda request: sends(request, b"SSH-2.0-hello\r\n"), "RemoteProtocolError"),
        (lambda request: request.send(b""), "HTTP 200 without"),
        (lambda request: sends(request, CHUNKED + b"7\r\ndata: {\r\n"), "RemoteProtocolError"),
        (lambda request: sends(request, CHUNKED + b"7\r\ndata: {\r\n0\r\n\r\n"), "the event stream ended"),
        (lambda request: sends(request, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), "RemoteProtocolError"),
    ],
)
def test_an_end_before_the_reply_is_told(web: Web, connection: Connection, answer: Answer, reason: str) -> None:
    web.answer = answer
    seen = connection.request("ping", timeout=3)
    assert seen.arrival in (Arrival.CLOSED, Arrival.FAILED)
    assert reason in seen.reason
    assert seen.message is None


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_over_the_limit_fails(web: Web, connection: Connection, stream: bool) -> None:
    def answer(request: Request) -> None:
        request.open_stream("text/event-stream" if stream else "application/json")
        request.chunk(b"data: ")
        for _ in range(100):
            request.chunk(b"x" * 100_000)

    web.answer = answer
    seen = connection.request("ping")
    assert seen.arrival is Arrival.FAILED
    assert seen.reason.endswith("over 1000000 bytes")


def test_a_path_beyond_ascii_is_percent_encoded(web: Web) -> None:
    channel = HttpChannel("tested", web.url + "/\u00e9?q=%20\u00fc")
    connection = Connection(server_of(Http(url=web.url)), channel, None, timeout=5.0)
    assert connection.request("ping").arrival is Arrival.REPLY
    connection.close()
    assert web.heard[0].line == "POST /mcp/%C3%A9?q=%20%C3%BC HTTP/1.1"


def test_a_url_the_library_refuses_is_a_failed_exchange() -> None:
    channel = HttpChannel("tested", "http://a..b/mcp")
    connection = Connection(server_of(Http(url="http://a..b/mcp")), channel, None, timeout=5.0)
    seen = connection.request("ping")
    connection.close()
    assert (seen.arrival, seen.reason.partition(":")[0]) == (Arrival.FAILED, "UnicodeError")


def test_nobody_listening_is_told(connection: Connection, web: Web) -> None:
    web.close()
    seen = connection.request("ping")
    assert seen.arrival is Arrival.CLOSED
    assert seen.reason.startswith("connection refused")
    web.__init__()  # type: ignore[misc]


# -- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("get_weather", "get_weather"),
        ("a b", "a b"),
        ("", ""),
        (" a", "=?base64?IGE=?="),
        ("zürich", "=?base64?esO8cmljaA==?="),
        ("a\nb", "=?base64?YQpi?="),
        ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
        ("\ud800", "=?base64?7aCA?="),
    ],
)
def test_a_name_is_mirrored_as_the_revision_encodes_it(text: str, value: str) -> None:
    assert header_value(text) == value


def test_a_modern_request_mirrors_method_name_and_revision(web: Web, connection: Connection) -> None:
    connection.settle(Era.MODERN, "2026-07-28")
    connection.request("tools/call", {"name": "größe", "arguments": {}})
    headers = web.heard[0].headers
    assert headers["mcp-protocol-version"] == "2026-07-28"
    assert headers["mcp-method"] == "tools/call"
    assert headers["mcp-name"] == "=?base64?Z3LDtsOfZQ==?="
    assert mirrored(Ask(method="resources/read", params={"uri": "a://b"}), "2026-07-28", {})[-1] == (
        "Mcp-Name",
        "a://b",
    )
    assert mirrored(Ask(method="tools/call", params={"name": 7}), "2026-07-28", {})[-1] == ("Mcp-Method", "tools/call")


HEADED = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "dry": {"type": "boolean", "x-mcp-header": "Dry"},
        "query": {"type": "string"},
        "where": {"type": "object", "properties": {"zone": {"type": "integer", "x-mcp-header": "Zone"}}},
        "bad": {"type": "string", "x-mcp-header": "no token\n"},
        "worse": {"type": "string", "x-mcp-header": 7},
    },
}


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "us", "query": "x"}, [("Mcp-Param-Region", "us")]),
        (
            {"region": "größe", "dry": True},
            [("Mcp-Param-Region", "=?base64?Z3LDtsOfZQ==?="), ("Mcp-Param-Dry", "true")],
        ),
        ({"where": {"zone": 7}, "bad": "x", "worse": "y"}, [("Mcp-Param-Zone", "7")]),
        ({"region": None, "where": "nowhere", "dry": {}}, []),
        ("no object", []),
    ],
)
def test_arguments_are_mirrored_as_the_tool_wants_them(arguments: object, headers: list[tuple[str, str]]) -> None:
    tool = Element(kind=ElementKind.TOOL, name="t", index=0, definition={"name": "t", "inputSchema": HEADED})
    parameters = parameters_of([tool, Element(kind=ElementKind.TOOL, name="u", index=1, definition="u")])
    ask = Ask(method="tools/call", params={"name": "t", "arguments": arguments})
    assert list(mirrored(ask, "2026-07-28", parameters)[3:]) == headers
    assert mirrored(ask, None, parameters) == ()


def test_a_server_that_compares_its_headers_with_the_arguments_is_called(fleet: Fleet) -> None:
    server = Path(__file__).parents[1] / "servers" / "everything.py"
    launch = Launch(command=sys.executable, args=("-S", str(server), "--port", "{port}"))
    assert fleet.connect(server_of(started(launch))).era is Era.MODERN
    for region in ("here", "größe"):
        params = {"name": "test_custom_header", "arguments": {"region": region}}
        assert fleet.get("tested").request("tools/call", params).error is None


def test_a_legacy_session_is_repeated_and_left_with_delete(web: Web, connection: Connection) -> None:
    assert isinstance(connection.channel, HttpChannel)
    connection.channel.session = "abc"
    connection.settle(Era.LEGACY, "2025-06-18")
    connection.request("ping")
    connection.close()
    post, delete = web.heard
    assert (post.headers["mcp-session-id"], post.headers["mcp-protocol-version"]) == ("abc", "2025-06-18")
    assert (delete.line.split()[0], delete.headers["mcp-session-id"]) == ("DELETE", "abc")


# -- servers that we start -----------------------------------------------------------------------------------------


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Ended with the test."""
    fleet = Fleet(tmp_path, timeout=10.0)
    yield fleet
    fleet.close()


def started(launch: Launch) -> Http:
    return Http(url="http://127.0.0.1:{port}/mcp", launch=launch)


def test_a_server_that_we_start_gets_a_port_is_awaited_and_ended(fleet: Fleet) -> None:
    found = fleet.connect(server_of(started(launch_of("web.py", "{port}", "child"))))
    assert (found.connected, found.era, [start.purpose for start in found.starts]) == (True, Era.LEGACY, ["shared"])
    connection = fleet.get("tested")
    assert isinstance(connection.channel, HttpChannel)
    assert connection.channel.session == "s-1"
    shutdown = connection.close()
    assert (shutdown.by, shutdown.orphans) == (ExitBy.TERM, 0), "TERM goes to the whole group"
    assert connection.process
    assert wait_for(lambda: "left s-1" in connection.process.stderr.text())  # type: ignore[union-attr]


def test_a_server_whose_port_never_opens_is_shown_with_its_stderr(fleet: Fleet) -> None:
    code = "import sys, time; print('bound to another port', file=sys.stderr, flush=True); time.sleep(60)"
    short = Fleet(Path.cwd(), timeout=0.5)
    began = time.monotonic()
    failure = short.connect(server_of(started(Launch(command=sys.executable, args=("-c", code))))).failure
    short.close()
    assert failure
    assert failure.reason == "the server does not listen on the port it was given after 0.5 s"
    assert (failure.state, failure.exit_code) == (StartState.RUNNING, None), "how we ended it is not its doing"
    assert failure.stderr_tail == "bound to another port\n"
    assert failure.url == "http://127.0.0.1:{port}/mcp"
    assert time.monotonic() - began < 4


def test_a_server_that_exits_before_its_port_opens_is_told_at_once(fleet: Fleet) -> None:
    began = time.monotonic()
    code = "import sys; sys.exit('no such option')"
    failure = fleet.connect(server_of(started(Launch(command=sys.executable, args=("-c", code))))).failure
    assert failure
    assert failure.reason == "the server exited with code 1 before it listened"
    assert (failure.state, failure.exit_code) == (StartState.EXITED, 1)
    assert failure.stderr_tail == "no such option\n"
    assert failure.command[0] == sys.executable
    assert time.monotonic() - began < 3


def test_a_server_that_drops_the_probe_is_initialized(fleet: Fleet, web: Web) -> None:
    def answer(request: Request) -> None:
        if request.message["method"] == "server/discover":
            request.wire.close()
        else:
            request.send(request.reply({"protocolVersion": "2025-03-26", "capabilities": {}}))

    web.answer = answer
    found = fleet.connect(server_of(Http(url=web.url)))
    assert (found.connected, found.era, found.revision) == (True, Era.LEGACY, "2025-03-26")


def test_a_remote_that_refuses_connections_is_a_failure_with_its_reason(fleet: Fleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = fleet.connect(server_of(Http(url=f"http://127.0.0.1:{port}/mcp"))).failure
    assert failure
    assert "connection refused" in failure.reason
    assert (failure.state, failure.command, failure.url) == (StartState.REMOTE, (), f"http://127.0.0.1:{port}/mcp")


def test_a_server_that_opens_no_event_stream_is_shown_with_its_process(fleet: Fleet) -> None:
    transport = Sse(url="http://127.0.0.1:{port}/mcp", launch=launch_of("web.py", "{port}"))
    failure = fleet.connect(server_of(transport)).failure
    assert failure
    assert failure.reason.startswith("no event stream at ")
    assert failure.state is StartState.RUNNING


@pytest.mark.parametrize("spoken", [Http, Sse])
@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".invalid", "m\u00fcnchen.invalid"])
def test_a_host_the_library_refuses_is_that_server_s_failure(fleet: Fleet, spoken: type[Http | Sse], host: str) -> None:
    failure = fleet.connect(server_of(spoken(url=f"http://{host}/mcp"))).failure
    assert failure
    assert not failure.reason.startswith("internal error")


def test_an_endpoint_beyond_ascii_is_percent_encoded(fleet: Fleet, web: Web) -> None:
    def answer(request: Request) -> None:
        if request.line.startswith("GET"):
            request.open_stream()
            request.event("/m\u00e9ssage".encode())
        else:
            request.send(status="404 Not Found")

    web.answer = answer
    failure = fleet.connect(server_of(Sse(url=web.url))).failure
    assert failure
    assert failure.reason == "initialize: HTTP 404"
    assert [request.line for request in web.heard][1] == "POST /m%C3%A9ssage HTTP/1.1"


def test_whatever_is_raised_is_that_server_s_failure(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*args: object, **kwargs: object) -> None:
        raise LookupError("odd")

    monkeypatch.setattr("pytest_mcp.client.fleet.negotiate", raising)
    failure = fleet.connect(server_of(Http(url="http://127.0.0.1:1/mcp"))).failure
    assert failure
    assert failure.reason == "internal error: LookupError: odd"


def test_threads_share_an_http_connection(web: Web, connection: Connection) -> None:
    web.answer = lambda request: request.send(request.reply(request.message["params"]))
    with ThreadPoolExecutor(16) as threads:
        seen = list(threads.map(lambda n: connection.request("echo", {"n": n}), range(200)))
    assert [each.result for each in seen] == [{"n": n} for n in range(200)]
