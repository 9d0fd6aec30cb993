"""The geometry of the two pictures; the templates only draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pytest_mcp.model.run import Outcome, ServerFacts
from pytest_mcp.model.text import inert_line
from pytest_mcp.reporting.html.cut import duration
from pytest_mcp.reporting.tally import Tally

WIDTH = 480.0
LABELS = 150.0
BAR_END = 410.0
ROW = 20.0
TOP = 24.0
BARS = 40
_NAME = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a bar from ``x``, in percent."""

    outcome: Outcome
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One server's cold start."""

    label: str
    value: str
    y: float
    width: float
    slow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStarts:
    """Ranked bars with a line at the median of the fleet; ``spoken`` is the whole picture in words."""

    bars: tuple[Bar, ...]
    height: float
    median_x: float
    median: str
    spoken: str
    more: int


def segments(tally: Tally) -> tuple[Segment, ...]:
    """A bar of all outcomes, worst first; even one test in thousands keeps a visible sliver."""
    if not tally.total:
        return ()
    widths = [max(0.8, 100 * part.count / tally.total) for part in tally.parts]
    scale, x, found = 100 / sum(widths), 0.0, []
    for part, width in zip(tally.parts, widths, strict=True):
        found.append(Segment(outcome=part.outcome, x=round(x, 2), width=round(width * scale, 2)))
        x += width * scale
    return tuple(found)


def cold_starts(servers: Sequence[ServerFacts]) -> ColdStarts | None:
    """The picture of how long each server takes until it answers, None when nothing was measured."""
    measured = sorted(
        ((server.cold_start, server.id) for server in servers if server.cold_start is not None), reverse=True
    )
    if not measured:
        return None
    longest = measured[0][0] or 1.0
    middle = median(seconds for seconds, _ in measured)
    bars = tuple(
        Bar(
            label=inert_line(name, limit=_NAME),
            value=duration(seconds),
            y=TOP + number * ROW,
            width=round(max(1.0, (BAR_END - LABELS) * seconds / longest), 1),
            slow=seconds > 2 * middle,
        )
        for number, (seconds, name) in enumerate(measured[:BARS])
    )
    return ColdStarts(
        bars=bars,
        height=TOP + len(bars) * ROW + 4,
        median_x=round(LABELS + (BAR_END - LABELS) * middle / longest, 1),
        median=duration(middle),
        spoken="; ".join(f"{bar.label} {bar.value}" for bar in bars) + f"; median {duration(middle)}",
        more=max(0, len(measured) - BARS),
    )
