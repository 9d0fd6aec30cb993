"""Entries written for Windows run elsewhere."""

from pathlib import Path

import pytest

from pytest_mcp.inventory.entry import Entry, Surroundings
from pytest_mcp.inventory.resolve import resolve
from pytest_mcp.model.server import Launch, Server, Source, Stdio


def server(command: str, *args: str, windows: bool = False) -> Server:
    entry = Entry(
        name="a", source=Source(path="x", line=1), folder=Path("/x"), kind="stdio", command=command, args=args
    )
    return resolve(entry, Surroundings(rootdir=Path("/x"), environ={}, windows=windows))


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (("cmd", "/c", "npx", "-y", "x"), ("npx", "-y", "x")),
        (("CMD.EXE", "/C", "npx.cmd", "x y"), ("npx", "x y")),
        ((r"C:\Windows\System32\cmd.exe", "/d", "/s", "/c", 'npx -y "a b" c'), ("npx", "-y", "a b", "c")),
        (("cmd", "/v:on", "/c", "uvx", "https://h/?a=1&b=50%25"), ("uvx", "https://h/?a=1&b=50%25")),
        (("cmd", "/c", "cmd", "/c", "npx"), ("npx",)),
        (("cmd", *(("/c", "cmd") * 5000), "/c", "npx"), ("npx",)),
        (("npx.cmd", "-y"), ("npx", "-y")),
        (("./run.cmd",), ("./run.cmd",)),
        (("cmdr", "/c"), ("cmdr", "/c")),
        (("npx", "/c"), ("npx", "/c")),
    ],
)
def test_what_cmd_wraps_is_what_is_run(words: tuple[str, ...], run: tuple[str, ...]) -> None:
    assert server(*words).transport == Stdio(launch=Launch(command=run[0], args=run[1:]))


@pytest.mark.parametrize("words", [("cmd",), ("cmd", "npx"), ("cmd", "/k", "npx"), ("cmd", "/c")])
def test_cmd_without_a_program_is_a_problem(words: tuple[str, ...]) -> None:
    assert server(*words).problem == (
        "runs cmd, which only Windows has, without /c and a program; name the program itself"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("cmd", "/c", "cd x && npx y"),
        ("cmd", "/c", "npx", "y", "2>&1"),
        ("cmd", "/c", "npx", "y", "|", "z"),
        ("cmd", "/c", "npx", "%APPDATA%\\y"),
        ("cmd", "/c", "  "),
    ],
)
def test_a_line_that_needs_cmd_is_a_problem(words: tuple[str, ...]) -> None:
    assert (server(*words).problem or "").startswith("runs a line that only cmd understands")


def test_on_windows_nothing_is_changed() -> None:
    words = ("cmd", "/c", "npx.cmd", "%A%")
    assert server(*words, windows=True).transport == Stdio(launch=Launch(command="cmd", args=words[1:]))
