"""For how many tools of the example fleet a call is found that works: ``python tests/benchmarks/controls.py``.

Only the thirteen servers that do their work without network, account and browser, each over stdio; no hints. The fleet
must be installed. Prints every tool without such a call, with the reason.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pytest_mcp.model.run import CaseResult, Outcome
from pytest_mcp.results import load_run_file
from tests.benchmarks.bars import Bar, report

FLEET = Path(__file__).parents[2] / "examples" / "fleet"
OUTSIDE = frozenset({"github", "context7", "ddg", "playwright"})


def cases(folder: Path) -> list[CaseResult]:
    """How every tool of these servers was exercised."""
    configured = json.loads((FLEET / ".mcp.json").read_text())["mcpServers"]
    servers = [f"--mcp-only={name}" for name in configured if name not in OUTSIDE]
    command = [sys.executable, "-m", "pytest", "-q", "--mcp", "--mcp-suite=integration", "--mcp-db=none"]
    subprocess.run([*command, f"--mcp-report={folder}", *servers], cwd=FLEET, stdout=subprocess.DEVNULL, check=False)
    run = load_run_file(folder / "latest" / "results.ndjson")
    return [case for case in run.cases if case.check == "tool-answers" and "@" not in case.server]


def main() -> None:
    """Run once and count."""
    with tempfile.TemporaryDirectory() as name:
        found = cases(Path(name))
    for case in found:
        if case.outcome is not Outcome.PASSED:
            print(f"{case.server} {case.element.removeprefix('tool:')}: {case.message}")
    proven = sum(case.outcome is Outcome.PASSED for case in found)
    report(Bar(name="tools with a call that works", ours=proven, theirs=len(found), unit="tools", at_least=0.85))


if __name__ == "__main__":
    main()
