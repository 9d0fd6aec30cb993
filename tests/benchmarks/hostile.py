"""Every hostile server of the test library under the unit suite: does the run end in time, and is the defect named?

    python tests/benchmarks/hostile.py [--mib 1024] [--write] [DEFECT...]

Prints one line for each, then the shares and the memory of the largest run; exits 1 when a bar is missed. ``--write``
puts the table into docs/hostile-servers.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pytest_mcp.model.text import inert_line
from pytest_mcp.results import load_run_file
from tests.servers.defects import DEFECTS, Defect
from tests.suites.trials import Subject

DOCS = Path(__file__).resolve().parents[2] / "docs" / "hostile-servers.md"
BOUND_SECONDS = 120
NAMED_SHARE, MEMORY_MIB, LEAST = 0.95, 300, 40
PLACES = (("legacy", "stdio"), ("modern", "stdio"), ("legacy", "http"), ("modern", "http"))
RUN = (
    "import resource, sys, pytest; code = pytest.main(sys.argv[1:]); "
    "print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One defect, tried once."""

    defect: Defect
    place: str
    ended: bool
    named: bool
    outcome: str
    seconds: float
    peak_mib: float


def main() -> int:
    """Run them one after the other."""
    options = _options()
    chosen = [DEFECTS[name] for name in options.defect] or [each for each in DEFECTS.values() if each.check]
    rows = []
    for defect in chosen:
        rows.append(row := _tried(defect, options.mib))
        mark = "ok  " if row.ended and row.named else "MISS"
        print(
            f"{mark} {defect.name:38} {row.place:13} {row.seconds:6.1f} s {row.peak_mib:5.0f} MiB  {row.outcome}",
            flush=True,
        )
    ended, named = _share(row.ended for row in rows), _share(row.named for row in rows)
    peak = max(row.peak_mib for row in rows)
    figures = (
        f"{len(rows)} servers: {ended:.0%} end within {BOUND_SECONDS} s, {named:.1%} named, {peak:.0f} MiB at most"
    )
    print(figures)
    if options.write:
        _write(rows, figures)
    enough = len(rows) >= LEAST or bool(options.defect)
    return 0 if ended == 1 and named >= NAMED_SHARE and peak <= MEMORY_MIB and enough else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--mib", type=int, default=64, help="how much a flood is")
    parser.add_argument("--write", action="store_true", help="into docs/hostile-servers.md")
    parser.add_argument("defect", nargs="*", help="names; all without")
    return parser.parse_args()


def _share(flags: Iterable[bool]) -> float:
    each = list(flags)
    return sum(each) / len(each)


def _tried(defect: Defect, mib: int) -> Row:
    era, transport = next(place for place in PLACES if defect.exists(*place))
    subject = Subject(id="hostile", era="both" if defect.dual else era, transport=transport, defects=(defect,))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        entry = {**subject.entry, "env": {"FLOOD_MIB": str(mib)}} if transport == "stdio" else subject.entry
        (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"hostile": entry}}))
        (project / "pytest_mcp.toml").write_text("\n".join(subject.table))
        (project / "pytest.ini").write_text("[pytest]\n")
        deep = ["--mcp-deep"] if defect.deep else []
        words = [
            "--mcp",
            "--mcp-suite",
            "unit",
            "--mcp-db",
            "none",
            "-q",
            "--mcp-timeout",
            "10",
            "-p",
            "no:cacheprovider",
            *deep,
        ]
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-c", RUN, *words],
                cwd=project,
                env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
                capture_output=True,
                text=True,
                timeout=BOUND_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return _row(defect, subject, ended=False, seconds=time.monotonic() - begun)
        seconds = time.monotonic() - begun
        peak = re.search(r"^PEAK (\d+)", done.stdout, re.MULTILINE)
        run = load_run_file(project / "reports" / "latest" / "results.ndjson")
    found = [each for case in run.cases for each in case.findings]
    right = [each for each in found if each.check == defect.check and defect.says in each.title]
    seen = sorted({f"{each.check}: {each.title}" for each in found})
    told = f"{right[0].severity} {right[0].check}: {right[0].title}" if right else "; ".join(seen[:3]) or "-"
    memory = int(peak[1]) / 1024 if peak else 0.0
    return _row(defect, subject, ended=True, seconds=seconds, named=bool(right), outcome=told, peak=memory)


def _row(
    defect: Defect,
    subject: Subject,
    *,
    ended: bool,
    seconds: float,
    named: bool = False,
    outcome: str = "no end",
    peak: float = 0.0,
) -> Row:
    place = f"{subject.era} {subject.transport}"
    return Row(defect=defect, place=place, ended=ended, named=named, outcome=outcome, seconds=seconds, peak_mib=peak)


def _write(rows: list[Row], figures: str) -> None:
    """Put the table between the two marks of the page."""
    head, _, rest = DOCS.read_text().partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- end of table -->")
    lines = ["| hostile server | tried over | named by |", "|---|---|---|"]
    lines += [
        f"| {row.defect.name} | {row.place} | {row.outcome if row.named else f'**not named**: {row.outcome}'} |"
        for row in rows
    ]
    DOCS.write_text("\n".join([head + "<!-- table -->", figures + ".", "", *lines, "<!-- end of table -->"]) + tail)


def _shown(row: Row) -> str:
    text = inert_line(row.outcome, limit=120).replace("|", "/").replace("<", "&lt;").replace("_", "\\_")
    return text if row.named else f"**not named**: {text}"


if __name__ == "__main__":
    sys.exit(main())
