"""Values of the model for own tests: short to write, whole to store."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import (
    CaseResult,
    CheckFacts,
    Measurement,
    Outcome,
    RuleResult,
    Run,
    ServerFacts,
    StartCount,
    Verdict,
    VerdictWord,
)
from pytest_mcp.results import Recorder

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
VERDICT = Verdict(
    word=VerdictWord.BLOCK,
    reason="1 open finding",
    exit_code=1,
    rules=(RuleResult(id="open-findings", word=VerdictWord.BLOCK, required="0", observed="1", where=("a", "b")),),
)


def a_run(**changes: Any) -> Run:
    """A run that has just begun."""
    run = Run(
        id=str(uuid.uuid4()),
        started_at=NOW,
        finished_at=None,
        seed=2**63,
        project="project",
        command="pytest --mcp",
        fail_on="medium",
        facts=(("python", "3.11"),),
    )
    return replace(run, **changes)


def a_case(run: str, number: int = 0, **changes: Any) -> CaseResult:
    """A passed case of the first server."""
    case = CaseResult(
        key=f"check|first|tool:echo|case-{number}",
        run=run,
        check="check",
        suite="unit",
        server="first",
        element="tool:echo",
        case=f"case-{number}",
        nodeid="suites/unit/test_tools.py::test_x[first]",
        outcome=Outcome.PASSED,
        duration=0.25,
        started_at=NOW + timedelta(seconds=number),
    )
    return replace(case, **changes)


def a_failed_case(run: str, number: int = 0, **changes: Any) -> CaseResult:
    """A case with a finding and two measurements."""
    finding = Finding(
        check="check", server="first", element="tool:echo", severity=Severity.HIGH, title="accepted it", evidence="{}"
    )
    measurements = (Measurement(name="latency", value=1.5, unit="ms"), Measurement(name="rate", value=1e22, unit="1/s"))
    given = {"outcome": Outcome.FAILED, "findings": (finding,), "measurements": measurements, "notes": ("seen",)}
    return a_case(run, number, **{**given, **changes})


def a_server(name: str = "first", /, **changes: Any) -> ServerFacts:
    """A connected stdio server."""
    facts = ServerFacts(
        id=name,
        name=name,
        transport="stdio",
        source=".mcp.json:3",
        command=f"run {name}",
        connected=True,
        told_version="1.2.3",
        tools=2,
        interface="ab" * 32,
        env_names=("TOKEN",),
        cold_start=0.5,
    )
    return replace(facts, **changes)


def a_check(name: str = "check") -> CheckFacts:
    """What the report shows of a check."""
    return CheckFacts(id=name, suite="unit", title="It holds", severity="high", reference="spec", remedy="mend it")


def record_run(state: Path, dsn: str | None, *, count: int = 3, close: bool = True, **changes: Any) -> Recorder:
    """A whole small run: two servers, passed cases, one failed, a worker with one case of its own."""
    run = a_run(**changes)
    recorder = Recorder(run.id, state)
    recorder.begin(run, dsn)
    recorder.server(a_server("first"), '{"tools": []}')
    recorder.server(a_server("second", interface="cd" * 32), "{}")
    recorder.check(a_check())
    for number in range(count):
        recorder.case(a_case(run.id, number))
    recorder.case(a_failed_case(run.id, count))
    worker = Recorder(run.id, state, worker="gw0")
    worker.check(a_check())
    worker.starts([StartCount(server="second", purpose="sandbox", count=2)])
    worker.case(a_case(run.id, 99, server="second", key="check|second|tool:echo|99", worker="gw0"))
    worker.close()
    recorder.finish(NOW + timedelta(seconds=60), VERDICT, ("--mcp-only",))
    if close:
        recorder.join(state / f"{run.id}.ndjson")
        recorder.close()
    return recorder
