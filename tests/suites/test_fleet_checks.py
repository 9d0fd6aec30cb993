"""Checks that take more than one server, more than one start, or an approval: each fires, and is silent elsewhere."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_mcp.inventory.lock import LOCK, lock_text
from pytest_mcp.model.approval import Approved
from pytest_mcp.model.run import CaseResult, Outcome
from pytest_mcp.reporting.terminal import finding_lines
from tests.needs import program
from tests.servers.defects import CALLS
from tests.servers.offer import Offer
from tests.suites.declared import sections
from tests.suites.trials import SCRIPT, Seen, Subject, finish, launched

pytestmark = pytest.mark.timeout(240)
FLAWED = Path(__file__).parents[1] / "servers" / "flawed" / "server.py"
FLEETWIDE = (
    "tool-names-apart",
    "context-cost",
    "definitions-approved",
    "transports-agree",
    "eras-same-results",
    "tool-withstands",
)
TWO_TRANSPORTS = """
[servers.twin.transports.http]
url = "http://127.0.0.1:{{port}}/mcp"
command = {python}
args = {args}
[servers.same.transports.http]
url = "http://127.0.0.1:{{port}}/mcp"
command = {python}
args = {same}
"""


def lock(server: str, **changed: object) -> Approved:
    """The good server as it is, but for members of its tool ``add`` that were others then."""
    offer = Offer()
    tools = {f"tool:{each['name']}": each for each in offer.tools}
    tools["tool:add"] = {**tools["tool:add"], **changed}
    others = {
        **{f"resource:{each['uri']}": each for each in offer.resources},
        **{f"template:{each['uriTemplate']}": each for each in offer.templates},
        **{f"prompt:{each['name']}": each for each in offer.prompts},
    }
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return Approved(server=server, at=now, by="ada", definitions={**tools, **others}, instructions=offer.instructions)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One deep run over servers that have to do with each other."""
    program("bubblewrap")
    program("strace")
    folder = tmp_path_factory.mktemp("fleetwide")
    web = ["-S", str(SCRIPT), "--era", "legacy", "--transport", "http", "--port", "{port}"]
    subjects = [
        Subject(id="eras", era="both", transport="stdio", defects=(CALLS["eras-answer-otherwise"],)),
        Subject(id="fragile", era="modern", transport="stdio", defects=(CALLS["breaks-on-a-hundred"],)),
        Subject(id="costly", era="legacy", transport="stdio", defects=(CALLS["definitions-cost-much"],)),
        Subject(id="twin", era="legacy", transport="stdio"),
        Subject(id="same", era="both", transport="stdio"),
    ]
    entries = {each.id: each.entry for each in subjects}
    entries["apart"] = {"command": sys.executable, "args": [str(FLAWED), "--fixed", "--root", str(folder)]}
    table = TWO_TRANSPORTS.format(
        python=json.dumps(sys.executable), args=json.dumps([*web, "--defect", "shouts"]), same=json.dumps(web)
    )
    folder.joinpath(LOCK).write_text(lock_text([lock("twin", description="Adds."), lock("same")]))
    options = ("-q", "--mcp-timeout=8", "--mcp-deep", "--mcp-deep-seconds=0.4", "--mcp-fail-on=low")
    yield finish(folder, launched(folder, entries, table.splitlines(), *options, suite="integration"))


def case(seen: Seen, check: str, server: str) -> CaseResult:
    """The one result of a check on a server."""
    return next(each for each in seen.cases(server) if each.check == check)


@pytest.mark.parametrize(
    ("check", "broken", "says", "good"),
    [
        ("tool-names-apart", "twin", "name of a tool of another server", "apart"),
        ("context-cost", "costly", "tokens of every conversation", "twin"),
        ("definitions-approved", "twin", "has another description than was approved by ada", "same"),
        ("transports-agree", "twin@http", "echo answers otherwise than twin does", "same@http"),
        ("eras-same-results", "eras", "echo answers otherwise in the other era", "same"),
    ],
)
def test_a_check_fires_on_one_server_and_is_silent_on_another(
    seen: Seen, check: str, broken: str, says: str, good: str
) -> None:
    titles = [finding.title for finding in case(seen, check, broken).findings]
    assert any(says in title for title in titles), (case(seen, check, broken), seen.output[-3000:])
    assert case(seen, check, good).outcome is Outcome.PASSED, case(seen, check, good)


def test_a_diff_shows_what_was_approved_and_what_is_there_now(seen: Seen) -> None:
    (finding,) = case(seen, "definitions-approved", "twin").findings
    assert '- "description": "Adds."' in finding.evidence
    assert '+ "description": "Adds two whole numbers."' in finding.evidence


def test_what_breaks_a_tool_is_shrunk_to_the_least(seen: Seen) -> None:
    withstands = [each for each in seen.run.cases if each.check == "tool-withstands"]
    broken = {each.server: each.findings[0].evidence for each in withstands if each.findings}
    assert broken["fragile"] in ("arguments: {'a': 100, 'b': 1}", "arguments: {'a': 1, 'b': 100}")
    good = [each for each in withstands if each.server == "same" and each.outcome is Outcome.PASSED]
    assert len(good) == 6
    assert all(each.measurements[0].value > 20 for each in good if each.element != "tool:list_notes")


def test_the_price_in_context_is_measured(seen: Seen) -> None:
    (cost,) = case(seen, "context-cost", "costly").measurements
    assert (cost.name, cost.unit) == ("context", "tokens")
    assert cost.value > 10_000


def test_the_other_era_is_a_start_of_its_own(seen: Seen) -> None:
    starts = {each.purpose: each.count for each in seen.facts("eras").starts}
    assert starts["era-results"] == 1


@pytest.mark.parametrize("check", FLEETWIDE)
def test_its_section_shows_a_finding(seen: Seen, check: str) -> None:
    lines = {f"    {finding_lines(each)[0]}" for each in seen.named(check)}
    assert lines & set(sections()[check].splitlines()), sorted(lines)
