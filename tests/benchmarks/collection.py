"""Collection of a server with thousands of tools: whether its time and memory grow with the number of items.

``python tests/benchmarks/collection.py --items 100000``; the second side has a tenth of that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.bars import Bar, report

SERVER = Path(__file__).parents[1] / "plugin" / "server.py"
SLOPE, KIB_AN_ITEM = 1.3, 8.0
PROBE = """
import resource, sys, time, pytest

class Probe:
    def pytest_collectstart(self, collector):
        if not hasattr(self, "begun"):
            self.begun, self.before = time.process_time(), rss()

    def pytest_collection_finish(self, session):
        print("COLLECTED", len(session.items), time.process_time() - self.begun, rss() - self.before)

def rss():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

sys.exit(pytest.main(sys.argv[1:], plugins=[Probe()]))
"""


def collected(tools: int) -> tuple[int, float, float]:
    """How many items a server with so many tools makes, and the CPU seconds and bytes that collecting them takes."""
    schema = {"type": "object", "properties": {"text": {"type": "string", "description": "What to return."}}}
    listed = [
        {"name": f"tool_{number}", "description": "Returns its text.", "inputSchema": schema} for number in range(tools)
    ]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "spec.json").write_text(json.dumps({"tools": listed}))
        entry = {"command": sys.executable, "args": ["-I", "-S", str(SERVER), "spec.json"]}
        (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"large": entry}}))
        (project / "pytest.ini").write_text("[pytest]\n")
        words = ["--mcp", "--mcp-suite", "unit", "--mcp-db", "none", "--collect-only", "-qqq", "-p", "no:cacheprovider"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *words],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    line = next((each for each in done.stdout.splitlines() if each.startswith("COLLECTED")), None)
    if line is None:
        sys.exit(f"nothing was collected:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    _, items, seconds, size = line.split()
    return int(items), float(seconds), float(size)


def bars(items: int, rounds: int) -> list[Bar]:
    """Both sides in turns; the least of each round, as everything else on a machine only adds."""
    per_tool = (collected(200)[0] - collected(100)[0]) / 100
    few, many = round(items / 10 / per_tool), round(items / per_tool)
    smaller, larger = [], []
    for _ in range(rounds):
        smaller.append(collected(few))
        larger.append(collected(many))
    (count_few, seconds_few, _), (count_many, seconds_many, size) = min(smaller, key=_cost), min(larger, key=_cost)
    return [
        Bar(
            name=f"CPU an item, {count_many} items to {count_few}",
            ours=seconds_many / count_many * 1e6,
            theirs=seconds_few / count_few * 1e6,
            unit="us",
            at_most=SLOPE,
        ),
        Bar(name="memory an item", ours=size / count_many / 1024, theirs=1.0, unit="KiB", at_most=KIB_AN_ITEM),
    ]


def _cost(side: tuple[int, float, float]) -> float:
    return side[1] / side[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    report(*bars(options.items, options.rounds))
