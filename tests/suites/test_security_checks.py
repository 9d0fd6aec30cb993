"""Every check of the security suite fires on a flawed server and is silent on the same server mended, in real boxes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import Outcome
from pytest_mcp.reporting.terminal import finding_lines
from tests.needs import program
from tests.servers.flawed.registry import Flaw
from tests.servers.flawed.tools import FLAWS
from tests.suites.declared import SECURITY, sections
from tests.suites.trials import Seen, finish, launched

pytestmark = pytest.mark.timeout(240)
SCRIPT = Path(__file__).parents[1] / "servers" / "flawed" / "server.py"
OF_SERVERS = {
    "robustness": "flawed",
    "robustness-bytes": "flawed",
    "hidden-tools": "flawed",
    "stdout-under-attack": "flawed",
    "slow-templates": "flawed",
    "resource-containment": "flawed",
    "text-hidden-characters": "flawed",
    "text-hidden-markup": "flawed",
    "text-orders": "flawed",
    "text-other-tools": "flawed",
    "foreign-host": "flawed-http",
    "foreign-origin": "flawed-http",
    "listen-scope": "flawed-http",
}
"""Checks of servers as a whole, and where each fires."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One run over the flawed server and the mended one, over both transports."""
    program("bubblewrap")
    program("strace")
    folder = tmp_path_factory.mktemp("security")
    (folder / "files").mkdir()
    entries: dict[str, dict[str, object]] = {}
    table: list[str] = []
    for name, more in (("flawed", []), ("fixed", ["--fixed"])):
        words = ["-S", str(SCRIPT), "--root", "files", *more]
        entries[name] = {"command": sys.executable, "args": words}
        entries[f"{name}-http"] = {"type": "http", "url": "http://127.0.0.1:1/mcp"}
        table += [f"[servers.{name}-http.transports.http]", 'url = "http://127.0.0.1:{port}/mcp"']
        table += [f"command = {json.dumps(sys.executable)}", f"args = {json.dumps([*words, '--port', '{port}'])}"]
    yield finish(folder, launched(folder, entries, table, "-q", suite="security"))


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: f"{flaw.check}-{flaw.tool}")
@pytest.mark.parametrize("transport", ["", "-http"], ids=["stdio", "http"])
def test_a_flaw_is_named_by_its_check_and_by_no_other(seen: Seen, flaw: Flaw, transport: str) -> None:
    found = [each for each in seen.findings(f"flawed{transport}") if each.element == f"tool:{flaw.tool}"]
    assert any(each.check == flaw.check and flaw.says in each.title for each in found), (found, seen.output[-3000:])
    assert {each.check for each in found} - set(OF_SERVERS) == {flaw.check}


@pytest.mark.parametrize(("check", "server"), OF_SERVERS.items())
def test_a_flaw_of_a_whole_server_is_named(seen: Seen, check: str, server: str) -> None:
    assert [each for each in seen.findings(server) if each.check == check], seen.output[-3000:]


@pytest.mark.parametrize("server", ["fixed", "fixed-http"])
def test_the_mended_server_has_no_finding_and_every_tool_was_probed(seen: Seen, server: str) -> None:
    assert seen.findings(server) == []
    proven = {case.check for case in seen.cases(server) if case.outcome is Outcome.PASSED}
    here = {check for check, where in OF_SERVERS.items() if where.endswith("-http") == server.endswith("-http")}
    assert proven >= {flaw.check for flaw in FLAWS} | here
    assert [case for case in seen.cases(server) if case.outcome is Outcome.INCONCLUSIVE] == []


def test_every_check_of_the_suite_has_a_flaw_here_or_a_test_of_its_own() -> None:
    elsewhere = {
        check
        for check, what in SECURITY.items()
        if what.check.id.startswith(("text-", "result-", "config-", "supply-"))
    }
    assert {flaw.check for flaw in FLAWS} | set(OF_SERVERS) | elsewhere == set(SECURITY)


@pytest.mark.parametrize("check", [*dict.fromkeys(flaw.check for flaw in FLAWS), *OF_SERVERS])
def test_a_section_shows_what_a_finding_really_looks_like(seen: Seen, check: str) -> None:
    lines = {f"    {finding_lines(each)[0]}" for each in seen.named(check)}
    assert lines & set(sections()[check].splitlines()), sorted(lines)


def test_the_evidence_of_a_proven_flaw_is_the_call_that_proves_it(seen: Seen) -> None:
    proofs: list[Finding] = seen.named("command-injection")
    assert proofs
    assert all(each.evidence.startswith('tools/call {"name": ') and "left behind: " in each.evidence for each in proofs)


def test_instances_are_started_by_purpose_and_counted(seen: Seen) -> None:
    starts = {each.purpose: each.count for each in seen.facts("fixed").starts}
    assert starts == {"shared": 1, "sandbox": 1, "security": 1}
