"""Every row of the outcome table: what pytest says, what JUnit holds, what the run keeps, alone and under xdist."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from pytest_mcp.fixtures import Accepted
from pytest_mcp.model.run import CaseResult, Outcome, Run, Verdict, VerdictWord
from pytest_mcp.plugin.ending import Ending
from pytest_mcp.settings import Gate
from tests.plugin.conftest import Project, Ran

CONFTEST = """
from pytest_mcp.checks import definitions

def annotations(*_):
    raise ZeroDivisionError("our own fault")

definitions.annotations = annotations
"""
ANNOTATES = """
def pytest_runtest_logreport(report):
    # like those who annotate: the location, and the place and message of the crash
    if report.failed and report.when == "call":
        crash = report.longrepr.reprcrash
        with open("places", "a") as places:
            print(*report.location, crash.path, crash.lineno, crash.message, sep="|", file=places)
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
THEIR = "project:test_theirs.py::"
TABLE = [
    # check, word at the end of its line under -v, what JUnit holds, outcome of the run
    ("connects", "PASSED", None, Outcome.PASSED),
    ("tool-input-schema", "FAILED", "failure", Outcome.FAILED),
    ("tool-description", "PASSED", None, Outcome.RECORDED),
    ("meta-required", "SKIPPED", "skipped", Outcome.NOT_APPLICABLE),
    ("tool-annotations", "ERROR", "error", Outcome.ERROR),
    (f"{THEIR}test_proves_nothing", "SKIPPED", "skipped", Outcome.INCONCLUSIVE),
    (f"{THEIR}test_is_known", "XFAIL", "skipped", Outcome.WAIVED),
    (f"{THEIR}test_is_wrong", "FAILED", "failure", Outcome.FAILED),
    (f"{THEIR}test_cannot_start", "ERROR", "error", Outcome.ERROR),
    (f"{THEIR}test_measures", "PASSED", None, Outcome.PASSED),
]


@pytest.fixture(scope="module", params=["alone", "xdist"])
def ran(request: pytest.FixtureRequest, new_project: Callable[[], Project]) -> Ran:
    project = new_project()
    project.serve("one", tools=[{"name": "wrong", "inputSchema": {"type": "string"}}])
    project.write("conftest.py", CONFTEST)
    project.write("annotates.py", ANNOTATES)
    project.write("test_theirs.py", THEIRS)
    options = ("-n2",) if request.param == "xdist" else ()
    env = {"PYTHONPATH": str(project.folder)}
    return project.run("-v", "-rA", "-p", "annotates", *options, "test_theirs.py", whole=True, env=env)


def case_of(ran: Ran, check: str) -> CaseResult:
    (case,) = [case for case in ran.run.cases if case.check == check]
    return case


def element_of(ran: Ran, case: CaseResult) -> ElementTree.Element:
    return ran.testcase(case.nodeid.partition("::")[2])


@pytest.mark.parametrize(("check", "word", "junit", "outcome"), TABLE, ids=[row[0].split("::")[-1] for row in TABLE])
def test_an_outcome_is_the_same_everywhere(ran: Ran, check: str, word: str, junit: str | None, outcome: str) -> None:
    case = case_of(ran, check)
    assert case.outcome == outcome
    assert any(case.nodeid in line and word in line.split() for line in ran.lines)
    tags = [child.tag for child in element_of(ran, case) if child.tag not in ("properties", "system-out")]
    assert tags == ([junit] if junit else [])


def test_skips_start_with_what_they_are(ran: Ran) -> None:
    skips = [line for line in ran.lines if line.startswith("SKIPPED [")]
    assert skips
    assert all(".mcp.json:3: not applicable: " in line or ".mcp.json:3: inconclusive: " in line for line in skips)
    assert (
        ran.testcase("test_proves_nothing[one]").find("skipped").get("message") == "inconclusive: no positive control"
    )  # type: ignore[union-attr]


def test_a_finding_below_the_threshold_is_kept_with_its_passed_test(ran: Ran) -> None:
    case = case_of(ran, "tool-description")
    (finding,) = case.findings
    properties = {each.get("name"): each.get("value") for each in element_of(ran, case).iter("property")}
    assert properties["mcp_finding"] == f"low: {finding.title}"
    assert "tool-description" in (ran.report / "index.html").read_text()


def test_our_own_fault_blocks_as_a_harness_error(ran: Ran) -> None:
    assert ran.code == 1
    assert "harness.errors" in ran.line("gate: BLOCK")
    assert "ZeroDivisionError: our own fault" in ran.line(f"ERROR {case_of(ran, 'tool-annotations').nodeid}")


def reason_of(case: CaseResult) -> str:
    (finding,) = case.findings
    return f"{finding.severity}: {finding.title}"


def test_a_failed_check_says_why_in_one_line_and_points_at_the_config(ran: Ran) -> None:
    case = case_of(ran, "tool-input-schema")
    assert ran.line(f"FAILED {case.nodeid}") == f"FAILED {case.nodeid} - {reason_of(case)}"
    assert f".mcp.json:3: {reason_of(case)}" in ran.lines
    failure = element_of(ran, case).find("failure")
    assert failure is not None
    assert failure.get("message") == reason_of(case)
    properties = {each.get("name"): each.get("value") for each in element_of(ran, case).iter("property")}
    assert properties == {"mcp_check": "tool-input-schema", "mcp_server": "one"}


def test_whoever_annotates_finds_the_config_entry(ran: Ran) -> None:
    case = case_of(ran, "tool-input-schema")
    name = case.nodeid.partition("::")[2]
    places = (ran.folder / "places").read_text()
    assert f".mcp.json|2|{name}|{ran.folder / '.mcp.json'}|3|{reason_of(case)}\n" in places
    assert f".mcp.json|2|test_is_wrong[one]|{ran.folder / 'test_theirs.py'}|13|AssertionError: " in places


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
    assert (strict.code, strict.failed) == (1, [case_of(strict, "tool-description").nodeid])
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
def test_the_exit_code_follows_the_verdict(  # noqa: PLR0917 - fixtures and parameters
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str, gate: str, own: int, code: int
) -> None:
    now = datetime.now(UTC)
    run = Run(id="r", started_at=now, finished_at=now, seed=1, project="p", command="pytest", fail_on="medium")
    verdict = Verdict(word=VerdictWord(word), reason="", exit_code=int(word in ("PARTIAL", "BLOCK")))
    controller: Any = SimpleNamespace(
        settings=SimpleNamespace(gate=Gate(gate)),
        recording=True,
        recorder=SimpleNamespace(finish=lambda *_: None, server=lambda *_: None),
        end_servers=lambda: None,
        accepted=Accepted(),
        state=tmp_path,
        config=SimpleNamespace(hook=SimpleNamespace(pytest_mcp_run_finished=lambda **_: None)),
    )
    ending = Ending(controller)
    monkeypatch.setattr(ending, "_whole", lambda *_: run)
    monkeypatch.setattr(ending, "_write", lambda _: None)
    monkeypatch.setattr("pytest_mcp.plugin.ending.decide", lambda *_: replace(verdict))
    session: Any = SimpleNamespace(exitstatus=own)
    ending.finish(session, own)
    assert session.exitstatus == code
