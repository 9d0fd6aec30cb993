"""Is everything that a server said so far what the negotiated revision allows? Pure, over all of it at once."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_mcp.checks import messages
from pytest_mcp.model.exchange import Arrival, Exchange, Noise, NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era
from pytest_mcp.model.text import inert_line

ELSEWHERE = {"initialize", "server/discover", *messages.LIST_METHODS}
"""Results with a check of their own."""
MAY_ASK = {"tools/call", "prompts/get", "resources/read"}
"""Requests of 2026-07-28 that a server may answer with questions (basic/patterns/mrtr, Supported Requests)."""
_META = "io.modelcontextprotocol/"
_RESERVED = range(-32099, -32019)
_DEFINED = {-32020, -32021, -32022}
_RETIRED = {-32002, -32042}


def envelopes(exchanged: Iterable[Exchange]) -> Iterator[Violation]:
    """Every reply keeps to JSON-RPC; one of each kind is told.

    Left out is what HTTP itself turned away: the body of such an error need not have an id.
    """
    replies = (seen for seen in exchanged if seen.id is not None and (seen.http_status or 200) < 400)
    yield from distinct(violation for seen in replies for violation in messages.envelope(seen))


def shapes(exchanged: Iterable[Exchange], noise: Iterable[Noise], revision: str | None) -> Iterator[Violation]:
    """Results, notifications and requests have the shape that the revision gives them; lists are judged elsewhere."""
    answered = [seen for seen in exchanged if _result(seen) is not None and seen.method not in ELSEWHERE]
    yield from distinct(
        violation
        for seen in answered
        if messages.is_method(seen.method, revision)
        for violation in messages.result_shape(seen.method, revision, _result(seen))
    )
    yield from distinct(
        violation for message in emitted(noise) for violation in messages.emitted_shape(message, revision)
    )


def error_codes(exchanged: Iterable[Exchange]) -> Iterator[Violation]:
    """Codes that 2026-07-28 reserves are used as it defines them, those it retired not at all (basic/index)."""
    for seen in exchanged:
        code, details = seen.error_code, (seen.error or {}).get("data")
        if code in _RESERVED and code not in _DEFINED | _RETIRED:
            yield Violation(title=f"{seen.method}: error {code}, which the specification reserves", got=_shown(seen))
        elif code in _RETIRED and seen.method != "resources/read":
            title = f"{seen.method}: error {code}, which 2026-07-28 retired"
            yield Violation(title=title, got=_shown(seen), severity=Severity.LOW)
        elif code == -32021 and not (
            isinstance(details, dict) and isinstance(details.get("requiredCapabilities"), dict)
        ):
            yield Violation(title=f"{seen.method}: error -32021 without requiredCapabilities", got=_shown(seen))


def undeclared_requests(noise: Iterable[Noise], era: Era | None) -> Iterator[Violation]:
    """A client that declared nothing is asked for nothing but a ping, and since 2026-07-28 by no request at all."""
    methods = [str(message["method"]) for message in emitted(noise, NoiseKind.SERVER_REQUEST)]
    for method in dict.fromkeys(methods):
        if era is Era.MODERN:
            yield Violation(title=f"sends a request of its own: {inert_line(method, 60)}")
        elif method != "ping":
            yield Violation(title=f"asks for {inert_line(method, 60)}, which this client did not declare")


def undeclared_inputs(exchanged: Iterable[Exchange]) -> Iterator[Violation]:
    """Nor do results ask it for anything, and only those that may (basic/patterns/mrtr, Server Requirements)."""
    for seen in exchanged:
        result = _result(seen)
        if not isinstance(result, dict) or result.get("resultType") != "input_required":
            continue
        if seen.method not in MAY_ASK:
            yield Violation(title=f"{seen.method}: answered with a question, which this method may not be")
        asked = result.get("inputRequests")
        for each in asked.values() if isinstance(asked, dict) else ():
            method = each.get("method") if isinstance(each, dict) else None
            yield Violation(title=f"{seen.method}: asks for {inert_line(str(method), 60)}, which was not declared")


def logs(exchanged: Iterable[Exchange], era: Era | None, *, declared: bool) -> Iterator[Violation]:
    """Log messages come for requests that asked for them (2026-07-28), or from servers that declare them (before)."""
    modern = era is Era.MODERN
    if declared and not modern:
        return
    unasked = [noise for seen in exchanged if f"{_META}logLevel".encode() not in seen.sent for noise in seen.noise]
    found = [each for each in emitted(unasked, NoiseKind.NOTIFICATION) if each["method"] == "notifications/message"]
    if found:
        title = "log message that no request asked for" if modern else "log message without the capability logging"
        severity = None if modern else Severity.LOW
        yield Violation(title=title, evidence=inert_line(json.dumps(found[0]), 500), severity=severity)


def nameless(exchanged: Iterable[Exchange], revision: str | None) -> Iterator[Violation]:
    """Each result says in its ``_meta`` which server it comes from (basic/index, ``_meta``)."""
    asked = [
        seen for seen in exchanged if seen.method != "server/discover" and messages.is_method(seen.method, revision)
    ]
    without = [seen.method for seen in asked if _bare(seen)]
    if without:
        methods = ", ".join(dict.fromkeys(without))
        yield Violation(title="results without serverInfo in _meta", got=inert_line(methods))


def _bare(seen: Exchange) -> bool:
    result = _result(seen)
    if not isinstance(result, dict):
        return False
    meta = result.get("_meta")
    return not (isinstance(meta, dict) and isinstance(meta.get(f"{_META}serverInfo"), dict))


def _result(seen: Exchange) -> Any:
    replied = seen.arrival is Arrival.REPLY and seen.id is not None and isinstance(seen.message, dict)
    return seen.message.get("result") if replied else None


def emitted(noise: Iterable[Noise], *kinds: NoiseKind) -> Iterator[dict[str, Any]]:
    """What a server sent unasked, as far as it was kept whole."""
    for each in noise:
        if each.kind in (kinds or (NoiseKind.NOTIFICATION, NoiseKind.SERVER_REQUEST)):
            try:
                message = json.loads(each.raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict) and isinstance(message.get("method"), str):
                yield message


def distinct(violations: Iterable[Violation]) -> Iterator[Violation]:
    """One violation of each title: a server that does it once does it every time."""
    seen: set[str] = set()
    for violation in violations:
        if violation.title not in seen:
            seen.add(violation.title)
            yield violation


def _shown(seen: Exchange) -> str:
    return inert_line(repr(seen.error))
