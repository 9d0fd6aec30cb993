"""A project in a temporary folder, and `pytest --mcp` run in it as a user does: in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pytest_mcp.model.run import Outcome, Run
from pytest_mcp.results import load_run_file

SERVER = Path(__file__).with_name("server.py")
ROOT = Path(__file__).parents[2]
QUICK = ("-p", "no:benchmark", "-p", "no:hypothesispytest", "-p", "no:anyio")
"""Plugins that take half of a session's start and have no part in these tests."""
HIDDEN = ("PYTHONDONTWRITEBYTECODE", "CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTEST_ADDOPTS")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a session ended and what it left."""

    code: int
    out: str
    err: str
    folder: Path
    junit: Path
    report: Path
    """The folder of its report; of an earlier run where it wrote none."""

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def run(self) -> Run:
        """The run as the report's machine-readable half has it."""
        return load_run_file(self.report / "results.ndjson")

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return {case.key: case.outcome for case in self.run.cases}

    @property
    def verdict(self) -> str:
        assert self.run.verdict
        return self.run.verdict.word

    @property
    def failed(self) -> list[str]:
        """Node ids in the list at the end of the output."""
        return [line.split(" ")[1] for line in self.lines if line.startswith(("FAILED ", "ERROR "))]

    def line(self, start: str) -> str:
        """The only line that starts like this."""
        (found,) = [line for line in self.lines if line.startswith(start)]
        return found

    def testcase(self, name: str) -> ElementTree.Element:
        """One element of the JUnit file."""
        (found,) = [case for case in ElementTree.parse(self.junit).iter("testcase") if case.get("name") == name]
        return found


@dataclass(kw_only=True)
class Project:
    """A folder with a ``.mcp.json``; ``entries`` are written before each run."""

    folder: Path
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    junit: bool = True

    def serve(self, name: str, *args: str, env: dict[str, str] | None = None, **spec: Any) -> None:
        """Add a scripted server."""
        (self.folder / f"{name}.json").write_text(json.dumps(spec))
        self.entries[name] = {
            "command": sys.executable,
            "args": ["-I", "-S", str(SERVER), f"{name}.json", *args],
            **({"env": env} if env else {}),
        }

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def configure(self) -> Path:
        return self.write(".mcp.json", json.dumps({"mcpServers": self.entries}, indent=1))

    def start(self, *options: str, whole: bool = False, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start ``pytest --mcp``, without a database and only for the unit suite unless told otherwise."""
        if self.entries:
            self.configure()
        command = [sys.executable, "-m", "pytest", "--mcp", *QUICK]
        command += [f"--junitxml={self.folder / 'junit.xml'}"] if self.junit else []
        command += [] if any(option.startswith("--mcp-db") for option in options) else ["--mcp-db=none"]
        command += [] if whole or any(option.startswith("--mcp-suite") for option in options) else ["--mcp-suite=unit"]
        kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        return subprocess.Popen(
            [*command, *options],
            cwd=self.folder,
            env={**kept, "COLUMNS": "240", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *options: str, whole: bool = False, env: dict[str, str] | None = None) -> Ran:
        return self.ended(self.start(*options, whole=whole, env=env))

    def ended(self, process: "subprocess.Popen[str]") -> Ran:
        """Wait for a session that was started."""
        try:
            out, err = process.communicate(timeout=100)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        junit = self.folder / "junit.xml"
        report = (self.folder / "reports" / "latest").resolve()
        return Ran(code=process.returncode, out=out, err=err, folder=self.folder, junit=junit, report=report)

    def starts(self, name: str) -> list[int]:
        """Pids of the processes of a server that was told to write them to ``NAME.starts``."""
        path = self.folder / f"{name}.starts"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path)


@pytest.fixture(scope="module")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """For projects whose runs several tests look at."""
    return lambda: Project(folder=tmp_path_factory.mktemp("project"))


def gone(pids: Iterable[int], seconds: float = 5.0) -> bool:
    """True when none of the processes is left by then."""
    left = list(pids)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if Path(f"/proc/{pid}").exists() and _running(pid)]
        time.sleep(0.02)
    return not left


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
