"""What calls of a tool show about it: pure rules over calls as they went."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_mcp.model.call import Answer, Call, ExercisedTool
from pytest_mcp.model.case import Expect
from pytest_mcp.model.exchange import Arrival, Ask, Exchange
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element
from pytest_mcp.model.text import inert_line

_ACCEPTED = (Answer.RESULT, Answer.EMPTY)
_CRASH = re.compile(
    r"traceback \(most recent call|\b(?:TypeError|AttributeError|KeyError|IndexError|NameError|ReferenceError|"
    r"UnboundLocalError|NullPointerException|panic)\b|is not a function|of undefined|of null\b|NoneType|"
    r"internal (?:server )?error|segmentation fault",
    re.IGNORECASE,
)
_OF_ERRORS = re.compile(r"err(?:or)?s?\b|fail|exception|invalid|missing|denied|not.found", re.IGNORECASE)
_PLAIN_WRONG = frozenset({"missing", "type"})
_MILD = frozenset({"type=number", "type=null", "missing=default"})
"""A number for a text, null for anything, what has a default left out: many a server converts the first, takes the
second for left out, and has its schema written by a library that calls the third required."""
_LOST = {Arrival.TIMEOUT: "gives no answer", Arrival.REPLY: "answers with neither result nor error"}
"""What a call without an answer came to, where the server is still there."""
SHOWN = 300
INTERNAL = -32603
NO_TOOL = Ask(method="tools/call", params={"name": "pytest-mcp-no-such-tool", "arguments": {}})
"""A call of a tool that nobody lists."""


def arguments_of(call: Call) -> str:
    """The arguments as one line."""
    return inert_line(repr(call.case.arguments), limit=SHOWN)


def answers(tool: ExercisedTool) -> Iterator[Violation]:
    """No call with arguments the schema allows may hang the tool or end the server."""
    for call in (*tool.tries, *((tool.control.call,) if tool.control else ()), *tool.calls):
        if call.answer is not Answer.LOST:
            continue
        title = _LOST.get(call.exchange.arrival, "ends its server")
        yield Violation(
            title=f"{title} when called{' with arguments ' + call.case.mutation if call.case.mutation else ''}",
            evidence=f"arguments: {arguments_of(call)}",
            got=call.exchange.reason or inert_line(repr(call.exchange.message), limit=SHOWN),
            severity=Severity.MEDIUM if call.exchange.arrival in _LOST else None,
        )
        return


def output(tool: ExercisedTool, schema: dict[str, Any]) -> Iterator[Violation]:
    """Every successful result has structured content that fits the output schema (server/tools, Output Schema)."""
    for call in _successes(tool):
        result = call.exchange.result
        if not isinstance(result, dict):
            continue  # a large answer, of which only the text was kept
        if "structuredContent" not in result:
            yield Violation(
                title="has an outputSchema, and gives no structuredContent", evidence=f"arguments: {arguments_of(call)}"
            )
            return
        if problem := _misfit(result["structuredContent"], schema):
            yield Violation(
                title="structuredContent does not fit the outputSchema",
                evidence=f"arguments: {arguments_of(call)}\n{problem}",
            )
            return


def valid_refused(tool: ExercisedTool) -> Iterator[Violation]:
    """One thing varied as the schema allows, and refused: harmless where a rule says no, a defect where code breaks."""
    refused = [call for call in tool.calls if call.case.expect is Expect.VALID and _refuses(call)]
    if tool.repeat is None or _refuses(tool.repeat):
        return  # not even the control works twice: what is refused now may be refused for that
    for call in sorted(refused, key=lambda each: not _CRASH.search(each.text))[:1]:
        crash = _CRASH.search(call.text)
        others = f" ({len(refused)} of such calls are refused)" if len(refused) > 1 else ""
        yield Violation(
            title=f"refuses what its schema allows: {call.case.id}{others}",
            evidence=f"arguments: {arguments_of(call)}",
            got=inert_line(call.text, limit=SHOWN),
            severity=Severity.MEDIUM if crash else Severity.LOW,
        )


def invalid_accepted(tool: ExercisedTool) -> Iterator[Violation]:
    """One thing wrong, and taken for a good call (server/tools, Security Considerations: validate all inputs)."""
    taken = [call for call in tool.calls if call.case.expect is Expect.INVALID and call.answer in _ACCEPTED]
    worst_first = sorted(taken, key=_mildness)
    for call in worst_first[:1]:
        more = [f"also {each.case.mutation}" for each in worst_first[1:6]]
        yield Violation(
            title=f"accepts arguments {call.case.mutation}",
            evidence="\n".join((f"arguments: {arguments_of(call)}", *more)),
            got=inert_line(call.text, limit=SHOWN) or str(call.answer),
            severity=Severity.LOW if _mildness(call) else None,
        )


def unflagged(tool: ExercisedTool) -> Iterator[Violation]:
    """An error that is told as a plain result: a client, and a model, take it for an answer."""
    everything = (*tool.tries, *((tool.repeat,) if tool.repeat else ()), *tool.calls)
    disguised = [call for call in everything if call.answer is Answer.DISGUISED and _refuses(call)]
    for call in disguised[:1]:
        yield Violation(
            title="tells an error as a normal result, without isError",
            evidence=f"arguments: {arguments_of(call)}\n{len(disguised)} of {len(everything)} calls",
            got=inert_line(call.text, limit=SHOWN),
        )


def _refuses(call: Call) -> bool:
    """Refused, openly or not; a tool whose arguments speak of errors, and that shows one, does what it was asked to."""
    shows = call.answer is Answer.DISGUISED and not _OF_ERRORS.search(repr(call.case.arguments))
    return call.answer is Answer.REFUSED or shows


def says_idempotent(tool: Element) -> bool:
    """Whether a tool promises that a second call does nothing more, and that the first may do something."""
    hints = tool.definition.get("annotations") if isinstance(tool.definition, dict) else None
    return isinstance(hints, dict) and hints.get("idempotentHint") is True and hints.get("readOnlyHint") is not True


def failures_as_protocol_errors(tool: ExercisedTool) -> Iterator[Violation]:
    """A failure of the tool itself belongs into a result with isError (server/tools, Error Handling)."""
    failed = [call for call in tool.tries if call.exchange.error_code == INTERNAL]
    for call in failed[:1]:
        yield Violation(
            title="reports its own failure as JSON-RPC error -32603 instead of a result with isError",
            evidence=f"arguments: {arguments_of(call)}",
            got=inert_line(call.text, limit=SHOWN),
        )


def is_broken(seen: Exchange) -> bool:
    """Whether an answer tells that code broke, rather than that a rule said no."""
    return seen.arrival is not Arrival.REPLY or bool(_CRASH.search(_said(seen)))


def broken(arguments: dict[str, Any], seen: Exchange) -> Iterator[Violation]:
    """The least arguments that were found to break a tool, with what came of them."""
    lost = seen.arrival is not Arrival.REPLY
    title = _LOST.get(seen.arrival, "ends its server") if lost else "breaks on arguments that its schema allows"
    yield Violation(
        title=title,
        evidence=f"arguments: {inert_line(repr(arguments), limit=SHOWN)}",
        got=inert_line(_said(seen) or seen.reason, limit=SHOWN),
        severity=None if lost else Severity.MEDIUM,
    )


def _said(seen: Exchange) -> str:
    """The text of an error, or of a result that is flagged as one."""
    if seen.error is not None:
        return str(seen.error.get("message", ""))
    result = seen.result if isinstance(seen.result, dict) else {}
    content = result.get("content") if result.get("isError") is True else None
    texts = [each.get("text") for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return "\n".join(text for text in texts if isinstance(text, str))


def unknown_accepted(seen: Exchange) -> Iterator[Violation]:
    """A call of a tool that is not listed comes back as an error, in either form (server/tools, Error Handling)."""
    if seen.error is None and not (isinstance(seen.result, dict) and seen.result.get("isError") is True):
        got = inert_line(repr(seen.result), limit=SHOWN) if seen.result is not None else seen.reason
        yield Violation(title="a tool that does not exist is called without an error", got=got)


def _successes(tool: ExercisedTool) -> Iterable[Call]:
    calls = (*((tool.control.call,) if tool.control else ()), *tool.calls)
    return [call for call in calls if call.case.expect is Expect.VALID and call.answer in _ACCEPTED]


def _mildness(call: Call) -> int:
    label = call.case.id.partition(":")[0]
    return 0 if call.case.kind in _PLAIN_WRONG and label not in _MILD else 1


def _misfit(value: Any, schema: dict[str, Any]) -> str:
    import jsonschema_rs

    try:
        problems = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(value))
    except (jsonschema_rs.ValidationError, ValueError, RecursionError):
        return ""  # tool-output-schema judges the schema
    return "\n".join(inert_line(problem.message, limit=SHOWN) for problem in problems[:3])


def told(tool: ExercisedTool) -> str:
    """How a tool was exercised, in a line for the report: by which arguments, from which sources, proven by what."""
    control = tool.control
    if control is None:
        return tool.problem
    case = control.call.case
    sources = ", ".join(dict.fromkeys(f"{each.path.lstrip('/')} from {each.source}" for each in case.origins))
    counted = f"; {len(tool.calls)} other cases" if tool.calls else ""
    return f"called with {arguments_of(control.call)} ({sources or 'no arguments'}); proof: {control.proof}{counted}"
