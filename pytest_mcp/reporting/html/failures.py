"""What stands in the way, each thing once: the same failure on many servers and elements is one group."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mcp.gate import is_recorded, is_waived
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, CheckFacts, Outcome, Run
from pytest_mcp.reporting.html.cut import MESSAGE_BYTES, cut, first_line, shape
from pytest_mcp.reporting.html.places import Places
from pytest_mcp.reporting.rerun import rerun
from pytest_mcp.reporting.tally import GLYPHS, RED, WORDS

GROUPS = 25
OTHERS = 10
FINDINGS = 3
LONG_GROUPS = 10
SHORT_BYTES = 1024
_ORDER = (Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One finding as it stands on the page, texts cut."""

    title: str
    severity: str
    confidence: str
    evidence: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One test that failed."""

    server: str
    anchor: str
    element: str
    case: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests that failed alike: the first in full, the others by name."""

    anchor: str
    outcome: Outcome
    check: CheckFacts
    check_anchor: str
    severity: str
    first: Failure
    findings: tuple[Shown, ...]
    more_findings: int
    message: str
    rerun: str
    others: tuple[Failure, ...]
    more_others: int
    tests: int
    servers: tuple[str, ...]
    reference: str
    remedy: str
    suites: frozenset[tuple[str, str]]
    """The pairs of config entry and suite that have a test in here: where the fleet table links to."""

    @property
    def glyph(self) -> str:
        """The outcome's sign."""
        return GLYPHS[self.outcome]

    @property
    def word(self) -> str:
        """The outcome in words."""
        return WORDS[self.outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The groups shown, and what did not fit."""

    groups: tuple[Group, ...]
    more_groups: int
    more_tests: int
    tests: int

    def anchor_of(self, entry: str, suite: str) -> str | None:
        """The first group in which this config entry fails in this suite."""
        return next((group.anchor for group in self.groups if (entry, suite) in group.suites), None)


def failures(run: Run, places: Places) -> Failures:
    """Group everything red: gravest first, among equals the most frequent, then in the run's order."""
    members: dict[tuple[Outcome, str, str], list[CaseResult]] = defaultdict(list)
    red = [case for case in run.cases if case.outcome in RED]
    for case in red:
        members[case.outcome, case.check, shape(_title(run, case), *_names(case))].append(case)
    ranked = sorted(members.values(), key=lambda cases: _gravity(run, cases))
    return Failures(
        groups=tuple(_group(run, places, cases, number) for number, cases in enumerate(ranked[:GROUPS], 1)),
        more_groups=max(0, len(ranked) - GROUPS),
        more_tests=sum(map(len, ranked[GROUPS:])),
        tests=len(red),
    )


def open_findings(run: Run, case: CaseResult) -> list[Finding]:
    """The findings that made the test fail, gravest first."""
    found = [each for each in case.findings if not is_recorded(run, case, each) and not is_waived(case, each)]
    return sorted(found, key=lambda finding: -finding.severity)


def _names(case: CaseResult) -> tuple[str, ...]:
    return (case.server, case.element, case.element.partition(":")[2])


def _title(run: Run, case: CaseResult) -> str:
    found = open_findings(run, case)
    return found[0].title if found else first_line(case.message) or "no message"


def _severity(run: Run, cases: Iterable[CaseResult]) -> Severity | None:
    return max((finding.severity for case in cases for finding in open_findings(run, case)), default=None)


def _gravity(run: Run, cases: Sequence[CaseResult]) -> tuple[int, int, int]:
    severity = _severity(run, cases)
    return (_ORDER.index(cases[0].outcome), -1 if severity is None else -1 - severity, -len(cases))


def _group(run: Run, places: Places, cases: Sequence[CaseResult], number: int) -> Group:
    first, limit = cases[0], MESSAGE_BYTES if number <= LONG_GROUPS else SHORT_BYTES
    found, check = open_findings(run, first), places.checks[first.check]
    severity = _severity(run, cases)
    return Group(
        anchor=f"failure-{number}",
        outcome=first.outcome,
        check=check,
        check_anchor=places.check_anchors[first.check],
        severity="" if severity is None else str(severity),
        first=_failure(run, places, first),
        findings=tuple(_shown(finding, limit) for finding in found[:FINDINGS]),
        more_findings=max(0, len(found) - FINDINGS),
        message=cut(first.message, limit) if _adds(first.message, found) else "",
        rerun=rerun(run, nodeids=[first.nodeid]),
        others=tuple(_failure(run, places, case) for case in cases[1 : OTHERS + 1]),
        more_others=max(0, len(cases) - 1 - OTHERS),
        tests=len(cases),
        servers=tuple(dict.fromkeys(places.entry(case.server) for case in cases)),
        reference=(found[0].reference if found else "") or check.reference,
        remedy=(found[0].remedy if found else "") or check.remedy,
        suites=frozenset((places.entry(case.server), case.suite) for case in cases),
    )


def _adds(message: str, found: Sequence[Finding]) -> bool:
    """Whether the message says more than the findings; one built from them is not shown a second time."""
    return bool(message.strip()) and not any(finding.title in message for finding in found)


def _failure(run: Run, places: Places, case: CaseResult) -> Failure:
    entry = places.entry(case.server)
    return Failure(
        server=case.server,
        anchor=places.entry_anchors.get(entry, "servers"),
        element=case.element,
        case=case.case,
        title=_title(run, case),
    )


def _shown(finding: Finding, limit: int) -> Shown:
    return Shown(
        title=finding.title,
        severity=str(finding.severity),
        confidence=finding.confidence,
        evidence=cut(finding.evidence, limit),
        expected=cut(finding.expected, limit),
        got=cut(finding.got, limit),
    )
