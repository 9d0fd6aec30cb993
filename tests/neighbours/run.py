"""Installs the plugin beside each neighbour and compares what happens with the table in docs/neighbours.md.

python -m tests.neighbours.run [--write] [--only NAME ...]

Every neighbour gets an environment of its own, in which an ordinary test and ``pytest --mcp`` on one small server
are run. Exit code 1: something that is not theirs fails, or the table is out of date (``--write`` renews it).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "servers" / "mcp_server.py"
DOCUMENT = ROOT / "docs" / "neighbours.md"
MARKS = ("<!-- table: written by tests/neighbours/run.py -->\n", "<!-- end of the table -->\n")
SDK = {"no mcp": (), "mcp 1": ("mcp<2",), "mcp 2": ("mcp>=2",)}
PLUGINS = (
    "aimock-pytest",
    "mcp-pytest",
    "mcp-test-framework",
    "mcp-test-harness",
    "mcp-testclient",
    "mcp-toolproof",
    "pytest-mcp with mcp<2 with anthropic with openai",
    "pytest-mcp-assert",
    "pytest-mcp-contract",
    "pytest-mcp-honesty",
    "pytest-mcp-plugin",
    "pytest-mcp-tools",
    "pytest-mcptest",
    "pytest-skill-engineering",
    "pytest-wardenbot",
)
SECONDS = 240
WORKS, SAME = "works", "cannot be: it has the import package `pytest_mcp`, too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """How it went beside one neighbour: ``without`` is an ordinary run with our plugin switched off."""

    name: str
    version: str
    ordinary: str
    mcp: str
    without: str

    @property
    def ours(self) -> bool:
        """Whether something fails that works without us."""
        return self.without == WORKS and not self.ordinary == self.mcp == WORKS

    def __str__(self) -> str:
        return f"| {self.name} | {self.version} | {self.ordinary} | {self.mcp} | {self.without} |"


def project(folder: Path) -> Path:
    """A project with one ordinary test and one MCP server."""
    folder.mkdir(parents=True)
    (folder / "test_ordinary.py").write_text("def test_ordinary(tmp_path):\n    assert tmp_path.is_dir()\n")
    entry = {"command": sys.executable, "args": ["-S", str(SERVER), "--era", "legacy"]}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"good": entry}}))
    return folder


def installed(folder: Path, requirements: Sequence[str]) -> tuple[Path, str]:
    """The Python of a new environment with these, and why that did not work where it did not."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "uv", "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--python",
        str(python),
        "-e",
        str(ROOT),
        *requirements,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 2)
    return python, _resolution(done.stderr) if done.returncode else ""


def _resolution(said: str) -> str:
    """What the installer said, as far as it fits a table."""
    text = " ".join(said.split())
    wanted = re.search(r"depends on (pytest[<>=!~][^ ]*)", text)
    return f"wants {wanted[1]}" if wanted else text[:200]


def version_of(python: Path, name: str) -> str:
    """The version that was installed, or none."""
    code = f"import importlib.metadata as m\nprint(m.version({name!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or "none"


def same_package(python: Path, name: str) -> bool:
    """Whether a distribution has files of its own in the import package that is ours."""
    code = f"import importlib.metadata as m\nprint(any(f.parts[0] == 'pytest_mcp' for f in m.files({name!r}) or ()))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True).stdout.strip() == "True"


def ran(python: Path, where: Path, *options: str, expected: str) -> str:
    """Works, or the line that says best what went wrong."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "VIRTUAL_ENV"))}
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )
    lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
    if done.returncode == 0 and re.search(expected, done.stdout):
        return WORKS
    told = [
        line for line in lines if re.match(r"^(E  |INTERNALERROR> \S*Error|ERROR|\w*(Error|Warning)\b|FAILED)", line)
    ]
    return (told[-1] if told else lines[-1] if lines else f"exit code {done.returncode}")[:160].replace("|", "/")


def met(folder: Path, name: str, requirements: Sequence[str]) -> Met:
    """Everything that is tried beside one neighbour."""
    python, problem = installed(folder / "env", requirements)
    if problem:
        return Met(name=name, version="-", ordinary=f"not installable: {problem}", mcp="-", without="-")
    where, distribution = project(folder / "project"), name.removeprefix("no ").partition(" ")[0]
    version = version_of(python, distribution)
    if same_package(python, distribution):
        return Met(name=name, version=version, ordinary=SAME, mcp="-", without="-")
    return Met(
        name=name,
        version=version,
        ordinary=ran(python, where, "test_ordinary.py", expected=r"\b1 passed"),
        mcp=ran(
            python, where, "--mcp", "--mcp-suite", "unit", "--mcp-db", "none", expected=r"\b\d\d passed, \d+ skipped"
        ),
        without=ran(python, where, "-p", "no:mcp_fleet", "test_ordinary.py", expected=r"\b1 passed"),
    )


def neighbours(only: Sequence[str]) -> Iterator[Met]:
    """Each in turn; its environment is gone before the next one is made."""
    wanted = {**SDK, **{name: tuple(name.split(" with ")) for name in PLUGINS}}
    for name, requirements in wanted.items():
        if not only or name in only:
            with tempfile.TemporaryDirectory() as folder:
                yield met(Path(folder) / "it", name, requirements)


def main() -> None:
    """Try each, print the table, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    rows = [
        "| neighbour | version | ordinary run | `pytest --mcp` | ordinary run without us |",
        "|---|---|---|---|---|",
    ]
    print(*rows, sep="\n")
    found = []
    for each in neighbours(options.only):
        found.append(each)
        print(each, flush=True)
    text = "\n" + "\n".join([*rows, *map(str, found)]) + "\n\n"
    before, _, rest = DOCUMENT.read_text().partition(MARKS[0])
    old, _, after = rest.partition(MARKS[1])
    if options.write:
        DOCUMENT.write_text(before + MARKS[0] + text + MARKS[1] + after)
    elif not options.only and old != text:
        sys.exit(f"{DOCUMENT}: the table is out of date; run again with --write and read the difference")
    if ours := [each.name for each in found if each.ours]:
        sys.exit(f"ours to mend: {', '.join(ours)}")


if __name__ == "__main__":
    main()
