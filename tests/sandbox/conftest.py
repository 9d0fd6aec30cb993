"""A boxed server that does what it is told, at any level."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.model.effects import Effects, Level
from pytest_mcp.model.server import Http, Launch, Server, Source, Stdio
from pytest_mcp.sandbox import Box, Sandbox
from tests.needs import program

DOER = Path(__file__).parent / "doer.py"


class Boxed:
    """One live server in its box."""

    def __init__(self, box: Box, fleet: Fleet) -> None:
        self.box, self.world = box, box.world
        self.connection, self.interface = fleet.open(box.server, purpose="sandbox")
        box.settle()

    def run(self, code: str, timeout: float = 30.0) -> Any:
        """What the code leaves in ``out``, or the text of what it raised."""
        seen = self.connection.request("do", {"code": code}, timeout=timeout)
        assert isinstance(seen.result, dict), (seen.reason, seen.error)
        return seen.result.get("out", seen.result.get("raised"))

    def watched(self, code: str) -> Effects:
        """What the server did while it ran the code."""
        before = self.box.mark()
        self.run(code)
        return self.box.effects(before)


Start = Callable[..., Boxed]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project with things that must stay as they are, and stay secret."""
    folder = tmp_path / "project"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "notes.txt").write_text("the user's own")
    (folder / ".env").write_text("PASSWORD=hunter2")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]")
    return folder


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    """Put a server into a box and connect to it."""
    opened: list[tuple[Fleet, Sandbox]] = []

    def begin(level: Level, *args: str, http: bool = False, env: tuple[tuple[str, str], ...] = ()) -> Boxed:
        if level is Level.L3:
            program("bubblewrap")
            program("strace")
        fleet = Fleet(project, timeout=60.0)
        sandbox = Sandbox(level, project, project / ".pytest_mcp")
        opened.append((fleet, sandbox))
        words = ("-S", str(DOER), *(("--port", "{port}") if http else ()), *args)
        launch = Launch(command=sys.executable, args=words, env=env)
        transport = Http(url="http://127.0.0.1:{port}/mcp", launch=launch) if http else Stdio(launch=launch)
        server = Server(id="doer", name="doer", source=Source(path=".mcp.json", line=1), transport=transport)
        return Boxed(sandbox.prepare(server), fleet)

    yield begin
    for fleet, sandbox in opened:
        fleet.close()
        sandbox.close()
        assert not list((project / ".pytest_mcp" / "sandbox").iterdir())


def state_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every file of a folder with content, mode, times and inode."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if ".pytest_mcp" in path.parts:
            continue
        stat = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else os.fspath(path)
        found[str(path)] = (stat.st_mode, stat.st_mtime_ns, stat.st_ino, content)
    return found
