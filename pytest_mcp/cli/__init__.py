"""The same verbs at a prompt: ``pytest-mcp VERB``. What goes wrong is one line and an exit code, never a traceback."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pytest_mcp.cli.approve import approve
from pytest_mcp.cli.hints import hints
from pytest_mcp.cli.project import db_option, json_option, load, results, root
from pytest_mcp.cli.tables import print_json, print_table, table
from pytest_mcp.errors import McpError, UsageError
from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import CaseResult, Outcome, Run, ServerFacts
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.settings import read_settings

if TYPE_CHECKING:
    from pytest_mcp.checks import Declared
    from pytest_mcp.results import RunLine

USAGE, TROUBLE, INTERRUPTED = 4, 3, 2
_BAD = (Outcome.FAILED, Outcome.BLOCKED, Outcome.ERROR)
_EVIDENCE_LINES = 20


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def verbs() -> None:
    """Look at what `pytest --mcp` found, and act on it."""


@verbs.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many runs.")
@json_option
@db_option
def history(limit: int, as_json: bool, db: str | None) -> None:
    """List the runs of this project, newest first."""
    from pytest_mcp.results import list_runs

    with results(db) as (store, project):
        runs = list_runs(store.connection, limit, project)
    if not runs:
        raise UsageError(f"{root()}: no runs yet in {store.place}; run pytest --mcp")
    if as_json:
        print_json(runs)
        return
    names = ("no.", "id", "started", "verdict", "servers", "passed", "failed", "inconclusive", "recorded", "time")
    print_table(names, [_history_row(run) for run in runs], left=(1, 2, 3))


@verbs.command()
@click.argument("run")
@json_option
@db_option
def show(run: str, as_json: bool, db: str | None) -> None:
    """Show one run: its number, id, the start of its id, `latest`, or a results.ndjson."""
    found = load(run, db)
    if as_json:
        print_json(found)
        return
    for line in _shown(found):
        click.echo(line)


@verbs.command("list")
@click.option("--mcp-config", "config", metavar="PATH", multiple=True, help="Config file to read (repeatable).")
@json_option
def list_servers(config: tuple[str, ...], as_json: bool) -> None:
    """List the configured MCP servers and where each was found; nothing is started."""
    from pytest_mcp.inventory import listed, read_inventory

    folder = root()
    settings = read_settings({"mcp_config": config}, folder, os.environ)
    inventory = read_inventory(settings, folder, os.environ, with_disabled=True)
    servers = [listed(server) for server in inventory.servers]
    if as_json:
        print_json({"files": inventory.files, "servers": servers})
        return
    rows = [
        (one.id, one.transport or "-", f"{one.path}:{one.line}", one.state, one.problem or one.runs or "")
        for one in servers
    ]
    print_table(("server", "transport", "where", "state", "runs"), rows, left=range(5), limit=300)


@verbs.command()
@click.argument("check")
@json_option
def explain(check: str, as_json: bool) -> None:
    """Say what a check demands, why, and what to do about a finding."""
    from pytest_mcp.checks.shipped import every_check, written_of

    known = every_check()
    if check not in known:
        raise UsageError(f"there is no check {check!r}{_close(check, list(known))}")
    what, text = known[check], written_of(check)
    if as_json:
        about = {"era": what.era, "transport": what.transport, "starts": what.starts}
        print_json({**asdict(what.check), "severity": str(what.check.severity), **about, "explanation": text})
        return
    for line in _explained(what, text):
        click.echo(line)


@verbs.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say how well servers can be shut in on this machine while their tools are called, and what is missing."""
    from pytest_mcp.model.effects import Level
    from pytest_mcp.sandbox import problem_of

    problems = {level: problem_of(level) for level in Level}
    used = next(level for level, problem in problems.items() if problem is None)
    if as_json:
        print_json({"sandbox": used, "problems": {level: problem for level, problem in problems.items() if problem}})
        return
    calls = "tools are called" if used.contains else "no tool is called: that takes L3 or L2"
    click.echo(f"sandbox {used}: {calls}")
    print_table(
        ("level", "works", "what is missing"),
        [(level, "no" if problem else "yes", problem or "") for level, problem in problems.items()],
        left=(0, 1, 2),
        limit=200,
    )


def _close(word: str, known: Sequence[str]) -> str:
    """Names that may have been meant: those that look like it, else those that have a word in common with it."""
    from difflib import get_close_matches

    words = set(word.split("-"))
    close = get_close_matches(word, known, n=3, cutoff=0.5) or [name for name in known if words & set(name.split("-"))]
    return f"; did you mean {', '.join(close[:5])}" if close else "; docs/checks.md lists them"


def _explained(what: "Declared", text: str) -> Iterator[str]:
    yield f"{what.check.id}: {what.check.title}"
    yield ""
    if text:
        yield from (text, "")
    yield f"suite      {what.check.suite}"
    yield f"severity   {what.check.severity}"
    yield f"about      {_about(what)}"
    yield f"reference  {what.check.reference}"
    yield f"remedy     {what.check.remedy}"


def _about(what: "Declared") -> str:
    """Which servers it is about, and what it costs."""
    eras = {"legacy": "revisions up to 2025-11-25", "modern": "revision 2026-07-28", None: "every revision"}
    where = f"over {what.transport}" if what.transport else "over every transport"
    more = f"; starts the server once more ({what.starts}), where that is needed with --mcp-deep only"
    return f"{eras[what.era]} {where}{more if what.starts else ''}"


verbs.add_command(approve)
verbs.add_command(hints)


def main() -> None:
    """Entry point of the command."""
    sys.exit(_guarded(lambda: verbs.main(prog_name="pytest-mcp", standalone_mode=False)))


def _guarded(action: Callable[[], Any]) -> int:
    code = 0
    try:
        code = action() or 0
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = USAGE
    except UsageError as error:
        code = _failed(error, USAGE)
    except McpError as error:
        code = _failed(error, TROUBLE)
    except (click.Abort, KeyboardInterrupt):
        code = _failed("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - a traceback is of no use to who typed the command
        code = _failed(f"internal error: {type(error).__name__}: {error}", TROUBLE)
    return code


def _failed(reason: object, code: int) -> int:
    click.echo(f"pytest-mcp: {inert_line(str(reason), 1000)}", err=True)
    return code


def _history_row(run: "RunLine") -> tuple[str, ...]:
    counts = Counter(run.outcomes)
    amounts = (
        run.servers,
        counts["passed"],
        sum(counts[word] for word in _BAD),
        counts["inconclusive"],
        counts["recorded"],
    )
    verdict = run.verdict or ("finished" if run.finished_at else "unfinished")
    span = _span(run.started_at, run.finished_at)
    return (str(run.number), run.id[:8], _when(run.started_at), verdict, *map(str, amounts), span)


def _when(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"


def _span(start: datetime | None, end: datetime | None) -> str:
    if not start or not end:
        return "-"
    seconds = (end - start).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _shown(run: Run) -> Iterator[str]:
    yield f"run {inert_line(run.id)}  {run.verdict.word if run.verdict else 'no verdict'}"
    if run.verdict:
        yield inert_line(run.verdict.reason)
    yield f"started {_when(run.started_at)}, {_ended(run)}, seed {run.seed}, fails on {inert_line(run.fail_on)}"
    yield f"project {inert_line(run.project)}"
    yield f"command {inert_line(run.command, 500)}"
    if run.narrowed:
        yield f"left out: {inert_line(', '.join(run.narrowed), 500)}"
    yield from _rules(run)
    yield from ("", *_servers(run))
    yield from _failures(run)


def _ended(run: Run) -> str:
    return f"took {_span(run.started_at, run.finished_at)}" if run.finished_at else "never finished"


def _rules(run: Run) -> Iterator[str]:
    rules = run.verdict.rules if run.verdict else ()
    if rules:
        yield ""
        rows = [(rule.word, rule.id, rule.required, rule.observed) for rule in rules]
        yield from table(("verdict", "rule", "required", "observed"), rows, left=(0, 1, 2, 3))


def _servers(run: Run) -> list[str]:
    names = ("server", "version", "tools", "passed", "failed", "waived", "inconclusive", "recorded", "problem")
    rows = [_server_row(facts, [case for case in run.cases if case.server == facts.id]) for facts in run.servers]
    return table(names, rows, left=(0, 1, 8)) if rows else ["no servers"]


def _server_row(facts: ServerFacts, cases: list[CaseResult]) -> tuple[str, ...]:
    counts = Counter(case.outcome for case in cases)
    bad = sum(counts[outcome] for outcome in _BAD)
    amounts = (counts[Outcome.WAIVED], counts[Outcome.INCONCLUSIVE], counts[Outcome.RECORDED])
    first = (facts.id, facts.told_version, str(facts.tools), str(counts[Outcome.PASSED]), str(bad))
    return (*first, *map(str, amounts), facts.problem)


def _failures(run: Run) -> Iterator[str]:
    for case in run.cases:
        if case.outcome in _BAD:
            where = " ".join(filter(None, (case.server, case.element, case.case)))
            yield ""
            yield f"{case.outcome.upper()} {inert_line(case.check)}  {inert_line(where)}"
            if case.message and not case.findings:
                yield from _indented("", case.message)
            for finding in case.findings:
                yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity}: {inert_line(finding.title)}"
    for name in ("evidence", "expected", "got", "remedy"):
        text = getattr(finding, name)
        if text:
            yield from _indented(f"{name}: ", text)


def _indented(label: str, text: str) -> Iterator[str]:
    lines = inert(text).splitlines() or [""]
    yield f"    {label}{lines[0]}"
    yield from (f"      {line}" for line in lines[1:_EVIDENCE_LINES])
    if len(lines) > _EVIDENCE_LINES:
        yield f"      ({len(lines) - _EVIDENCE_LINES} more lines: --json)"
