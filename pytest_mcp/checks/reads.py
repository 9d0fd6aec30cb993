"""What came back when a resource was read or a prompt was asked for: pure rules over one exchange."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import uritemplate

from pytest_mcp.checks import messages
from pytest_mcp.model.call import ExercisedTool
from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element
from pytest_mcp.model.text import inert_line


def readable(seen: Exchange, revision: str | None) -> Iterator[Violation]:
    """A listed resource is read, in the shape of the revision, its blobs being base64 (server/resources, Contents)."""
    if seen.arrival is not Arrival.REPLY:
        yield Violation(title="a listed resource gets no answer when it is read", got=seen.reason)
        return
    if not isinstance(seen.result, dict):
        got = inert_line(repr((seen.error or {}).get("message") or seen.message))
        # in the sandbox there is no network, and nothing is signed in
        yield Violation(title="a listed resource cannot be read", got=got, severity=Severity.LOW)
        return
    yield from messages.result_shape("resources/read", revision, seen.result)
    contents = seen.result.get("contents")
    for content in contents if isinstance(contents, list) else ():
        blob = content.get("blob") if isinstance(content, dict) else None
        if isinstance(blob, str) and not _is_base64(blob):
            yield Violation(title="a blob is no base64", got=inert_line(repr(blob)))
            return
    if contents == []:
        yield Violation(title="a listed resource has no contents", severity=Severity.LOW)


def template_problem(template: str) -> str:
    """Why a uriTemplate cannot be expanded (RFC 6570), empty when it can."""
    try:
        uritemplate.expand(template, {})
    except (ValueError, KeyError, TypeError) as error:
        return f"cannot be expanded: {error}"
    return ""


def missing(template: str, values: Mapping[str, str]) -> list[str]:
    """The variables of a template that have no value."""
    return [name for name in sorted(uritemplate.variables(template)) if name not in values]


def expanded(template: str, values: Mapping[str, str]) -> str:
    """The uri of a template with these values, empty when one is missing."""
    return "" if missing(template, values) else uritemplate.expand(template, dict(values))


def first_value(seen: Exchange) -> str:
    """The first value that a completion offers, empty when it offers none."""
    found = seen.result.get("completion") if isinstance(seen.result, dict) else None
    values = found.get("values") if isinstance(found, dict) else None
    offered = [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
    return offered[0] if offered else ""


def known_values(tools: Iterable[ExercisedTool]) -> dict[str, str]:
    """Texts that tools were called with when they worked, by the name of the argument."""
    arguments = [tool.control.call.case.arguments for tool in tools if tool.control]
    return {name: value for each in arguments for name, value in each.items() if isinstance(value, str)}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def prompt_arguments(prompt: Element) -> dict[str, str]:
    """A text for every argument that the prompt requires."""
    listed = prompt.definition.get("arguments") if isinstance(prompt.definition, dict) else None
    required = [each for each in listed or () if isinstance(each, dict) and each.get("required") is True]
    return {str(each.get("name")): "hello" for each in required}


def rendered(seen: Exchange, revision: str | None) -> Iterator[Violation]:
    """A prompt that was rendered has the shape of the revision, and something to say."""
    if seen.arrival is not Arrival.REPLY:
        yield Violation(title="gets no answer when it is asked for", got=seen.reason)
        return
    yield from messages.result_shape("prompts/get", revision, seen.result)
    if isinstance(seen.result, dict) and seen.result.get("messages") == []:
        yield Violation(title="is rendered without any message", severity=Severity.LOW)


def worn_out(before: Exchange, after: Exchange, count: int) -> Iterator[Violation]:
    """What was answered before refusals is answered after them."""
    if before.result is not None and after.result is None:
        got: Any = after.error or after.reason
        yield Violation(title=f"{after.method} is not answered after {count} refused calls", got=inert_line(repr(got)))
