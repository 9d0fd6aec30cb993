"""Counting outcomes: one place, so that every number a person reads agrees with every other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_mcp.model.run import CaseResult, Outcome

WORST_FIRST = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.BLOCKED,
    Outcome.RECORDED,
    Outcome.INCONCLUSIVE,
    Outcome.WAIVED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)
RED = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED})
GLYPHS = {
    Outcome.FAILED: "✕",
    Outcome.ERROR: "E",
    Outcome.BLOCKED: "⊘",
    Outcome.RECORDED: "!",
    Outcome.INCONCLUSIVE: "?",
    Outcome.WAIVED: "w",
    Outcome.PASSED: "✓",
    Outcome.NOT_APPLICABLE: "·",
}
WORDS = {
    Outcome.FAILED: "failed",
    Outcome.ERROR: "harness error",
    Outcome.BLOCKED: "blocked",
    Outcome.RECORDED: "recorded",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.WAIVED: "waived",
    Outcome.PASSED: "passed",
    Outcome.NOT_APPLICABLE: "not applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How many tests had one outcome."""

    outcome: Outcome
    count: int

    @property
    def glyph(self) -> str:
        """The sign that stands for the outcome, so that colour never has to."""
        return GLYPHS[self.outcome]

    @property
    def word(self) -> str:
        """The outcome as a person says it."""
        return WORDS[self.outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of outcomes, worst first, none of them zero."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, cases: Iterable[CaseResult]) -> "Tally":
        """Count the outcomes of the cases."""
        counts = Counter(case.outcome for case in cases)
        return cls(parts=tuple(Part(outcome=each, count=counts[each]) for each in WORST_FIRST if counts[each]))

    def __getitem__(self, outcome: Outcome) -> int:
        return next((part.count for part in self.parts if part.outcome is outcome), 0)

    @property
    def total(self) -> int:
        """All tests counted."""
        return sum(part.count for part in self.parts)

    @property
    def red(self) -> int:
        """Tests that block: failed, blocked, or ended in our own fault."""
        return sum(part.count for part in self.parts if part.outcome in RED)

    @property
    def worst(self) -> Part | None:
        """The worst outcome and its count, None when nothing was counted."""
        return self.parts[0] if self.parts else None

    @property
    def loud(self) -> tuple[Part, ...]:
        """The parts worth a place in a narrow cell: three at most, not applicable only where there is nothing else."""
        return tuple(part for part in self.parts if part.outcome is not Outcome.NOT_APPLICABLE)[:3] or self.parts

    @property
    def spoken(self) -> str:
        """The counts in words: ``3 failed, 41 passed``."""
        return ", ".join(f"{part.count:,} {part.word}" for part in self.parts) or "no tests"
