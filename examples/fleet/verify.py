"""Start every server of the example fleet as the configuration says and compare what it offers with fleet.json.

    python examples/fleet/verify.py [server ...]

Independent of pytest_mcp on purpose (standard library only), so that the two can be held against each other.
"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

HERE = Path(__file__).resolve().parent
SECONDS = 60
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "fleet-verify", "version": "1"},
}


class ServerError(Exception):
    """A server did not do what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One server over one transport, as configured."""

    name: str
    transport: str
    command: list[str]
    env: dict[str, str]
    cwd: Path
    url: str | None = None


class Wire(Protocol):
    """One way to send a message and receive its reply."""

    def send(self, message: dict[str, Any], deadline: float) -> dict[str, Any] | None:
        """Send; the reply of a request, None for a notification."""


# --- configuration --------------------------------------------------------------------------------------------------


def expand(text: str) -> str:
    """Replace ``${NAME}`` and ``${NAME:-default}`` as the clients do."""
    return VARIABLE.sub(lambda found: os.environ.get(found[1]) or found[2] or "", text)


def launches() -> list[Launch]:
    """The seventeen stdio servers and the extra HTTP transports."""
    entries = json.loads((HERE / ".mcp.json").read_text())["mcpServers"]
    settings = tomllib.loads((HERE / "pytest_mcp.toml").read_text())["servers"]
    found = [launch(name, "stdio", entry) for name, entry in entries.items()]
    for name, server in settings.items():
        found += [launch(name, kind, entry) for kind, entry in server["transports"].items()]
    return found


def launch(name: str, transport: str, entry: dict[str, Any]) -> Launch:
    """One configured entry, with a free port where it wants one."""
    port = str(free_port())

    def ready(text: str) -> str:
        return expand(text).replace("{port}", port)

    return Launch(
        name=name,
        transport=transport,
        command=[ready(part) for part in (entry["command"], *entry.get("args", []))],
        env={key: ready(value) for key, value in entry.get("env", {}).items()},
        cwd=HERE / entry.get("cwd", "."),
        url=ready(entry["url"]) if "url" in entry else None,
    )


def free_port() -> int:
    """A port of the loopback interface that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# --- the two wires --------------------------------------------------------------------------------------------------


class Stdio:
    """JSON lines over a process's standard streams."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """Speak to this process."""
        assert process.stdin is not None and process.stdout is not None
        self._input, self._output = process.stdin, process.stdout
        self._pending = b""

    def send(self, message: dict[str, Any], deadline: float) -> dict[str, Any] | None:
        """Write a line and, for a request, read until its reply."""
        self._input.write(json.dumps(message).encode() + b"\n")
        self._input.flush()
        return self._reply(message["id"], deadline) if "id" in message else None

    def _reply(self, wanted: int, deadline: float) -> dict[str, Any]:
        while True:
            line = self._line(deadline)
            with suppress(ValueError):
                reply = json.loads(line)
                if isinstance(reply, dict) and reply.get("id") == wanted and "method" not in reply:
                    return reply

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._pending:
            if not select.select([self._output], [], [], max(0, deadline - time.monotonic()))[0]:
                raise ServerError(f"no reply within {SECONDS} s")
            chunk = os.read(self._output.fileno(), 65536)
            if not chunk:
                raise ServerError("closed its output")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line


class Http:
    """Streamable HTTP: one POST a message, the reply as JSON or as an event stream."""

    def __init__(self, url: str) -> None:
        """Speak to this address, which may need a moment to answer."""
        self._url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

    def send(self, message: dict[str, Any], deadline: float) -> dict[str, Any] | None:
        """POST a message; waits for a server that is still starting."""
        request = urllib.request.Request(self._url, json.dumps(message).encode(), self._headers)
        while True:
            try:
                with urllib.request.urlopen(request, timeout=max(1, deadline - time.monotonic())) as reply:
                    return self._read(reply, message)
            except urllib.error.HTTPError as error:
                raise ServerError(f"HTTP {error.code}: {error.read(200)!r}") from None
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ServerError(f"no reply within {SECONDS} s: {error}") from None
                time.sleep(0.1)

    def _read(self, reply: Any, message: dict[str, Any]) -> dict[str, Any] | None:
        if session := reply.headers.get("Mcp-Session-Id"):
            self._headers["Mcp-Session-Id"] = session
        if "id" not in message:
            return None
        if reply.headers.get_content_type() == "application/json":
            return dict(json.load(reply))
        for line in reply:
            if line.startswith(b"data:") and (data := line[5:].strip()):
                event = json.loads(data)
                if event.get("id") == message["id"]:
                    return dict(event)
        raise ServerError("the event stream ended without a reply")


# --- asking ---------------------------------------------------------------------------------------------------------


def count(wire: Wire, method: str, key: str, deadline: float) -> int:
    """How many elements all pages of a list have."""
    total, cursor = 0, None
    while True:
        params = {"cursor": cursor} if cursor else {}
        reply = wire.send({"jsonrpc": "2.0", "id": 2, "method": method, "params": params}, deadline) or {}
        if "result" not in reply:
            raise ServerError(f"{method}: {reply.get('error')}")
        total += len(reply["result"][key])
        cursor = reply["result"].get("nextCursor")
        if not cursor:
            return total


def offered(wire: Wire, deadline: float) -> dict[str, int | None]:
    """The number of tools, resources and prompts; None where the capability is not declared."""
    reply = wire.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}, deadline) or {}
    if "result" not in reply:
        raise ServerError(f"initialize: {reply.get('error')}")
    wire.send({"jsonrpc": "2.0", "method": "notifications/initialized"}, deadline)
    declared = reply["result"]["capabilities"]
    kinds = ("tools", "resources", "prompts")
    return {kind: count(wire, f"{kind}/list", kind, deadline) if kind in declared else None for kind in kinds}


def ask(server: Launch) -> dict[str, int | None]:
    """Start a server, count what it offers, and end it."""
    executable = str(server.cwd / server.command[0]) if "/" in server.command[0] else server.command[0]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    if server.url:
        streams["stdout"] = subprocess.DEVNULL
    process = subprocess.Popen(
        [executable, *server.command[1:]],
        cwd=server.cwd,
        env={**os.environ, **server.env},
        start_new_session=True,
        **streams,
    )
    try:
        return offered(Http(server.url) if server.url else Stdio(process), time.monotonic() + SECONDS)
    except OSError as error:
        raise ServerError(str(error)) from None
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a server and whatever it started."""
    for stream in (process.stdin, process.stdout):
        if stream:
            with suppress(OSError):
                stream.close()
    for number, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)


def judge(server: Launch, expected: dict[str, Any]) -> str | None:
    """What is wrong with a server, None when it offers what was measured."""
    try:
        found = ask(server)
    except (ServerError, OSError) as error:
        return str(error)
    wrong = [
        f"{kind}: {number}, expected {expected[kind]}" for kind, number in found.items() if number != expected[kind]
    ]
    return "; ".join(wrong) or None


def verify(names: set[str]) -> dict[str, str | None]:
    """Ask the named servers, or all, side by side; the complaint about each, None where there is none."""
    expected = {entry["id"]: entry for entry in json.loads((HERE / "fleet.json").read_text())["servers"]}
    chosen = [server for server in launches() if not names or server.name in names]
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        verdicts = pool.map(lambda server: judge(server, expected[server.name]), chosen)
        return {f"{server.name}[{server.transport}]": verdict for server, verdict in zip(chosen, verdicts, strict=True)}


def main() -> int:
    """Print one line a server."""
    verdicts = verify(set(sys.argv[1:]))
    for name, complaint in verdicts.items():
        print(f"{name:28} {complaint or 'as measured'}")
    return 1 if any(verdicts.values()) or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
