"""Runs are killed at random times: nothing is left running, and no result of a test that ran is lost or doubled.

``PYTEST_MCP_CHAOS_COUNT`` is how often each way of killing is tried (1 by default; ``tox -qe chaos`` tries 20). Times
are drawn from ``PYTEST_MCP_CHAOS_SEED``. What ran is known from a plugin of the test's own, not from ours.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_mcp.results import open_store
from tests.results.conftest import clear_away, open_folder, servers_of, wait_for

COUNT = int(os.environ.get("PYTEST_MCP_CHAOS_COUNT", "1"))
SEED = int(os.environ.get("PYTEST_MCP_CHAOS_SEED", "1"))
GONE_SECONDS = 5.0
TESTS_OVER, ALL_OVER = 3.0, 8.0
"""Seconds about which an undisturbed run is done with its tests, and with ending servers that must be killed."""
ENDING_SECONDS = 30.0
"""Seconds an interrupted run may take to end its servers and to write its report."""
HERE = Path(__file__).parent
WITNESS = """
import os

def pytest_runtest_logreport(report):
    ours = report.when == "call" or report.outcome != "passed"
    if ours and not hasattr(report, "node") and "CHAOS_WITNESS" in os.environ:  # of a worker's report the worker told
        line = os.open(os.environ["CHAOS_WITNESS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(line, (report.nodeid + "\\n").encode())
        os.close(line)
"""
SETTINGS = """
[servers.web.transports.http]
command = {python}
args = [{web}, "{{port}}", "child", "deaf"]
url = "http://127.0.0.1:{{port}}/mcp"
"""


@dataclass(frozen=True, kw_only=True)
class Killed:
    """One run, by its seed, and the tests it told to have run."""

    seed: int
    ran: tuple[str, ...]


class Project:
    """A project with four servers, of which some end only by force."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / ".pytest_mcp"
        program = str(HERE / "server.py")
        entries = {
            "plain": ["child"],
            "deaf": ["deaf", "child"],
            "web": [],
        }
        servers = {name: {"command": sys.executable, "args": [program, *words]} for name, words in entries.items()}
        (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))
        web = str(HERE.parent / "client" / "servers" / "web.py")
        settings = SETTINGS.format(python=json.dumps(sys.executable), web=json.dumps(web))
        (folder / "pytest_mcp.toml").write_text(settings)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "witness.py").write_text(WITNESS)

    def start(self, seed: int, nonce: str, *words: str) -> "subprocess.Popen[bytes]":
        """``pytest --mcp`` as a user starts it, every process of which carries the nonce."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        env = {**kept, "CHAOS_NONCE": nonce, "CHAOS_WITNESS": str(self.folder / f"ran-{seed}")}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(self.folder), os.environ.get("PYTHONPATH"))))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "witness",
            "--mcp",
            "--mcp-suite",
            "unit",
            "--mcp-seed",
            str(seed),
        ]
        with (self.folder / f"out-{seed}").open("wb") as out:
            return subprocess.Popen(
                [*command, *words],
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
            )

    def ran(self, seed: int) -> tuple[str, ...]:
        """Node ids of the tests this run told to have run."""
        witness = self.folder / f"ran-{seed}"
        return tuple(witness.read_text().splitlines()) if witness.exists() else ()

    def stored(self, seed: int) -> Counter[str]:
        """Node ids of the results of this run in the database, with how often each is there."""
        question = (
            "SELECT record->>'nodeid' FROM cases WHERE run_id IN (SELECT id FROM runs WHERE seed = %s)",
            (seed,),
        )
        with open_store(None, self.state) as store:
            return Counter(nodeid for (nodeid,) in store.connection.execute(*question))


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    """The same for every test, as a user's is for every run."""
    folder = open_folder()
    yield Project(folder)
    clear_away(folder / ".pytest_mcp")
    shutil.rmtree(folder, ignore_errors=True)


def carriers(nonce: str) -> dict[int, str]:
    """Live processes with the nonce in their environment, and their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"CHAOS_NONCE={nonce}\0".encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def nothing_left(project: Project, nonce: str) -> None:
    gone = wait_for(lambda: not carriers(nonce) and not servers_of(project.state), GONE_SECONDS)
    assert gone, f"5 s later: {carriers(nonce)}, Postgres {servers_of(project.state)}"


@pytest.mark.timeout(120 + 40 * COUNT)
@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "interrupt"])
def test_a_run_ended_at_any_time_leaves_no_process_and_loses_no_result(
    project: Project, number: signal.Signals, words: tuple[str, ...]
) -> None:
    chance = random.Random(f"{SEED} {number} {words}")
    killed = []
    for _ in range(COUNT):
        seed, nonce = chance.randrange(10**9), uuid.uuid4().hex
        moment = chance.uniform(0.2, chance.choice((TESTS_OVER, TESTS_OVER, ALL_OVER)))
        with project.start(seed, nonce, *words) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.send_signal(number)
            process.wait(ENDING_SECONDS)
        print(f"{number.name} after {moment:.2f} s, exit {process.returncode}, {len(project.ran(seed))} tests ran")
        assert process.returncode != pytest.ExitCode.INTERNAL_ERROR, (project.folder / f"out-{seed}").read_text()
        nothing_left(project, nonce)
        killed.append(Killed(seed=seed, ran=project.ran(seed)))
    with project.start(seed := chance.randrange(10**9), uuid.uuid4().hex, "--mcp-only", "plain") as process:
        assert process.wait() in (0, 1), (project.folder / f"out-{seed}").read_text()
    for run in killed:
        stored = project.stored(run.seed)
        assert set(run.ran) <= set(stored), "results were lost"
        assert not [nodeid for nodeid, times in stored.items() if times > 1], "results were stored twice"
        assert len(stored) - len(run.ran) <= 2, "a result is there of a test that did not run"
