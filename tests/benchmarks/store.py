"""Stores many results and says how long that took: ``python tests/benchmarks/store.py --count 100000``."""

import argparse
import os
import shutil
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, Measurement, Outcome, Run, ServerFacts
from pytest_mcp.results import Recorder, open_store

BAR = 3.0
NOW = datetime.now(UTC)


def case(run: str, number: int) -> CaseResult:
    """A result like those of a real run: one in twenty has a finding, one in ten a measurement."""
    server, element, check = f"server-{number % 17}", f"tool:tool_{number % 300}", f"tool-check-{number % 40}"
    finding = Finding(
        check=check, server=server, element=element, severity=Severity.HIGH, title="accepted a wrong type"
    )
    return CaseResult(
        key=f"{check}|{server}|{element}|case-{number}",
        run=run,
        check=check,
        suite="security",
        server=server,
        element=element,
        case=f"case-{number}",
        nodeid=f"suites/security/test_tools.py::test_{check}[{server}-{element}-case-{number}]",
        outcome=Outcome.PASSED if number % 20 else Outcome.FAILED,
        duration=0.0123,
        started_at=NOW,
        findings=() if number % 20 else (finding,),
        measurements=() if number % 10 else (Measurement(name="latency", value=number / 7, unit="ms"),),
    )


def measure(count: int, dsn: str | None, state: Path) -> float:
    """Seconds from the first result handed over to the last one committed, on a database that is up."""
    run = str(uuid.uuid4())
    cases = [case(run, number) for number in range(count)]
    with open_store(dsn, state) as store:
        recorder = Recorder(run, state, say=lambda message: print(message, file=sys.stderr))
        start = Run(
            id=run, started_at=NOW, finished_at=None, seed=1, project="bench", command="bench", fail_on="medium"
        )
        recorder.begin(start, dsn)
        for number in range(17):
            name = f"server-{number}"
            recorder.server(ServerFacts(id=name, name=name, transport="stdio", source="", command="", connected=True))
        recorder.stored()
        begin = time.perf_counter()
        for result in cases:
            recorder.case(result)
        appended = time.perf_counter()
        recorder.finish(NOW, None)
        recorder.close()
        end = time.perf_counter()
        stored = store.connection.execute("SELECT count(*) FROM cases WHERE run_id = %s", (run,)).fetchone()
    if stored != (count,):
        sys.exit(f"{stored} of {count} results stored: {recorder.problem}")
    print(f"append    {(appended - begin) / count * 1e6:8.1f} us per result, {appended - begin:.2f} s")
    print(f"drain     {count / (end - begin):8.0f} results/s")
    print(f"total     {end - begin:8.2f} s for {count} results")
    return end - begin


def main() -> None:
    """Measure in a folder of its own; exit 1 over the bar."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--db", help="address of a database instead of the embedded one")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pytest_mcp_bench-"))
    folder.chmod(0o755)
    try:
        for word in ("cold", "warm"):
            begin = time.perf_counter()
            with open_store(chosen.db, folder / ".pytest_mcp"):
                print(f"{word} start {time.perf_counter() - begin:7.2f} s")
            time.sleep(1)  # until the server is gone again
        seconds = measure(chosen.count, chosen.db, folder / ".pytest_mcp")
        time.sleep(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(seconds > BAR * chosen.count / 100_000 and chosen.count >= 100_000)


if __name__ == "__main__":
    os.environ.pop("PYTEST_MCP_DATABASE_URL", None)
    main()
