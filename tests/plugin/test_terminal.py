"""What the terminal shows at each verbosity, and in which order."""

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.plugin.conftest import QUICK, Project, Ran

SIGNS = {
    "header": "mcp: 3 servers from .mcp.json (3 stdio), gate=report, sandbox=L",
    "config": "mcp: pytest: ",
    "sources": "mcp: good  stdio  .mcp.json:3",
    "progress": "probed 2/3 MCP servers in ",
    "per server": "probed good in ",
    "no connection": "no connection to bad: initialize: exited with code 3",
    "table": "server ",
    "red row": "bad ",
    "green row": "good ",
    "rest": "1 of 3 warned, 1 of 3 passed (-v lists them)",
    "gate": "gate: BLOCK",
    "rules": "  PASS   run.complete",
    "rerun": "rerun: pytest --mcp --mcp-only bad --mcp-seed 7",
    "report": "report: reports/",
}
BELOW = ["gate", "rerun", "report"]
EXPECTED = {
    "-qq": ["gate"],
    "-q": BELOW,
    "": ["header", "progress", "table", "red row", "rest", *BELOW],
    "-v": [
        *("header", "config", "per server", "no connection", "progress"),
        *("table", "red row", "green row", "gate", "rules", "rerun", "report"),
    ],
    "-vv": [
        *("header", "config", "sources", "per server", "no connection", "progress"),
        *("table", "red row", "green row", "gate", "rules", "rerun", "report"),
    ],
    "--no-header": ["progress", "table", "red row", "rest", *BELOW],
    "--no-summary": ["header", "progress"],
    "--collect-only": [],
}


@pytest.fixture(scope="module")
def project_with_all(new_project: Callable[[], Project]) -> Project:
    project = new_project()
    project.serve("good")
    project.serve("lowly", tools=[{"name": "undescribed", "inputSchema": {"type": "object"}}])
    project.serve("bad", exit=3, stderr="no such database")
    return project


@pytest.mark.parametrize("option", EXPECTED, ids=lambda option: option or "default")
def test_each_verbosity_shows_its_lines_in_order(project_with_all: Project, option: str) -> None:
    ran = project_with_all.run(*option.split(), "--mcp-seed=7", whole=True)
    places = {name: [at for at, line in enumerate(ran.lines) if line.startswith(sign)] for name, sign in SIGNS.items()}
    assert {name for name, found in places.items() if found} == set(EXPECTED[option])
    # servers are probed together, in no particular order
    first = [places[name][0] for name in EXPECTED[option] if name not in ("per server", "no connection")]
    assert first == sorted(first)
    if option != "--collect-only":
        assert ran.code == 1


def test_the_reports_path_is_the_last_of_our_lines_and_names_a_file(project_with_all: Project) -> None:
    ran = project_with_all.run("-v", whole=True)
    at = ran.lines.index(ran.line("report: "))
    assert "short test summary info" in ran.lines[at + 1]
    assert (ran.folder / ran.lines[at].removeprefix("report: ")).is_file()


def test_progress_is_not_glued_to_pytests_own(project_with_all: Project) -> None:
    ran = project_with_all.run("-v", "-k", "connects")
    at = next(at for at, line in enumerate(ran.lines) if line.startswith("collecting"))
    assert ran.lines[at - 1].startswith("probed 2/3 MCP servers in ")


def test_a_server_that_does_not_connect_tells_all_that_is_known(project_with_all: Project) -> None:
    ran: Ran = project_with_all.run("--mcp-only=bad", "--tb=line")
    assert "critical connects: does not connect: initialize: exited with code 3" in ran.lines
    assert "| exit code: 3" in ran.lines
    assert "| no such database" in ran.lines
    assert any(line.startswith("| command: ") and line.endswith("server.py bad.json") for line in ran.lines)
    assert [line for line in ran.lines if re.search(r"\.mcp\.json:\d+: critical: does not connect: ", line)]


def test_progress_is_rewritten_in_place_on_a_terminal(project_with_all: Project) -> None:
    leader, follower = pty.openpty()
    project_with_all.configure()
    command = [sys.executable, "-m", "pytest", "--mcp", "--mcp-db=none", *QUICK, "-k", "connects"]
    process = subprocess.Popen(command, cwd=project_with_all.folder, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while block := os.read(leader, 65536):
            seen += block
    os.close(leader)
    assert process.wait() == 1
    line = next(line for line in seen.decode().split("\n") if "probing" in line)
    steps = [step.strip() for step in line.split("\r") if step.strip()]
    assert steps[:-1] == [f"probing MCP servers: {count}/3" for count in range(4)]
    assert steps[-1].startswith("probed 2/3 MCP servers in ")
