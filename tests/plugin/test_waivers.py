"""Waivers in a run: accepted findings are expected to fail, and what nobody needs any more has to go."""

import json
from collections.abc import Callable

import pytest

from pytest_mcp.model.run import CaseResult, Outcome
from tests.plugin.conftest import Project, Ran

WAIVERS = """\
[[waiver]]
check = "tool-input-schema"
server = "one"
element = "tool:wrong"
reason = "the client copes"

[[waiver]]
check = "tool-input-schema"
server = "two"
reason = "accepted for a while"
until = 2020-01-31

[[waiver]]
check = "tool-input-schema"
server = "one"
element = "tool:right"
reason = "was wrong once"

[[waiver]]
check = "tool-description"
server = "*"
element = "tool:w*"
reason = "names say enough"

[[waiver]]
check = "tool-name"
server = "o*"
reason = "nothing needs it"
"""
WRONG = {"name": "wrong", "inputSchema": {"type": "string"}}
RIGHT = {"name": "right", "description": "Is right.", "inputSchema": {"type": "object"}}


@pytest.fixture(scope="module", params=["alone", "xdist"])
def ran(request: pytest.FixtureRequest, new_project: Callable[[], Project]) -> Ran:
    project = new_project()
    project.serve("one", tools=[WRONG, RIGHT])
    project.serve("two", tools=[WRONG])
    project.write("mcp-waivers.toml", WAIVERS)
    options = ("-n2",) if request.param == "xdist" else ()
    return project.run("-v", *options, whole=True)


def case_of(ran: Ran, check: str, server: str, element: str = "") -> CaseResult:
    found = [(case.check, case.server, case.element) for case in ran.run.cases]
    return ran.run.cases[found.index((check, server, element))]


def test_a_waived_finding_is_expected(ran: Ran) -> None:
    case = case_of(ran, "tool-input-schema", "one", "tool:wrong")
    assert case.outcome is Outcome.WAIVED
    assert case.message == "waived by mcp-waivers.toml:1: the client copes"
    assert [each.waived for each in case.findings] == ["mcp-waivers.toml:1: the client copes"]
    assert any(case.nodeid in line and "XFAIL" in line for line in ran.lines)
    element = ran.testcase(case.nodeid.partition("::")[2])
    skipped = element.find("skipped")
    assert skipped is not None
    assert (skipped.get("type"), skipped.get("message")) == ("pytest.xfail", case.message)
    properties = {each.get("name"): each.get("value") for each in element.iter("property")}
    assert properties["mcp_waived"] == f"high: {case.findings[0].title}"


def test_an_expired_waiver_does_not_count_and_says_so(ran: Ran) -> None:
    case = case_of(ran, "tool-input-schema", "two", "tool:wrong")
    assert case.outcome is Outcome.FAILED
    assert "remedy: waiver expired on 2020-01-31 (mcp-waivers.toml:7): mend it, or renew the waiver; " in case.message


def test_a_waiver_whose_finding_is_gone_has_to_go(ran: Ran) -> None:
    case = case_of(ran, "tool-input-schema", "one", "tool:right")
    assert case.outcome is Outcome.FAILED
    told = (
        "remove the waiver at mcp-waivers.toml:13: tool-input-schema finds nothing of it on tool:right of one any more"
    )
    assert case.message.splitlines() == [told, "", f"mcp-waivers.toml:13: {told}"]
    assert ran.line(f"FAILED {case.nodeid}") == f"FAILED {case.nodeid} - {told}"


def test_findings_below_the_threshold_can_be_waived(ran: Ran) -> None:
    for server in ("one", "two"):
        assert case_of(ran, "tool-description", server).outcome is Outcome.WAIVED


def test_a_waiver_that_nothing_needs_is_told(ran: Ran) -> None:
    assert "waivers.unused 1: mcp-waivers.toml:25" in ran.line("gate: BLOCK")


def test_the_sarif_file_beside_the_report_has_them_suppressed(ran: Ran) -> None:
    (log,) = json.loads((ran.report / "results.sarif").read_text("utf-8"))["runs"]
    schema = [each for each in log["results"] if each["ruleId"] == "tool-input-schema"]
    assert [(each["properties"]["server"], each["properties"]["element"]) for each in schema] == [
        ("one", "tool:wrong"),
        ("two", "tool:wrong"),
    ]
    assert [each["justification"] for each in schema[0]["suppressions"]] == ["mcp-waivers.toml:1: the client copes"]
    assert schema[1]["suppressions"] == []
    place = schema[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (".mcp.json", 3)
    assert log["invocations"][0]["executionSuccessful"] is True
    assert 'href="results.sarif"' in (ran.report / "index.html").read_text("utf-8")


def test_without_waivers_nothing_is_waived(project: Project) -> None:
    project.serve("one", tools=[WRONG])
    assert Outcome.WAIVED not in project.run(whole=True).outcomes.values()


def test_runxfail_shows_everything_as_it_is(project: Project) -> None:
    project.serve("one", tools=[WRONG])
    project.write("mcp-waivers.toml", WAIVERS)
    ran = project.run("--runxfail", whole=True)
    assert case_of(ran, "tool-input-schema", "one", "tool:wrong").outcome is Outcome.FAILED
    assert "waivers.unused" not in ran.line("gate: BLOCK")


def test_a_fleet_whose_only_fault_is_waived_passes_the_gate(project: Project) -> None:
    project.serve("one", tools=[{**RIGHT, "description": "", "annotations": {"title": "Right"}}])
    project.write(
        "mcp-waivers.toml", '[[waiver]]\ncheck = "tool-description"\nserver = "one"\nreason = "the name says it"\n'
    )
    ran = project.run("--mcp-fail-on=low", "--mcp-gate=enforce", whole=True)
    assert (ran.code, ran.verdict) == (0, "PASS"), ran.out


THEIRS = """
from pytest_mcp.model.finding import Violation

def test_sees_two(mcp_server, mcp_report):
    mcp_report.judge([Violation(title="is known"), Violation(title="is new")])

def test_cannot_go_on(mcp_server, mcp_report):
    mcp_report.judge([Violation(title="is known")])
    mcp_report.inconclusive("no positive control")
"""


def test_what_is_not_waived_fails_and_what_is_known_hides_behind_no_skip(project: Project) -> None:
    project.serve("one")
    project.write("test_theirs.py", THEIRS)
    first = project.run("test_theirs.py", whole=True)
    seen = case_of(first, "project:test_theirs.py::test_sees_two", "one")
    assert [each.title for each in seen.findings] == ["is known", "is new"]
    tests = {"test_sees_two": f'finding = "{seen.findings[0].fingerprint}"', "test_cannot_go_on": ""}
    entries = [
        f'[[waiver]]\ncheck = "project:test_theirs.py::{name}"\nserver = "one"\nreason = "known"\n{more}\n'
        for name, more in tests.items()
    ]
    project.write("mcp-waivers.toml", "".join(entries))
    ran = project.run("test_theirs.py", whole=True)
    two = case_of(ran, "project:test_theirs.py::test_sees_two", "one")
    assert two.outcome is Outcome.FAILED
    assert "is new" in two.message and "is known" not in two.message
    assert case_of(ran, "project:test_theirs.py::test_cannot_go_on", "one").outcome is Outcome.WAIVED


def test_the_waivers_of_a_named_config_lie_beside_it(project: Project) -> None:
    project.serve("one", tools=[WRONG])
    project.write("mcp-waivers.toml", "this is not read")
    project.configure().rename(project.write("deploy/servers.json", ""))
    project.entries.clear()
    project.write("deploy/mcp-waivers.toml", WAIVERS)
    ran = project.run("--mcp-config=deploy/servers.json", whole=True)
    case = case_of(ran, "tool-input-schema", "one", "tool:wrong")
    assert case.message == "waived by deploy/mcp-waivers.toml:1: the client copes"


BAD = {
    "no such check": (
        '[[waiver]]\ncheck = "tool-nme"\nserver = "one"\nreason = "r"\n',
        "mcp-waivers.toml:2: check: there is no check 'tool-nme'; did you mean 'tool-name'",
    ),
    "bad TOML": ("[[waiver]]\ncheck\n", "mcp-waivers.toml:2:6: bad TOML: "),
    "too large": ("#" * (1024 * 1024 + 1), "mcp-waivers.toml: larger than 1 MB; make it smaller"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_used_ends_the_run_before_a_server_starts(project: Project, name: str) -> None:
    text, message = BAD[name]
    project.serve("one", starts="one.starts")
    project.write("mcp-waivers.toml", text)
    ran = project.run()
    assert ran.code == 4
    assert ran.err.startswith(f"ERROR: mcp: {message}")
    assert "Traceback" not in ran.out + ran.err
    assert project.starts("one") == []


def test_a_folder_in_the_files_place_is_refused(project: Project) -> None:
    project.serve("one")
    project.write("mcp-waivers.toml/x", "")
    ran = project.run()
    assert (ran.code, "mcp-waivers.toml: is no regular file; make it one, or remove it" in ran.err) == (4, True)
