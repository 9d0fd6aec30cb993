"""How a benchmark compares: both sides in one run, in turns, medians of the rounds, a ratio against its bar."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

SLACK = float(os.environ.get("BARS_SLACK", "1"))
"""What a bar is widened by where counts are small and the machine is shared; full runs have 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One ratio: ``ours`` to ``theirs``, with what it must keep to."""

    name: str
    ours: float
    theirs: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """Ours divided by theirs."""
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        """True when the ratio is where it must be."""
        above = self.at_least is None or self.ratio * SLACK >= self.at_least
        return above and (self.at_most is None or self.ratio <= self.at_most * SLACK)

    def __str__(self) -> str:
        limit = f"<= {self.at_most}" if self.at_most is not None else f">= {self.at_least}"
        word = "kept" if self.kept else "MISSED"
        return (
            f"{self.name}: {self.ours:.4g} {self.unit} to {self.theirs:.4g} {self.unit}, "
            f"ratio {self.ratio:.2f} (bar {limit}): {word}"
        )


def in_turns(rounds: int, *sides: Callable[[], float]) -> list[float]:
    """The median of each side over the rounds; the sides take turns, so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, figures in zip(sides, taken, strict=True):
            figures.append(side())
    return [median(figures) for figures in taken]


def report(*bars: Bar) -> None:
    """Print every bar and exit 1 when one is missed."""
    for bar in bars:
        print(bar)
    sys.exit(0 if all(bar.kept for bar in bars) else 1)
