"""``pytest-mcp doctor``: which level works here, and what a better one needs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_mcp.cli import verbs
from tests.needs import program


def doctor(*words: str) -> str:
    """What it prints."""
    return CliRunner().invoke(verbs, ["doctor", *words], catch_exceptions=False).output


def test_a_machine_with_everything_has_nothing_missing() -> None:
    program("bubblewrap")
    program("strace")
    lines = doctor().splitlines()
    assert lines[0] == "sandbox L3: tools are called"
    assert [line.split() for line in lines[1:] if line.startswith("L")] == [
        ["L3", "yes"],
        ["L2", "yes"],
        ["L1", "yes"],
        ["L0", "yes"],
    ]
    assert json.loads(doctor("--json")) == {"sandbox": "L3", "problems": {}}


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (told,) = [line for line in doctor().splitlines() if line.startswith("L3")]
    assert told.split(maxsplit=2) == ["L3", "no", "install the distribution's bubblewrap and strace"]
    assert json.loads(doctor("--json"))["problems"]["L3"] == "install the distribution's bubblewrap and strace"
