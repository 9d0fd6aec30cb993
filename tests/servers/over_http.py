"""The server over Streamable HTTP on 127.0.0.1: a POST a message, sessions only for the legacy era."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.servers.defects import Broken
from tests.servers.over_stdio import encoded, wait_for_ever
from tests.servers.protocol import Answer, Channel

HOST = "127.0.0.1"
PATH = "/mcp"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_ACCEPTED = ("application/json", "text/event-stream")


class Server(ThreadingHTTPServer):
    """Knows the MCP server behind it; ``streams`` answers everything as a stream of events."""

    daemon_threads = True

    def __init__(self, port: int, broken: Broken, *, streams: bool) -> None:
        self.broken, self.streams = broken, streams
        super().__init__((HOST, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left in the middle is no event."""


class Handler(BaseHTTPRequestHandler):
    """One HTTP connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet, else delayed acknowledgements cost 40 ms a reply
    server: Server

    def do_POST(self) -> None:
        """One message."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._admitted():
            return
        accept = self.headers.get("Accept", "")
        if not all(kind in accept for kind in _ACCEPTED) and "*/*" not in accept:
            self._empty(406)
            return
        if self.headers.get_content_type() != "application/json":
            self._empty(415)
            return
        headers = {name.lower(): value.strip(" \t") for name, value in self.headers.items()}  # RFC 9110, 5.5
        self._send(self._answer(body, Channel(transport="http", headers=headers)))

    def do_DELETE(self) -> None:
        """End a legacy session."""
        if not self._admitted():
            return
        sessions, name = self.server.broken.good.sessions, self.headers.get("Mcp-Session-Id")
        if "legacy" not in self.server.broken.good.eras:
            self._empty(405)
        else:
            self._empty(400 if name is None else 204 if sessions.pop(name, None) else 404)

    def do_GET(self) -> None:
        """No stream is offered here."""
        if self._admitted():
            self._empty(405)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing of each request."""

    def _admitted(self) -> bool:
        """Only from this machine, under a name of it, at the one endpoint."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        origin = self.headers.get("Origin")
        names = [name.strip("[]") for name in _LOCAL]
        if host not in names or (origin is not None and urlsplit(origin).hostname not in names):
            self._empty(403)
        elif urlsplit(self.path).path != PATH:
            self._empty(404)
        else:
            return True
        return False

    def _answer(self, body: bytes, channel: Channel) -> Answer:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            error = {"code": -32700, "message": "this is no JSON"}
            return Answer([{"jsonrpc": "2.0", "error": error}], status=400)
        return self.server.broken.answer(message, channel)

    def _send(self, answer: Answer) -> None:
        if answer.way:
            self._oddly(answer)
        elif answer.silent:
            wait_for_ever()
        elif not answer.messages and answer.live is None:
            self._empty(answer.status, answer.headers)
        elif (self.server.streams or answer.streamed) and answer.status == 200:
            self._stream(answer)
        else:
            self._body(answer.status, encoded(answer.messages[-1]), "application/json", answer.headers)

    def _oddly(self, answer: Answer) -> None:
        """As no client expects it."""
        body = b"".join(map(encoded, answer.messages)) or b"{}"
        self.close_connection = True
        self.send_response(307 if answer.way == "redirect" else 200)
        endless = answer.way == "endless"
        self.send_header("Content-Type", "text/event-stream" if endless else "application/json")
        if not endless:
            self.send_header("Content-Length", str(0 if answer.way == "redirect" else len(body)))
        self.send_header("Location", PATH)
        self.end_headers()
        if answer.way == "cut":
            self.wfile.write(body[: len(body) // 2])
        while answer.way in ("trickle", "endless"):
            self.wfile.write(b": still here\n\n" if endless else body[:1])
            self.wfile.flush()
            body = body[1:] or body
            threading.Event().wait(0.2)

    def _stream(self, answer: Answer) -> None:
        self.close_connection = True
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Type": "text/event-stream", "Connection": "close"}.items():
            self.send_header(name, value)
        self.send_header("X-Accel-Buffering", "no")
        self.end_headers()
        self.wfile.write(b": a comment, as a keep-alive\n\n" + b"".join(map(_event, answer.messages)))
        self.wfile.flush()
        for message in answer.live or ():
            self.wfile.write(_event(message))
            self.wfile.flush()

    def _empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self._body(status, b"", "", headers or {})

    def _body(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _event(message: Any) -> bytes:
    return b"event: message\ndata: " + encoded(message) + b"\n\n"


def serve(server: Broken, port: int, *, streams: bool) -> None:
    """Answer until the process is ended."""
    server.start()
    with Server(port, server, streams=streams) as listening:
        print(f"http://127.0.0.1:{listening.server_address[1]}{PATH}", file=sys.stderr, flush=True)
        listening.serve_forever()
