"""`pytest-mcp approve` and `pytest-mcp hints`: what they write, show and refuse; controls are tried first next time."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.lock import LOCK, read_lock
from pytest_mcp.results.controls import FILE, read_controls
from tests.needs import program
from tests.suites.trials import Subject, finish, launched

PROJECT = Path(__file__).parents[2]
Invoke = Callable[..., "subprocess.CompletedProcess[str]"]
GOOD = Subject(id="good", era="both", transport="stdio")


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    """The command in a process of its own, in a project with one good server and one that is not there."""
    gone = {"command": str(tmp_path / "gone"), "args": []}
    tmp_path.joinpath(".mcp.json").write_text(json.dumps({"mcpServers": {"good": GOOD.entry, "gone": gone}}))

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((str(PROJECT), *sys.path))}
        command = [sys.executable, "-B", "-c", "from pytest_mcp.cli import main; main()", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)

    return run


def test_approving_writes_what_a_server_says_and_then_finds_it_unchanged(tmp_path: Path, invoke: Invoke) -> None:
    first = invoke("approve", "good")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == ["good: approved", "  new: 11 definitions"]
    before = tmp_path.joinpath(LOCK).read_bytes()
    again = invoke("approve", "good")
    assert again.stdout.splitlines() == ["good: as approved before"]
    assert tmp_path.joinpath(LOCK).read_bytes() == before


def test_approving_shows_what_has_changed(tmp_path: Path, invoke: Invoke) -> None:
    invoke("approve", "good")
    text = tmp_path.joinpath(LOCK).read_text()
    tmp_path.joinpath(LOCK).write_text(text.replace("Adds two whole numbers.", "Adds\\u001b[2J two."))
    done = invoke("approve", "good", "--json")
    (told,) = json.loads(done.stdout)["approved"]["good"]
    assert "tool:add has another description" in told
    assert "\x1b" not in told
    assert read_lock(tmp_path)["good"].definitions["tool:add"]["description"] == "Adds two whole numbers."


def test_one_that_cannot_be_reached_is_named_and_the_others_are_approved(tmp_path: Path, invoke: Invoke) -> None:
    done = invoke("approve", "--all")
    assert done.returncode == 3
    assert "gone: not reached: " in done.stdout
    assert done.stderr == f"pytest-mcp: gone: not approved; the others are, in {tmp_path / LOCK}\n"
    assert list(read_lock(tmp_path)) == ["good"]


def test_nobody_is_approved_by_accident(invoke: Invoke) -> None:
    done = invoke("approve")
    assert done.returncode == 4
    assert done.stderr.startswith("pytest-mcp: name the servers to approve")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", ":1: is no JSON"),
        ("[]", "has version None"),
        ('{"version": 9, "servers": {}}', "has version 9, this pytest-mcp reads 1"),
        ('{"version": 1}', "is not as pytest-mcp writes it"),
        ('{"version": 1, "servers": {"a": {"definitions": []}}}', "is not as pytest-mcp writes it"),
    ],
)
def test_a_lock_file_that_cannot_be_used_is_told_before_anything_is_started(
    tmp_path: Path, text: str, told: str
) -> None:
    tmp_path.joinpath(LOCK).write_text(text)
    with pytest.raises(InventoryError, match=LOCK) as caught:
        read_lock(tmp_path)
    assert told in str(caught.value)


def test_hints_are_what_worked_and_the_next_run_tries_them_first(tmp_path: Path, invoke: Invoke) -> None:
    program("bubblewrap")
    program("strace")
    assert "no runs yet" in invoke("hints").stderr
    seen = finish(tmp_path, launched(tmp_path, {"good": GOOD.entry}, [], "-q", suite="integration"))
    calls = {each.tool: each for each in seen.facts("good").called}
    assert json.loads(calls["echo"].arguments) == {"text": "hello world"}
    done = invoke("hints", str(tmp_path / "reports" / "latest"))
    hints = tomllib.loads(done.stdout)
    assert hints["servers"]["good"]["tools"]["add"] == {"a": 1, "b": 1}
    written = invoke("hints", str(tmp_path / "reports" / "latest"), "-o", "hints.toml")
    assert written.stdout == "wrote hints.toml\n"
    refused = invoke("hints", str(tmp_path / "reports" / "latest"), "-o", "hints.toml")
    assert (refused.returncode, "is there already" in refused.stderr) == (4, True)

    state = tmp_path / ".pytest_mcp" / FILE
    kept = read_controls(state.parent)
    assert kept["good"]["add"] == {"a": 1, "b": 1}
    state.write_text(json.dumps({"good": {**kept["good"], "add": {"a": 20, "b": 22}}}))
    second = finish(tmp_path, launched(tmp_path, {"good": GOOD.entry}, [], "-q", suite="integration"))
    (add,) = [each for each in second.facts("good").called if each.tool == "add"]
    assert json.loads(add.arguments) == {"a": 20, "b": 22}
    assert {source for _, source in add.sources} == {"stored"}


def test_a_spoiled_store_of_controls_is_no_reason_to_stop(tmp_path: Path) -> None:
    for text in ("", "[1]", '{"a": 1}', '{"a": {"b": 1}}', "\x00"):
        tmp_path.joinpath(FILE).write_text(text)
        assert not any(read_controls(tmp_path).get("a", {}))
