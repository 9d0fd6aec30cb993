"""Interrupted, hung or broken inside: pytest's own summary is there, the exit code is true, no process stays."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.plugin.conftest import Project, Ran, gone

SLOW = """
import pathlib, time

def test_slow(mcp_server):
    pathlib.Path("slow").touch()
    time.sleep(60)
"""


def interrupted(project: Project, process: "subprocess.Popen[str]", sign: Path, *, group: bool = False) -> Ran:
    """Press Ctrl-C as soon as a file is there; a terminal sends it to the workers too."""
    deadline = time.monotonic() + 30
    while not (sign.exists() and sign.stat().st_size) and time.monotonic() < deadline:
        if process.poll() is not None:
            break
        time.sleep(0.02)
    if group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    return project.ended(process)


def test_an_interrupt_while_servers_start_waits_for_none_of_them(project: Project) -> None:
    project.serve("good", starts="good.starts")
    project.serve("hangs", hang=["*"], starts="hangs.starts")
    began = time.monotonic()
    ran = interrupted(project, project.start("--mcp-timeout=60", whole=True), project.folder / "hangs.starts")
    assert time.monotonic() - began < 20
    assert ran.code == 2
    assert "Traceback" not in ran.out + ran.err
    assert "interrupted" in ran.line("gate: BLOCK")
    assert ran.run.narrowed == ("interrupted",)
    hangs = next(server for server in ran.run.servers if server.id == "hangs")
    assert hangs.problem == "not reached before the run was interrupted"
    assert gone([*project.starts("good"), *project.starts("hangs")])


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
def test_an_interrupt_during_tests_keeps_what_was_found(project: Project, options: list[str]) -> None:
    project.serve("one", starts="one.starts")
    project.serve("two", starts="two.starts")
    project.write("test_slow.py", SLOW.replace("touch()", "write_text('now')"))
    process = project.start("test_slow.py", *options, whole=True)
    ran = interrupted(project, process, project.folder / "slow", group=bool(options))
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert (ran.verdict, ran.run.narrowed) == ("PARTIAL", ("interrupted",))
    assert ran.line("gate: PARTIAL")
    assert ran.line("report: ")
    if not options:
        assert len([case for case in ran.run.cases if case.outcome == "passed"]) > 20
    assert gone([*project.starts("one"), *project.starts("two")])


def test_an_interrupt_before_the_workers_start_leaves_nothing(project: Project) -> None:
    project.serve("hangs", hang=["*"], starts="hangs.starts")
    process = project.start("--mcp-timeout=60", "-n2")
    ran = interrupted(project, process, project.folder / "hangs.starts")
    assert ran.code == 2
    assert "Traceback" not in ran.out + ran.err
    assert gone(project.starts("hangs"))


FAULTS = {
    "report": "import pytest_mcp.reporting.html.folder as folder\n"
    "def broken(*_, **__): raise KeyError('our own fault')\n"
    "folder.render = broken\n",
    "verdict": "import pytest_mcp.plugin.ending as ending\n"
    "def broken(*_): raise KeyError('our own fault')\n"
    "def pytest_collection_finish(): ending.decide = broken\n",
    "table": "import pytest_mcp.reporting.terminal as terminal\n"
    "def broken(*_): raise KeyError('our own fault')\n"
    "terminal.table = broken\n",
    "an outsider's hook": "def pytest_mcp_run_finished(run): raise KeyError('our own fault')\n",
}


@pytest.mark.parametrize("place", FAULTS)
def test_our_own_fault_at_the_end_hides_nothing_of_pytests(project: Project, place: str) -> None:
    project.serve("one", starts="one.starts")
    project.write("conftest.py", FAULTS[place])
    ran = project.run("-k", "connects")
    assert ran.code == 3
    assert ran.line("mcp: internal error at ").endswith("please report it: KeyError: 'our own fault'")
    assert " passed" in ran.lines[-1]
    assert "Traceback" not in ran.out + ran.err
    assert gone(project.starts("one"))


LOST_DATABASE = """
from pytest_mcp import results
from pytest_mcp.errors import StoreError

def gone(*_):
    raise StoreError("results database at there: gone")

results.Recorder.stored = lambda *_: 7
results.open_store = gone
"""


def test_a_database_lost_before_the_history_is_read_costs_the_history_only(project: Project) -> None:
    project.serve("one")
    project.write("conftest.py", LOST_DATABASE)
    ran = project.run("-k", "connects")
    assert ran.code == 0
    assert "mcp: no history in the report: results database at there: gone" in ran.lines
    assert ran.line("report: ").endswith("(run 7)")
    assert (ran.report / "index.html").exists()
    assert len(ran.run.cases) == 1


def test_a_killed_session_leaves_no_server(project: Project) -> None:
    project.serve("one", starts="one.starts")
    project.write("test_slow.py", SLOW.replace("touch()", "write_text('now')"))
    process = project.start("test_slow.py", "-k", "slow")
    sign = project.folder / "slow"
    deadline = time.monotonic() + 30
    while not sign.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert gone(project.starts("one"))


def test_a_collection_error_is_told_and_narrows(project: Project) -> None:
    project.serve("one", starts="one.starts")
    project.write("test_broken.py", "import nothing_of_this_name\n")
    ran = project.run("test_broken.py", whole=True)
    assert ran.code == 2
    assert ran.line("gate: PARTIAL")
    assert "No module named 'nothing_of_this_name'" in ran.out
    assert gone(project.starts("one"))
