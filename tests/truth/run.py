"""Runs the security suite on every published flaw, in the affected and in the fixed version, and prints the table.

    python tests/truth/run.py [--home DIR] [FLAW...]

The packages come from the registries that pip, uv and npm are configured to use, with dependencies of their day where
those matter. Exits 1 when a flaw is not found, or is still found where it is fixed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import Run
from pytest_mcp.results import load_run_file
from tests.truth.flaw import HERE, SIDES, Flaw, flaws

INSTALL_SECONDS, RUN_SECONDS = 600, 300
LEAST = 11
"""Affected versions that have to be found, of twelve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One version of one flaw, tried."""

    flaw: Flaw
    side: str
    found: tuple[Finding, ...] = ()
    others: tuple[Finding, ...] = ()
    seconds: float = 0.0
    calls: int = 0
    problem: str = ""

    @property
    def right(self) -> bool:
        """Whether it came out as it must: found where it is, gone where it was mended."""
        return not self.problem and bool(self.found) == (self.side == "affected")


def main() -> int:
    """Install, run, tell."""
    options = _options()
    chosen = [flaw for flaw in flaws() if not options.flaw or flaw.id in options.flaw]
    home = options.home.resolve()
    pairs = [(flaw, side) for flaw in chosen for side in SIDES if options.side in (None, side)]
    with ThreadPoolExecutor(2) as pool:
        installed = list(pool.map(lambda pair: _installed(*pair, home), pairs))
    rows = []
    for (flaw, side), problem in zip(pairs, installed, strict=True):
        row = Row(flaw=flaw, side=side, problem=problem) if problem else _tried(flaw, side, home)
        rows.append(row)
        print(_line(row), flush=True)
        for finding in row.others:
            where = f"{finding.check} [{finding.element}]"
            print(f"      also {finding.severity} {where}: {finding.title[:150]}", flush=True)
    found = sum(row.right for row in rows if row.side == "affected")
    gone = sum(row.right for row in rows if row.side == "fixed")
    print(f"found in {found} of {len(chosen)} affected, silent on {gone} of {len(chosen)} fixed")
    enough = min(LEAST, len(chosen))
    return 0 if found >= enough and gone == len(chosen) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=HERE / ".installed", help="where the packages are installed")
    parser.add_argument("--side", choices=SIDES, help="only this version of each")
    parser.add_argument("flaw", nargs="*", help="names of folders beside this file; all without")
    return parser.parse_args()


def _line(row: Row) -> str:
    version = f"{row.side} {row.flaw.version(row.side)}"
    told = row.problem or ", ".join(
        f"{each.severity} {each.check} [{each.element}]"
        for each in sorted(row.found, key=lambda one: -one.severity)[:3]
    )
    mark = "ok  " if row.right else "MISS"
    return f"{mark} {row.flaw.id:24} {version:22} {row.calls:4} probes {row.seconds:6.1f} s  {told or '-'}"


# -- installing -------------------------------------------------------------------------------------------------------


def _installed(flaw: Flaw, side: str, home: Path) -> str:
    """Install one side; what went wrong, empty when nothing did."""
    folder = home / f"{flaw.id}-{side}"
    if (folder / ".done").exists():
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for words in _steps(flaw, side, folder):
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            return f"not installed: {' '.join(words[:4])}: {(done.stderr or done.stdout).strip()[-300:]}"
    (folder / ".done").touch()
    return ""


def _steps(flaw: Flaw, side: str, folder: Path) -> list[list[str]]:
    wanted = flaw.requirements(side)
    if flaw.ecosystem == "npm":
        return [["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), *wanted]]
    day = ["--exclude-newer", flaw.before[side]] if side in flaw.before else []
    uv = [sys.executable, "-m", "uv"] if _has_uv() else ["uv"]
    return [
        [*uv, "venv", "-q", "--python", sys.executable, str(folder / "venv")],
        [*uv, "pip", "install", "-q", *day, "--python", str(folder / "venv" / "bin" / "python"), *wanted],
    ]


def _has_uv() -> bool:
    from importlib.util import find_spec

    return find_spec("uv") is not None


# -- running ----------------------------------------------------------------------------------------------------------


def _tried(flaw: Flaw, side: str, home: Path) -> Row:
    folder = home / f"{flaw.id}-{side}"
    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(HERE / flaw.id, project)
    _configured(flaw, folder, project)
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    words = [sys.executable, "-m", "pytest", "--mcp", "--mcp-suite", "security", "--mcp-db", "none", "-q"]
    try:
        done = subprocess.run(
            [*words, "-p", "no:cacheprovider"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Row(flaw=flaw, side=side, problem=f"no end after {RUN_SECONDS} s")
    seconds = time.monotonic() - begun
    results = project / "reports" / "latest" / "results.ndjson"
    if not results.exists():
        return Row(flaw=flaw, side=side, seconds=seconds, problem=f"no results: {done.stdout.strip()[-400:]}")
    return _judged(flaw, side, seconds, load_run_file(results))


def _judged(flaw: Flaw, side: str, seconds: float, run: Run) -> Row:
    if not all(server.connected for server in run.servers):
        return Row(flaw=flaw, side=side, seconds=seconds, problem="did not connect")
    serious = [finding for case in run.cases for finding in case.findings if finding.severity >= Severity.MEDIUM]
    same = [finding for finding in serious if finding.check in flaw.checks and _is_meant(finding, flaw)]
    others = [finding for finding in serious if finding not in same]
    probes = sum(round(each.value) for case in run.cases for each in case.measurements if each.name == "probes")
    return Row(flaw=flaw, side=side, found=tuple(same), others=tuple(others), seconds=seconds, calls=probes)


def _is_meant(finding: Finding, flaw: Flaw) -> bool:
    return not flaw.tools or finding.element.removeprefix("tool:") in flaw.tools


def _configured(flaw: Flaw, folder: Path, project: Path) -> None:
    for name in flaw.folders:
        (project / name).mkdir(exist_ok=True)
    beside = HERE / flaw.id / "server.mjs"
    if beside.exists():
        shutil.copy2(beside, folder)
    places = {
        "bin": str(folder / "venv" / "bin"),
        "python": str(folder / "venv" / "bin" / "python"),
        "modules": str(folder / "node_modules"),
        "node": shutil.which("node") or "node",
        "project": str(project),
    }
    if flaw.http:
        http = _filled(flaw.http, places)
        entry: dict[str, Any] = {"type": "http", "url": "http://127.0.0.1:1/mcp"}
        lines = [f"{key} = {json.dumps(http[key])}" for key in ("command", "args", "url") if key in http]
        if "env" in http:
            lines.append(
                "env = { " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in http["env"].items()) + " }"
            )
        (project / "pytest_mcp.toml").write_text("\n".join(["[servers.flawed.transports.http]", *lines, ""]))
    else:
        entry = _filled(flaw.launch, places)
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"flawed": entry}}, indent=2))
    (project / "pytest.ini").write_text("[pytest]\n")


def _filled(value: Any, places: dict[str, str]) -> Any:
    """Every text with what stands in braces filled in; ``{port}`` is left for the run."""
    if isinstance(value, dict):
        return {key: _filled(each, places) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, places) for each in value]
    for name, place in places.items():
        value = value.replace("{" + name + "}", place)
    return value


if __name__ == "__main__":
    sys.exit(main())
