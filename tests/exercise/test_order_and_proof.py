"""Makers first, removers last; and what proves a call."""

import pytest

from pytest_mcp.exercise.order import ordered, rank, words
from pytest_mcp.exercise.proof import promising, proof, reach
from pytest_mcp.model.call import Answer, Call
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Effects, FileEffect, Level, Request, Spawned, Touched
from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.interface import Element, ElementKind

CASE = Case(id="minimal", tool="t", arguments={}, expect=Expect.VALID, kind="minimal")
SEEN = Exchange(server="s", method="tools/call", id=1, sent=b"", sent_at=0.0, arrival=Arrival.REPLY)


def call(answer: Answer, text: str = "", effects: Effects | None = None) -> Call:
    return Call(case=CASE, exchange=SEEN, answer=answer, text=text, effects=effects)


def test_makers_come_before_lookers_changers_and_removers() -> None:
    names = ["delete_note", "editNote", "list_notes", "create-note", "getNote", "sheet.close"]
    tools = [Element(kind=ElementKind.TOOL, name=name, index=0, definition={}) for name in names]
    assert [tool.name for tool in ordered(tools)] == [
        "create-note",
        "list_notes",
        "getNote",
        "editNote",
        "delete_note",
        "sheet.close",
    ]


def test_words_of_a_name_in_any_case_style() -> None:
    assert words("getHTTPPage2") == ["get", "http", "page", "2"]
    assert words("git_worktree-add") == ["git", "worktree", "add"]
    assert rank("") == 1


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        ({"files": (FileEffect(path="/w/a", how=Touched.CREATED, inside=True),)}, "created /w/a"),
        ({"spawned": (Spawned(argv=("git", "log")),)}, "started git"),
        ({"requests": (Request(method="GET", url="http://127.0.0.1/x"),)}, "requested http://127.0.0.1/x"),
    ],
)
def test_an_effect_proves_a_call_whatever_it_answers(effects: dict[str, object], told: str) -> None:
    seen = Effects(level=Level.L3, complete=True, **effects)  # type: ignore[arg-type]
    assert promising(call(Answer.EMPTY, effects=seen))
    assert proof(call(Answer.EMPTY, effects=seen), []) == told


def test_a_file_that_was_only_read_proves_nothing() -> None:
    seen = Effects(level=Level.L3, files=(FileEffect(path="/w/a", how=Touched.READ, inside=True),))
    assert not promising(call(Answer.EMPTY, effects=seen))
    assert not proof(call(Answer.EMPTY, effects=seen), [])


def test_a_result_proves_a_call_when_wrong_arguments_get_another_answer() -> None:
    good = call(Answer.RESULT, "hello")
    assert "refused" in proof(good, [call(Answer.REFUSED, "no")])
    assert "another" in proof(good, [call(Answer.RESULT, "something else")])
    assert "no arguments" in proof(good, [])


def test_an_effect_that_wrong_arguments_have_too_is_no_proof() -> None:
    seen = Effects(level=Level.L3, complete=True, spawned=(Spawned(argv=("tool", "--version")),))
    wrong = call(Answer.RESULT, "device not there", effects=seen)
    assert proof(call(Answer.RESULT, "device not there", effects=seen), [wrong]) == ""


def test_a_refused_call_reaches_something_when_its_text_arrives_there() -> None:
    arrived = Effects(level=Level.L3, complete=True, spawned=(Spawned(argv=("kubectl", "pod/planted")),))
    elsewhere = Effects(level=Level.L3, complete=True, spawned=(Spawned(argv=("kubectl", "version")),))
    case = Case(id="minimal", tool="t", arguments={"name": "planted"}, expect=Expect.VALID, kind="minimal")
    refused = [Call(case=case, exchange=SEEN, answer=Answer.REFUSED, effects=each) for each in (elsewhere, arrived)]
    assert reach(refused) is refused[1]
    assert reach(refused[:1]) is None


def test_a_server_that_answers_everything_alike_proves_nothing() -> None:
    good = call(Answer.RESULT, "success")
    assert proof(good, [call(Answer.RESULT, "success"), call(Answer.RESULT, "success")]) == ""


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.DISGUISED, Answer.LOST, Answer.ASKS])
def test_what_did_not_succeed_is_no_control(answer: Answer) -> None:
    assert not promising(call(answer, "text"))
