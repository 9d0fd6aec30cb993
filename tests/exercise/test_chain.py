"""The chain of one server: which calls it makes in which order, with a scripted server in place of a real one.

The script stands for what real servers do rarely and not on demand: ending in the middle, hanging, refusing in words.
Real servers in real boxes are called in tests/suites/test_integration_checks.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.exercise.calling import Stage
from pytest_mcp.exercise.chain import REVIVALS, Chain
from pytest_mcp.model.call import Answer, Call, ExercisedTool
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.exchange import Arrival, Ask, Exchange
from pytest_mcp.model.interface import Element, ElementKind

HANG, END = "hang", "end"
Answers = Callable[[str, dict[str, Any]], Any]


@dataclass
class Scripted:
    """A caller whose answers a function gives: a text, an error as an exception, HANG or END."""

    answers: Answers
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ended: bool = False

    def send(self, ask: Ask) -> Exchange:
        params = ask.params or {}
        self.sent.append((params["name"], params["arguments"]))
        said = self.answers(params["name"], params["arguments"])
        arrival, message = Arrival.REPLY, None
        if said is HANG:
            arrival = Arrival.TIMEOUT
        elif said is END:
            arrival, self.ended = Arrival.CLOSED, True
        elif isinstance(said, Exception):
            message = {"result": {"content": [{"type": "text", "text": str(said)}], "isError": True}}
        else:
            message = {"result": {"content": [{"type": "text", "text": said}]}}
        return Exchange(
            server="s",
            method="tools/call",
            id=1,
            sent=b"",
            sent_at=0.0,
            arrival=arrival,
            message=message,
            reason=str(said),
        )

    def alive(self) -> bool:
        return not self.ended


@dataclass
class Told:
    """Ideas for arguments, given in full; what is learned is kept."""

    right: dict[str, Any] = field(default_factory=lambda: {"a": 1})
    repair: dict[str, Any] | None = None
    learned: list[str] = field(default_factory=list)

    def controls(self, tool: Element) -> Iterable[Case]:
        return [case(tool.name, "minimal", self.right)]

    def repaired(self, before: Case, text: str, tool: Element) -> Case | None:
        return case(tool.name, f"{before.id}+missing", self.repair) if self.repair else None

    def valid(self, tool: Element, control: Case) -> Iterable[Case]:
        return [case(tool.name, "maximal", {**control.arguments, "b": 2})]

    def invalid(self, tool: Element, control: Case) -> Iterable[Case]:
        return [
            case(tool.name, "missing:/a", {}, Expect.INVALID),
            case(tool.name, "type:/a", {"a": []}, Expect.INVALID),
        ]

    def learn(self, call: Call) -> None:
        self.learned.append(call.text)


def case(tool: str, ident: str, arguments: dict[str, Any], expect: Expect = Expect.VALID) -> Case:
    return Case(id=ident, tool=tool, arguments=arguments, expect=expect, kind=ident.partition(":")[0])


def tool(name: str) -> Element:
    return Element(kind=ElementKind.TOOL, name=name, index=0, definition={"name": name})


def strict(name: str, arguments: dict[str, Any]) -> Any:
    """A server that takes ``a`` as a number and refuses the rest."""
    return f"{name} did it" if type(arguments.get("a")) is int else ValueError("a is required")


@dataclass
class Staged:
    """A chain over scripted servers; each revival is another one."""

    answers: Answers
    ideas: Told = field(default_factory=Told)
    servers: list[Scripted] = field(default_factory=list)
    restored: int = 0

    def stage(self) -> Stage:
        self.servers.append(Scripted(self.answers))
        return Stage(caller=self.servers[-1], timeout=1.0, restore=self.restore)  # type: ignore[arg-type]

    def restore(self) -> None:
        self.restored += 1

    def run(self, *names: str) -> dict[str, ExercisedTool]:
        found = list(Chain(self.stage(), self.ideas, self.stage).run(map(tool, names)))
        assert sorted(each.tool for each in found) == sorted(names), "every tool once"
        return {each.tool: each for each in found}


def test_a_tool_that_works_has_a_control_a_repeat_and_its_other_cases() -> None:
    staged = Staged(strict)
    found = staged.run("get_it")["get_it"]
    assert found.control is not None
    assert found.control.proof == "a result, where wrong arguments are refused"
    assert found.repeat is not None
    assert found.repeat.answer is Answer.RESULT
    assert [call.case.id for call in found.calls] == ["missing:/a", "type:/a", "maximal"]
    assert staged.ideas.learned == ["get_it did it"]


def test_makers_are_called_before_removers() -> None:
    staged = Staged(strict)
    staged.run("delete_note", "create_note", "get_note")
    assert list(dict.fromkeys(name for name, _ in staged.servers[0].sent)) == ["create_note", "get_note", "delete_note"]


def test_a_refusal_is_repaired_and_the_repaired_call_is_the_control() -> None:
    staged = Staged(strict, Told(right={"z": 1}, repair={"a": 5}))
    found = staged.run("get_it")["get_it"]
    assert found.control is not None
    assert found.control.call.case.id == "minimal+missing"
    assert [call.answer for call in found.tries] == [Answer.REFUSED]


def test_what_is_refused_for_good_has_no_control_and_the_servers_own_words() -> None:
    staged = Staged(lambda *_: ValueError("no token"))
    found = staged.run("get_it")["get_it"]
    assert (found.control, found.problem) == (None, "refused: no token")
    assert staged.restored == 2  # once more in a fresh world, and once more after the other tools


def test_a_server_that_answers_everything_alike_proves_nothing() -> None:
    found = Staged(lambda *_: "ok").run("get_it")["get_it"]
    assert found.control is None
    assert found.problem == "answers wrong arguments just the same: ok"


def test_a_tool_that_hangs_is_called_once_and_the_others_go_on() -> None:
    staged = Staged(lambda name, arguments: HANG if name == "get_slow" else strict(name, arguments))
    found = staged.run("get_slow", "list_all")
    assert found["get_slow"].hung
    assert found["list_all"].control is not None
    assert [name for name, _ in staged.servers[0].sent].count("get_slow") == 1


def test_a_server_that_ends_is_started_again_for_the_next_tool() -> None:
    staged = Staged(lambda name, arguments: END if name == "get_bad" else strict(name, arguments))
    found = staged.run("get_bad", "list_all")
    assert "the server ended when it was called with minimal" in found["get_bad"].problem
    assert found["list_all"].control is not None
    assert len(staged.servers) > 1


def test_a_server_that_ends_at_every_call_is_left_alone_in_the_end() -> None:
    staged = Staged(lambda *_: END)
    names = [f"get_{number}" for number in range(10)]
    found = staged.run(*names)
    assert len(staged.servers) == 1 + REVIVALS
    assert all(each.control is None and each.problem for each in found.values())
