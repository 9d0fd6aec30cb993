"""Every check of the integration suite fires on its defects and is silent on the good server, in real boxes."""

from collections.abc import Iterator, Sequence

import pytest

from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import Outcome
from pytest_mcp.reporting.terminal import finding_lines
from tests.needs import program
from tests.servers.defects import CALLS, Defect
from tests.suites.declared import INTEGRATION, sections
from tests.suites.test_fleet_checks import FLEETWIDE
from tests.suites.trials import Seen, Subject, finish, start

pytestmark = pytest.mark.timeout(240)
_TOGETHER = (
    ("content-is-a-text", "structured-content-missing", "structured-content-misfits", "breaks-on-what-is-allowed"),
    ("call-hangs", "ignores-what-is-missing", "errors-look-like-results"),
    ("failures-are-protocol-errors", "unknown-tools-work", "listed-and-not-there", "blob-is-no-base64"),
    ("call-ends-the-server", "prompt-without-messages", "unknown-prompts-render"),
    ("refusals-wear-it-out",),
    ("removal-removes-nothing", "tool-changes-its-description"),
    ("second-removal-fails", "progress-falls"),
    ("cancelled-calls-lock",),
    ("sessions-share-a-result",),
)
"""Defects that do not know each other: each on a tool of its own."""
_PLACES = (("legacy", "stdio"), ("modern", "http"))


def _there(names: Sequence[str], era: str, transport: str) -> tuple[Defect, ...]:
    return tuple(CALLS[name] for name in names if CALLS[name].exists(era, transport))


SUBJECTS = [
    Subject(id=f"broken{number}-{era}-{transport}", era=era, transport=transport, defects=defects)
    for number, names in enumerate(_TOGETHER)
    for era, transport in (*_PLACES, *((("legacy", "http"),) if names == ("sessions-share-a-result",) else ()))
    if (defects := _there(names, era, transport))
]
APART = ("-k", "not test_tool_names_are_its_own")
"""All of these servers list the same tools."""
GOOD = [Subject(id=f"good-{era}", era=era, transport=transport) for era, transport in _PLACES]


@pytest.fixture(scope="module", params=[[], ["-n2"]], ids=["alone", "xdist"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One run over all of them; with xdist the boxes are the controller's and the tests are not."""
    program("bubblewrap")
    program("strace")
    folder = tmp_path_factory.mktemp("integration")
    yield finish(
        folder, start(folder, [*SUBJECTS, *GOOD], "-q", "--mcp-timeout=8", *APART, *request.param, suite="integration")
    )


def found(seen: Seen, subject: Subject, name: str) -> list[Finding]:
    """The findings on the element that a defect is on."""
    return [each for each in seen.findings(subject.id) if each.element == CALLS[name].element]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        pytest.param(subject, each.name, id=f"{each.name}-{subject.era}-{subject.transport}")
        for subject in SUBJECTS
        for each in subject.defects
    ],
)
def test_a_defect_is_named_by_its_check_and_by_no_other(seen: Seen, subject: Subject, name: str) -> None:
    defect = CALLS[name]
    named = [each for each in found(seen, subject, name) if each.check == defect.check]
    assert any(defect.says in each.title for each in named), (found(seen, subject, name), seen.output[-3000:])
    assert {each.check for each in found(seen, subject, name)} <= {defect.check, *defect.also}


@pytest.mark.parametrize("subject", GOOD, ids=lambda subject: subject.id)
def test_a_good_server_passes_every_check(seen: Seen, subject: Subject) -> None:
    cases = seen.cases(subject.id)
    assert [
        case for case in cases if case.findings or case.outcome not in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    ] == []
    beside_the_point = {(case.check, case.element) for case in cases if case.outcome is Outcome.NOT_APPLICABLE}
    once = {"eras-same-results", "progress-rises", "transports-agree", "definitions-approved"}
    assert beside_the_point == {
        *((check, "") for check in (once | {"clients-apart"} if subject.transport == "stdio" else once)),
        *(("tool-idempotent", f"tool:{name}") for name in ("echo", "add", "list_notes", "write_note", "show_note")),
    }
    assert {case.check for case in cases} == set(INTEGRATION) - {"tool-names-apart", "tool-withstands"}
    assert seen.facts(subject.id).connected


def test_every_tool_is_told_with_its_arguments_their_sources_and_the_proof(seen: Seen) -> None:
    notes = [note for case in seen.cases("good-legacy") if case.check == "tool-answers" for note in case.notes]
    assert len(notes) == 6
    assert all("called with {" in note and "proof: " in note for note in notes)


def test_boxed_instances_are_started_once_and_counted(seen: Seen) -> None:
    starts = {each.purpose: each.count for each in seen.facts("good-legacy").starts}
    assert starts == {"shared": 1, "sandbox": 1}


def test_the_level_of_the_sandbox_is_told_and_kept(seen: Seen) -> None:
    assert dict(seen.run.facts)["sandbox"] == "L3"


def test_no_test_of_ours_breaks(seen: Seen) -> None:
    assert [case.key for case in seen.run.cases if case.outcome is Outcome.ERROR] == []
    assert "Traceback" not in seen.output


@pytest.mark.parametrize("check", [check for check in INTEGRATION if check not in FLEETWIDE])
def test_every_check_fires_on_a_defect_and_its_section_shows_one(seen: Seen, check: str) -> None:
    lines = {f"    {finding_lines(each)[0]}" for each in seen.named(check)}
    assert lines & set(sections()[check].splitlines()), sorted(lines)
