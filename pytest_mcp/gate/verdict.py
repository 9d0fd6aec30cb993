"""The rules of the gate and the verdict they add up to. A rule's id is stable: reports and waivers refer to it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pytest_mcp.gate.policy import Policy
from pytest_mcp.gate.waiving import unused
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, Outcome, RuleResult, Run, Verdict, VerdictWord

RANK = (VerdictWord.PASS, VerdictWord.WARN, VerdictWord.PARTIAL, VerdictWord.BLOCK)
EXIT_CODES = {VerdictWord.PASS: 0, VerdictWord.WARN: 0, VerdictWord.PARTIAL: 1, VerdictWord.BLOCK: 1}
_JUDGED = frozenset({Outcome.PASSED, Outcome.RECORDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruling:
    """One rule's result, and the clause it adds to the reason when it is the one that decides."""

    result: RuleResult
    clause: str


def worst(words: Iterable[VerdictWord]) -> VerdictWord:
    """The worst of the words, PASS when there are none."""
    return max(words, key=RANK.index, default=VerdictWord.PASS)


def decide(run: Run, policy: Policy | None = None) -> Verdict:
    """The gate's answer for a run: every rule is asked, the worst one decides, and the reason says why.

    A run without ``finished_at`` counts as interrupted: whoever asks sets it first.
    """
    rulings = [rule(run, policy or Policy()) for rule in RULES]
    word = worst(ruling.result.word for ruling in rulings)
    clauses = [ruling.clause for ruling in rulings if ruling.result.word is word]
    reason = _sentence(clauses) if word is not VerdictWord.PASS else _all_well(run)
    return Verdict(
        word=word, reason=reason, exit_code=EXIT_CODES[word], rules=tuple(ruling.result for ruling in rulings)
    )


def server_word(verdict: Verdict, ids: Iterable[str]) -> VerdictWord:
    """What the verdict says of one config entry, given the ids it has in the run."""
    wanted = frozenset(ids)
    return worst(rule.word for rule in verdict.rules if wanted.intersection(rule.where))


def is_recorded(run: Run, case: CaseResult, finding: Finding) -> bool:
    """True for a finding that stays below the run's threshold and is neither waived nor beside the point."""
    beside = case.outcome is Outcome.NOT_APPLICABLE or is_waived(case, finding)
    return not beside and finding.severity < Severity[run.fail_on.upper()]


def is_waived(case: CaseResult, finding: Finding) -> bool:
    """True for a finding that a waiver accepts, and for all of a test that is expected to fail as a whole."""
    whole = case.outcome is Outcome.WAIVED and not any(each.waived for each in case.findings)
    return bool(finding.waived) or whole


def _findings_open(run: Run, policy: Policy) -> _Ruling:
    return _none_with(run, Outcome.FAILED, rule="findings.open", required="no failed test", happened="failed")


def _harness_errors(run: Run, policy: Policy) -> _Ruling:
    happened = "ended in an error of the harness"
    return _none_with(run, Outcome.ERROR, rule="harness.errors", required="no error of the harness", happened=happened)


def _blocked(run: Run, policy: Policy) -> _Ruling:
    happened = "could not run because an earlier stage is red"
    return _none_with(run, Outcome.BLOCKED, rule="blocked", required="no red stage before another", happened=happened)


def _none_with(run: Run, outcome: Outcome, *, rule: str, required: str, happened: str) -> _Ruling:
    cases = [case for case in run.cases if case.outcome is outcome]
    where = _in_order(run, (case.server for case in cases))
    result = RuleResult(
        id=rule,
        word=VerdictWord.BLOCK if cases else VerdictWord.PASS,
        required=required,
        observed=str(len(cases)) if cases else "none",
        where=where,
    )
    return _Ruling(result=result, clause=f"{count(len(cases), 'test')} {happened}{_on(where)}")


def _connect(run: Run, policy: Policy) -> _Ruling:
    lost = tuple(server.id for server in run.servers if not server.connected)
    total = len(run.servers)
    result = RuleResult(
        id="connect",
        word=VerdictWord.PASS if run.servers and not lost else VerdictWord.BLOCK,
        required="every server connects over each of its transports",
        observed=f"{total - len(lost)} of {total}",
        where=lost,
    )
    clause = f"no connection to {_names(lost, 'servers')}" if lost else "no server was selected"
    return _Ruling(result=result, clause=clause)


def _run_complete(run: Run, policy: Policy) -> _Ruling:
    parts = [f"narrowed by {', '.join(run.narrowed)}"] if run.narrowed else []
    parts += [] if run.finished_at else ["interrupted before its end"]
    result = RuleResult(
        id="run.complete",
        word=VerdictWord.PARTIAL if parts else VerdictWord.PASS,
        required="the whole run",
        observed="; ".join(parts) or "whole",
    )
    return _Ruling(result=result, clause=f"the run was {' and '.join(parts)}")


def _something_proven(run: Run, policy: Policy) -> _Ruling:
    proven = {case.server for case in run.cases if case.outcome in _JUDGED}
    connected = [server.id for server in run.servers if server.connected]
    bare = tuple(server for server in connected if server not in proven)
    result = RuleResult(
        id="something.proven",
        word=VerdictWord.PARTIAL if bare else VerdictWord.PASS,
        required="a passed test for every connected server",
        observed=f"{len(connected) - len(bare)} of {len(connected)}",
        where=bare,
    )
    return _Ruling(result=result, clause=f"nothing was proven of {_names(bare, 'servers')}")


def _findings_recorded(run: Run, policy: Policy) -> _Ruling:
    found = [
        case.server
        for case in run.cases
        for finding in case.findings
        if finding.severity >= policy.warn_from and is_recorded(run, case, finding)
    ]
    where = _in_order(run, found)
    result = RuleResult(
        id="findings.recorded",
        word=VerdictWord.WARN if found else VerdictWord.PASS,
        required=f"no finding from {policy.warn_from} up to {run.fail_on}",
        observed=str(len(found)) if found else "none",
        where=where,
    )
    verb = "is" if len(found) == 1 else "are"
    clause = f"{count(len(found), 'finding')} below {run.fail_on} {verb} recorded{_on(where)}"
    return _Ruling(result=result, clause=clause)


def _waivers_unused(run: Run, policy: Policy) -> _Ruling:
    whole = not run.narrowed and run.finished_at is not None
    left = [str(waiver.source) for waiver in unused(run, policy.waivers)] if whole else []
    places = f"{', '.join(left[:3])}{f', {len(left) - 3} more' if len(left) > 3 else ''}"
    result = RuleResult(
        id="waivers.unused",
        word=VerdictWord.WARN if left else VerdictWord.PASS,
        required="no waiver that accepts nothing",
        observed=f"{len(left)}: {places}" if left else "none" if whole else "not asked: the run is not whole",
    )
    verb = "accepts" if len(left) == 1 else "accept"
    return _Ruling(result=result, clause=f"{count(len(left), 'waiver')} {verb} nothing ({places})")


RULES: Sequence[Callable[[Run, Policy], _Ruling]] = (
    _findings_open,
    _harness_errors,
    _blocked,
    _connect,
    _run_complete,
    _something_proven,
    _findings_recorded,
    _waivers_unused,
)


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 test``, ``1,204 tests``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _in_order(run: Run, servers: Iterable[str]) -> tuple[str, ...]:
    """The servers once each, in the run's order; one the run does not know comes last, none at all is left out."""
    wanted = dict.fromkeys(servers)
    known = [server.id for server in run.servers if server.id in wanted]
    return (*known, *(server for server in wanted if server and server not in known))


def _names(servers: tuple[str, ...], noun: str) -> str:
    return " and ".join(servers) if len(servers) <= 2 else f"{len(servers)} {noun}"


def _on(servers: tuple[str, ...]) -> str:
    return f" on {_names(servers, 'servers')}" if servers else ""


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses) + "."
    return text[0].upper() + text[1:]


def _all_well(run: Run) -> str:
    proven = sum(case.outcome in _JUDGED for case in run.cases)
    entries = len({server.name for server in run.servers})
    servers = "The one server" if entries == 1 else f"All {entries} servers"
    return f"{servers} connected and {count(proven, 'test')} passed."
