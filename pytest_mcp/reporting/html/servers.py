"""Each config entry on its own: what was started, what it told of itself, and how its checks went."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_mcp.model.run import CaseResult, CheckFacts, Measurement, Outcome, Run, ServerFacts
from pytest_mcp.model.text import inert_line
from pytest_mcp.reporting.fleet import Row
from pytest_mcp.reporting.html.cut import cut, duration
from pytest_mcp.reporting.html.places import Places
from pytest_mcp.reporting.tally import Tally

CHECKS = 12
MEASURED = 12
NOTES = 60
NOTE_LENGTH = 400
STDERR_BYTES = 2048
_QUIET = frozenset({Outcome.PASSED, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One transport of an entry."""

    facts: ServerFacts
    starts: str
    cold_start: str
    stderr: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """How one check went on one entry."""

    check: CheckFacts
    anchor: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The fold of one entry. Checks that passed or did not apply in full are told in a sentence, others in a table."""

    anchor: str
    row: Row
    connections: tuple[Connection, ...]
    checks: tuple[CheckLine, ...]
    more_checks: int
    passed: tuple[str, ...]
    not_applicable: tuple[str, ...]
    measured: tuple[str, ...]
    more_measured: int
    notes: str
    """What its tests noted, a line each: how every tool was called, and what proves that it worked."""


def sections(run: Run, rows: Sequence[Row], places: Places) -> tuple[Section, ...]:
    """One fold per entry, in the order of the fleet table."""
    by_entry: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        by_entry[places.entry(case.server)].append(case)
    return tuple(_section(row, by_entry[row.name], places) for row in rows)


def _section(row: Row, cases: Sequence[CaseResult], places: Places) -> Section:
    by_check: dict[str, list[CaseResult]] = defaultdict(list)
    for case in cases:
        by_check[case.check].append(case)
    lines = [
        CheckLine(check=places.checks[check], anchor=places.check_anchors[check], tally=Tally.of(found))
        for check, found in by_check.items()
    ]
    loud = [line for line in lines if not _quiet(line.tally)]
    measured = [_measured(case, each, named=len(row.servers) > 1) for case in cases for each in case.measurements]
    return Section(
        anchor=places.entry_anchors[row.name],
        row=row,
        connections=tuple(_connection(server) for server in row.servers),
        checks=tuple(sorted(loud, key=lambda line: -line.tally.red)[:CHECKS]),
        more_checks=max(0, len(loud) - CHECKS),
        passed=tuple(_counted(line, Outcome.PASSED) for line in lines if _passed(line.tally)),
        not_applicable=tuple(
            _counted(line, Outcome.NOT_APPLICABLE)
            for line in lines
            if _quiet(line.tally) and not line.tally[Outcome.PASSED]
        ),
        measured=tuple(measured[:MEASURED]),
        more_measured=max(0, len(measured) - MEASURED),
        notes=_notes(cases, named=len(row.servers) > 1),
    )


def _notes(cases: Sequence[CaseResult], *, named: bool) -> str:
    lines = [
        inert_line(f"{' '.join(filter(None, (case.server if named else '', case.element)))}: {note}", limit=NOTE_LENGTH)
        for case in cases
        for note in case.notes
    ]
    more = [f"… and {len(lines) - NOTES:,} more in results.ndjson"] if len(lines) > NOTES else []
    return "\n".join((*lines[:NOTES], *more))


def _quiet(tally: Tally) -> bool:
    return all(part.outcome in _QUIET for part in tally.parts)


def _passed(tally: Tally) -> bool:
    return _quiet(tally) and tally[Outcome.PASSED] > 0


def _counted(line: CheckLine, outcome: Outcome) -> str:
    count = line.tally[outcome]
    return line.check.id if count == 1 else f"{line.check.id} \u00d7{count:,}"


def _measured(case: CaseResult, measurement: Measurement, *, named: bool) -> str:
    words = (case.server if named else "", case.element, measurement.name)
    return f"{' '.join(filter(None, words))} {measurement.value:.4g} {measurement.unit}"


def _connection(server: ServerFacts) -> Connection:
    return Connection(
        facts=server,
        starts=", ".join(f"{start.count:,} {start.purpose}" for start in server.starts),
        cold_start=duration(server.cold_start),
        stderr=cut(server.stderr_head, STDERR_BYTES) if server.stderr_head.strip() else "",
        problem=cut(server.problem, STDERR_BYTES),
    )
