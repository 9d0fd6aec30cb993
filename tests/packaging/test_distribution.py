"""What users install: the wheel holds what it needs, and all three forms of the plugin run the same suites."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import missing

ROOT = Path(__file__).parents[2]
SERVER = Path(__file__).with_name("tiny_server.py")
NAME = "pytest-mcp-fleet"
OURS = ("pytest_mcp/", "pytest_mcp_fleet-")


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without the settings of the run that this test is part of."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHON"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def build(source: Path, target: str, folder: Path) -> Path:
    """Build a distribution from a source tree with the tools of this environment."""
    done = run(sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", folder, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder / "built")) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.name != "built")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, without its own record."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def source_files(folder: Path, prefix: str) -> set[str]:
    """The files of a source folder as the wheel names them."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{prefix}/{path.relative_to(folder)}" for path in files}


def test_the_wheel_holds_the_package_and_the_suites_and_nothing_else(wheel: Path) -> None:
    names = set(contents(wheel))
    assert {name for name in names if not name.startswith(OURS)} == set()
    packed = {name for name in names if name.startswith("pytest_mcp/")}
    assert packed == source_files(ROOT / "pytest_mcp", "pytest_mcp") | source_files(
        ROOT / "suites", "pytest_mcp/suites"
    ) | {"pytest_mcp/suites/checks.md"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"pytest_mcp/py\.typed",
        r"pytest_mcp/suites/unit/test_.+\.py",
        r"pytest_mcp/results/queries\.sql",
        r"pytest_mcp/results/migrations/.+\.py",
        r"pytest_mcp/reporting/html/templates/.+\.html",
        r".+\.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds_what_is_not_found_by_importing(wheel: Path, pattern: str) -> None:
    assert any(re.fullmatch(pattern, name) for name in contents(wheel))


def test_the_wheel_declares_the_plugin_and_the_command(wheel: Path) -> None:
    entry_points = next(text for name, text in contents(wheel).items() if name.endswith("/entry_points.txt")).decode()
    assert "[pytest11]\nmcp_fleet = pytest_mcp.plugin" in entry_points
    assert "[console_scripts]\npytest-mcp = pytest_mcp.cli:main" in entry_points


def test_the_source_distribution_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    assert contents(build(sdist, "wheel", tmp_path / "wheel")) == contents(wheel)


def test_the_source_distribution_holds_no_installed_server_and_no_report(sdist: Path) -> None:
    names = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*")}
    assert not {
        name for name in names if re.match(r"examples/fleet/(\.servers|work|reports)|reports|\.pytest_mcp", name)
    }
    assert {"examples/fleet/.mcp.json", "examples/fleet/install.py", "tests/packaging"} <= names


# --- installed ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that pip filled from nothing but the wheel."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    assert run(sys.executable, "-m", "venv", folder, cwd=ROOT).returncode == 0
    interpreter = folder / "bin" / "python"
    done = pip(
        interpreter,
        "install",
        "--constraint",
        ROOT / ".ci" / "constraints.txt",
        f"{wheel}[embedded]",
        "hatchling",
        "editables",
    )
    if done.returncode:
        missing("package index", f"pip could not install the wheel: {done.stderr[-1000:]}")
    return interpreter


def pip(python: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run an environment's pip."""
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return run(python, "-m", "pip", *arguments[:1], *options, *arguments[1:], cwd=ROOT)


@pytest.fixture(scope="module", params=["wheel", "editable", "checkout"])
def pytest_command(request: pytest.FixtureRequest, python: Path, wheel: Path) -> Iterator[list[str | Path]]:
    """How pytest is started with the plugin in one of its three forms."""
    assert pip(python, "uninstall", "--yes", NAME).returncode == 0
    match request.param:
        case "wheel":
            done = pip(python, "install", "--no-deps", wheel)
        case "editable":
            done = pip(python, "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
        case "checkout":
            yield ["env", f"PYTHONPATH={ROOT}", python, "-m", "pytest", "-p", "pytest_mcp.plugin", "--mcp"]
            return
    assert done.returncode == 0, done.stderr
    yield [python, "-m", "pytest", "--mcp"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A stranger's project with one server."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(SERVER, folder / "server.py")
    servers = {"tiny": {"command": sys.executable, "args": ["server.py"]}}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))
    return folder


def counts(output: str) -> dict[str, int]:
    """The numbers in pytest's closing line."""
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", output.splitlines()[-1])}


@pytest.mark.timeout(400)
def test_every_form_runs_the_suites_in_a_strangers_project(pytest_command: list[str | Path], project: Path) -> None:
    done = run(*pytest_command, "--mcp-suite", "unit", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts(done.stdout)["passed"] > 20
    assert "failed" not in counts(done.stdout)
    assert (project / "reports" / "latest" / "index.html").is_file()
    assert (project / ".pytest_mcp" / "postgres").is_dir()


@pytest.mark.timeout(400)
def test_every_form_collects_the_same_tests(pytest_command: list[str | Path], project: Path) -> None:
    done = run(*pytest_command, "--collect-only", "-q", cwd=project)
    found = re.findall(r"(?m)^\S*?suites/(\S+::\S+)$", done.stdout)
    here = run(sys.executable, "-m", "pytest", "--mcp", "--collect-only", "-q", cwd=project)
    assert found == re.findall(r"(?m)^\S*?suites/(\S+::\S+)$", here.stdout)
    assert len(found) > 20


@pytest.mark.timeout(400)
def test_without_its_option_the_plugin_stays_out_of_the_way(pytest_command: list[str | Path], project: Path) -> None:
    (project / "test_own.py").write_text("def test_own():\n    assert True\n")
    done = run(*pytest_command[:-1], cwd=project)
    assert counts(done.stdout) == {"passed": 1}
    others = {".pytest_cache", ".benchmarks", "__pycache__"}
    assert {path.name for path in project.iterdir()} - others == {".mcp.json", "server.py", "test_own.py"}
