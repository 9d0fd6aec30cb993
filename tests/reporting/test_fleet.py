"""The fleet table's rows: worst first, every cell with the reason for what it shows."""

from dataclasses import replace

from pytest_mcp.gate import decide
from pytest_mcp.model.run import CaseResult, Outcome, Suite, VerdictWord
from pytest_mcp.reporting.fleet import CellState, fleet, summary
from pytest_mcp.reporting.tally import WORST_FIRST, Tally
from tests.reporting.example import example


def test_rows_are_the_config_entries_with_all_their_transports() -> None:
    rows = {row.name: row for row in fleet(example())}
    assert len(rows) == 17
    assert [server.transport for server in rows["time"].servers] == ["stdio", "http"]
    assert rows["time"].tally.total == sum(case.server.partition("@")[0] == "time" for case in example().cases)


def test_the_worst_comes_first_and_equals_stay_in_the_order_of_the_config() -> None:
    rows = fleet(example())
    assert [row.name for row in rows[:4]] == ["ddg", "excel", "code-index", "playwright"]
    assert [row.word for row in rows] == sorted((row.word for row in rows), key=_badness)
    assert [row.name for row in rows[-2:]] == ["sequential-thinking", "calculator"]


def test_a_cell_tells_nothing_to_do_from_not_run() -> None:
    run = example()
    run = replace(run, cases=tuple(c for c in run.cases if not (c.server == "git" and c.suite == "security")))
    cells = {row.name: {cell.suite: cell.state for cell in row.cells} for row in fleet(run)}
    assert cells["git"][Suite.SECURITY] is CellState.NOTHING
    assert cells["git"][Suite.UPDATE] is CellState.NOT_RUN
    assert cells["ddg"][Suite.SECURITY] is CellState.NOT_RUN, "it did not connect"
    assert cells["ddg"][Suite.UNIT] is CellState.RAN


def test_a_run_is_summed_up_for_the_reports_of_later_ones() -> None:
    run = example()
    short = summary(run, number=1412)
    assert (short.id, short.number, short.word) == (run.id, 1412, VerdictWord.BLOCK)
    assert {each.name: each.word for each in short.servers} == {row.name: row.word for row in fleet(run)}
    assert summary(replace(run, verdict=None)).word is decide(run).word


def test_every_outcome_has_a_place_in_the_order() -> None:
    assert sorted(WORST_FIRST) == sorted(Outcome)


def test_a_tally_says_its_counts_in_words_worst_first() -> None:
    case = example().cases[0]
    tally = Tally.of(_with(case, "passed", "failed", "passed", "not-applicable"))
    assert tally.spoken == "1 failed, 2 passed, 1 not applicable"
    assert (tally.total, tally.red, tally[Outcome.PASSED], tally[Outcome.ERROR]) == (4, 1, 2, 0)
    assert [part.outcome for part in tally.loud] == [Outcome.FAILED, Outcome.PASSED]
    assert [part.outcome for part in Tally.of(_with(case, "not-applicable")).loud] == [Outcome.NOT_APPLICABLE]
    assert Tally.of([]).spoken == "no tests"


def _with(case: CaseResult, *outcomes: str) -> list[CaseResult]:
    return [replace(case, outcome=Outcome(outcome)) for outcome in outcomes]


def _badness(word: VerdictWord) -> int:
    return -[VerdictWord.PASS, VerdictWord.WARN, VerdictWord.PARTIAL, VerdictWord.BLOCK].index(word)
