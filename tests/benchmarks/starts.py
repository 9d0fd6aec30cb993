"""How many processes a run starts, and what a server costs that hangs: ``python tests/benchmarks/starts.py``.

Every server is started through a script that notes each start, so the count is not ours alone; the run's own count must
agree with it. The hanging server must cost its timeout once, while the others start.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pytest_mcp.results import load_run_file
from tests.benchmarks.bars import Bar, in_turns, report

SERVER = Path(__file__).parents[1] / "servers" / "mcp_server.py"
NOTED = '#!/bin/sh\necho "$1" >> {starts}\nshift\nexec "$@"\n'
HANG = "import sys, time\nfor line in sys.stdin: pass\n"
TIMEOUT = 3.0


class Project:
    """A project whose servers are started through the noting script."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self.starts = folder / "starts"
        script = folder / "noted"
        script.write_text(NOTED.format(starts=self.starts))
        script.chmod(0o755)
        (folder / "pytest.ini").write_text("[pytest]\n")
        good = [sys.executable, "-S", str(SERVER)]
        servers = {f"good-{n}": good for n in range(count)}
        self._write("plain.json", servers)
        self._write("hanging.json", {"hanging": [sys.executable, "-S", "-c", HANG], **servers})

    def _write(self, name: str, servers: dict[str, list[str]]) -> None:
        entries = {each: {"command": "./noted", "args": [each, *command]} for each, command in servers.items()}
        (self.folder / name).write_text(json.dumps({"mcpServers": entries}))

    def run(self, config: str, *words: str) -> float:
        """Seconds of ``pytest --mcp`` with this config."""
        self.starts.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "--mcp", "--mcp-suite", "unit", "--mcp-db", "none"]
        began = time.perf_counter()
        subprocess.run(
            [*command, "--mcp-config", config, "--mcp-timeout", str(TIMEOUT), *words],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    def counted(self) -> tuple[int, int]:
        """Starts of the last run as the script noted them, and as the run itself tells."""
        run = load_run_file(self.folder / "reports" / "latest" / "results.ndjson")
        return len(self.starts.read_text().split()), sum(start.count for s in run.servers for start in s.starts)


def processes(project: Project, *words: str) -> Bar:
    """Starts against servers; the run that counts otherwise than the script ends the benchmark."""
    project.run("plain.json", *words)
    noted, told = project.counted()
    if noted != told:
        sys.exit(f"{noted} processes were started, the run tells of {told}")
    name = f"processes started for servers {' '.join(words)}".rstrip()
    return Bar(name=name, ours=noted, theirs=project.count, unit="", at_most=1.0, at_least=1.0)


def hanging(project: Project, rounds: int) -> Bar:
    """What the hanging server adds to the run, against its timeout."""
    plain, longer = in_turns(rounds, lambda: project.run("plain.json"), lambda: project.run("hanging.json"))
    return Bar(name="a hanging server for its timeout", ours=longer - plain, theirs=TIMEOUT, unit="s", at_most=1.2)


def main() -> None:
    """Count, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12, help="servers")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = Project(Path(name), options.count)
        report(processes(project), processes(project, "-n", "2"), hanging(project, options.rounds))


if __name__ == "__main__":
    main()
