# ruff: noqa: RUF001
"""The terminal's lines: golden shapes at each verbosity, and hostile text that cannot steer anything."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_mcp.gate import decide
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import Outcome, VerdictWord
from pytest_mcp.model.server import Http, Inventory, Launch, Server, Source, Stdio
from pytest_mcp.reporting import terminal
from tests.reporting.example import HOSTILE, example, hostile

STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]|^::|^##\[", re.MULTILINE)


def inventory(*, hostile: bool = False) -> Inventory:
    launch = Launch(command="bin/time")
    names = [HOSTILE] if hostile else ["time", "git", "time@http"]
    transports = [Stdio(launch=launch), Stdio(launch=launch), Http(url="http://127.0.0.1:{port}/", launch=launch)]
    servers = tuple(
        Server(id=name, name=name.partition("@")[0], source=Source(path=".mcp.json", line=3), transport=transport)
        for name, transport in zip(names, transports, strict=False)
    )
    return Inventory(servers=servers, files=(HOSTILE if hostile else ".mcp.json",))


def whole(verbosity: int) -> str:
    run = example()
    lines = [
        *terminal.header(
            inventory(), seed=281734, gate="enforce", verbosity=verbosity, facts=[("database", "embedded")]
        ),
        terminal.probed(18, 19, 3.14),
        *terminal.table(run, verbosity),
        *terminal.gate_lines(run, verbosity),
        terminal.rerun_line(run),
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("verbosity", [-2, -1, 0, 1, 2])
def test_the_lines_are_as_they_were(verbosity: int, golden: Callable[[str, str], None]) -> None:
    golden(f"terminal{verbosity:+d}.txt", whole(verbosity))


def test_a_failure_is_told_with_evidence_and_its_command(golden: Callable[[str, str], None]) -> None:
    run = example()
    case = next(case for case in run.cases if case.check == "tool-no-path-escape" and case.outcome is Outcome.FAILED)
    golden("failure.txt", "\n".join(terminal.case_lines(run, case)) + "\n")


def test_quiet_twice_speaks_only_when_the_gate_does_not_pass() -> None:
    run = example()
    good = tuple(replace(case, outcome=Outcome.PASSED, findings=()) for case in run.cases if case.server == "time")
    servers = tuple(server for server in run.servers if server.id == "time")
    passed = replace(run, cases=good, servers=servers, verdict=None)
    assert decide(passed).word is VerdictWord.PASS
    assert terminal.gate_lines(passed, -2) == []
    assert terminal.gate_lines(passed, -1) == ["gate: PASS  The one server connected and 35 tests passed."]
    assert terminal.rerun_line(passed) == ""
    assert len(terminal.gate_lines(run, -2)) == 1


def test_nothing_a_server_or_a_config_says_steers_the_terminal_or_the_ci() -> None:
    run = hostile()
    lines = [
        *terminal.header(inventory(hostile=True), seed=1, gate="report", verbosity=2, facts=[(HOSTILE, HOSTILE)]),
        *terminal.table(run, 2),
        *terminal.gate_lines(run, 2),
        terminal.rerun_line(run),
        *(line for case in run.cases if case.outcome is not Outcome.PASSED for line in terminal.case_lines(run, case)),
    ]
    assert [line for line in lines if STEERING.search(line)] == []


def test_a_quoted_text_cannot_start_a_workflow_command_whatever_ends_its_lines() -> None:
    lines = terminal.quoted("ok\n::error file=x::boo\r::add-mask::e\x0b::stop\u2028::x\x85::y")
    assert lines[1:3] == ["| ::error file=x::boo", "| ::add-mask::e‹U+000B›::stop‹U+2028›::x‹U+0085›::y"]
    assert all(line.startswith("| ") and len(line.splitlines()) == 1 for line in lines)


def test_a_long_text_is_quoted_in_part_and_says_so() -> None:
    lines = terminal.quoted("x\n" * 100)
    assert len(lines) == 41
    assert lines[-1] == "| … 60 more lines"


def test_a_title_with_line_breaks_stays_one_line() -> None:
    finding = Finding(check="c", server="s", severity=Severity.LOW, title="a\n::error::b")
    assert terminal.finding_lines(finding) == ["low c: a ::error::b"]


def test_many_lost_servers_are_rerun_as_the_whole_fleet() -> None:
    run = example()
    lost = tuple(replace(server, connected=False) for server in run.servers)
    assert "--mcp-only" not in terminal.rerun_line(replace(run, servers=lost, verdict=None))


def test_the_golden_table_has_no_line_wider_than_a_usual_terminal_by_default() -> None:
    assert max(map(len, terminal.table(example()))) <= 80
