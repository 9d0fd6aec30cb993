"""Real servers for the tests of the client: tiny programs of the standard library in ``servers``."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.guard import Guard
from pytest_mcp.client.process import Process
from pytest_mcp.client.pump import Pump
from pytest_mcp.client.stdio import REPLY_LIMIT, StdioChannel
from pytest_mcp.model.exchange import Exchange
from pytest_mcp.model.server import Http, Launch, Server, Source, Sse, Stdio

PROGRAMS = Path(__file__).parent / "servers"


def launch_of(program: str, *words: str, env: tuple[tuple[str, str], ...] = ()) -> Launch:
    return Launch(command=sys.executable, args=(str(PROGRAMS / program), *words), env=env)


def server_of(transport: Stdio | Http | Sse | None, name: str = "tested") -> Server:
    return Server(id=name, name=name, source=Source(path=".mcp.json", line=1), transport=transport)


def wait_for(happened: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it came true in time; for what only another process knows."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Stage:
    """Starts servers for one test, and ends them with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pump, self.guard = Pump(), Guard()
        self.opened: list[Connection] = []

    def connect(
        self,
        *steps: list[object],
        words: tuple[str, ...] = (),
        timeout: float = 10.0,
        reply_limit: int = REPLY_LIMIT,
    ) -> Connection:
        """The obedient server, without a handshake; ``steps`` are done at its start."""
        server = server_of(Stdio(launch=launch_of("obedient.py", json.dumps(steps), *words)))
        assert isinstance(server.transport, Stdio)
        process = Process(
            server.transport.launch, rootdir=self.folder, pump=self.pump, guard=self.guard, speaks_on_stdout=True
        )
        channel = StdioChannel(server.id, process, self.pump, reply_limit=reply_limit)
        connection = Connection(server, channel, process, timeout=timeout)
        self.opened.append(connection)
        return connection

    def close(self) -> None:
        """End everything; the pump must have lived to the end."""
        assert any(thread.name == "mcp-pump" for thread in threading.enumerate()), "the pump's thread died"
        for connection in self.opened:
            if connection.process:
                connection.process.end(grace=0.5)
            connection.close()
        self.guard.close()
        self.pump.close()


def do(connection: Connection, *steps: list[object], timeout: float | None = None) -> Exchange:
    """Have the obedient server do these steps for one request."""
    return connection.request("do", {"steps": list(steps)}, timeout=timeout)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Starts servers for this test."""
    stage = Stage(tmp_path)
    yield stage
    stage.close()
