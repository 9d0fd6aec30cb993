"""What does not block but should be read: findings below the threshold, and tests that proved nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mcp.gate import is_recorded
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import CheckFacts, Outcome, Run
from pytest_mcp.reporting.html.cut import first_line, shape
from pytest_mcp.reporting.html.places import Places

CHECKS = 40
LINES = 6
SERVERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was seen, on which servers how often."""

    text: str
    servers: tuple[tuple[str, int], ...]
    more_servers: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All that one check recorded."""

    check: CheckFacts
    check_anchor: str
    severity: str
    count: int
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The checks listed, and what did not fit. ``spread`` is the counts in words, by severity."""

    checks: tuple[Listed, ...]
    count: int
    more_checks: int
    spread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    check: str
    server: str
    text: str
    shape: str
    severity: Severity


def recorded(run: Run, places: Places) -> Listing:
    """Every finding below the threshold, by check, gravest first."""
    seen = [
        _Seen(
            check=case.check,
            server=places.entry(case.server),
            text=finding.title,
            shape=shape(finding.title, case.server, finding.element, finding.element.partition(":")[2]),
            severity=finding.severity,
        )
        for case in run.cases
        for finding in case.findings
        if is_recorded(run, case, finding)
    ]
    counts = Counter(each.severity for each in seen)
    spread = ", ".join(f"{counts[each]:,} {each}" for each in sorted(counts, reverse=True))
    return _listing(seen, places, spread)


def inconclusive(run: Run, places: Places) -> Listing:
    """Every test that could prove nothing, by check, with its reason."""
    seen = [
        _Seen(
            check=case.check,
            server=places.entry(case.server),
            text=(text := first_line(case.message).removeprefix("inconclusive:").strip() or "no reason given"),
            shape=shape(text, case.server, case.element, case.element.partition(":")[2]),
            severity=Severity.INFO,
        )
        for case in run.cases
        if case.outcome is Outcome.INCONCLUSIVE
    ]
    return _listing(seen, places, "")


def _listing(seen: Sequence[_Seen], places: Places, spread: str) -> Listing:
    by_check: dict[str, list[_Seen]] = defaultdict(list)
    for each in seen:
        by_check[each.check].append(each)
    ranked = sorted(by_check.items(), key=lambda item: (-max(each.severity for each in item[1]), -len(item[1])))
    return Listing(
        checks=tuple(_listed(places, check, found) for check, found in ranked[:CHECKS]),
        count=len(seen),
        more_checks=max(0, len(ranked) - CHECKS),
        spread=spread,
    )


def _listed(places: Places, check: str, seen: Sequence[_Seen]) -> Listed:
    shapes: dict[str, list[_Seen]] = defaultdict(list)
    for each in seen:
        shapes[each.shape].append(each)
    ranked = sorted(shapes.values(), key=len, reverse=True)
    return Listed(
        check=places.checks[check],
        check_anchor=places.check_anchors[check],
        severity=str(max(each.severity for each in seen)),
        count=len(seen),
        lines=tuple(_line(each) for each in ranked[:LINES]),
        more=sum(map(len, ranked[LINES:])),
    )


def _line(seen: Iterable[_Seen]) -> Line:
    found = list(seen)
    counts = Counter(each.server for each in found).most_common()
    return Line(
        text=found[0].text,
        servers=tuple(counts[:SERVERS]),
        more_servers=max(0, len(counts) - SERVERS),
        count=len(found),
    )
