"""Messages that a client never sends and anybody can: what a server must outlive, and what it must not know."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pytest_mcp.checks.calls import NO_TOOL
from pytest_mcp.generation.words import listed, words
from pytest_mcp.model.exchange import Arrival, Ask, Exchange
from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.interface import ElementKind, Interface
from pytest_mcp.model.text import inert_line
from pytest_mcp.model.world import World

Send = Callable[[Ask], Exchange]
SECONDS = 5.0
LONG = 1 << 20
DEEP = 1000
TOOLS = Ask(method="tools/list", params={}, timeout=SECONDS)
SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """One message and what is wrong with it."""

    what: str
    ask: Ask


def _call(what: str, params: object) -> Malformed:
    return _raw(what, {"jsonrpc": "2.0", "id": 900_001, "method": "tools/call", "params": params})


def _raw(what: str, message: object) -> Malformed:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Malformed(what=what, ask=Ask(method="tools/call", raw=body, timeout=SECONDS, notification=True))


MALFORMED = (
    _call("a tool whose name is a number", {"name": 123}),
    _call("a tool whose name is an object", {"name": {"a": 1}, "arguments": {}}),
    _call("no params", None),
    _call("params that are an array", [1, 2]),
    _call("arguments that are an array", {"name": "pytest-mcp-no-such-tool", "arguments": [1]}),
    _call("arguments that are a text", {"name": "pytest-mcp-no-such-tool", "arguments": "x"}),
    _raw("an id that is null", {"jsonrpc": "2.0", "id": None, "method": "tools/list"}),
    _raw("an id that is an object", {"jsonrpc": "2.0", "id": {"a": 1}, "method": "tools/list"}),
    _raw("no method", {"jsonrpc": "2.0", "id": 900_002}),
    _raw("a method that is a number", {"jsonrpc": "2.0", "id": 900_003, "method": 7}),
    _raw("a batch", [{"jsonrpc": "2.0", "id": 900_004, "method": "tools/list"}]),
    _raw("an empty array", []),
    _raw(
        "a number too large for any type", b'{"jsonrpc":"2.0","id":900007,"method":"tools/list","params":{"a":1e999}}'
    ),
    _raw("a reply to nothing", {"jsonrpc": "2.0", "id": 900_008, "result": {}}),
)
"""JSON with one thing wrong in each; the next valid request must be answered as before."""

BYTES = (
    _raw("no JSON", b'{"jsonrpc": "2.0", "id": 900005, '),
    _raw("no UTF-8", b'{"jsonrpc": "2.0", "id": 900006, "method": "\xff\xfe"}'),
    _raw("a line of 1 MiB", {"jsonrpc": "2.0", "id": 900_009, "method": "tools/list", "params": {"a": "x" * LONG}}),
    _raw(
        "1000 levels of nesting",
        b'{"jsonrpc":"2.0","id":900010,"method":"tools/list","params":{"a":' + b"[" * DEEP + b"]" * DEEP + b"}}",
    ),
)
"""What is no JSON, or more of it than anybody sends."""


def survives(send: Send, messages: Sequence[Malformed]) -> Iterator[Violation]:
    """After every one of these the server is there and answers a list (CWE-248, CWE-400, CWE-674)."""
    ended: list[str] = []
    deaf: list[str] = []
    reason = ""
    for malformed in messages:
        send(malformed.ask)
        after = send(TOOLS)
        if after.arrival is Arrival.REPLY:
            continue
        reason = reason or after.reason
        (deaf if after.arrival is Arrival.TIMEOUT else ended).append(malformed.what)
        if len(ended) + len(deaf) > 3:
            break
    for names, how in ((ended, "ends at"), (deaf, "answers nothing any more after")):
        if names:
            more = "".join(f"\nalso {name}" for name in names[1:])
            yield Violation(title=f"{how} a message with {names[0]}", evidence=f"then: tools/list{more}", got=reason)


_OPPOSITES = {
    "read": ("write", "delete"),
    "get": ("set", "delete", "update"),
    "list": ("create", "delete"),
    "search": ("delete",),
    "query": ("execute",),
    "fetch": ("post",),
    "find": ("delete",),
}
_ALWAYS = listed("debug admin eval exec execute_command run_command shell execute_code read_file write_file get_env")
MOST = 40


def hidden_names(interface: Interface) -> list[str]:
    """Names of tools that are not listed and may be there: told in texts, counterparts of listed ones, the usual."""
    names = {tool.name for tool in interface.of_kind(ElementKind.TOOL)}
    texts = [str(interface.handshake), *(str(tool.definition) for tool in interface.of_kind(ElementKind.TOOL))]
    told = [word for text in texts for word in _identifiers(text)]
    counterparts = [
        name.replace(word, other, 1)
        for name in sorted(names)
        for word in words(name)[:1]
        for other in _OPPOSITES.get(word, ())
    ]
    found = dict.fromkeys((*told, *counterparts, *sorted(_ALWAYS)))
    return [name for name in found if name not in names][:MOST]


def _identifiers(text: str) -> list[str]:
    quoted = text.replace("`", " ").replace("'", " ").replace('"', " ").split()
    return [word for word in quoted if "_" in word.strip("_") and word.isidentifier() and len(word) < 60]


def hidden(send: Send, names: Sequence[str]) -> Iterator[Violation]:
    """A tool that no list has is not there (CWE-863): called, it gets the refusal that an invented name gets."""
    invented = str(NO_TOOL.params["name"]) if NO_TOOL.params else ""
    baseline = _refusal(send(NO_TOOL), invented)
    if baseline is None:
        return  # unknown-tool-refused says so
    for name in names:
        seen = send(Ask(method="tools/call", params={"name": name, "arguments": {}}, timeout=SECONDS))
        answer = _refusal(seen, name)
        if seen.arrival is Arrival.REPLY and answer != baseline and not _is_unknown(answer):
            yield Violation(
                title=f"answers calls of {inert_line(name, limit=80)}, which it does not list",
                evidence=f"an invented name gets: {inert_line(baseline, limit=SHOWN)}",
                got=inert_line(answer or repr(seen.result), limit=SHOWN),
                confidence=Confidence.FIRM if answer is None else Confidence.TENTATIVE,
                severity=None if answer is None else Severity.LOW,
            )


def _refusal(seen: Exchange, name: str) -> str | None:
    """The words of a refusal without the tool's name; None for what is no refusal."""
    if seen.error is not None:
        text = f"{seen.error_code} {seen.error.get('message', '')}"
    elif isinstance(seen.result, dict) and seen.result.get("isError") is True:
        text = str(seen.result.get("content"))
    else:
        return None
    return text.replace(name, "NAME")


def _is_unknown(refusal: str | None) -> bool:
    told = (refusal or "").lower()
    return any(
        word in told for word in ("unknown", "not found", "no such", "does not exist", "not exist", "unrecognized")
    )


RUNS = (16, 28, 60)
"""Lengths of a run of one character: an exponential pattern has no end at the last, a good one answers at once."""
_RUNS = (",", "a", "/", "%2C")


def slow_templates(send: Send, interface: Interface) -> Iterator[Violation]:
    """No URI keeps the pattern of a resource template busy (CWE-1333)."""
    for template in interface.of_kind(ElementKind.TEMPLATE):
        for letter in _RUNS:
            taken: list[float] = []
            for length in RUNS:
                seen = send(
                    Ask(
                        method="resources/read",
                        params={"uri": _filled(template.name, letter * length)},
                        timeout=SECONDS,
                    )
                )
                taken.append(seen.latency if seen.latency is not None else float("inf"))
                if seen.arrival is not Arrival.REPLY:
                    break
            if taken[-1] > 1.0 and taken[-1] > 20 * max(taken[0], 0.005):
                shown = "no answer" if taken[-1] == float("inf") else f"{taken[-1]:.2f} s"
                yield Violation(
                    title="a short URI keeps its template busy",
                    evidence=f"{RUNS[0]} times {letter!r}: {taken[0]:.3f} s; {RUNS[len(taken) - 1]} times: {shown}",
                    element=f"template:{template.name}",
                )
                break


def _filled(template: str, value: str) -> str:
    """The template with a value in every place, and an end that it does not have."""
    return re.sub(r"\{[^}]*\}", lambda _: value, template) + "/x"


def resources_outside(send: Send, interface: Interface, world: World) -> Iterator[Violation]:
    """No URI of a resource or template leads out of where the server works (CWE-22)."""
    tried = 0
    for element in (*interface.of_kind(ElementKind.TEMPLATE), *interface.of_kind(ElementKind.RESOURCE)):
        uris = list(_leading_out(element.name, world))
        tried += bool(uris)
        if tried > MOST_RESOURCES:
            return
        for uri in uris:
            seen = send(Ask(method="resources/read", params={"uri": uri}, timeout=SECONDS))
            if world.canary.encode() in (seen.received or b""):
                yield Violation(
                    title="reads a file outside of where it works",
                    element=f"{element.kind}:{element.name}",
                    evidence=f"resources/read {inert_line(uri, limit=SHOWN)}",
                    expected="an error",
                    got=inert_line(repr(seen.result), limit=SHOWN),
                    severity=Severity.LOW if re.fullmatch(r"file:/{2,3}\{[^}]*\}", element.name) else None,
                )
                break


MOST_RESOURCES = 6


def _leading_out(uri: str, world: World) -> Iterator[str]:
    """URIs like this one that lead to a file which nobody told the server of."""
    secret = f"{world.outside}/secret.txt"
    ways = (secret, f"{'../' * 12}{secret.lstrip('/')}", f"{'..%2F' * 12}{quote(secret.lstrip('/'), safe='')}")
    if "{" in uri:
        for way in ways:
            yield way.join(re.split(r"\{[^}]*\}", uri))
    elif uri.startswith("file:"):
        folder = uri.rpartition("/")[0]
        yield from (f"file://{secret}", f"{folder}/{ways[1]}", f"{folder}/{ways[2]}")
