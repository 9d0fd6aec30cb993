"""The run on a terminal: pure functions from values to lines; what a server said is quoted and can steer nothing."""

from collections import Counter
from collections.abc import Sequence

from pytest_mcp.gate.verdict import RANK
from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import CaseResult, Outcome, RuleResult, Run, Suite, VerdictWord
from pytest_mcp.model.server import Inventory
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.reporting.fleet import Cell, CellState, Row, fleet, suites_run, verdict_of
from pytest_mcp.reporting.rerun import rerun

_SHORT = {
    Outcome.FAILED: "FAIL",
    Outcome.ERROR: "ERROR",
    Outcome.BLOCKED: "BLOCKED",
    Outcome.RECORDED: "low",
    Outcome.INCONCLUSIVE: "unproven",
    Outcome.WAIVED: "waived",
    Outcome.NOT_APPLICABLE: "n/a",
}
_LOUD = (VerdictWord.BLOCK, VerdictWord.PARTIAL)
_HIDDEN = {VerdictWord.WARN: "warned", VerdictWord.PASS: "passed"}
_RERUN_NAMES = 8
_QUOTED_LINES = 40
_NAME = 32


def header(  # noqa: PLR0913 - the parts of one line
    inventory: Inventory,
    *,
    seed: int,
    gate: str,
    sandbox: str = "",
    verbosity: int = 0,
    facts: Sequence[tuple[str, str]] = (),
) -> list[str]:
    """What will be tested: one line, with the level of the sandbox where tools are called.

    ``-v`` adds the facts, ``-vv`` each server with its source.
    """
    if verbosity < 0:
        return []
    kinds = Counter(server.kind for server in inventory.servers)
    entries = len({server.name for server in inventory.servers})
    files = inert_line(", ".join(inventory.files), limit=80) or "no config file"
    spread = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    noun = "server" if entries == 1 else "servers"
    shut_in = f", sandbox={sandbox}" if sandbox else ""
    found = f"{entries} {noun} from {files}{f' ({spread})' if spread else ''}"
    lines = [f"mcp: {found}, gate={gate}{shut_in}, seed={seed}"]
    if verbosity >= 1:
        lines += [f"mcp: {inert_line(name)}: {inert_line(value)}" for name, value in facts]
    if verbosity >= 2:
        lines += [f"mcp: {_name(each.id)}  {each.kind}  {inert_line(str(each.source))}" for each in inventory.servers]
    return lines


def probed(connected: int, total: int, seconds: float) -> str:
    """The progress line: rewritten in place on a tty, printed once otherwise."""
    return f"probed {connected}/{total} MCP servers in {seconds:.1f} s"


def table(run: Run, verbosity: int = 0) -> list[str]:
    """The fleet, worst first: by default only what blocks or is unproven, all with ``-v``, with times at ``-vv``."""
    if verbosity < 0:
        return []
    rows, suites = fleet(run), suites_run(run)
    shown = rows if verbosity >= 1 else tuple(row for row in rows if row.word in _LOUD)
    lines = _aligned([_heading(suites), *(_line(row, suites, verbosity) for row in shown)]) if shown else []
    if len(shown) < len(rows):
        hidden = Counter(row.word for row in rows if row not in shown)
        told = [f"{hidden[word]} of {len(rows)} {text}" for word, text in _HIDDEN.items() if hidden[word]]
        lines.append(f"{', '.join(told)} (-v lists them)")
    return lines


def gate_lines(run: Run, verbosity: int = 0) -> list[str]:
    """The verdict and the rules behind it; ``-qq`` speaks only when it is not PASS, ``-v`` lists every rule."""
    verdict = verdict_of(run)
    if verbosity < -1 and verdict.word is VerdictWord.PASS:
        return []
    told = [rule_line(rule) for rule in _worst_first(verdict.rules) if rule.word is not VerdictWord.PASS]
    lines = [f"gate: {verdict.word}  {'; '.join(told) or inert_line(verdict.reason)}"]
    if verbosity >= 1:
        rows = [[f"  {rule.word}", rule.id, rule.observed, f"({rule.required})"] for rule in verdict.rules]
        lines += _aligned(rows, right=False)
    return lines


def rule_line(rule: RuleResult) -> str:
    """One rule as its own test's message: ``connect 16 of 17 (ddg)``."""
    names = [_name(server) for server in rule.where[:3]]
    more = [f"{len(rule.where) - 3} more"] if len(rule.where) > 3 else []
    return f"{rule.id} {inert_line(rule.observed)}" + (f" ({', '.join(names + more)})" if names else "")


def rerun_line(run: Run) -> str:
    """The command that repeats what did not pass, empty when all did."""
    lost = [row.name for row in fleet(run) if row.word in _LOUD]
    if not lost:
        return ""
    return f"rerun: {inert_line(rerun(run, servers=lost if len(lost) <= _RERUN_NAMES else ()), limit=2000)}"


def case_lines(run: Run, case: CaseResult) -> list[str]:
    """Why one test failed, as the traceback's place in pytest's failure section."""
    lines = [line for finding in case.findings for line in finding_lines(finding)]
    lines += quoted(case.message) if case.message and not case.findings else []
    return [*lines, f"rerun: {inert_line(rerun(run, nodeids=[case.nodeid]), limit=2000)}"]


def finding_lines(finding: Finding) -> list[str]:
    """One finding: its title, what was seen, expected and got, and what to do."""
    where = f" [{inert_line(finding.element)}]" if finding.element else ""
    lines = [f"{finding.severity} {inert_line(finding.check)}{where}: {inert_line(finding.title)}"]
    lines += [f"waived by {inert_line(finding.waived, limit=600)}"] if finding.waived else []
    for label, text in (("evidence", finding.evidence), ("expected", finding.expected), ("got", finding.got)):
        lines += [f"{label}:", *quoted(text)] if text else []
    lines += [f"reference: {inert_line(finding.reference)}"] if finding.reference else []
    lines += [f"remedy: {inert_line(finding.remedy, limit=400)}"] if finding.remedy else []
    return lines


def quoted(text: str) -> list[str]:
    """Text of a server, each line behind ``| ``: no line of it can start a workflow command."""
    lines = inert(text[: _QUOTED_LINES * 1000]).rstrip("\n").split("\n")
    shown = [f"| {inert_line(line)}" if len(line) > 200 else f"| {line}" for line in lines[:_QUOTED_LINES]]
    more = len(lines) - _QUOTED_LINES
    return [*shown, f"| … {more} more lines"] if more > 0 else shown


def _heading(suites: Sequence[Suite]) -> list[str]:
    return ["server", *suites, "cold start", "gate"]


def _line(row: Row, suites: Sequence[Suite], verbosity: int) -> list[str]:
    cells = [_cell(cell, verbosity) for cell in row.cells if cell.suite in suites]
    start = "-" if row.cold_start is None else f"{row.cold_start:.1f} s"
    name = _name(row.name)
    if verbosity >= 2:
        told = ", ".join(dict.fromkeys(each.told_version for each in row.servers))
        name = f"{name} {inert_line(told, limit=24)}"
    return [name, *cells, start, row.word]


def _cell(cell: Cell, verbosity: int) -> str:
    if cell.state is not CellState.RAN:
        return "" if cell.state is CellState.NOTHING else "-"
    worst = cell.tally.worst
    assert worst is not None
    text = f"{worst.count} {_SHORT[worst.outcome]}" if worst.outcome in _SHORT else str(worst.count)
    return f"{text} {cell.seconds:.1f} s" if verbosity >= 2 else text


def _aligned(rows: Sequence[Sequence[str]], *, right: bool = True) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = (
            text.rjust(width) if right else text.ljust(width) for text, width in zip(row[1:], widths[1:], strict=True)
        )
        lines.append("  ".join([row[0].ljust(widths[0]), *padded]).rstrip())
    return lines


def _worst_first(rules: Sequence[RuleResult]) -> list[RuleResult]:
    return sorted(rules, key=lambda rule: -RANK.index(rule.word))


def _name(name: str) -> str:
    return inert_line(name, limit=_NAME)
