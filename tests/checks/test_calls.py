"""What is said of calls as they went: each rule where it speaks and where it is silent."""

from typing import Any

import pytest

from pytest_mcp.checks import calls
from pytest_mcp.model.call import Answer, Call, Control, ExercisedTool
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.finding import Severity


def call(
    answer: Answer = Answer.RESULT,
    text: str = "done",
    *,
    case: str = "minimal",
    kind: str = "minimal",
    expect: Expect = Expect.VALID,
    result: Any = None,
    error: int | None = None,
    arguments: dict[str, Any] | None = None,
    reason: str = "",
) -> Call:
    message = {"error": {"code": error, "message": text}} if error else {"result": result or {"content": []}}
    lost = Arrival.TIMEOUT if "in time" in reason else Arrival.CLOSED
    arrival = lost if answer is Answer.LOST and reason else Arrival.REPLY
    return Call(
        case=Case(id=case, tool="t", arguments=arguments or {}, expect=expect, kind=kind, mutation=kind),
        exchange=Exchange(
            server="s",
            method="tools/call",
            id=1,
            sent=b"",
            sent_at=0.0,
            arrival=arrival,
            message=None if answer is Answer.LOST else message,
            reason=reason,
        ),
        answer=answer,
        text=text,
    )


def exercised(*more: Call, control: Call | None = None, **facts: Any) -> ExercisedTool:
    first = control or call()
    return ExercisedTool(tool="t", control=Control(call=first, proof="p"), repeat=first, calls=more, **facts)


def test_no_answer_is_medium_and_an_ended_server_is_as_bad_as_the_check_says() -> None:
    hung = list(calls.answers(exercised(call(Answer.LOST, reason="no reply in time"), hung=True)))
    ended = list(calls.answers(exercised(call(Answer.LOST, reason="exited with code 7"))))
    assert [(each.severity, each.title.split(" when")[0]) for each in (*hung, *ended)] == [
        (Severity.MEDIUM, "gives no answer"),
        (None, "ends its server"),
    ]
    (neither,) = calls.answers(exercised(call(Answer.LOST)))
    assert (neither.severity, neither.title) == (
        Severity.MEDIUM,
        "answers with neither result nor error when called with arguments minimal",
    )
    assert list(calls.answers(exercised(call(Answer.REFUSED)))) == []


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"content": []}, "gives no structuredContent"),
        ({"content": [], "structuredContent": {"n": "1"}}, "does not fit"),
        ({"content": [], "structuredContent": {"n": 1}}, None),
    ],
)
def test_structured_content_is_held_to_the_output_schema(result: dict[str, Any], says: str | None) -> None:
    found = list(calls.output(exercised(control=call(result=result)), SCHEMA))
    assert [says in each.title for each in found] == ([True] if says else [])


def test_an_output_schema_that_is_none_says_nothing_here() -> None:
    seen = exercised(control=call(result={"content": [], "structuredContent": 1}))
    assert list(calls.output(seen, {"type": "nonsense"})) == []


def test_a_refusal_of_what_is_allowed_is_low_and_a_crash_medium() -> None:
    rule = call(Answer.REFUSED, "at most one a day", case="maximal")
    crash = call(Answer.REFUSED, "TypeError: 'NoneType' object is not subscriptable", case="omitted:/a")
    (low,) = calls.valid_refused(exercised(rule))
    (medium,) = calls.valid_refused(exercised(rule, crash))
    assert (low.severity, medium.severity) == (Severity.LOW, Severity.MEDIUM)
    assert "omitted:/a (2 of such" in medium.title
    assert list(calls.valid_refused(exercised(call()))) == []


def test_a_refusal_says_nothing_where_the_control_does_not_work_twice() -> None:
    seen = ExercisedTool(
        tool="t",
        control=Control(call=call(), proof="created"),
        repeat=call(Answer.REFUSED, "it is there already"),
        calls=(call(Answer.REFUSED, "it is there already"),),
    )
    assert list(calls.valid_refused(seen)) == []


@pytest.mark.parametrize(
    ("case", "kind", "severity"),
    [
        ("missing:/a", "missing", None),
        ("missing=default:/a", "missing", Severity.LOW),
        ("type=object:/a", "type", None),
        ("type=number:/a", "type", Severity.LOW),
        ("type=null:/a", "type", Severity.LOW),
        ("range=maximum:/a", "range", Severity.LOW),
        ("extra", "extra", Severity.LOW),
    ],
)
def test_wrong_arguments_that_are_taken(case: str, kind: str, severity: Severity | None) -> None:
    taken = call(case=case, kind=kind, expect=Expect.INVALID)
    (found,) = calls.invalid_accepted(exercised(taken))
    assert found.severity == severity
    refused = call(Answer.REFUSED, case=case, kind=kind, expect=Expect.INVALID)
    disguised = call(Answer.DISGUISED, case=case, kind=kind, expect=Expect.INVALID)
    assert list(calls.invalid_accepted(exercised(refused, disguised))) == []


def test_the_worst_of_what_is_taken_is_named_first() -> None:
    mild = call(case="type=null:/a", kind="type", expect=Expect.INVALID)
    bad = call(case="missing:/a", kind="missing", expect=Expect.INVALID)
    (found,) = calls.invalid_accepted(exercised(mild, bad))
    assert found.severity is None
    assert "also type" in found.evidence


def test_an_error_without_its_flag_is_told_unless_the_arguments_asked_for_one() -> None:
    (found,) = calls.unflagged(exercised(call(Answer.DISGUISED, "Error: disk full", arguments={"a": "x"})))
    assert found.got == "Error: disk full"
    asked = call(Answer.DISGUISED, "Error: Operation failed", arguments={"messageType": "error"})
    assert list(calls.unflagged(exercised(asked))) == []
    assert list(calls.valid_refused(exercised(asked))) == []
    assert list(calls.unflagged(exercised(call(Answer.REFUSED)))) == []


def test_a_tools_own_failure_as_internal_error_is_told() -> None:
    seen = ExercisedTool(tool="t", tries=(call(Answer.REFUSED, "disk full", error=-32603),))
    (found,) = calls.failures_as_protocol_errors(seen)
    assert found.got == "disk full"
    other = ExercisedTool(tool="t", tries=(call(Answer.REFUSED, "no such file", error=-32602),))
    assert list(calls.failures_as_protocol_errors(other)) == []


def test_a_tool_is_told_in_a_line_without_what_could_harm_a_terminal() -> None:
    line = calls.told(exercised(control=call(arguments={"a": "\x1b[31mred\n"})))
    assert line.startswith("called with {'a': ")
    assert "\x1b" not in line
    assert "\n" not in line
    assert calls.told(ExercisedTool(tool="t", problem="no positive control: refused")) == "no positive control: refused"
