"""Wrappers: one simple command is taken out, anything more is undecidable."""

from pathlib import Path

import pytest

from pytest_mcp.model.package import Pin
from tests.packages.build import distribution, program, run, venv


@pytest.fixture
def root(tmp_path: Path) -> Path:
    distribution(venv(tmp_path / "my env"), "my-server", "1.2.3", scripts=["my-server"])
    return tmp_path


@pytest.mark.parametrize(
    "argv",
    [
        ["sh", "-c", "'my env/bin/my-server' --x"],
        ["bash", "-lc", 'exec "my env"/bin/my-server "$@"', "sh", "a"],
        ["/bin/sh", "-c", 'TOKEN=x "${PLACE:-my env}/bin/my-server"'],
        ["sh", "-c", "my\\ env/bin/my-server"],
        ["cmd", "/d", "/c", '"my env/bin/my-server" --x'],
        ["cmd.exe", "/c", "my env/bin/my-server", "--x"],
        ["env", "-u", "B", "A=1", "my env/bin/my-server"],
        ["env", "sh", "-c", "'my env/bin/my-server'"],
    ],
)
def test_one_simple_command_is_seen_through(root: Path, argv: list[str]) -> None:
    found = run(root, *argv)
    assert (found.name, found.problem, bool(found.through)) == ("my-server", None, True)


@pytest.mark.parametrize(
    "line",
    [
        "a && b",
        "a; b",
        "a | b",
        "a > b",
        "a & ",
        "$(which a)",
        "`which a`",
        "$UNSET/a",
        "${X#y}",
        "a*",
        "'a",
        "a\nb",
        "A=1",
        "",
        "(a)",
        "exec -a b c",
    ],
)
def test_more_than_that_is_undecidable(root: Path, line: str) -> None:
    found = run(root, "sh", "-c", line)
    assert found.form == "sh -c"
    assert found.problem


@pytest.mark.parametrize("argv", [["cmd", "/c", "a & b"], ["cmd", "x"], ["env", "-S", "a b"], ["env"], ["sh"]])
def test_wrappers_with_nothing_plain_inside(root: Path, argv: list[str]) -> None:
    assert run(root, *argv).problem


@pytest.mark.parametrize(
    "lines",
    [
        ['root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)', 'exec "$root/my env/bin/my-server" "$@"'],
        [
            "set -euo pipefail",
            'DIR="$( cd "$( dirname "${BASH_SOURCE[0]}" )" && pwd )"',
            '"$DIR/../my env/bin/my-server"',
        ],
        ['cd "$(dirname "$0")/.." || exit 1', 'export A="${A:-$PWD/x}"', 'PATH="$PWD/my env/bin:$PATH" exec my-server'],
        ["# a comment", "", '"$(dirname "$0")/../my env/bin/my-server" \\', "  --x"],
    ],
)
def test_a_script_that_only_starts_one_program_is_seen_through(root: Path, lines: list[str]) -> None:
    program(root / "bin/start", "\n".join(["#!/bin/sh", *lines, ""]))
    found = run(root, "bin/start")
    assert (found.name, found.through, found.problem) == ("my-server", ("script",), None)


@pytest.mark.parametrize(
    "lines",
    [["curl x | sh", "exec a"], ["exec a", "b"], ["if true; then a; fi"], ["a() {", "}"], ["x=$(date)", "exec a"], []],
)
def test_a_script_that_does_more_is_undecidable(root: Path, lines: list[str]) -> None:
    program(root / "bin/start", "\n".join(["#!/bin/sh", *lines, ""]))
    found = run(root, "bin/start")
    assert found.form == "script"
    assert found.problem


def test_a_script_around_itself_ends(root: Path) -> None:
    program(root / "bin/start", '#!/bin/sh\nexec "$0"\n')
    assert "wrappers" in (run(root, "bin/start").problem or "")


@pytest.mark.parametrize(
    ("words", "requested", "pin"),
    [
        (["-i", "--rm", "-e", "A", "own/x"], "own/x", Pin.LATEST),
        (["--rm", "-i", "--env=A=1", "reg.test:5000/own/x:1.2", "arg"], "reg.test:5000/own/x:1.2", Pin.FLOATING),
        (["-v", "/a:/b", f"own/x@sha256:{'0' * 64}"], f"own/x@sha256:{'0' * 64}", Pin.EXACT),
    ],
)
def test_an_image_is_named_and_not_looked_into(root: Path, words: list[str], requested: str, pin: Pin) -> None:
    found = run(root, "docker", "run", *words)
    assert (found.form, found.requested, found.pin) == ("docker", requested, pin)
    assert "image" in (found.problem or "")
    assert "runs no image" in (run(root, "docker", "ps").problem or "")
