"""Servers are exercised together; a test waits for its tool and no longer."""

import threading
from collections.abc import Iterator

from pytest_mcp.exercise.rehearsal import Rehearsal
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.effects import Level


def test_a_test_waits_for_its_tool_and_not_for_the_rest() -> None:
    go_on = threading.Event()

    def perform(server: str) -> Iterator[Exercised | ExercisedTool]:
        yield Exercised(server=server, level=Level.L3)
        yield ExercisedTool(tool="one")
        go_on.wait(20)
        yield ExercisedTool(tool="two")

    rehearsal = Rehearsal(perform, Exercised, at_once=1)
    rehearsal.begin(["a"])
    assert rehearsal.tool("a", "one") == ExercisedTool(tool="one")
    go_on.set()
    assert [tool.tool for tool in rehearsal.whole("a").tools] == ["one", "two"]
    assert rehearsal.whole("a").level is Level.L3
    assert rehearsal.tool("a", "three") is None


def test_as_many_servers_as_allowed_at_once_and_each_once() -> None:
    running, most, seen = [], [], []
    gate = threading.Barrier(2, timeout=20)

    def perform(server: str) -> Iterator[Exercised | ExercisedTool]:
        running.append(server)
        seen.append(server)
        most.append(len(running))
        gate.wait()
        running.remove(server)
        yield Exercised(server=server, level=Level.L2)

    rehearsal = Rehearsal(perform, Exercised, at_once=2)
    rehearsal.begin(["a", "b", "c", "d"])
    rehearsal.begin(["a", "d"])
    assert [rehearsal.whole(server).level for server in "abcd"] == [Level.L2] * 4
    assert (sorted(seen), max(most)) == (["a", "b", "c", "d"], 2)


def test_a_chain_that_breaks_is_told_and_the_others_go_on() -> None:
    def perform(server: str) -> Iterator[Exercised | ExercisedTool]:
        yield Exercised(server=server, level=Level.L3)
        if server == "odd":
            raise ValueError("what a server")
        yield ExercisedTool(tool="one")

    rehearsal = Rehearsal(perform, Exercised, at_once=1)
    rehearsal.begin(["odd", "good"])
    assert "internal error: ValueError: what a server" in rehearsal.whole("odd").problem
    assert rehearsal.tool("good", "one")


def test_nothing_is_begun_after_a_stop() -> None:
    rehearsal = Rehearsal(lambda server: iter([Exercised(server=server, level=Level.L3)]), Exercised, at_once=1)
    rehearsal.stop()
    rehearsal.begin(["a"])
    assert not rehearsal._threads or rehearsal._threads[0].join(5) is None
    assert rehearsal._servers == {}
