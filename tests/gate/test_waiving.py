"""What waivers do to findings, to the tests they are about, and to the gate."""

from dataclasses import replace
from datetime import date

import pytest

from pytest_mcp.gate import Policy, decide, is_recorded
from pytest_mcp.gate.waiving import accepts, is_about, is_strict, unused, waive
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, Outcome, VerdictWord
from pytest_mcp.model.server import Source
from pytest_mcp.model.waiver import Waiver
from tests.gate.test_verdict import GOOD, case, run, server

TODAY = date(2026, 7, 31)
FINDING = Finding(check="a-check", server="time", element="tool:now", severity=Severity.HIGH, title="is wrong")
NAMES = ("time", "time")


def waiver(**changes: object) -> Waiver:
    whole = Waiver(check="a-check", server="time", reason="known", source=Source(path="w.toml", line=4))
    return replace(whole, **changes)  # type: ignore[arg-type]


MATCHES = [
    ({}, True),
    ({"server": "t*"}, True),
    ({"server": "git"}, False),
    ({"server": "T*"}, False),
    ({"check": "b-check"}, False),
    ({"element": "tool:now"}, True),
    ({"element": "tool:*"}, True),
    ({"element": "now"}, False),
    ({"finding": FINDING.fingerprint}, True),
    ({"finding": "0" * 16}, False),
]


@pytest.mark.parametrize(("changes", "fits"), MATCHES)
def test_a_waiver_accepts_what_it_says_and_nothing_else(changes: dict[str, str], fits: bool) -> None:
    assert accepts(waiver(**changes), FINDING, NAMES) is fits
    assert bool(waive(FINDING, [waiver(**changes)], NAMES, TODAY).waived) is fits


def test_a_name_with_brackets_is_taken_as_it_is() -> None:
    assert accepts(waiver(server="a[1]"), replace(FINDING, server="a[1]"), ("a[1]",))


def test_a_name_is_for_every_transport_an_id_for_one() -> None:
    http = ("time@http", "time")
    assert accepts(waiver(), FINDING, http)
    assert not accepts(waiver(server="time@http"), FINDING, NAMES)


def test_what_is_accepted_says_where_and_why() -> None:
    assert waive(FINDING, [waiver()], NAMES, TODAY).waived == "w.toml:4: known"


def test_a_waiver_counts_to_the_end_of_its_last_day_and_then_says_so() -> None:
    last = waiver(until=TODAY)
    assert waive(FINDING, [last], NAMES, TODAY).waived
    late = waive(replace(FINDING, remedy="mend"), [last], NAMES, date(2026, 8, 1))
    assert not late.waived
    assert late.remedy == "waiver expired on 2026-07-31 (w.toml:4): mend it, or renew the waiver; mend"
    assert waive(FINDING, [last, waiver()], NAMES, date(2026, 8, 1)).waived


def test_a_test_of_a_whole_server_may_find_what_a_waiver_for_an_element_accepts() -> None:
    assert is_about(waiver(element="tool:now"), "a-check", NAMES, "")
    assert not is_about(waiver(element="tool:now"), "a-check", NAMES, "tool:then")


STRICT = [
    # waiver, server, element of the test, names of other servers
    ({}, "time", "", (), True),
    ({"element": "tool:now"}, "time", "tool:now", (), True),
    ({}, "time", "tool:now", (), False),
    ({"element": "tool:*"}, "time", "tool:now", (), False),
    ({"server": "t*"}, "time", "", (), False),
    ({}, "time", "", ("time@http", "time"), False),
    ({}, "time@http", "", ("time",), False),
    ({"server": "time@http"}, "time@http", "", ("time",), True),
]


@pytest.mark.parametrize(("changes", "on", "element", "others", "strict"), STRICT)
def test_only_a_waiver_for_one_test_has_to_go_with_its_finding(
    changes: dict[str, str], on: str, element: str, others: tuple[str, ...], strict: bool
) -> None:
    assert is_strict(waiver(**changes), on, element, others) is strict


def with_finding(outcome: Outcome, waived: str = "") -> CaseResult:
    bare = case(outcome, "time", Severity.LOW)
    return replace(bare, findings=(replace(bare.findings[0], waived=waived),))


USED = {
    "no such server": (run(GOOD), waiver(server="gone"), True),
    "no such check": (run(GOOD), waiver(check="b-check"), True),
    "nothing found": (run(GOOD), waiver(server="t*"), True),
    "another finding": (run(with_finding(Outcome.RECORDED)), waiver(finding="0" * 16), True),
    "accepted": (run(with_finding(Outcome.WAIVED, "w")), waiver(), False),
    "could not say": (run(GOOD, case(Outcome.INCONCLUSIVE)), waiver(), False),
    "expired": (run(with_finding(Outcome.RECORDED)), waiver(until=date(2020, 1, 1)), False),
    "not reached": (run(GOOD, servers=(server("time"), server("git", connected=False))), waiver(server="git"), False),
    "narrowed": (run(GOOD, narrowed=("-k",)), waiver(server="gone"), False),
}


@pytest.mark.parametrize("name", USED)
def test_the_gate_warns_of_a_waiver_that_nothing_needs(name: str) -> None:
    judged, one, left = USED[name]
    (rule,) = [rule for rule in decide(judged, Policy(waivers=(one,))).rules if rule.id == "waivers.unused"]
    assert (rule.word is VerdictWord.WARN) is left
    assert ("w.toml:4" in rule.observed) is left
    assert decide(judged).rules[-1].word is VerdictWord.PASS
    if not judged.narrowed:
        assert unused(judged, [one]) == ((one,) if left else ())


def test_the_reason_names_the_unused_waiver() -> None:
    assert decide(run(GOOD), Policy(waivers=(waiver(server="gone"),))).reason == "1 waiver accepts nothing (w.toml:4)."


def test_beside_a_waived_finding_one_that_nobody_accepted_stays_recorded() -> None:
    waived = with_finding(Outcome.WAIVED, "w").findings[0]
    other = replace(waived, waived="", title="else")
    both = replace(case(Outcome.WAIVED), findings=(waived, other))
    assert [is_recorded(run(both), both, each) for each in both.findings] == [False, True]


def test_a_fingerprint_survives_marks_and_numbers_and_nothing_else() -> None:
    def of(title: str, **changes: str) -> str:
        return replace(FINDING, title=title, **changes).fingerprint  # type: ignore[arg-type]

    assert of("took 3.1 s for 3f2a9c01ab") == of("took 12 s for 77aa9c01ff")
    assert of("opens path1") != of("opens path2")
    assert len({of("a"), of("b"), of("a", server="x"), of("a", element="x"), of("a", check="x")}) == 5
    assert of("\ud800") != of("a")
