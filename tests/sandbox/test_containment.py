"""Thirteen servers that do harm when they are called: at L3 and at L2 nothing of it reaches the user."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mcp.model.effects import Level
from pytest_mcp.model.run import Outcome
from pytest_mcp.results import load_run_file
from pytest_mcp.sandbox import problem_of
from tests.sandbox.hostile import HARMS
from tests.suites.trials import Subject

pytestmark = pytest.mark.timeout(300)
SERVER = Path(__file__).with_name("hostile.py")
SECRET = "the-users-secret-5f2c"
GOOD = Subject(id="good", era="legacy", transport="stdio")


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with its bytes, mode and time of change."""
    return {
        str(path.relative_to(folder)): f"{path.lstat().st_mode} {path.lstat().st_mtime_ns} "
        + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else "")
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module", params=[Level.L3, Level.L2])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Outcomes"]:
    """One run over all of them and a good server, with a home and a folder of the user's that are watched."""
    level: Level = request.param
    if problem := problem_of(level):
        pytest.fail(f"{level} does not work here: {problem}")
    home, project = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("project")
    private = home / "private"
    private.mkdir()
    private.joinpath("secret.txt").write_text(SECRET)
    project.joinpath("notes.txt").write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        called: list[bytes] = []
        threading.Thread(target=_listen, args=(listener, called), daemon=True).start()
        private.joinpath("port").write_text(str(listener.getsockname()[1]))
        entries = {
            name.replace("_", "-"): {"command": sys.executable, "args": ["-S", str(SERVER), name, str(private)]}
            for name in HARMS
        }
        project.joinpath(".mcp.json").write_text(json.dumps({"mcpServers": {**entries, "good": GOOD.entry}}))
        project.joinpath("pytest.ini").write_text("[pytest]\n")
        before = fingerprint(home), fingerprint(project)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "HOME": str(home),
            "USERS_TOKEN": SECRET,
        }
        command = [sys.executable, "-B", "-m", "pytest", "--mcp", "--mcp-suite=integration", "--mcp-db=none", "-q"]
        done = subprocess.run(
            [*command, f"--mcp-sandbox={level}", "-p", "no:cacheprovider", "--mcp-timeout=6"],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
        )
        yield Outcomes(home, project, before, done.stdout + done.stderr, called)


class Outcomes:
    """What the run left behind."""

    def __init__(
        self,
        home: Path,
        project: Path,
        before: tuple[dict[str, str], dict[str, str]],
        output: str,
        called: list[bytes],
    ) -> None:
        self.home, self.project, self.before, self.output, self.called = home, project, before, output, called
        results = project / "reports" / "latest" / "results.ndjson"
        assert results.is_file(), output[-4000:]
        self.run = load_run_file(results)


def _listen(listener: socket.socket, called: list[bytes]) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            called.append(line.recv(100))


def test_not_one_byte_of_the_users_changed(outcome: Outcomes) -> None:
    ours = (".pytest_mcp", "reports", ".benchmarks")
    project = {name: each for name, each in fingerprint(outcome.project).items() if not name.startswith(ours)}
    assert (fingerprint(outcome.home), project) == outcome.before
    assert not Path("/var/tmp/mcp-hostile-was-here").exists()
    assert not Path("/etc/mcp-hostile-was-here").exists()


def test_nothing_was_seen_of_the_users_secrets(outcome: Outcomes) -> None:
    assert SECRET not in outcome.output
    for path in outcome.project.joinpath("reports").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_nobody_was_called_on_the_host(outcome: Outcomes) -> None:
    assert outcome.called == []


def test_every_server_has_its_results_and_the_good_one_passes(outcome: Outcomes) -> None:
    tested = {case.server for case in outcome.run.cases}
    assert tested == {*(name.replace("_", "-") for name in HARMS), "good"}
    good = {case.outcome for case in outcome.run.cases if case.server == "good" and case.check.startswith("tool-")}
    assert good <= {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    assert Outcome.PASSED in good
    assert [case.key for case in outcome.run.cases if case.outcome is Outcome.ERROR] == []
    assert "Traceback" not in outcome.output


def test_no_process_and_no_box_is_left(outcome: Outcomes) -> None:
    left = [
        entry.parent.name
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if str(outcome.project).encode() in _read(entry) or str(outcome.home).encode() in _read(entry)
    ]
    assert left == []
    boxes = outcome.project / ".pytest_mcp" / "sandbox"
    assert not boxes.exists() or list(boxes.iterdir()) == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
