"""Everything the page shows, counted and ordered before a template sees it: values only, no markup."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_mcp.gate.verdict import RANK
from pytest_mcp.model.run import (
    CaseResult,
    CheckFacts,
    Outcome,
    RuleResult,
    Run,
    RunSummary,
    Suite,
    Verdict,
    VerdictWord,
)
from pytest_mcp.reporting.fleet import Cell, CellState, Row, fleet, verdict_of
from pytest_mcp.reporting.html.charts import ColdStarts, Segment, cold_starts, segments
from pytest_mcp.reporting.html.cut import duration, moment, short
from pytest_mcp.reporting.html.failures import Failures, failures
from pytest_mcp.reporting.html.listed import Listing, inconclusive, recorded
from pytest_mcp.reporting.html.places import Places
from pytest_mcp.reporting.html.rows import packed
from pytest_mcp.reporting.html.servers import Section, sections
from pytest_mcp.reporting.rerun import rerun
from pytest_mcp.reporting.tally import Tally

HISTORY = 20
WORD_GLYPHS = {VerdictWord.PASS: "✓", VerdictWord.WARN: "!", VerdictWord.PARTIAL: "◐", VerdictWord.BLOCK: "✕"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteLine:
    """One suite over the whole fleet."""

    suite: Suite
    tally: Tally
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One cell of the fleet table, and where a click on it leads."""

    cell: Cell
    link: str

    @property
    def label(self) -> str:
        """The cell in words."""
        if self.cell.state is CellState.NOTHING:
            return "nothing to do"
        return "not run" if self.cell.state is CellState.NOT_RUN else self.cell.tally.spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One row of the fleet table."""

    row: Row
    anchor: str
    cells: tuple[MatrixCell, ...]
    cold_start: str
    strip: str
    """The last runs as signs, the newest at the end; empty without history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check over the whole fleet."""

    anchor: str
    check: CheckFacts
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole report of one run."""

    run: Run
    verdict: Verdict
    short_id: str
    started: str
    finished: str
    duration: str
    rerun: str
    tally: Tally
    rules_loud: tuple[RuleResult, ...]
    rules_quiet: tuple[RuleResult, ...]
    links: dict[str, str]
    """Server id to the anchor of its section."""
    suites: tuple[SuiteLine, ...]
    suites_not_run: tuple[Suite, ...]
    matrix: tuple[MatrixRow, ...]
    failures: Failures
    recorded: Listing
    inconclusive: Listing
    cold_starts: ColdStarts | None
    servers: tuple[Section, ...]
    checks: tuple[CheckLine, ...]
    packed: str
    starts: tuple[tuple[str, int], ...]
    history: tuple[RunSummary, ...]
    artifacts: tuple[str, ...]


def page(run: Run, *, history: Sequence[RunSummary] = (), artifacts: Sequence[str] = ()) -> Page:
    """Count and order one run for the page; ``history`` is the runs before it, the newest last."""
    verdict, rows = verdict_of(run), fleet(run)
    places = Places.of(run, rows)
    failed, suites = failures(run, places), _suites(run)
    recent = tuple(history[-HISTORY:])
    return Page(
        run=run,
        verdict=verdict,
        short_id=short(run.id),
        started=moment(run.started_at),
        finished=moment(run.finished_at),
        duration=duration((run.finished_at - run.started_at).total_seconds()) if run.finished_at else "unfinished",
        rerun=rerun(run),
        tally=Tally.of(run.cases),
        rules_loud=_rules(verdict, loud=True),
        rules_quiet=_rules(verdict, loud=False),
        links={server: places.entry_anchors[name] for server, name in places.entries.items()},
        suites=suites,
        suites_not_run=tuple(line.suite for line in suites if not line.tally.total),
        matrix=tuple(_matrix_row(row, places, failed, recent) for row in rows),
        failures=failed,
        recorded=recorded(run, places),
        inconclusive=inconclusive(run, places),
        cold_starts=cold_starts(run.servers),
        servers=sections(run, rows, places),
        checks=_checks(run, places),
        packed=packed(run),
        starts=_starts(run),
        history=recent,
        artifacts=tuple(artifacts),
    )


def _rules(verdict: Verdict, *, loud: bool) -> tuple[RuleResult, ...]:
    """Loud are the rules as bad as the verdict itself; nothing is loud in a PASS."""
    decides = verdict.word if verdict.word is not VerdictWord.PASS else None
    chosen = [rule for rule in verdict.rules if (rule.word is decides) is loud]
    return tuple(sorted(chosen, key=lambda rule: -RANK.index(rule.word)))


def _suites(run: Run) -> tuple[SuiteLine, ...]:
    found: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        found[case.suite].append(case)
    tallies = {suite: Tally.of(found[suite]) for suite in Suite}
    return tuple(SuiteLine(suite=suite, tally=tally, segments=segments(tally)) for suite, tally in tallies.items())


def _matrix_row(row: Row, places: Places, failed: Failures, history: Sequence[RunSummary]) -> MatrixRow:
    own = places.entry_anchors[row.name]
    return MatrixRow(
        row=row,
        anchor=own,
        cells=tuple(
            MatrixCell(cell=cell, link=(failed.anchor_of(row.name, cell.suite) if cell.tally.red else None) or own)
            for cell in row.cells
        ),
        cold_start="" if row.cold_start is None else duration(row.cold_start),
        strip="".join(_sign(run, row.name) for run in history),
    )


def _sign(run: RunSummary, name: str) -> str:
    word = next((server.word for server in run.servers if server.name == name), None)
    return WORD_GLYPHS[word] if word else "·"


def _checks(run: Run, places: Places) -> tuple[CheckLine, ...]:
    found: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        found[case.check].append(case)
    lines = [
        CheckLine(anchor=places.check_anchors[ident], check=check, tally=Tally.of(found[ident]))
        for ident, check in places.checks.items()
    ]
    order = {suite: number for number, suite in enumerate(Suite)}
    return tuple(
        sorted(lines, key=lambda line: order.get(Suite(line.check.suite), 9) if line.check.suite in order else 9)
    )


def _starts(run: Run) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for server in run.servers:
        for start in server.starts:
            counts[start.purpose] += start.count
    return tuple(counts.most_common())


def others(tally: Tally) -> int:
    """Tests that are neither passed, red, recorded nor beside the point: inconclusive and waived ones."""
    return tally[Outcome.INCONCLUSIVE] + tally[Outcome.WAIVED]
