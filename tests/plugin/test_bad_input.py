"""Whatever the user gets wrong is said in words, costs a sane exit code, and stops nothing that could be tested."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.errors import ReportError
from pytest_mcp.model.run import Outcome
from pytest_mcp.plugin.session import refuse_unwritable
from tests.needs import program
from tests.plugin.conftest import SERVER, Project, gone

GOOD = {"command": sys.executable, "args": ["-I", "-S", str(SERVER), "good.json"]}
TRACES = ("Traceback", "INTERNALERROR", "site-packages")

WHOLE_FILES = {
    "nothing there": (None, "no MCP config found; looked for"),
    "empty": ("", ".mcp.json: is empty; write"),
    "bad JSON": ('{"mcpServers": {\n  "one": {,}\n}}', ".mcp.json:2:11: bad JSON"),
    "no servers": ('{"mcpServers": {}}', ".mcp.json"),
    "one name twice": (
        '{"mcpServers": {\n "one": {"command": "a"},\n "one": {"command": "b"}\n}}',
        "'one'",
    ),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_that_cannot_be_used_ends_the_run_before_it_starts(project: Project, name: str) -> None:
    text, message = WHOLE_FILES[name]
    if text is not None:
        project.write(".mcp.json", text)
    ran = project.run("--collect-only")
    assert ran.code == 4
    assert ran.err.startswith("ERROR: mcp: ")
    assert message in ran.err
    assert not [word for word in TRACES if word in ran.out + ran.err]


ENTRIES: dict[str, tuple[dict[str, Any], str]] = {
    "both": ({"command": "a", "url": "http://127.0.0.1:1/"}, "command and url"),
    "neither": ({}, "neither"),
    "unset": ({"command": "a", "args": ["${MCP_NOT_SET}"]}, "variable MCP_NOT_SET in args is not set; set it"),
    "gone": ({"command": "no-such-command"}, "command 'no-such-command' is not there or not executable; install it"),
    "quits": ({**GOOD, "args": [*GOOD["args"][:-1], "quits.json"]}, "exited with code 9"),
    "refused": ({"url": "http://127.0.0.1:1/mcp"}, "refused"),
    "no object": (["a"], "object"),  # type: ignore[dict-item]
}


def test_each_entry_that_cannot_be_used_fails_one_test_and_the_others_are_tested(project: Project) -> None:
    project.write("good.json", "{}")
    project.write("quits.json", '{"exit": 9, "stderr": "the disk is on fire"}')
    config = project.write(
        ".mcp.json", json.dumps({"mcpServers": {k: e for k, (e, _) in ENTRIES.items()} | {"ok": GOOD}})
    )
    before = (config.read_bytes(), config.stat())
    ran = project.run("-n2")
    after = config.stat()
    assert ran.code == 1
    assert not [word for word in TRACES if word in ran.out + ran.err]
    broken = {case.server: case for case in ran.run.cases if case.outcome == "failed"}
    assert set(broken) == set(ENTRIES)
    assert {name: len([case for case in ran.run.cases if case.server == name]) for name in ENTRIES} == dict.fromkeys(
        ENTRIES, 1
    )
    for name, (_, message) in ENTRIES.items():
        assert message in broken[name].findings[0].title
        assert f"test_connects[{name.replace(' ', '_')}" in ran.out
    assert "exit code: 9" in broken["quits"].findings[0].evidence
    assert "the disk is on fire" in broken["quits"].findings[0].evidence
    assert "quits.json" in broken["quits"].findings[0].evidence
    assert len([case for case in ran.run.cases if case.server == "ok" and case.outcome == "passed"]) > 20
    assert (config.read_bytes(), after.st_mode, after.st_ino, after.st_mtime_ns) == (
        before[0],
        before[1].st_mode,
        before[1].st_ino,
        before[1].st_mtime_ns,
    )


def test_a_report_folder_that_is_a_file_is_told_before_anything_is_tested(project: Project) -> None:
    project.serve("one", starts="one.starts")
    project.write("reports", "mine")
    ran = project.run()
    assert ran.code == 4
    assert "reports: is no folder; remove it or choose another folder with --mcp-report" in ran.err
    assert project.starts("one") == []
    assert (project.folder / "reports").read_text() == "mine"


def test_a_report_that_cannot_be_written_is_told_and_fails(project: Project) -> None:
    project.serve("one")
    project.write("reports/latest/mine", "")
    ran = project.run(whole=True)
    assert ran.code == 4
    assert [line for line in ran.lines if line.startswith("mcp: ") and "latest: is no folder; remove it" in line]
    assert "gate: PASS" in ran.out
    assert "passed" in ran.lines[-1]


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)  # root may write everywhere
    with pytest.raises(ReportError, match=r"made/reports: cannot be written; choose another folder with --mcp-report"):
        refuse_unwritable(tmp_path / "made" / "reports")
    refuse_unwritable(tmp_path.parent / "other")


def test_a_database_out_of_reach_costs_one_message(project: Project) -> None:
    project.serve("one")
    ran = project.run("--mcp-db=postgresql://nobody:sekret@127.0.0.1:1/x", whole=True)
    assert ran.code == 0
    assert len([line for line in ran.lines if "127.0.0.1" in line]) == 1
    assert "sekret" not in ran.out + ran.err
    assert not [path for path in project.folder.rglob("*") if path.is_file() and b"sekret" in path.read_bytes()]


def test_a_server_that_hangs_costs_its_timeout_once(project: Project) -> None:
    project.serve("good")
    for name in ("first", "second"):
        project.serve(name, hang=["*"], starts=f"{name}.starts")
    ran = project.run("--mcp-timeout=1", "-k", "connects")
    hung = [server for server in ran.run.servers if not server.connected]
    assert [server.id for server in hung] == ["first", "second"]
    assert ran.line("probed 1/3 MCP servers in ") < "probed 1/3 MCP servers in 4"
    assert gone(pid for name in ("first", "second") for pid in project.starts(name))


def test_hostile_names_steer_nothing(project: Project) -> None:
    names = [
        'say "it\'s"',
        "two\nlines",
        "\x1b[31mred\x1b]0;title\x07",
        "<script>alert(1)</script>",
        "\n::error file=x::owned",
        "::add-mask::e",
        "\u202eright to left",
        "n" * 500,
        "",
    ]
    project.serve("one", tools=[{"name": name, "description": name, "inputSchema": name} for name in names])
    project.write(
        "test_theirs.py",
        "def test_quotes(mcp_tool):\n    raise ValueError(mcp_tool.name)\n",
    )
    ran = project.run("-vv", "-rA", "--tb=native", "test_theirs.py", env={"CI": "1"})  # there reasons are not cut
    assert ran.code == 1
    assert not [line for line in ran.lines if line.lstrip().startswith("::")]
    assert not [character for character in ran.out if (character < " " and character != "\n") or character == "\x7f"]
    assert "\u202e" not in ran.out
    page = (ran.report / "index.html").read_text()
    assert "<script>alert" not in page
    failed = {case.element for case in ran.run.cases if case.check == "tool-input-schema"}
    assert len(failed) == len(names)


def test_a_sandbox_level_that_does_not_work_here_is_a_usage_error(project: Project) -> None:
    project.serve("one", starts="one.starts")
    ran = project.run("--mcp-sandbox=L3", env={"PATH": str(project.folder)})
    assert ran.code == 4
    told = (
        "ERROR: mcp: sandbox level L3 does not work here: install the distribution's bubblewrap and strace; or let auto"
    )
    assert told in ran.err
    assert project.starts("one") == []


def test_without_bubblewrap_the_level_drops_and_nothing_breaks(project: Project) -> None:
    project.serve("one")
    ran = project.run("--mcp-suite=integration", "--mcp-seed=7", env={"PATH": str(project.folder)})
    level = dict(ran.run.facts)["sandbox"]
    assert level in ("L2", "L1", "L0")
    assert ran.line("mcp: 1 server").endswith(f"gate=report, sandbox={level}, seed=7")
    assert ran.run.cases
    assert not [case for case in ran.run.cases if case.outcome is Outcome.ERROR]


HINTED = {"name": "say", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[servers.one.tools.sai]\ntext = 'x'\n", "servers.one.tools.sai: one lists no such tool; did you mean 'say'"),
        ("[servers.one.tools.say]\ntxt = 'x'\n", "servers.one.tools.say: the tool has no argument 'txt'; did you mean"),
        ("[servers.two.tools.say]\ntext = 'x'\n", "no config file has a server 'two'; "),
        ("[servers.one.tools]\nsay = 3\n", "servers.one.tools.say: must be a table; write it as one"),
    ],
)
def test_a_hint_about_what_is_not_there_is_a_usage_error_with_its_line(project: Project, table: str, told: str) -> None:
    project.serve("one", tools=[HINTED])
    project.write("pytest_mcp.toml", f"\n{table}")
    ran = project.run("--mcp-suite=integration")
    assert ran.code == 4
    assert re.search(r"ERROR: mcp: pytest_mcp.toml:[23]: " + re.escape(told), ran.err)
    assert "Traceback" not in ran.out + ran.err


def test_a_hint_is_what_the_tool_is_called_with(project: Project) -> None:
    program("bubblewrap")
    program("strace")
    project.serve("one", tools=[HINTED], env={"SAYS": "1"})
    project.write("pytest_mcp.toml", "[servers.one.tools.say]\ntext = 'by the user'\n")
    ran = project.run("--mcp-suite=integration")
    (case,) = [case for case in ran.run.cases if case.check == "tool-answers"]
    assert "{'text': 'by the user'} (text from hint)" in " ".join(case.notes), (case, ran.out)
