"""What observing a call costs: the same Python server in a box, and without one, in turns.

``python tests/benchmarks/observe.py``. Ours is what the box adds to a call at the median, with all that the server did
meanwhile read and told; the bar is 1 ms.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.exercise.calling import Stage, called
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Level
from pytest_mcp.model.server import Launch, Server, Source, Stdio
from pytest_mcp.sandbox import Sandbox
from tests.benchmarks.bars import Bar, in_turns, report

GOOD = Path(__file__).parents[1] / "servers" / "mcp_server.py"
CASE = Case(id="minimal", tool="echo", arguments={"text": "hello"}, expect=Expect.VALID, kind="minimal")


def calls(stage: Stage, count: int) -> Callable[[], float]:
    """Milliseconds of a call at the median."""

    def once() -> float:
        taken = []
        for _ in range(count):
            began = time.perf_counter()
            call = called(stage, CASE)
            taken.append((time.perf_counter() - began) * 1000)
            if "hello" not in call.text:
                sys.exit(f"the server answered {call.text!r}")
        return median(taken)

    return once


def main() -> None:
    """Calls in turns on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="calls a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--level", type=Level, default=Level.L3, choices=list(Level))
    options = parser.parse_args()
    launch = Launch(command=sys.executable, args=("-S", str(GOOD)))
    server = Server(id="good", name="good", source=Source(path="-", line=1), transport=Stdio(launch=launch))
    with tempfile.TemporaryDirectory() as name:
        fleet, sandbox = Fleet(Path(name), timeout=30), Sandbox(options.level, Path(name), Path(name, ".pytest_mcp"))
        try:
            plain, _ = fleet.open(server, purpose="plain")
            box = sandbox.prepare(server)
            boxed, _ = fleet.open(box.server, purpose="sandbox")
            box.settle()
            alone = Stage(caller=plain, timeout=30)
            watched = Stage(caller=boxed, timeout=30, mark=box.mark, effects=box.effects)
            without, with_box = in_turns(options.rounds, calls(alone, options.count), calls(watched, options.count))
        finally:
            fleet.close()
            sandbox.close()
    print(f"a call: {without:.3f} ms without a box, {with_box:.3f} ms in one of level {options.level}, observed")
    report(Bar(name="what the box adds to a call", ours=with_box - without, theirs=1.0, unit="ms", at_most=1.0))


if __name__ == "__main__":
    main()
