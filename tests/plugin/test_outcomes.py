"""Every row of the outcome table: what pytest says, what JUnit holds, what the run keeps, alone and under xdist."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_mcp.model.run import Outcome, Run, Verdict, VerdictWord
from pytest_mcp.plugin.ending import Ending
from pytest_mcp.settings import Gate
from tests.plugin.conftest import Project, Ran

OWN = "pytest_mcp/suites/unit/test_tools.py::"
CONFTEST = """
from pytest_mcp.checks import definitions

def annotations(element):
    raise ZeroDivisionError("our own fault")

definitions.annotations = annotations
"""
THEIRS = """
import pytest

@pytest.mark.mcp_security
def test_proves_nothing(mcp_server, mcp_report):
    mcp_report.inconclusive("no positive control")

@pytest.mark.xfail(reason="known", strict=True)
def test_is_known(mcp_server):
    assert False

def test_is_wrong(mcp_server):
    assert mcp_server.id == "nobody"

@pytest.fixture
def broken():
    raise RuntimeError("fixture")

def test_cannot_start(mcp_server, broken):
    pass

def test_measures(mcp_client, mcp_report):
    mcp_report.measure("answer", 42, "s")
    mcp_report.note("asked once")
    assert mcp_client.request("tools/list").result
"""
TABLE = [
    # test, word at the end of its line under -v, what JUnit holds, outcome of the run
    (f"{OWN}test_tool_has_its_shape[one/echo]", "PASSED", None, Outcome.PASSED),
    (f"{OWN}test_tool_input_schema_is_valid[one/wrong]", "FAILED", "failure", Outcome.FAILED),
    (f"{OWN}test_tool_is_described[one/wrong]", "PASSED", None, Outcome.RECORDED),
    (f"{OWN}test_tool_output_schema_is_valid[one/echo]", "SKIPPED", "skipped", Outcome.NOT_APPLICABLE),
    (f"{OWN}test_tool_annotations_agree[one/echo]", "ERROR", "error", Outcome.ERROR),
    ("test_theirs.py::test_proves_nothing[one]", "SKIPPED", "skipped", Outcome.INCONCLUSIVE),
    ("test_theirs.py::test_is_known[one]", "XFAIL", "skipped", Outcome.WAIVED),
    ("test_theirs.py::test_is_wrong[one]", "FAILED", "failure", Outcome.FAILED),
    ("test_theirs.py::test_cannot_start[one]", "ERROR", "error", Outcome.ERROR),
    ("test_theirs.py::test_measures[one]", "PASSED", None, Outcome.PASSED),
]


@pytest.fixture(scope="module", params=["alone", "xdist"])
def ran(request: pytest.FixtureRequest, new_project: Callable[[], Project]) -> Ran:
    project = new_project()
    project.serve(
        "one",
        tools=[
            {"name": "echo", "description": "x", "inputSchema": {"type": "object"}},
            {"name": "wrong", "inputSchema": {"type": "object", "required": ["a"], "properties": {"b": {}}}},
        ],
    )
    project.write("conftest.py", CONFTEST)
    project.write("test_theirs.py", THEIRS)
    options = ("-n2",) if request.param == "xdist" else ()
    return project.run("-v", "-rA", *options, "test_theirs.py", whole=True)


@pytest.mark.parametrize(("nodeid", "word", "junit", "outcome"), TABLE, ids=[row[0].split("::")[1] for row in TABLE])
def test_an_outcome_is_the_same_everywhere(ran: Ran, nodeid: str, word: str, junit: str | None, outcome: str) -> None:
    assert any(nodeid in line and word in line.split() for line in ran.lines)
    element = ran.testcase(nodeid.split("::")[1])
    assert [child.tag for child in element if child.tag not in ("properties", "system-out")] == (
        [junit] if junit else []
    )
    (case,) = [case for case in ran.run.cases if case.nodeid == nodeid]
    assert case.outcome == outcome


def test_skips_start_with_what_they_are(ran: Ran) -> None:
    skips = [line for line in ran.lines if line.startswith("SKIPPED [")]
    assert skips
    assert all(".mcp.json:3: not applicable: " in line or ".mcp.json:3: inconclusive: " in line for line in skips)
    assert (
        ran.testcase("test_proves_nothing[one]").find("skipped").get("message") == "inconclusive: no positive control"
    )  # type: ignore[union-attr]


def test_a_finding_below_the_threshold_is_kept_with_its_passed_test(ran: Ran) -> None:
    (case,) = [case for case in ran.run.cases if case.nodeid.endswith("test_tool_is_described[one/wrong]")]
    assert [(finding.check, str(finding.severity)) for finding in case.findings] == [("tool-description", "low")]
    properties = {
        each.get("name"): each.get("value") for each in ran.testcase(case.nodeid.split("::")[1]).iter("property")
    }
    assert properties["mcp_finding"] == "low: tool without a description"
    assert "tool-description" in (ran.report / "index.html").read_text()


def test_our_own_fault_blocks_as_a_harness_error(ran: Ran) -> None:
    assert ran.code == 1
    assert "harness.errors" in ran.line("gate: BLOCK")
    assert "ZeroDivisionError: our own fault" in ran.line(f"ERROR {OWN}test_tool_annotations_agree[one/echo]")


def test_a_failed_check_says_why_in_one_line_and_points_at_the_config(ran: Ran) -> None:
    start = f"FAILED {OWN}test_tool_input_schema_is_valid[one/wrong] - "
    assert ran.line(start) == f"{start}high: inputSchema requires parameters it does not define"
    assert ".mcp.json:3: high: inputSchema requires parameters it does not define" in ran.lines
    element = ran.testcase("test_tool_input_schema_is_valid[one/wrong]")
    failure = element.find("failure")
    assert failure is not None
    assert failure.get("message") == "high: inputSchema requires parameters it does not define"
    properties = {each.get("name"): each.get("value") for each in element.iter("property")}
    assert properties == {"mcp_check": "tool-input-schema", "mcp_server": "one"}


def test_what_a_project_measures_is_kept(ran: Ran) -> None:
    (case,) = [case for case in ran.run.cases if case.nodeid == "test_theirs.py::test_measures[one]"]
    assert [(each.name, each.value) for each in case.measurements] == [("answer", 42)]
    assert case.notes == ("asked once",)
    assert case.check == "project:test_theirs.py::test_measures"


def test_a_projects_own_marker_is_its_suite(ran: Ran) -> None:
    suites = {case.nodeid: case.suite for case in ran.run.cases}
    assert suites["test_theirs.py::test_proves_nothing[one]"] == "security"
    assert suites["test_theirs.py::test_is_wrong[one]"] == "unit"


def test_the_threshold_decides_what_fails(project: Project) -> None:
    project.serve("one", tools=[{"name": "undescribed", "inputSchema": {"type": "object"}}])
    strict = project.run("--mcp-fail-on=low", "-k", "described")
    assert (strict.code, strict.failed) == (1, [f"{OWN}test_tool_is_described[one/undescribed]"])
    lax = project.run("--mcp-fail-on=critical", "--mcp-gate=enforce", whole=True)
    assert (lax.code, lax.verdict) == (0, "WARN")


EXIT_CODES = [
    # verdict, --mcp-gate, pytest's own code, exit code
    ("PASS", "enforce", 0, 0),
    ("WARN", "enforce", 0, 0),
    ("PARTIAL", "enforce", 0, 1),
    ("PARTIAL", "report", 0, 0),
    ("PARTIAL", "off", 0, 0),
    ("BLOCK", "enforce", 0, 1),
    ("BLOCK", "report", 0, 1),
    ("BLOCK", "off", 0, 0),
    ("BLOCK", "off", 1, 1),
    ("PARTIAL", "enforce", 2, 2),
    ("BLOCK", "enforce", 3, 3),
    ("BLOCK", "enforce", 5, 5),
]


@pytest.mark.parametrize(("word", "gate", "own", "code"), EXIT_CODES)
def test_the_exit_code_follows_the_verdict(
    monkeypatch: pytest.MonkeyPatch, word: str, gate: str, own: int, code: int
) -> None:
    now = datetime.now(UTC)
    run = Run(id="r", started_at=now, finished_at=now, seed=1, project="p", command="pytest", fail_on="medium")
    verdict = Verdict(word=VerdictWord(word), reason="", exit_code=int(word in ("PARTIAL", "BLOCK")))
    controller: Any = SimpleNamespace(
        settings=SimpleNamespace(gate=Gate(gate)),
        recording=True,
        recorder=SimpleNamespace(finish=lambda *_: None, server=lambda *_: None),
        end_servers=lambda: None,
        config=SimpleNamespace(hook=SimpleNamespace(pytest_mcp_run_finished=lambda **_: None)),
    )
    ending = Ending(controller)
    monkeypatch.setattr(ending, "_whole", lambda *_: run)
    monkeypatch.setattr(ending, "_write", lambda _: None)
    monkeypatch.setattr("pytest_mcp.plugin.ending.decide", lambda _: replace(verdict))
    session: Any = SimpleNamespace(exitstatus=own)
    ending.finish(session, own)
    assert session.exitstatus == code
