"""Every bar that needs no installed fleet is kept, measured in small; three rounds, and half more room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.bars import Bar, in_turns
from tests.needs import program

HERE = Path(__file__).parent
ROUNDS = 3


@pytest.mark.parametrize(
    "words",
    [
        ("client.py", "--count", "600", "--rounds", "3"),
        ("startup.py", "--rounds", "5"),
        ("starts.py", "--count", "5", "--rounds", "1"),
        ("store.py", "--count", "5000"),
        ("collection.py", "--items", "5000", "--rounds", "1"),
    ],
    ids=lambda words: words[0],
)
def test_the_bars_are_kept_in_small(words: tuple[str, ...]) -> None:
    told = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, str(HERE / words[0]), *words[1:]],
            capture_output=True,
            text=True,
            env={**os.environ, "BARS_SLACK": "1.5"},
        )
        told.append(done.stdout + done.stderr)
        if done.returncode == 0:
            return
    pytest.fail("\n".join(told))


def test_observing_a_call_keeps_its_bar_in_small() -> None:
    program("bubblewrap")
    program("strace")
    test_the_bars_are_kept_in_small(("observe.py", "--count", "100", "--rounds", "3"))


def test_a_bar_tells_whether_it_is_kept() -> None:
    slow = Bar(name="p50", ours=3.0, theirs=2.0, unit="us", at_most=1.4)
    assert not slow.kept
    assert str(slow) == "p50: 3 us to 2 us, ratio 1.50 (bar <= 1.4): MISSED"
    assert Bar(name="calls", ours=3.0, theirs=4.0, unit="/s", at_least=0.7).kept


def test_sides_take_turns_and_the_median_counts() -> None:
    turns: list[str] = []
    figures = {"a": iter([1.0, 9.0, 2.0]), "b": iter([5.0, 4.0, 6.0])}

    def side(name: str) -> float:
        turns.append(name)
        return next(figures[name])

    assert in_turns(3, lambda: side("a"), lambda: side("b")) == [2.0, 5.0]
    assert turns == ["a", "b"] * 3
