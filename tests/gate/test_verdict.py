"""The gate's rules, one table: what happened in the run, what the gate says, and why."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_mcp.gate import Policy, decide, server_word, worst
from pytest_mcp.gate.verdict import RULES
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, Outcome, Run, ServerFacts, VerdictWord

AT = datetime(2026, 7, 31, 14, 2, tzinfo=UTC)
PASS, WARN, PARTIAL, BLOCK = VerdictWord.PASS, VerdictWord.WARN, VerdictWord.PARTIAL, VerdictWord.BLOCK
RULE_IDS = [
    "findings.open",
    "harness.errors",
    "blocked",
    "connect",
    "run.complete",
    "something.proven",
    "findings.recorded",
    "waivers.unused",
]


def server(name: str, *, connected: bool = True, transport: str = "stdio") -> ServerFacts:
    ident = name if transport == "stdio" else f"{name}@{transport}"
    return ServerFacts(
        id=ident, name=name, transport=transport, source=".mcp.json:3", command="uvx", connected=connected
    )


def case(outcome: Outcome, on: str = "time", *severities: Severity) -> CaseResult:
    findings = tuple(Finding(check="a-check", server=on, severity=each, title="is wrong") for each in severities)
    return CaseResult(
        key=f"a-check:{on}::{outcome}",
        run="r",
        check="a-check",
        suite="unit",
        server=on,
        element="",
        case="",
        nodeid=f"suites/unit/test_a.py::test_a[{on}]",
        outcome=outcome,
        duration=0.1,
        started_at=AT,
        findings=findings,
    )


def run(*cases: CaseResult, servers: tuple[ServerFacts, ...] = (server("time"),), **changes: object) -> Run:
    whole = Run(
        id="r",
        started_at=AT,
        finished_at=AT,
        seed=1,
        project="p",
        command="pytest --mcp",
        fail_on="medium",
        servers=servers,
        cases=cases,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


GOOD = case(Outcome.PASSED)
TWO = (server("time"), server("git"))
THREE = (*TWO, server("fetch"))

TABLE = {
    "all passed": (run(GOOD), PASS, "The one server connected and 1 test passed."),
    "two passed": (
        run(GOOD, case(Outcome.PASSED, "git"), servers=TWO),
        PASS,
        "All 2 servers connected and 2 tests passed.",
    ),
    "one failed": (run(GOOD, case(Outcome.FAILED)), BLOCK, "1 test failed on time."),
    "failed on two": (
        run(GOOD, case(Outcome.FAILED, "git"), case(Outcome.FAILED), servers=TWO),
        BLOCK,
        "2 tests failed on time and git.",
    ),
    "failed on three": (
        run(*(case(Outcome.FAILED, each.id) for each in THREE), servers=THREE),
        BLOCK,
        "3 tests failed on 3 servers.",
    ),
    "our own fault": (run(GOOD, case(Outcome.ERROR)), BLOCK, "1 test ended in an error of the harness on time."),
    "an error without a server": (
        run(GOOD, case(Outcome.ERROR, "")),
        BLOCK,
        "1 test ended in an error of the harness.",
    ),
    "blocked": (
        run(GOOD, case(Outcome.BLOCKED)),
        BLOCK,
        "1 test could not run because an earlier stage is red on time.",
    ),
    "one lost": (run(GOOD, servers=(server("time"), server("ddg", connected=False))), BLOCK, "No connection to ddg."),
    "no servers": (run(servers=()), BLOCK, "No server was selected."),
    "narrowed": (run(GOOD, narrowed=("-k", "--mcp-only")), PARTIAL, "The run was narrowed by -k, --mcp-only."),
    "killed": (run(GOOD, finished_at=None), PARTIAL, "The run was interrupted before its end."),
    "narrowed and killed": (
        run(GOOD, narrowed=("-x",), finished_at=None),
        PARTIAL,
        "The run was narrowed by -x and interrupted before its end.",
    ),
    "nothing ran": (run(), PARTIAL, "Nothing was proven of time."),
    "only inconclusive": (run(case(Outcome.INCONCLUSIVE)), PARTIAL, "Nothing was proven of time."),
    "only not applicable": (run(case(Outcome.NOT_APPLICABLE)), PARTIAL, "Nothing was proven of time."),
    "low recorded": (
        run(case(Outcome.RECORDED, "time", Severity.LOW)),
        WARN,
        "1 finding below medium is recorded on time.",
    ),
    "two low recorded": (
        run(case(Outcome.RECORDED, "time", Severity.LOW, Severity.LOW)),
        WARN,
        "2 findings below medium are recorded on time.",
    ),
    "only info recorded": (
        run(case(Outcome.RECORDED, "time", Severity.INFO)),
        PASS,
        "The one server connected and 1 test passed.",
    ),
    "waived findings are silent": (
        run(GOOD, case(Outcome.WAIVED, "time", Severity.LOW)),
        PASS,
        "The one server connected and 1 test passed.",
    ),
    "a threshold above all": (
        run(case(Outcome.RECORDED, "time", Severity.HIGH), fail_on="critical"),
        WARN,
        "1 finding below critical is recorded on time.",
    ),
    "everything at once": (
        run(
            case(Outcome.FAILED, "time", Severity.HIGH, Severity.LOW),
            servers=(server("time"), server("ddg", connected=False)),
            narrowed=("-k",),
        ),
        BLOCK,
        "1 test failed on time; no connection to ddg.",
    ),
}


@pytest.mark.parametrize("situation", TABLE)
def test_the_gate_says(situation: str) -> None:
    judged, word, reason = TABLE[situation]
    verdict = decide(judged)
    assert (verdict.word, verdict.reason) == (word, reason)
    assert verdict.exit_code == (1 if word in (BLOCK, PARTIAL) else 0)
    assert verdict.word is worst(rule.word for rule in verdict.rules)


def test_every_rule_is_reported_once_in_a_fixed_order() -> None:
    assert [rule.id for rule in decide(run(GOOD)).rules] == RULE_IDS
    assert len(RULES) == len(RULE_IDS)


def test_every_rule_has_a_situation_in_which_it_decides_alone() -> None:
    alone = set()
    for judged, word, _ in TABLE.values():
        deciding = [rule.id for rule in decide(judged).rules if rule.word is word and word is not PASS]
        alone.update(deciding if len(deciding) == 1 else ())
    assert alone == set(RULE_IDS) - {"waivers.unused"}  # its own test: test_waiving.py


def test_a_policy_moves_the_line_between_recorded_and_warned() -> None:
    judged = run(case(Outcome.RECORDED, "time", Severity.INFO))
    assert decide(judged, Policy(warn_from=Severity.INFO)).word is WARN
    assert decide(judged).word is PASS


def test_a_server_gets_the_worst_word_of_the_rules_that_name_it() -> None:
    servers = (server("time"), server("git"), server("ddg", connected=False), server("idle"))
    judged = run(case(Outcome.RECORDED, "time", Severity.LOW), case(Outcome.PASSED, "git"), servers=servers)
    verdict = decide(judged)
    words = {each.name: server_word(verdict, [each.id]) for each in servers}
    assert words == {"time": WARN, "git": PASS, "ddg": BLOCK, "idle": PARTIAL}


def test_an_entry_with_two_transports_gets_the_worse_of_both() -> None:
    servers = (server("time"), server("time", transport="http", connected=False))
    verdict = decide(run(GOOD, servers=servers))
    assert server_word(verdict, [each.id for each in servers]) is BLOCK
    assert verdict.reason == "No connection to time@http."


def test_the_order_of_the_words_is_fixed() -> None:
    assert worst([]) is PASS
    assert worst([PASS, WARN]) is WARN
    assert worst([PARTIAL, WARN]) is PARTIAL
    assert worst([PARTIAL, BLOCK, WARN]) is BLOCK
