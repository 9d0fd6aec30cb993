"""Servers end, with everything they started, whoever dies first."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_mcp.client.process import environment
from pytest_mcp.errors import ClientError
from pytest_mcp.model.exchange import Arrival
from pytest_mcp.model.interface import ExitBy
from pytest_mcp.model.server import Launch
from tests.client.conftest import Stage, do, launch_of, wait_for

PROJECT = Path(__file__).parents[2]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def group(pid: int) -> set[int]:
    """Live processes of a process group."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pid and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


# -- asked to end --------------------------------------------------------------------------------------------------


def test_a_good_server_ends_with_its_input(stage: Stage) -> None:
    shutdown = stage.connect().close()
    assert (shutdown.by, shutdown.exit_code, shutdown.orphans) == (ExitBy.EOF, 0, 0)


def test_a_server_that_ignores_the_end_of_its_input_is_terminated(stage: Stage) -> None:
    connection = stage.connect(words=("stays",))
    assert do(connection, ["reply"]).arrival is Arrival.REPLY
    assert connection.process
    shutdown = connection.process.end(grace=0.1)
    assert (shutdown.by, shutdown.exit_code) == (ExitBy.TERM, -signal.SIGTERM)
    assert connection.close() is shutdown


def test_a_server_that_ignores_everything_is_killed(stage: Stage) -> None:
    connection = stage.connect(words=("stays", "deaf"))
    assert do(connection, ["reply"]).arrival is Arrival.REPLY
    assert connection.process
    shutdown = connection.process.end(grace=0.1)
    assert (shutdown.by, shutdown.exit_code) == (ExitBy.KILL, -signal.SIGKILL)


def test_a_server_that_had_exited_by_itself_is_told_with_its_code(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["exit", 5]).arrival is Arrival.CLOSED
    shutdown = connection.close()
    assert (shutdown.by, shutdown.exit_code) == (ExitBy.ITSELF, 5)


@pytest.mark.parametrize("words", [(), ("deaf",)])
def test_processes_left_behind_are_counted_and_ended(stage: Stage, words: tuple[str, ...]) -> None:
    connection = stage.connect()
    assert do(connection, ["child", *words], ["child", *words], ["reply"]).arrival is Arrival.REPLY
    assert connection.process
    pid = connection.process.pid
    assert wait_for(lambda: len(group(pid)) == 3)
    assert connection.close().orphans == 2
    assert wait_for(lambda: not group(pid))


def test_a_child_that_follows_a_moment_later_is_not_left_behind(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["brief", 0.2], ["reply"]).arrival is Arrival.REPLY
    shutdown = connection.close()
    assert (shutdown.by, shutdown.orphans) == (ExitBy.EOF, 0)


def test_the_last_words_on_stderr_are_kept(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["stderr", 60_000], ["exit", 1]).arrival is Arrival.CLOSED
    connection.close()
    assert connection.process
    assert connection.process.stderr.total == 60_000


# -- cannot start --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("launch", "message"),
    [
        (Launch(command="no-such-program-anywhere"), "is not there or not executable"),
        (Launch(command="./plain.txt"), "is not there or not executable"),
        (Launch(command="sh", cwd="/no/such/folder"), "working directory /no/such/folder does not exist"),
        (Launch(command="./strange"), "cannot be started: Exec format error"),
        (Launch(command="sh", args=("a\0b",)), "cannot be started: embedded null byte"),
    ],
)
def test_what_cannot_be_started_is_said_and_leaves_nothing(stage: Stage, launch: Launch, message: str) -> None:
    from pytest_mcp.client.process import Process

    (stage.folder / "plain.txt").write_text("no program")
    (stage.folder / "strange").write_bytes(b"\x00\x01")
    (stage.folder / "strange").chmod(0o755)
    stage.guard.forget("none")
    before = descriptors()
    with pytest.raises(ClientError, match=message):
        Process(launch, rootdir=stage.folder, pump=stage.pump, guard=stage.guard, speaks_on_stdout=True)
    assert descriptors() == before


def test_descriptors_are_given_back(stage: Stage) -> None:
    stage.connect().close()
    before = descriptors()
    for _ in range(3):
        connection = stage.connect()
        assert do(connection, ["reply"]).arrival is Arrival.REPLY
        connection.close()
    assert descriptors() == before


# -- environment ---------------------------------------------------------------------------------------------------


def test_no_variable_of_pytest_or_ours_reaches_a_server(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_MCP_DATABASE_URL", "postgresql://someone:secret@nowhere/db")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q")
    monkeypatch.setenv("COV_CORE_SOURCE", "x")
    monkeypatch.setenv("KEPT", "yes")
    seen = do(stage.connect(), ["environment"]).result
    assert not [name for name in seen if name.startswith(("PYTEST_", "COV_CORE_", "_PYTEST"))]
    assert "secret" not in json.dumps(seen)
    assert seen["KEPT"] == "yes"


def test_an_entry_s_own_variables_win() -> None:
    launch = launch_of("obedient.py", env=(("A", "entry"), ("PYTEST_OWN", "entry")))
    assert environment(launch, {"A": "base", "B": "base", "PYTEST_X": "base"}) == {
        "A": "entry",
        "B": "base",
        "PYTEST_OWN": "entry",
    }


# -- we are killed -------------------------------------------------------------------------------------------------

HARNESS = """
import os, signal, sys, time
from pathlib import Path
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client import guard, process
from pytest_mcp.model.server import Http, Launch, Server, Source, Stdio

program, http, when = sys.argv[1:4]
if when == "between":
    def die(*told):
        os.kill(os.getpid(), signal.SIGKILL)
    guard.Guard.add = die
deaf = Launch(command=sys.executable, args=(program, '[["child","deaf"],["child"]]', "stays", "deaf"))
web = Http(url="http://127.0.0.1:{port}/mcp", launch=Launch(command=sys.executable, args=(http, "{port}", "child")))
source = Source(path="x", line=1)
fleet = Fleet(Path.cwd(), timeout=20)
found = [fleet.connect(Server(id=name, name=name, source=source, transport=transport))
         for name, transport in (("deaf", Stdio(launch=deaf)), ("web", web))]
print("up", *[start.pid for each in found for start in each.starts], flush=True)
time.sleep(60)
"""


def harness(folder: Path, when: str) -> "subprocess.Popen[str]":
    programs = Path(__file__).parent / "servers"
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HARNESS), programs / "obedient.py", programs / "web.py", when],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "NONCE": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def marked(folder: Path) -> set[int]:
    """Live processes that have this folder in their environment: whatever the harness started, and the guard."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"NONCE={folder}\0".encode() in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_servers_and_their_children_die_with_a_killed_harness(tmp_path: Path) -> None:
    """One ignores the end of its input and TERM, one is reached over HTTP; both have children."""
    with harness(tmp_path, "later") as process:
        assert process.stdout
        assert process.stdout.readline().startswith("up ")
        assert wait_for(lambda: len(marked(tmp_path)) == 7), "harness, guard, deaf and two children, web and one child"
        process.kill()
    assert wait_for(lambda: not marked(tmp_path), 5), f"left 5 s after the kill: {marked(tmp_path)}"


def test_a_harness_killed_between_the_start_and_its_note_leaves_nothing(tmp_path: Path) -> None:
    with harness(tmp_path, "between") as process:
        assert process.wait() == -signal.SIGKILL
    assert wait_for(lambda: not marked(tmp_path), 5)


def test_a_server_asked_to_end_is_no_longer_the_guard_s(stage: Stage) -> None:
    """Its number may be another's by then."""
    connection = stage.connect()
    connection.close()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        stage.guard._tell(f"+{stranger.pid} 1 none\n")
        stage.guard.close()
        assert stranger.poll() is None, "the guard ended a process that only has the number of ours"


def test_what_came_on_stderr_is_told_even_when_the_pump_has_not_come_to_it(stage: Stage) -> None:
    connection = stage.connect()
    assert connection.process
    with stage.pump._turn:  # its thread waits
        do(connection, ["stderr", 10], ["reply", {}])
        assert (connection.process.stderr.text(), connection.process.said()) == ("", "e" * 10)
