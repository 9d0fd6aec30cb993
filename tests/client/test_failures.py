"""The evidence of a server that does not connect says what had become of it."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.fixtures import McpServer
from pytest_mcp.model.finding import Violation
from pytest_mcp.model.server import Http, Launch, Stdio
from suites.unit.test_connection import test_connects as connects
from tests.client.conftest import server_of

ME = sys.executable
URL = "http://127.0.0.1:{port}/"


@dataclass
class Report:
    """Keeps what is judged."""

    judged: list[Violation] = field(default_factory=list)

    def judge(self, violations: list[Violation]) -> None:
        """Keep them."""
        self.judged += violations


def python(code: str) -> Launch:
    return Launch(command=ME, args=("-c", code))


EXITS = "raise SystemExit('no license')"
WAITS = "import sys, time; print('stuck', file=sys.stderr, flush=True); time.sleep(60)"
CASES: list[tuple[Stdio | Http, str]] = [
    (Stdio(launch=Launch(command="./none", args=("-x",))), "command: ./none -x\nprocess: never started"),
    (Stdio(launch=Launch(command=ME, cwd="/no/folder")), f"command: {ME}\nprocess: never started"),
    (Http(url=URL, launch=Launch(command="./none")), f"command: ./none\nurl: {URL}\nprocess: never started"),
    (Http(url="http://127.0.0.1:1/"), "url: http://127.0.0.1:1/"),
    (
        Http(url=URL, launch=python(EXITS)),
        f"command: {ME} -c {EXITS}\nurl: {URL}\nexit code: 1\nstderr ends:\nno license\n",
    ),
    (Stdio(launch=python(EXITS)), f"command: {ME} -c {EXITS}\nexit code: 1\nstderr ends:\nno license\n"),
    (Stdio(launch=python(WAITS)), f"command: {ME} -c {WAITS}\nprocess: still running\nstderr ends:\nstuck\n"),
]


@pytest.mark.parametrize(("transport", "evidence"), CASES)
def test_a_failure_tells_never_started_exited_running_and_remote_apart(
    tmp_path: Path, transport: Stdio | Http, evidence: str
) -> None:
    fleet, server, report = Fleet(tmp_path, timeout=1.0), server_of(transport), Report()
    interface = fleet.connect(server)
    fleet.close()
    connects(McpServer(entry=server, interface=interface), cast("Any", report))
    (violation,) = report.judged
    assert violation.evidence == evidence
