"""Servers that might be taken for flawed ones: no finding that is not true, and a run that ends."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mcp.model.run import Outcome
from tests.needs import program
from tests.suites.trials import Seen, finish, launched

pytestmark = pytest.mark.timeout(240)
SCRIPT = Path(__file__).parents[1] / "servers" / "mimic.py"
MODES = ("success", "echo", "random", "slow", "fragile", "knowing")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One run over all of them."""
    program("bubblewrap")
    program("strace")
    folder = tmp_path_factory.mktemp("mimics")
    entries = {mode: {"command": sys.executable, "args": ["-I", "-S", str(SCRIPT), mode]} for mode in MODES}
    yield finish(folder, launched(folder, entries, [], "-q", suite="security"))


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_found_that_is_not_there(seen: Seen, mode: str) -> None:
    assert seen.findings(mode) == []


@pytest.mark.parametrize("mode", ["success", "knowing"])
def test_without_a_call_that_works_nothing_is_proven(seen: Seen, mode: str) -> None:
    probed = [case for case in seen.cases(mode) if case.check in ("path-containment", "command-injection", "sql-write")]
    assert {case.outcome for case in probed} <= {Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE}
    assert any(case.message.startswith("no positive control") for case in probed)


def test_a_server_that_a_probe_ends_is_started_again_and_probed_on(seen: Seen) -> None:
    probed = [case for case in seen.cases("fragile") if case.check == "server-side-requests"]
    assert [case.outcome for case in probed if case.element == "tool:do_url"] == [Outcome.PASSED]
