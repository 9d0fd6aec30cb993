"""With xdist the same tests run, on servers that are started once; a lost worker loses one test."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.plugin.conftest import Project, Ran, gone

CRASHES = """
import os

def test_ends_its_worker(mcp_server):
    if mcp_server.id == "two":
        os._exit(7)

def test_ends_another(): os._exit(7)
"""


@pytest.fixture(scope="module")
def fleet(new_project: Callable[[], Project]) -> Project:
    project = new_project()
    for name in ("one", "two", "three"):
        project.serve(name, starts=f"{name}.starts")
    project.serve("bad", exit=3, starts="bad.starts")
    return project


@pytest.fixture(scope="module")
def alone(fleet: Project) -> Ran:
    return fleet.run("--mcp-seed=1", whole=True)


@pytest.fixture(scope="module")
def shared(fleet: Project) -> tuple[Ran, list[int]]:
    before = [len(fleet.starts(name)) for name in fleet.entries]
    ran = fleet.run("--mcp-seed=1", "-n2", whole=True)
    return ran, [len(fleet.starts(name)) - count for name, count in zip(fleet.entries, before, strict=True)]


def test_workers_give_the_same_results(alone: Ran, shared: tuple[Ran, list[int]]) -> None:
    ran = shared[0]
    assert (ran.outcomes, ran.code, ran.verdict) == (alone.outcomes, 1, "BLOCK")
    assert alone.code == 1


def test_a_server_stays_on_one_worker(shared: tuple[Ran, list[int]]) -> None:
    workers = defaultdict(set)
    for case in shared[0].run.cases:
        workers[case.server].add(case.worker)
    assert set(workers) == {"one", "two", "three", "bad"}
    assert {len(each) for each in workers.values()} == {1}
    assert set.union(*workers.values()) == {"gw0", "gw1"}


def test_servers_are_started_once(shared: tuple[Ran, list[int]], fleet: Project) -> None:
    ran, starts = shared
    assert starts[:3] == [1, 1, 1]
    assert [server.starts[0].count for server in ran.run.servers if server.connected] == [1, 1, 1]
    assert gone(pid for name in fleet.entries for pid in fleet.starts(name))


def test_there_is_one_summary(shared: tuple[Ran, list[int]]) -> None:
    ran = shared[0]
    for start in ("mcp: ", "probed ", "gate: ", "report: ", "rerun: "):
        assert ran.line(start)
    assert ran.out.count("MCP gate") == 1


def test_what_workers_leave_out_narrows_the_run(fleet: Project) -> None:
    ran = fleet.run("-n2", "-k", "one", whole=True)
    assert ran.verdict != "PASS"
    assert any("deselected" in reason for reason in ran.run.narrowed)


def test_stopping_at_the_first_failure_is_told(fleet: Project) -> None:
    ran = fleet.run("-n2", "-x")
    assert ran.run.narrowed[-1] == "stopped after 1 failure"
    assert gone(pid for name in fleet.entries for pid in fleet.starts(name))


def test_a_lost_worker_loses_only_its_test(project: Project) -> None:
    for name in ("one", "two"):
        project.serve(name, starts=f"{name}.starts")
    whole = set(project.run().outcomes)
    project.write("test_crash.py", CRASHES)
    ran = project.run("-n2", "test_crash.py")
    assert ran.code == 1
    lost = {key: outcome for key, outcome in ran.outcomes.items() if outcome not in ("passed", "not-applicable")}
    assert lost == {"worker-survives|two||test_crash.py::test_ends_its_worker[two]": "failed"}
    assert whole <= set(ran.outcomes)
    assert "findings.open 1 (two)" in ran.line("gate: BLOCK")
    assert set(ran.failed) == {"test_crash.py::test_ends_its_worker[two]", "test_crash.py::test_ends_another"}
    assert gone(pid for name in ("one", "two") for pid in project.starts(name))
