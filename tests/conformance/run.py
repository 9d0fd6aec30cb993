"""Runs the official conformance suite against our test servers and our client; compares the tables in the document.

python -m tests.conformance.run FOLDER [--write]

The suite and the node that it needs are installed with npm into FOLDER, unless they are there. Exit code 1: a scenario
that counts has a failure, or the table in the document is out of date (``--write`` renews it).
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SUITE, NODE = "0.2.0-alpha.12", "22.23.3"
REVISIONS = ("2025-11-25", "2026-07-28")
WITHOUT_FIXTURES = {
    "2025-11-25": ("server-initialize", "server-session-lifecycle", "ping", "logging-set-level"),
    "2026-07-28": ("caching", "http-header-validation", "sep-2164-resource-not-found"),
}
"""Scenarios that ask for nothing by name, in the revision that they are about."""
LISTS = ("tools-list", "resources-list", "prompts-list", "dns-rebinding-protection", "server-sse-multiple-streams")
"""The same, in both revisions."""
SERVERS = Path(__file__).parents[1] / "servers"
CLIENT = {
    "2025-11-25": ("initialize", "tools_call", "sse-retry"),
    "2026-07-28": (
        *("tools_call", "request-metadata", "http-standard-headers", "http-custom-headers"),
        *("http-invalid-tool-headers", "json-schema-ref-no-deref"),
    ),
}
"""Scenarios for clients that are not about authorization, elicitation or extensions."""
JUDGED = {"http-invalid-tool-headers": "on purpose", "sse-retry": "not built", "request-metadata": "on purpose"}
"""What our client does differently, and why that is not counted here: docs/conformance.md."""
EVERYTHING = (str(SERVERS / "everything.py"),)
GOOD = (str(SERVERS / "mcp_server.py"), "--transport", "http")
DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"
MARKS = ("<!-- table: written by tests/conformance/run.py -->\n", "<!-- end of the table -->\n")
SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one scenario: how many of its checks ended how, and why it does not count, where it does not."""

    counts: Counter[str] = field(default_factory=Counter)
    unscored: str = ""

    @property
    def fails(self) -> bool:
        """Whether it counts and has a failure, or ran no check at all."""
        return not self.unscored and (self.counts["FAILURE"] > 0 or not self.counts)

    def __str__(self) -> str:
        words = {"SUCCESS": "passed", "WARNING": "warned", "FAILURE": "failed", "SKIPPED": "skipped"}
        shown = ", ".join(f"{self.counts[status]} {word}" for status, word in words.items() if self.counts[status])
        return (shown or "nothing asked") + (f" ({self.unscored})" if self.unscored else "")


Results = dict[str, dict[str, Result]]
"""By scenario and revision."""


def installed(folder: Path) -> Path:
    """The folder with the programs ``node`` and ``conformance``; installs them where they are not there."""
    programs = folder / "node_modules" / ".bin"
    if not (programs / "conformance").exists():
        folder.mkdir(parents=True, exist_ok=True)
        packages = [f"@modelcontextprotocol/conformance@{SUITE}", f"node@{NODE}"]
        command = ["npm", "install", "--prefix", str(folder), "--no-fund", "--no-audit", "--loglevel=error"]
        subprocess.run([*command, *packages], check=True, timeout=600)
    return programs


@contextlib.contextmanager
def serving(command: tuple[str, ...]) -> Iterator[str]:
    """The url of one of our servers, for as long as it is wanted."""
    with subprocess.Popen([sys.executable, "-S", *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield process.stderr.readline().strip()
        process.terminate()


def asked(programs: Path, *options: str) -> tuple[str, dict[str, Counter[str]]]:
    """What the suite printed, and how the checks of each scenario ended."""
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        command = [str(programs / "conformance"), *options, "-o", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
        found = {}
        for file in sorted(Path(folder).glob("*/checks.json")):
            name = re.sub(r"^(?:server-)?(.*)-\d{4}-\d\d-\d\dT.*$", r"\1", file.parent.name, count=1)
            found[name] = Counter(
                check["status"] for check in json.loads(file.read_text()) if check["status"] != "INFO"
            )
    assert found, done.stdout + done.stderr
    return done.stdout, found


def required(programs: Path) -> Results:
    """Every scenario that a revision requires, and those it runs without counting them, on the server made for it."""
    results: Results = {}
    with serving(EVERYTHING) as url:
        for revision in REVISIONS:
            printed, found = asked(programs, "server", "--url", url, "--requirements", revision)
            unscored = dict(re.findall(r"^  [✓✗] (\S+) \(([a-z-]+)\)$", printed, flags=re.MULTILINE))
            for name, counts in found.items():
                results.setdefault(name, {})[revision] = Result(counts=counts, unscored=unscored.get(name, ""))
    return results


def on_the_good_server(programs: Path) -> Results:
    """What can be asked of any server, asked of the one that the checks are measured by."""
    results: Results = {}
    with serving(GOOD) as url:
        for revision in REVISIONS:
            for name in (*WITHOUT_FIXTURES[revision], *LISTS):
                options = ("--url", url, "--scenario", name, "--spec-version", revision)
                _, found = asked(programs, "server", *options)
                results.setdefault(name, {})[revision] = Result(counts=found.get(name, Counter()))
    return results


def of_our_client(programs: Path) -> Results:
    """What the suite, as a server, says of the client that all tests go through."""
    results: Results = {}
    command = f"{sys.executable} -m tests.conformance.drive"
    for revision, names in CLIENT.items():
        for name in names:
            options = ("--command", command, "--scenario", name, "--spec-version", revision)
            _, found = asked(programs, "client", *options)
            counts = found.get(name, Counter())
            different = counts["FAILURE"] or counts["WARNING"]
            result = Result(counts=counts, unscored=JUDGED.get(name, "") if different else "")
            results.setdefault(name, {})[revision] = result
    return results


def table(title: str, results: Results) -> list[str]:
    """The lines of one table."""
    rows = [
        f"| {name} | " + " | ".join(str(found.get(revision, "-")) for revision in REVISIONS) + " |"
        for name, found in results.items()
    ]
    return [f"| {title} | {' | '.join(REVISIONS)} |", "|---|---|---|", *rows, ""]


def main() -> None:
    """Install, run, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    programs = installed(options.folder)
    tables = {
        "everything.py": required(programs),
        "mcp_server.py": on_the_good_server(programs),
        "our client": of_our_client(programs),
    }
    text = "\n".join(["", *(line for title, results in tables.items() for line in table(title, results))])
    print(text)
    every = [(name, each) for results in tables.values() for name, found in results.items() for each in found.values()]
    failing = [name for name, each in every if each.fails]
    before, _, rest = DOCUMENT.read_text().partition(MARKS[0])
    old, _, after = rest.partition(MARKS[1])
    if options.write:
        DOCUMENT.write_text(before + MARKS[0] + text + "\n" + MARKS[1] + after)
    elif old != text + "\n":
        sys.exit(f"{DOCUMENT}: the table is out of date; run again with --write and read the difference")
    if failing:
        sys.exit(f"failures that count: {', '.join(failing)}")


if __name__ == "__main__":
    main()
