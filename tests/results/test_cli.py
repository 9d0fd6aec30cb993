"""The verbs `history` and `show`: what they print and refuse; nothing that a server sent gets through raw."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_mcp import cli
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import Outcome
from pytest_mcp.results import Recorder
from tests.results.builders import NOW, a_case, a_run, a_server, record_run

PROJECT = Path(__file__).parents[2]
HOSTILE = "bad\x1b[2J\x07\u202eeman\x9b31m\u200b\0\ud800"
Invoke = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def invoke(project: Path) -> Invoke:
    """The command in a process of its own, in the project."""

    def run(*words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((str(PROJECT), *sys.path)), **more}
        command = [sys.executable, "-B", "-c", "from pytest_mcp.cli import main; main()", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment)

    return run


def test_a_fresh_project_has_no_runs_and_gets_no_database(project: Path, invoke: Invoke) -> None:
    for words in (["history"], ["show", "1"], ["history", "--json"]):
        done = invoke(*words)
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == f"pytest-mcp: {project}: no runs yet; run pytest --mcp\n"
    assert list(project.iterdir()) == []


def test_history_lists_runs_newest_first(project: Path, invoke: Invoke, dsn: str) -> None:
    new = record_run(project / ".pytest_mcp", dsn, project=project.name)
    old = record_run(project / ".pytest_mcp", dsn, project=project.name, started_at=NOW - timedelta(days=2))
    done = invoke("history", "--mcp-db", dsn)
    head, *lines = [re.split(r"  +", line.strip()) for line in done.stdout.splitlines()]
    assert head == [
        "no.",
        "id",
        "started",
        "verdict",
        "servers",
        "passed",
        "failed",
        "inconclusive",
        "recorded",
        "time",
    ]
    assert [line[:2] for line in lines] == [["1", new.run[:8]], ["2", old.run[:8]]]
    assert lines[0][3:] == ["BLOCK", "2", "4", "1", "0", "0", "1 min 0 s"]
    assert (done.returncode, done.stderr) == (0, "")
    assert len(invoke("history", "--limit", "1", PYTEST_MCP_DATABASE_URL=dsn).stdout.splitlines()) == 2


def test_runs_of_other_projects_in_the_same_database_are_not_shown(project: Path, invoke: Invoke, dsn: str) -> None:
    record_run(project / ".pytest_mcp", dsn, project="other")
    done = invoke("history", "--mcp-db", dsn)
    assert done.returncode == 4 and "no runs yet in /tmp/" in done.stderr
    assert invoke("show", "latest", "--mcp-db", dsn).returncode == 4


def test_history_as_json(project: Path, invoke: Invoke, dsn: str) -> None:
    recorder = record_run(project / ".pytest_mcp", dsn, project=project.name)
    (line,) = json.loads(invoke("history", "--json", "--mcp-db", dsn).stdout)
    assert (line["id"], line["number"], line["outcomes"]) == (recorder.run, 1, {"passed": 4, "failed": 1})


def test_history_brings_in_what_a_killed_run_left(project: Path, invoke: Invoke, dsn: str) -> None:
    run = a_run(project=project.name)
    left = Recorder(run.id, project / ".pytest_mcp")
    left.begin(run, "none")
    left.case(a_case(run.id))
    left.close()
    done = invoke("history", "--mcp-db", dsn)
    assert run.id[:8] in done.stdout and "unfinished" in done.stdout


def test_the_project_is_found_from_a_folder_below_it(project: Path, invoke: Invoke, dsn: str) -> None:
    run = a_run(project=project.name)
    left = Recorder(run.id, project / ".pytest_mcp")
    left.begin(run, "none")
    left.close()
    (project / "src").mkdir()
    code = "import os; os.chdir('src'); from pytest_mcp.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT), *sys.path))}
    command = [sys.executable, "-B", "-c", code, "history", "--mcp-db", dsn]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment)
    assert run.id[:8] in done.stdout


def test_show_tells_the_verdict_the_servers_and_the_failures(project: Path, invoke: Invoke, dsn: str) -> None:
    recorder = record_run(project / ".pytest_mcp", dsn, project=project.name)
    file = project / ".pytest_mcp" / f"{recorder.run}.ndjson"
    shown = [invoke("show", name, "--mcp-db", dsn).stdout for name in ("1", "latest", recorder.run[:8], str(file))]
    assert len(set(shown)) == 1
    for expected in (
        rf"run {recorder.run}  BLOCK",
        r"1 open finding",
        r".*took 1 min 0 s, seed 9223372036854775808, fails on medium",
        r"left out: --mcp-only",
        r"BLOCK +open-findings +0 +1",
        r"first +1.2.3 +2 +3 +1 +0 +0 +0",
        r"second +1.2.3 +2 +1 +0",
        r"FAILED check  first tool:echo case-3",
        r"  high: accepted it",
        r"    evidence: {}",
    ):
        assert re.search(rf"^{expected}", shown[0], re.MULTILINE), (expected, shown[0])


def test_show_as_json_is_the_whole_run(project: Path, invoke: Invoke, dsn: str) -> None:
    recorder = record_run(project / ".pytest_mcp", dsn, project=project.name)
    found = json.loads(invoke("show", "1", "--json", "--mcp-db", dsn).stdout)
    assert found["id"] == recorder.run and len(found["cases"]) == 5 and found["verdict"]["word"] == "BLOCK"


def test_a_folder_of_a_report_can_be_shown_without_a_database(project: Path, invoke: Invoke) -> None:
    (project / "reports").mkdir()
    recorder = record_run(project / ".pytest_mcp", "none", close=False)
    recorder.join(project / "reports" / "results.ndjson")
    recorder.close()
    assert invoke("show", "reports", "--mcp-db", "none").stdout.startswith(f"run {recorder.run}  BLOCK")


@pytest.mark.parametrize("words", [["history"], ["show", "latest"], ["show", "1", "--json"], ["history", "--json"]])
def test_what_a_server_sent_cannot_steer_the_terminal(
    project: Path, dsn: str, invoke: Invoke, words: list[str]
) -> None:
    run = a_run(project=project.name, command=HOSTILE, fail_on=HOSTILE, narrowed=(HOSTILE,))
    recorder = Recorder(run.id, project / ".pytest_mcp")
    recorder.begin(run, dsn)
    recorder.server(a_server(HOSTILE, told_version=HOSTILE, problem=HOSTILE))
    finding = Finding(
        check=HOSTILE,
        server=HOSTILE,
        severity=Severity.HIGH,
        title=HOSTILE,
        evidence=f"{HOSTILE}\n{HOSTILE}",
        got=HOSTILE,
    )
    fields = dict.fromkeys(("check", "server", "element", "case", "message"), HOSTILE)
    recorder.case(a_case(run.id, outcome=Outcome.FAILED, findings=(finding,), **fields))
    recorder.case(a_case(run.id, outcome=Outcome.ERROR, message=f"{HOSTILE}\n" * 50))
    recorder.finish(NOW, None)
    recorder.close()
    done = invoke(*words, "--mcp-db", dsn)
    assert done.returncode == 0 and done.stderr == ""
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800-\udfff]", done.stdout)
    assert "show" not in words or "eman" in done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["history", "--limit", "0"], "0 is not in the range"),
        (["history", "--limit", "many"], "not a valid integer"),
        (["nonsense"], "No such command"),
        (["show"], "Missing argument"),
        (["history", "--nonsense"], "No such option"),
    ],
)
def test_usage_errors_exit_4(invoke: Invoke, words: list[str], reason: str) -> None:
    done = invoke(*words)
    assert done.returncode == 4 and reason in done.stderr and "Traceback" not in done.stderr


def test_a_run_that_is_not_there_exits_4(project: Path, invoke: Invoke, dsn: str) -> None:
    record_run(project / ".pytest_mcp", dsn, project=project.name)
    done = invoke("show", "99\x1b[2J", "--mcp-db", dsn)
    assert done.returncode == 4
    assert done.stderr.startswith("pytest-mcp: run '99") and "pytest-mcp history lists them" in done.stderr


@pytest.mark.parametrize("address", ["postgresql://me:s3cret@127.0.0.1:1/db", "none", "nonsense"])
def test_a_database_that_is_away_exits_3_in_one_line(invoke: Invoke, address: str) -> None:
    done = invoke("history", "--mcp-db", address)
    assert done.returncode == 3 and len(done.stderr.splitlines()) == 1
    assert "s3cret" not in done.stderr and "Traceback" not in done.stderr


def test_a_fault_of_our_own_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli._guarded(lambda: 1 / 0) == 3
    assert capsys.readouterr().err == "pytest-mcp: internal error: ZeroDivisionError: division by zero\n"


def test_help_is_there_for_every_verb() -> None:
    for words in (["--help"], ["history", "--help"], ["show", "-h"]):
        done = CliRunner().invoke(cli.verbs, words)
        assert done.exit_code == 0 and done.output.startswith("Usage:")


def test_a_reader_that_stops_reading_is_no_error(project: Path, dsn: str) -> None:
    recorder = record_run(project / ".pytest_mcp", dsn, project=project.name, count=3000)
    code = "from pytest_mcp.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT), *sys.path))}
    command = [sys.executable, "-B", "-c", code, "show", recorder.run, "--json", "--mcp-db", dsn]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project, env=environment
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: what root made must not fool somebody else")
def test_a_database_that_belongs_to_root_is_told_to_a_normal_user(
    state: Path, spawn: Callable[..., "subprocess.Popen[str]"], nobodys_python: str
) -> None:
    record_run(state, None)
    code = "import os, sys; os.chdir(sys.argv.pop(1)); from pytest_mcp.cli import main; main()"
    process = spawn(code, state.parent, "history", user="nobody", python=nobodys_python)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (3, "")
    assert "Permission denied" in err and len(err.splitlines()) == 1


def test_the_embedded_database_is_used_without_an_address(state: Path) -> None:
    recorder = record_run(state, None)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((str(PROJECT), *sys.path))}
    command = [sys.executable, "-B", "-c", "from pytest_mcp.cli import main; main()", "history"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=state.parent, env=environment)
    assert recorder.run[:8] in done.stdout, done.stderr
