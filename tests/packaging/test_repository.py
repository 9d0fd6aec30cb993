"""The shape of the repository that users and reviewers rely on."""

import configparser
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.needs import missing

ROOT = Path(__file__).parents[2]
FOLDERS = {"pytest_mcp", "suites", "reports", "tests", "docs", "examples"}
FILES = {"conftest.py", "tox.ini", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "uv.lock"}
VAGUE_NAME = re.compile(r"^utils?\.py$|helper|manager|handler|processor", re.IGNORECASE)
README_COMMANDS = [
    "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox -qe fleet",
    "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox -qe tests",
]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """All files under version control."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        missing("git checkout", "run this test in a clone of the repository")
    return [Path(name) for name in done.stdout.split("\0") if name]


def test_the_root_holds_only_the_agreed_entries(tracked: list[Path]) -> None:
    entries = {path.parts[0] for path in tracked}
    assert {entry for entry in entries if not entry.startswith(".")} <= FOLDERS | FILES


def test_of_reports_only_the_readme_is_tracked(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.parts[0] == "reports"] in ([], [Path("reports/README.md")])


def test_what_installers_and_runs_write_is_ignored_by_git() -> None:
    made = [
        "reports/latest",
        ".pytest_mcp/x",
        "examples/fleet/.servers/x",
        "examples/fleet/work/x",
        ".venv/x",
        ".tox/x",
    ]
    done = subprocess.run(["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode == 128:
        missing("git checkout", "run this test in a clone of the repository")
    assert done.stdout.split() == made


def test_tox_configures_no_pytest() -> None:
    tox = configparser.RawConfigParser()
    tox.read(ROOT / "tox.ini")
    assert [section for section in tox.sections() if "pytest" in section] == []


def test_no_file_has_a_name_that_says_nothing(tracked: list[Path]) -> None:
    assert [path for path in tracked if VAGUE_NAME.search(path.name)] == []


def test_every_pinned_version_satisfies_the_declared_dependencies() -> None:
    from packaging.requirements import Requirement

    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = {pin.name: pin for pin in map(Requirement, lines)}
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [pyproject["project"]["dependencies"], *pyproject["project"]["optional-dependencies"].values()]
    groups += [[line for line in group if isinstance(line, str)] for group in pyproject["dependency-groups"].values()]
    for wanted in (Requirement(line) for group in groups for line in group):
        version = str(pins[wanted.name].specifier).removeprefix("==") if wanted.name in pins else "none"
        assert version != "none" and version in wanted.specifier, f"{wanted}: renew .ci/constraints.txt, see docs/ci.md"


def test_the_readme_gives_the_two_commands_and_ci_runs_the_second() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [command for command in README_COMMANDS if command not in readme] == []
    assert README_COMMANDS[1] in (ROOT / ".ci" / "run").read_text()
