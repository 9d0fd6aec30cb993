"""Every way a server may shake hands and list ends in an interface or in a failure that says why."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.model.interface import ElementKind, Era, Interface, StartState
from pytest_mcp.model.server import Stdio
from tests.client.conftest import launch_of, server_of, wait_for

Connect = Callable[..., Interface]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """Every process of a server adds a line to this file."""
    return tmp_path / "starts"


@pytest.fixture
def connect(tmp_path: Path, starts: Path) -> Iterator[Connect]:
    """Connect to a server that shakes hands, and lists, in the way said."""
    fleets = []

    def one(*how: str, timeout: float = 10.0) -> Interface:
        fleets.append(Fleet(tmp_path, timeout=timeout))
        return fleets[-1].connect(server_of(Stdio(launch=launch_of("eras.py", *how, env=(("STARTS", str(starts)),)))))

    yield one
    for fleet in fleets:
        fleet.close()


def purposes(found: Interface) -> list[str]:
    return [start.purpose for start in found.starts]


@pytest.mark.parametrize("how", ["legacy", "invalid-params"])
def test_a_legacy_server_refuses_the_probe_and_is_initialized_in_the_same_process(connect: Connect, how: str) -> None:
    found = connect(how)
    assert (found.connected, found.era, found.revision, purposes(found)) == (True, Era.LEGACY, "2025-06-18", ["shared"])
    assert found.handshake["serverInfo"] == {"name": how}
    assert [listing.method for listing in found.listings] == ["tools/list", "prompts/list"]


def test_a_modern_server_is_discovered_and_never_initialized(connect: Connect) -> None:
    found = connect("modern")
    assert (found.connected, found.era, found.revision, purposes(found)) == (True, Era.MODERN, "2026-07-28", ["shared"])
    assert [listing.method for listing in found.listings] == ["tools/list"]


def test_a_server_that_dies_of_the_probe_gets_a_fresh_process_which_is_counted(connect: Connect, starts: Path) -> None:
    found = connect("dies")
    assert (found.connected, found.era, purposes(found)) == (True, Era.LEGACY, ["shared", "era-retry"])
    assert found.starts[0].outcome == "server/discover: exited with code 3"
    assert [str(start.pid) for start in found.starts] == starts.read_text().split()


def test_a_server_silent_to_the_probe_is_initialized_within_the_time(connect: Connect) -> None:
    began = time.monotonic()
    found = connect("silent", timeout=1.5)
    assert (found.connected, found.era, purposes(found)) == (True, Era.LEGACY, ["shared"])
    assert time.monotonic() - began < 1.5


def test_a_modern_server_slower_than_the_probe_is_asked_again(connect: Connect) -> None:
    found = connect("late-modern", timeout=1.2)
    assert (found.connected, found.era, purposes(found)) == (True, Era.MODERN, ["shared"])


def test_a_server_that_refuses_our_revision_and_names_an_older_one_is_spoken_to_in_that(connect: Connect) -> None:
    found = connect("older")
    assert (found.connected, found.era, found.revision, purposes(found)) == (True, Era.LEGACY, "2025-06-18", ["shared"])


@pytest.mark.parametrize("how", ["disjoint", "disjoint-result"])
def test_a_modern_server_of_other_revisions_only_is_told_as_such(connect: Connect, how: str) -> None:
    found = connect(how)
    assert not found.connected
    assert found.failure
    assert "-32022" in found.failure.reason
    assert purposes(found) == ["shared"]


def test_a_server_that_never_answers_costs_its_timeout_and_was_still_running(connect: Connect) -> None:
    began = time.monotonic()
    found = connect("hangs", timeout=0.6)
    assert time.monotonic() - began < 1.0, "ending it must not be waited for"
    assert found.failure
    assert (found.failure.reason, found.failure.exit_code) == ("initialize: no reply in time", None)
    assert found.failure.state is StartState.RUNNING
    assert purposes(found) == ["shared"]


def test_a_server_that_exits_at_once_is_shown_with_code_and_stderr(connect: Connect) -> None:
    found = connect("exits")
    assert found.failure
    assert (found.failure.exit_code, found.failure.state) == (9, StartState.EXITED)
    assert found.failure.stderr_tail.endswith("Traceback: no module named that\n")
    assert purposes(found) == ["shared", "era-retry"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [("refuses", "initialize: error -32000: no license"), ("odd", "initialize: the reply has no result object")],
)
def test_a_refused_initialize_is_told_with_its_reason(connect: Connect, how: str, reason: str) -> None:
    failure = connect(how).failure
    assert failure
    assert failure.reason == reason


def test_a_command_that_is_not_there_is_a_failure_and_a_counted_start(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, timeout=5)
    found = fleet.connect(server_of(Stdio(launch=launch_of("eras.py").__class__(command="./no-such-program"))))
    fleet.close()
    assert found.failure
    assert found.failure.reason.startswith("command './no-such-program' is not there or not executable")
    assert (found.failure.exit_code, found.failure.state) == (None, StartState.NEVER)
    assert purposes(found) == ["shared"]


# -- lists ---------------------------------------------------------------------------------------------------------


def names(found: Interface) -> list[str]:
    return [element.name for element in found.of_kind(ElementKind.TOOL)]


def problem(found: Interface) -> str | None:
    listing = found.listing("tools/list")
    assert listing
    return listing.problem


def test_every_page_of_a_list_is_read(connect: Connect) -> None:
    found = connect("legacy", "three")
    assert (names(found), problem(found)) == (["after-", "after-a", "after-b"], None)


def test_a_repeated_cursor_ends_a_list(connect: Connect) -> None:
    found = connect("legacy", "repeats")
    assert (names(found), problem(found)) == (["after-", "after-same"], "page 2 repeats a cursor")


def test_a_cursor_that_is_no_string_ends_a_list(connect: Connect) -> None:
    found = connect("legacy", "number")
    assert (names(found), problem(found)) == (["after-"], "page 1 gives a cursor that is no string")


def test_a_list_without_end_ends(connect: Connect) -> None:
    found = connect("legacy", "endless")
    assert problem(found) == "does not end within 1000 pages"
    assert len(names(found)) == 1000


def test_a_page_that_repeats_the_one_before_ends_a_list(connect: Connect) -> None:
    found = connect("legacy", "same")
    assert (names(found), problem(found)) == (["again"], "page 2 repeats the elements of page 1")


def test_a_list_of_ten_thousand_is_read_and_one_without_bound_is_cut(connect: Connect) -> None:
    found = connect("legacy", "10000")
    assert (len(names(found)), problem(found)) == (10_000, None)
    found = connect("legacy", "huge")
    assert (len(names(found)), problem(found)) == (50_000, "does not end within 50000 elements")


def test_a_list_whose_pages_never_end_and_come_slowly_is_given_up(connect: Connect) -> None:
    began = time.monotonic()
    found = connect("legacy", "slow", timeout=0.5)
    assert time.monotonic() - began < 3
    assert problem(found) == "does not end within 1.5 s"
    assert len(names(found)) > 3


def test_a_list_that_fails_half_way_keeps_what_it_gave(connect: Connect) -> None:
    found = connect("legacy", "half")
    assert (names(found), problem(found)) == (["after-"], "error -32603: no second page")
    assert [element.name for element in found.of_kind(ElementKind.PROMPT)] == ["p"], "the other lists go on"


# -- all together --------------------------------------------------------------------------------------------------


def test_a_hanging_server_costs_its_timeout_once_and_the_others_start_meanwhile(tmp_path: Path, starts: Path) -> None:
    env = (("STARTS", str(starts)),)
    ways = ["hangs", *["legacy", "modern"] * 4]
    servers = [
        server_of(Stdio(launch=launch_of("eras.py", way, env=env)), name=f"s{number}")
        for number, way in enumerate(ways)
    ]
    fleet = Fleet(tmp_path, timeout=2.0)
    began = time.monotonic()
    found = list(fleet.connect_all(servers))
    seconds = time.monotonic() - began
    fleet.close()
    assert {interface.server: interface.connected for interface in found} == {
        server.id: server.id != "s0" for server in servers
    }
    assert found[-1].server == "s0", "told as they get known"
    assert 2.0 <= seconds < 3.0
    assert len(starts.read_text().split()) == len(servers)


INTERRUPTED = """
from pathlib import Path
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.model.server import Stdio
from tests.client.conftest import launch_of, server_of

env = (("STARTS", STARTS),)
servers = [server_of(Stdio(launch=launch_of("eras.py", "hangs", env=env)), name=f"s{n}") for n in range(12)]
try:
    list(Fleet(Path.cwd(), timeout=60.0).connect_all(servers))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_while_servers_start_is_obeyed_at_once(starts: Path) -> None:
    code = INTERRUPTED.replace("STARTS)", f"{str(starts)!r})")
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert wait_for(lambda: starts.exists() and len(starts.read_text().split()) >= 2, 20)
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.communicate(timeout=10)[0] == "interrupted\n"
    assert time.monotonic() - began < 5
    assert wait_for(lambda: not [pid for pid in starts.read_text().split() if Path("/proc", pid).exists()])


def test_the_shared_connection_ends_once_however_many_ask(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, timeout=10)
    fleet.connect(server_of(Stdio(launch=launch_of("eras.py", "legacy"))))
    first, second = fleet.begin_close("tested"), fleet.begin_close("tested")
    assert first is second
    assert fleet.get("tested").close() == first.result()
    assert first.result().exit_code == 0
    fleet.close()
    fleet.close()
