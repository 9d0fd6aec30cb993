"""A server that demands a token gets one by client credentials, from a real authorization server on this machine."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.inventory import read_inventory
from pytest_mcp.model.server import Http, OAuth, Server, Source
from pytest_mcp.settings import read_settings

pytest.importorskip("mcp", reason="needs mcp: install the extra oauth")

SECRET = "s3cret-of-the-client"
TOKEN = "token-that-nobody-may-see"


class Guarded(BaseHTTPRequestHandler):
    """An MCP endpoint behind a bearer token, and the authorization server that gives it out."""

    def log_message(self, *_: object) -> None:
        """Silent."""

    def _say(self, status: int, body: object, **headers: str) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    @property
    def _here(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        """The two metadata documents."""
        if "oauth-protected-resource" in self.path:
            self._say(200, {"resource": f"{self._here}/mcp", "authorization_servers": [self._here]})
        elif "oauth-authorization-server" in self.path:
            endpoints = {f"{name}_endpoint": f"{self._here}/{name}" for name in ("authorization", "token")}
            self._say(200, {"issuer": self._here, "response_types_supported": ["code"], **endpoints})
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        """The token endpoint, and the MCP endpoint."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self._give_token(parse_qs(body.decode()))
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            where = f'Bearer resource_metadata="{self._here}/.well-known/oauth-protected-resource"'
            self._say(401, {"error": "invalid_token"}, WWW_Authenticate=where)
        else:
            message = json.loads(body)
            result = {"supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete"}
            self._say(200, {"jsonrpc": "2.0", "id": message.get("id"), "result": result})

    def _give_token(self, form: dict[str, list[str]]) -> None:
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if basic.endswith(f":{SECRET}") and form["grant_type"] == ["client_credentials"]:
            self._say(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 60})
        else:
            self._say(401, {"error": "invalid_client", "error_description": f"not {SECRET}"})


@pytest.fixture
def issuer() -> Iterator[str]:
    """The guarded server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet of its own."""
    fleet = Fleet(tmp_path, timeout=10)
    yield fleet
    fleet.close()


def guarded(issuer: str, secret: str) -> Server:
    """The server with these credentials."""
    oauth = OAuth(client_id="ci", client_secret=secret, issuer=issuer)
    transport = Http(url=f"{issuer}/mcp", oauth=oauth)
    return Server(id="guarded", name="guarded", source=Source(path="x", line=1), transport=transport)


def test_a_server_that_demands_a_token_is_connected_to_with_one(issuer: str, fleet: Fleet) -> None:
    interface = fleet.connect(guarded(issuer, SECRET))
    assert interface.connected, interface.failure
    assert fleet.learned_secrets("guarded") == (TOKEN,)


def test_wrong_credentials_are_a_failure_to_connect_that_does_not_show_them(issuer: str, fleet: Fleet) -> None:
    interface = fleet.connect(guarded(issuer, "wrong-secret"))
    assert interface.failure
    assert "OAuth failed" in interface.failure.reason
    assert "wrong-secret" not in repr(interface)


def test_a_server_without_credentials_fails_with_its_401(issuer: str, fleet: Fleet) -> None:
    transport = Http(url=f"{issuer}/mcp")
    server = Server(id="open", name="open", source=Source(path="x", line=1), transport=transport)
    interface = fleet.connect(server)
    assert interface.failure
    assert "401" in interface.failure.reason


def test_credentials_come_from_the_settings_and_are_secrets(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"far": {"type": "http", "url": "https://far.example/mcp"}}}')
    (tmp_path / "pytest_mcp.toml").write_text(
        '[servers.far.oauth]\nclient_id = "ci"\nclient_secret = "${FAR_SECRET}"\nissuer = "https://login.example"\n'
    )
    environ = {"FAR_SECRET": SECRET}
    settings = read_settings({}, tmp_path, environ)
    (server,) = read_inventory(settings, tmp_path, environ).servers
    assert isinstance(server.transport, Http)
    assert server.transport.oauth == OAuth(client_id="ci", client_secret=SECRET, issuer="https://login.example")
    assert SECRET in server.secrets
    assert SECRET not in repr(server) + repr(settings)


def test_credentials_of_an_unset_variable_are_the_entrys_problem(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"far": {"type": "http", "url": "https://far.example/mcp"}}}')
    (tmp_path / "pytest_mcp.toml").write_text(
        '[servers.far.oauth]\nclient_id = "ci"\nclient_secret = "${FAR_SECRET}"\nissuer = "https://login.example"\n'
    )
    (server,) = read_inventory(read_settings({}, tmp_path, {}), tmp_path, {}).servers
    assert server.transport is None
    assert "FAR_SECRET" in (server.problem or "")
