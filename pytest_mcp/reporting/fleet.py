"""The fleet as a table: one row per config entry, one cell per suite, worst first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pytest_mcp.gate import decide, server_word
from pytest_mcp.gate.verdict import RANK
from pytest_mcp.model.run import (
    CaseResult,
    Run,
    RunSummary,
    ServerFacts,
    ServerWord,
    Suite,
    Verdict,
    VerdictWord,
)
from pytest_mcp.reporting.tally import Tally


class CellState(StrEnum):
    """Why a cell has the numbers it has, or none."""

    RAN = "ran"
    NOTHING = "nothing"
    """The suite ran, and had nothing to do for this server."""
    NOT_RUN = "not-run"
    """The suite did not run, or could not, because the server did not connect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One suite on one config entry."""

    suite: Suite
    state: CellState
    tally: Tally
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One config entry with all its transports."""

    name: str
    servers: tuple[ServerFacts, ...]
    word: VerdictWord
    tally: Tally
    cells: tuple[Cell, ...]

    @property
    def cold_start(self) -> float | None:
        """Seconds of the slowest start among the transports, None when none was measured."""
        return max((each.cold_start for each in self.servers if each.cold_start is not None), default=None)


def verdict_of(run: Run) -> Verdict:
    """The run's stored verdict, or the gate's answer now for a run that was killed before it had one."""
    return run.verdict or decide(run)


def summary(run: Run, number: int | None = None) -> RunSummary:
    """What the report of a later run shows of this one; ``number`` is the database's count."""
    verdict = verdict_of(run)
    ids: dict[str, list[str]] = defaultdict(list)
    for server in run.servers:
        ids[server.name].append(server.id)
    return RunSummary(
        id=run.id,
        started_at=run.started_at,
        word=verdict.word,
        number=number,
        servers=tuple(ServerWord(name=name, word=server_word(verdict, each)) for name, each in ids.items()),
    )


def suites_run(run: Run) -> tuple[Suite, ...]:
    """The suites that have at least one test in the run, in their order."""
    present = {case.suite for case in run.cases}
    return tuple(suite for suite in Suite if suite in present)


def fleet(run: Run) -> tuple[Row, ...]:
    """Every config entry as one row, worst first, in the order of the config files among equals."""
    entries: dict[str, list[ServerFacts]] = defaultdict(list)
    for server in run.servers:
        entries[server.name].append(server)
    by_server: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        by_server[case.server].append(case)
    verdict, present = verdict_of(run), frozenset(suites_run(run))
    rows = [_row(name, servers, by_server, verdict, present) for name, servers in entries.items()]
    return tuple(sorted(rows, key=_badness))


def _row(
    name: str,
    servers: Sequence[ServerFacts],
    by_server: dict[str, list[CaseResult]],
    verdict: Verdict,
    present: frozenset[Suite],
) -> Row:
    cases = [case for server in servers for case in by_server.get(server.id, ())]
    connected = any(server.connected for server in servers)
    return Row(
        name=name,
        servers=tuple(servers),
        word=server_word(verdict, [server.id for server in servers]),
        tally=Tally.of(cases),
        cells=tuple(_cell(suite, cases, ran=suite in present and connected) for suite in Suite),
    )


def _cell(suite: Suite, cases: Sequence[CaseResult], *, ran: bool) -> Cell:
    own = [case for case in cases if case.suite == suite]
    empty = CellState.NOTHING if ran else CellState.NOT_RUN
    return Cell(
        suite=suite,
        state=CellState.RAN if own else empty,
        tally=Tally.of(own),
        seconds=sum(case.duration for case in own),
    )


def _badness(row: Row) -> tuple[int, ...]:
    lost = sum(not server.connected for server in row.servers)
    counts = (row.tally.red, *(-part.count for part in row.tally.parts[:1]))
    return (-RANK.index(row.word), -lost, -counts[0], *(counts[1:] if row.word is not VerdictWord.PASS else ()))
