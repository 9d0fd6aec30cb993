"""What the installed but unused plugin costs a start of pytest: ``python tests/benchmarks/startup.py --rounds 40``."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.bars import Bar, in_turns, report


def cpu(folder: Path, *arguments: str) -> float:
    """CPU milliseconds of one pytest on an empty test file."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", *arguments, "test_empty.py"]
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    """With the plugin, and without it, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        cpu(folder)
        ours, theirs = in_turns(options.rounds, lambda: cpu(folder), lambda: cpu(folder, "-p", "no:mcp_fleet"))
    report(Bar(name="pytest start, plugin unused", ours=ours, theirs=theirs, unit="ms CPU", at_most=1.15))


if __name__ == "__main__":
    main()
