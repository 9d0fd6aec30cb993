"""Every check of the unit suite fires on its defects and is silent on the good server, in real runs."""

import re
from collections import defaultdict

import pytest

from pytest_mcp.checks import Declared
from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import Outcome
from pytest_mcp.reporting.terminal import finding_lines
from tests.servers.defects import DEFECTS
from tests.suites.declared import DOCS, EVERY, UNIT, sections
from tests.suites.trials import ELEMENTS, GOOD, SINGLES, TOGETHER, TRIALS, Seen, Subject, Trial

ODD = [trial for trial in TRIALS if trial.defect and not trial.defect.check]


pytestmark = pytest.mark.timeout(240)


def found(seen: dict[str, Seen], trial: Trial) -> list[Finding]:
    """The findings of a trial: on its element where the server has other defects too."""
    findings = seen[trial.subject.id].findings(trial.subject.id)
    return [each for each in findings if each.element == trial.element] if trial.shared else findings


BROKEN = [trial for trial in TRIALS if trial.defect and trial.defect.check]


def applies(what: Declared, subject: Subject) -> bool:
    """Whether a check is about what this server speaks; one of both eras is spoken to in the newer one."""
    era = "modern" if subject.era == "both" else subject.era
    eras = subject.era == "both" or what.starts != "other-era"
    return eras and what.era in (None, era) and what.transport in (None, subject.transport)


@pytest.mark.parametrize("trial", BROKEN, ids=str)
def test_a_defect_is_named_by_its_check(seen: dict[str, Seen], trial: Trial) -> None:
    assert trial.defect
    named = [each for each in found(seen, trial) if each.check == trial.defect.check]
    assert any(trial.defect.says in finding.title for finding in named), found(seen, trial)
    assert {finding.server for finding in named} == {trial.subject.id}
    assert {finding.element for finding in named} == {trial.element}


@pytest.mark.parametrize("trial", BROKEN, ids=str)
def test_a_defect_is_named_by_no_check_that_cannot_see_it(seen: dict[str, Seen], trial: Trial) -> None:
    assert trial.defect
    strangers = [each for each in found(seen, trial) if each.check not in trial.allowed]
    assert strangers == []


@pytest.mark.parametrize("trial", ODD, ids=str)
def test_what_is_merely_unusual_is_no_finding(seen: dict[str, Seen], trial: Trial) -> None:
    assert found(seen, trial) == []
    assert seen[trial.subject.id].facts(trial.subject.id).connected


@pytest.mark.parametrize("subject", GOOD, ids=lambda subject: subject.id)
def test_a_good_server_passes_every_check_that_applies(seen: dict[str, Seen], subject: Subject) -> None:
    cases = seen[subject.id].cases(subject.id)
    assert [
        case for case in cases if case.findings or case.outcome not in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    ] == []
    passed = {case.check for case in cases if case.outcome is Outcome.PASSED}
    assert passed == {check for check, what in UNIT.items() if applies(what, subject)}


@pytest.mark.parametrize("subject", GOOD, ids=lambda subject: subject.id)
def test_a_good_server_is_told_as_it_is(seen: dict[str, Seen], subject: Subject) -> None:
    facts = seen[subject.id].facts(subject.id)
    assert (facts.told_name, facts.told_version, facts.era) == (
        "good-server",
        "1.2.3",
        "legacy" if subject.era == "legacy" else "modern",
    )
    assert (facts.tools, facts.resources, facts.templates, facts.prompts) == (6, 2, 1, 2)


@pytest.mark.parametrize("subject", TOGETHER, ids=lambda subject: subject.id)
def test_elements_beside_malformed_ones_are_all_tested(seen: dict[str, Seen], subject: Subject) -> None:
    wrong = {trial.element for trial in TRIALS if trial.subject is subject}
    cases = [case for case in seen[subject.id].cases(subject.id) if case.element and case.element not in wrong]
    assert len([case for case in cases if case.check == "tool-shape"]) == 6
    assert [case for case in cases if case.findings] == []
    server = [each for each in seen[subject.id].findings(subject.id) if not each.element]
    assert server == []


@pytest.mark.parametrize("defect", ["tool-without-input-schema", "tool-is-a-string", "tool-name-is-a-number"])
def test_one_malformed_tool_is_one_finding(seen: dict[str, Seen], defect: str) -> None:
    for trial in TRIALS:
        if trial.defect is DEFECTS[defect]:
            assert len([each for each in found(seen, trial) if each.check == "tool-shape"]) == 1


def test_no_test_of_ours_breaks_whatever_the_server_does(seen: dict[str, Seen]) -> None:
    for run in set(seen.values()):
        assert [case.key for case in run.run.cases if case.outcome is Outcome.ERROR] == []
        assert run.exit_code == 1
        assert "Traceback" not in run.output


def test_results_of_a_run_have_keys_and_node_ids_of_their_own(seen: dict[str, Seen]) -> None:
    for run in set(seen.values()):
        for values in ([case.key for case in run.run.cases], [case.nodeid for case in run.run.cases]):
            assert len(values) == len(set(values))


def test_a_server_is_started_once_and_again_only_when_the_probe_ended_it(seen: dict[str, Seen]) -> None:
    again = {"dies-of-the-probe", "dies-in-the-handshake", "exits-at-once", "hangs-in-the-handshake"}
    for server, run in seen.items():
        starts = {each.purpose: each.count for each in run.facts(server).starts}
        assert starts.pop("shared") == 1
        for purpose in {what.starts for what in UNIT.values() if what.starts and run.deep}:
            assert starts.pop(purpose, 0) <= 1
        assert starts == {} or any(server.startswith(name) for name in (*again, "closes-stdout-and-stays")), server


# -- the checks themselves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", UNIT)
def test_every_check_fires_on_a_defect(check: str) -> None:
    what = UNIT[check]
    for era in (what.era,) if what.era else ("legacy", "modern"):
        for transport in (what.transport,) if what.transport else ("stdio", "http"):
            named = [each for each in DEFECTS.values() if each.check == check and each.exists(str(era), transport)]
            assert named, f"no defect for {check} in era {era} over {transport}"


def test_every_defect_is_tried_in_each_of_its_eras_or_has_to_be_waited_for() -> None:
    for defect in (*ELEMENTS, *SINGLES):
        eras = {trial.subject.era for trial in TRIALS if trial.defect is defect}
        tried = {"modern" if era == "both" else era for era in eras}
        assert tried == defect.eras or (defect.waits and tried)


def test_what_a_defect_is_also_allowed_to_be_named_by_does_name_it(seen: dict[str, Seen]) -> None:
    named: dict[str, set[str]] = defaultdict(set)
    for trial in TRIALS:
        if trial.defect:
            named[trial.defect.name] |= {each.check for each in found(seen, trial)}
    unused = {defect.name: defect.also - named[defect.name] for defect in DEFECTS.values()}
    assert {name: checks for name, checks in unused.items() if checks} == {}


def test_every_defect_names_a_check_that_exists() -> None:
    for defect in DEFECTS.values():
        assert {*defect.also, *([defect.check] if defect.check else [])} <= set(UNIT), defect.name


def test_defects_are_many_and_differ_in_name() -> None:
    assert len({defect.name for defect in DEFECTS.values()}) == len(DEFECTS) >= 100
    assert len(ELEMENTS) >= 40


def test_every_check_has_a_section_and_every_section_a_check() -> None:
    assert sorted(sections()) == sorted(EVERY)


@pytest.mark.parametrize("check", EVERY)
def test_a_section_says_what_the_check_declares(check: str) -> None:
    section, declared = sections()[check], EVERY[check].check
    assert f"**Severity**: {declared.severity}" in section
    assert f"**Reference**: {declared.reference}" in section
    assert declared.remedy in " ".join(section.split())
    assert re.search(r"^    (info|low|medium|high|critical) " + check, section, flags=re.MULTILINE)


@pytest.mark.parametrize("check", UNIT)
def test_a_section_shows_what_a_finding_really_looks_like(seen: dict[str, Seen], check: str) -> None:
    lines = {f"    {finding_lines(each)[0]}" for run in set(seen.values()) for each in run.named(check)}
    assert lines & set(sections()[check].splitlines())


@pytest.mark.parametrize("check", EVERY)
def test_the_catalogue_has_one_line_for_every_check(check: str) -> None:
    what = EVERY[check]
    row = f"| [{check}](#{check}) | {what.check.title.rstrip('.')} | {what.check.severity} |"
    assert DOCS.read_text().count(row) == 1
