"""From a pytest report to the outcome of a check: server's fault, nobody's, or ours."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from pytest_mcp.fixtures import INCONCLUSIVE, NOT_APPLICABLE, CheckFailed, McpReport, WaiverLeft
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import CaseResult, CheckFacts, Outcome, Suite
from pytest_mcp.model.text import inert_line

SURVIVES = CheckFacts(
    id="worker-survives",
    suite=Suite.UNIT,
    title="The process that runs the tests survives them",
    severity=str(Severity.HIGH),
    reference="",
    remedy="run the test without -n and see what ends its process",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What stays the same of a test item across runs, installs and workers."""

    check: str
    suite: str
    server: str
    element: str
    case: str
    shipped: bool
    """One of our suites: there an exception is our own fault; in a project's own test it is a failed test."""

    @property
    def key(self) -> str:
        """The stable key of results."""
        return "|".join((self.check, self.server, self.element, self.case))


def judge(
    report: pytest.TestReport, call: pytest.CallInfo[None], kept: McpReport | None, shipped: bool
) -> Outcome | None:
    """The outcome that this phase of an item decides; None for a phase that decides nothing."""
    if report.when == "teardown":
        return Outcome.ERROR if report.failed else None
    if report.skipped:
        return _skipped(report)
    if report.failed:
        return _failed(call, shipped) if report.when == "call" else Outcome.ERROR
    if report.when != "call":
        return None
    return Outcome.RECORDED if kept and kept.findings else Outcome.PASSED


def _skipped(report: pytest.TestReport) -> Outcome:
    if hasattr(report, "wasxfail"):
        return Outcome.WAIVED
    return Outcome.NOT_APPLICABLE if reason(report).startswith(NOT_APPLICABLE) else Outcome.INCONCLUSIVE


def _failed(call: pytest.CallInfo[None], shipped: bool) -> Outcome:
    ours = shipped and not (call.excinfo and isinstance(call.excinfo.value, CheckFailed | WaiverLeft))
    return Outcome.ERROR if ours else Outcome.FAILED


def reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, or the text of its failure."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return report.longreprtext


def message(report: pytest.TestReport) -> str:
    """The message of a case: the reason of a skip without its prefix, the failure's text."""
    return reason(report).removeprefix(INCONCLUSIVE).removeprefix(NOT_APPLICABLE)


def case_result(  # noqa: PLR0913 - everything a result is made of
    identity: Identity,
    report: pytest.TestReport,
    call: pytest.CallInfo[None],
    kept: McpReport | None,
    *,
    outcome: Outcome,
    run: str,
    worker: str,
) -> CaseResult:
    """The whole result of one item, or of its teardown when that is what failed."""
    case = f"{identity.case}:teardown" if report.when == "teardown" else identity.case
    return CaseResult(
        key="|".join((identity.check, identity.server, identity.element, case)),
        run=run,
        check=identity.check,
        suite=identity.suite,
        server=identity.server,
        element=identity.element,
        case=case,
        nodeid=report.nodeid,
        outcome=outcome,
        duration=report.duration,
        started_at=datetime.fromtimestamp(call.start, UTC),
        message="" if report.passed else message(report),
        findings=tuple(kept.findings) if kept else (),
        measurements=tuple(kept.measurements) if kept else (),
        notes=tuple(kept.notes) if kept else (),
        worker=worker,
    )


def recorded(kept: McpReport) -> list[tuple[str, object]]:
    """Findings of a test that did not fail, as properties: JUnit has no other place for them."""
    return [
        ("mcp_waived" if each.waived else "mcp_finding", f"{each.severity}: {inert_line(each.title)}")
        for each in kept.findings
    ]


def crashed(report: pytest.TestReport, server: str, *, shipped: bool, run: str) -> CaseResult:
    """The result of a test that ended its xdist worker: it never came to judge anything."""
    return CaseResult(
        key="|".join((SURVIVES.id, server, "", report.nodeid)),
        run=run,
        check=SURVIVES.id,
        suite=SURVIVES.suite,
        server=server,
        element="",
        case=report.nodeid,
        nodeid=report.nodeid,
        outcome=Outcome.ERROR if shipped else Outcome.FAILED,
        duration=0.0,
        started_at=datetime.now(UTC),
        message=message(report),
    )
