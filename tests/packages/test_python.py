"""Python launches: whose program it is, in which version, and what it reaches."""

import json
import os
from pathlib import Path

import pytest

from pytest_mcp.model.package import Ecosystem, Pin
from tests.packages.build import distribution, named, program, run, venv


@pytest.fixture
def root(tmp_path: Path) -> Path:
    prefix = venv(tmp_path / ".venv")
    requires = ["Dep_A>=1", 'windows-only; sys_platform == "win32"', 'extra-one; extra == "x"', "not-there"]
    distribution(prefix, "my-server", "1.2.3", requires=requires, scripts=["my-server", "other-name"])
    distribution(prefix, "dep-a", "4.0", requires=["dep-b", "my-server"])
    distribution(prefix, "dep-b", "0.1", license="Apache-2.0")
    distribution(prefix, "extra-one", "1")
    distribution(prefix, "stranger", "9")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "form"),
    [
        ([".venv/bin/my-server", "--x"], "console script"),
        ([".venv/bin/other-name"], "console script"),
        ([".venv/bin/python", "-m", "my_server"], "python -m"),
        ([".venv/bin/python", "-u", "-X", "dev", "-m", "my_server.main", "-m", "z"], "python -m"),
        ([".venv/bin/python", ".venv/bin/my-server"], "python FILE"),
        ([".venv/bin/python", ".venv/lib/python3.11/site-packages/my_server/__init__.py"], "python FILE"),
    ],
)
def test_an_installed_server_is_found_with_what_it_reaches(root: Path, argv: list[str], form: str) -> None:
    found = run(root, *argv)
    assert (found.form, found.ecosystem, found.name, found.version) == (form, Ecosystem.PYPI, "my-server", "1.2.3")
    assert found.pin is Pin.INSTALLED
    assert named(found) == ["dep-a 4.0", "dep-b 0.1"]
    assert found.missing == ("not-there",)
    assert found.requires == (("dep-a", "4.0"),)
    assert [one.license for one in found.dependencies] == ["MIT", "Apache-2.0"]
    assert found.folder == str(root / ".venv/lib/python3.11/site-packages/my_server")
    assert found.problem is None


def test_nothing_that_is_installed_is_run(root: Path) -> None:
    site = root / ".venv/lib/python3.11/site-packages"
    proof = root / "ran"
    (site / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(proof)!r}).touch()\n")
    program(root / ".venv/bin/python", f"#!/bin/sh\ntouch {proof}\n")
    assert run(root, ".venv/bin/python", "-m", "my_server").name == "my-server"
    assert not proof.exists()


def test_a_module_beside_the_working_folder_comes_first(root: Path) -> None:
    (root / "my_server").mkdir()
    (root / "my_server/__main__.py").write_text("")
    found = run(root, ".venv/bin/python", "-m", "my_server")
    assert (found.ecosystem, found.folder) == (Ecosystem.NONE, str(root / "my_server"))
    assert run(root, ".venv/bin/python", "-I", "-m", "my_server").ecosystem is Ecosystem.PYPI


def test_a_file_of_the_project_is_named_by_its_pyproject_and_reaches_what_that_lists(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src/server.py").write_text("")
    found = run(root, ".venv/bin/python", "src/server.py")
    assert (found.name, found.folder) == ("server", str(root / "src"))
    assert "stranger 9" in named(found)
    (root / "pyproject.toml").write_text('[project]\nname = "ours"\nversion = "3"\ndependencies = ["dep-b"]\n')
    found = run(root, ".venv/bin/python", "src/server.py")
    assert (found.name, found.version, named(found)) == ("ours", "3", ["dep-b 0.1"])


def test_an_editable_install_has_its_sources_in_its_own_folder(root: Path) -> None:
    info = root / ".venv/lib/python3.11/site-packages/my_server-1.2.3.dist-info"
    (root / "work/src").mkdir(parents=True)
    told = {"url": (root / "work").as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(told))
    found = run(root, ".venv/bin/my-server")
    assert (found.ecosystem, found.sources) == (Ecosystem.NONE, (str(root / "work/src"),))


def test_a_script_that_starts_itself_through_sh_is_a_console_script(root: Path) -> None:
    line = f"#!/bin/sh\n'''exec' {root}/.venv/bin/python \"$0\" \"$@\"\n' '''\nimport sys\n"
    program(root / ".venv/bin/my-server", line)
    assert run(root, ".venv/bin/my-server").form == "console script"


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        ([".venv/bin/python", "-c", "import x"], "code on the command line"),
        ([".venv/bin/python", "-m", "nowhere"], "neither installed"),
        ([".venv/bin/python", "gone.py"], "not there"),
        ([".venv/bin/python"], "from the input"),
        (["python9.9", "-m", "my_server"], "no such python"),
        (["bin/gone"], "no such program"),
    ],
)
def test_what_cannot_be_decided_is_said(root: Path, argv: list[str], problem: str) -> None:
    assert problem in (run(root, *argv).problem or "")


def test_hostile_metadata_breaks_nothing(root: Path) -> None:
    info = root / ".venv/lib/python3.11/site-packages/dep_a-4.0.dist-info"
    (info / "METADATA").write_bytes(b"\xff\xfe\0" * 100)
    assert named(run(root, ".venv/bin/my-server")) == ["dep_a "]
    (info / "METADATA").unlink()
    os.mkfifo(info / "METADATA")
    assert named(run(root, ".venv/bin/my-server")) == ["dep_a "]


def test_uv_run_looks_into_the_environment_of_its_project(root: Path) -> None:
    (root / "pyproject.toml").write_text('[project]\nname = "ours"\n')
    for argv in (
        ["uv", "run", "my-server"],
        ["uv", "--directory", str(root), "run", "my-server"],
        ["uv", "run", "--project", ".", "-m", "my_server"],
    ):
        found = run(root, *argv)
        assert (found.name, found.through) == ("my-server", ("uv run",))
    assert "of its own" in (run(root, "uv", "run", "--with", "x", "my-server").problem or "")
    assert "no environment" in (run(root, "uv", "--directory", "/", "run", "x").problem or "")


def test_uvx_and_pipx_find_the_environments_they_keep(tmp_path: Path) -> None:
    distribution(venv(tmp_path / "home/.cache/uv/archive-v0/abc"), "tool-a", "1.0", scripts=["tool-a"])
    distribution(venv(tmp_path / "home/.local/share/pipx/venvs/tool-a"), "tool-a", "3.0", scripts=["tool-a"])
    found = run(tmp_path, "uvx", "tool-a", "--flag")
    assert (found.form, found.version, found.pin, found.requested) == ("uvx", "1.0", Pin.FLOATING, "tool-a")
    assert run(tmp_path, "uvx", "--from", "tool-a==1.0", "tool-a").pin is Pin.EXACT
    assert run(tmp_path, "uv", "tool", "run", "tool-a@1.0").version == "1.0"
    assert "not installed" in (run(tmp_path, "uvx", "tool-a@2.0").problem or "")
    latest = run(tmp_path, "uvx", "tool-a@latest")
    assert (latest.pin, latest.name, bool(latest.problem)) == (Pin.LATEST, "tool-a", True)
    assert run(tmp_path, "pipx", "run", "tool-a").version == "3.0"
    distribution(venv(tmp_path / "home/.cache/uv/archive-v0/def"), "tool-a", "2.0", scripts=["tool-a"])
    assert "2 versions" in (run(tmp_path, "uvx", "tool-a").problem or "")
