"""Are messages what the negotiated revision says they are? The envelope by hand, what is inside by mcp-types."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, get_args

from pytest_mcp.model.exchange import Arrival, Exchange, Noise, NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element, ElementKind, Interface
from pytest_mcp.model.text import inert_line

NEWEST_LEGACY = "2025-11-25"
_LISTED = {
    ElementKind.TOOL: ("tools/list", "tools"),
    ElementKind.RESOURCE: ("resources/list", "resources"),
    ElementKind.TEMPLATE: ("resources/templates/list", "resourceTemplates"),
    ElementKind.PROMPT: ("prompts/list", "prompts"),
}
LIST_METHODS = {method for method, _ in _LISTED.values()}
_COMPLETE = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
"""What 2026-07-28 demands of every cacheable result; added where only one element is looked at."""
_SHOWN = 5
REFUSAL_SECONDS = 5.0
"""How long a refusal is waited for: it needs no work, and a server silent to it is silent to many."""


def envelope(exchange: Exchange) -> Iterator[Violation]:
    """A reply is one JSON-RPC 2.0 object with our id and either a result or an error (basic/index, Responses)."""
    message = exchange.message
    if exchange.arrival is not Arrival.REPLY or not isinstance(message, dict):
        return
    if exchange.received is not None and (problem := _not_strict(exchange.received)):
        yield Violation(title=f"{exchange.method}: reply that a strict JSON parser refuses", got=problem)
    if message.get("jsonrpc") != "2.0":
        yield Violation(title=f"{exchange.method}: reply without jsonrpc 2.0", got=repr(message.get("jsonrpc")))
    if message.get("id") != exchange.id or isinstance(message.get("id"), bool):
        yield Violation(
            title=f"{exchange.method}: reply with another id", expected=repr(exchange.id), got=repr(message.get("id"))
        )
    if ("result" in message) == ("error" in message):
        yield Violation(title=f"{exchange.method}: reply must have either result or error", got=str(sorted(message)))
    if "error" in message:
        yield from _error_shape(exchange)


def _not_strict(raw: bytes) -> str:
    """Why clients cannot read what we read leniently; empty when they can."""
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "it starts with a byte order mark"
    try:
        json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return inert_line(str(error))
    return ""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _error_shape(exchange: Exchange) -> Iterator[Violation]:
    error = exchange.message["error"]
    whole = isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)
    if not whole:
        yield Violation(title=f"{exchange.method}: error without integer code and message", got=inert_line(repr(error)))


def result_shape(method: str, revision: str | None, result: Any) -> Iterator[Violation]:
    """The result of a method has the shape that the revision's schema gives it."""
    problems = _problems(method, revision, result)
    if problems:
        yield Violation(title=f"{method}: result does not fit revision {revision}", evidence="\n".join(problems))


def page_shape(method: str, revision: str | None, page: Any) -> Iterator[Violation]:
    """A page of a list, its elements left aside: each of them is judged by itself."""
    member = next(member for listed, member in _LISTED.values() if listed == method)
    if isinstance(page, dict) and isinstance(page.get(member), list):
        page = {**page, member: []}
    yield from result_shape(method, revision, page)


def element_shape(element: Element, revision: str | None) -> Iterator[Violation]:
    """One listed element has the shape that the revision's schema gives it."""
    method, member = _LISTED[element.kind]
    problems = _problems(method, revision, {**_COMPLETE, member: [element.definition]})
    if problems:
        yield Violation(
            title=f"{element.kind} definition does not fit revision {revision}",
            evidence="\n".join(problem.replace(f"{member}.0.", "", 1) for problem in problems),
        )


def is_method(method: str, revision: str | None) -> bool:
    """Whether the revision has this request of a client's."""
    from mcp_types.methods import SERVER_RESULTS

    return (method, _known(revision)) in SERVER_RESULTS


def emitted_shape(message: dict[str, Any], revision: str | None) -> Iterator[Violation]:
    """A notification or request of the server's has the shape of the revision; those it lacks are left aside."""
    from mcp_types.methods import SERVER_NOTIFICATIONS, SERVER_REQUESTS

    method, version = message["method"], _known(revision)
    known = {**SERVER_NOTIFICATIONS, **SERVER_REQUESTS}.get((method, version))
    problems = _validated(lambda: known.model_validate(message)) if known else []
    if problems:
        yield Violation(title=f"{method}: does not fit revision {revision}", evidence="\n".join(problems))


def _known(revision: str | None) -> str:
    from mcp_types.version import KNOWN_PROTOCOL_VERSIONS

    return revision if revision in KNOWN_PROTOCOL_VERSIONS else NEWEST_LEGACY


def _problems(method: str, revision: str | None, result: Any) -> list[str]:
    from mcp_types.methods import SERVER_RESULTS, validate_server_result

    version = _known(revision)
    if not isinstance(result, dict):
        return [f"no object: {inert_line(repr(result))}"]
    surface: Mapping[Any, Any] = SERVER_RESULTS
    if result.get("resultType") == "complete" and (either := get_args(surface.get((method, version)))):
        # the other one, InputRequiredResult, demands so little that a broken complete result would pass as it
        surface = {(method, version): either[0]}
    try:
        return _validated(lambda: validate_server_result(method, version, result, surface=surface))
    except KeyError:
        return [f"{method} is no method of revision {version}"]


def _validated(validate: Callable[[], object]) -> list[str]:
    """What pydantic has to say, the first of it."""
    from pydantic import ValidationError

    try:
        validate()
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False)]
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        return found[:_SHOWN] + more
    except ValueError as error:  # nested deeper than pydantic goes
        return [f"cannot be read: {error}"]
    return []


def refused(exchange: Exchange, codes: Iterable[int], what: str) -> Iterator[Violation]:
    """A request that must be refused came back as an error with one of these codes."""
    allowed = tuple(codes)
    expected = "error " + " or ".join(map(str, allowed))
    if exchange.arrival is not Arrival.REPLY:
        yield Violation(title=f"{what}: no reply", expected=expected, got=exchange.reason or str(exchange.arrival))
    elif exchange.error is None and "error" not in exchange.message:
        yield Violation(
            title=f"{what}: answered with a result", expected=expected, got=inert_line(repr(exchange.result))
        )
    elif exchange.error_code not in allowed:
        # refused all the same: a client learns less of why, but nothing happened that must not
        got = inert_line(repr(exchange.message["error"]))
        yield Violation(title=f"{what}: wrong error code", expected=expected, got=got, severity=Severity.LOW)


def supported_named(exchange: Exchange) -> Iterator[Violation]:
    """An UnsupportedProtocolVersionError lists the revisions that would do (basic/versioning)."""
    details = (exchange.error or {}).get("data")
    supported = details.get("supported") if isinstance(details, dict) else None
    if exchange.error_code == -32022 and not (isinstance(supported, list) and supported):
        yield Violation(title="error -32022 without the list of supported versions", got=inert_line(repr(details)))


def negotiated(exchange: Exchange, asked: str, released: Collection[str]) -> Iterator[Violation]:
    """``initialize`` in a version that never was is answered with one that was (basic/lifecycle, Version Negotiation).

    The specification's own example of a failed initialization is an error with code -32602, so that is a lesser one.
    """
    expected, what = "a result with a protocolVersion that the server speaks", f"initialize in version {asked}"
    if exchange.arrival is not Arrival.REPLY:
        yield Violation(title=f"{what}: no reply", expected=expected, got=exchange.reason or str(exchange.arrival))
    elif exchange.error is not None:
        got = inert_line(repr(exchange.error))
        yield Violation(title=f"{what}: refused", expected=expected, got=got, severity=Severity.LOW)
    elif (answered := (exchange.result or {}).get("protocolVersion")) == asked:
        yield Violation(title=f"{what}: agreed to, as if there were such a version", expected=expected, got=asked)
    elif answered not in released:
        yield Violation(title=f"{what}: offers no released one", expected=expected, got=inert_line(repr(answered)))


def http_status(exchange: Exchange, status: int, what: str) -> Iterator[Violation]:
    """Over HTTP the status says the same as the error; nothing to say about another transport."""
    if exchange.http_status is not None and exchange.http_status != status:
        yield Violation(title=f"{what}: wrong HTTP status", expected=str(status), got=str(exchange.http_status))


def cache_hints(method: str, page: Any) -> Iterator[Violation]:
    """``ttlMs`` is a whole number of at least 0, ``cacheScope`` public or private (server/utilities/caching)."""
    if not isinstance(page, dict):
        return
    ttl, scope = page.get("ttlMs"), page.get("cacheScope")
    if type(ttl) is not int or ttl < 0:
        yield Violation(title=f"{method}: ttlMs must be a whole number >= 0", got=inert_line(repr(ttl)))
    if scope not in ("public", "private"):
        yield Violation(title=f"{method}: cacheScope must be public or private", got=inert_line(repr(scope)))


def one_scope(method: str, pages: Iterable[Any]) -> Iterator[Violation]:
    """All pages of one list carry the same ``cacheScope`` (server/utilities/caching, Interaction with Pagination)."""
    scopes = {str(page.get("cacheScope")) for page in pages if isinstance(page, dict)}
    if len(scopes) > 1:
        yield Violation(title=f"{method}: pages with different cacheScope", got=inert_line(str(sorted(scopes))))


def asks_first(seen: Exchange) -> bool:
    """2026-07-28: the server wants input before it answers (basic/patterns/mrtr)."""
    return isinstance(seen.result, dict) and seen.result.get("resultType") == "input_required"


def result_type(method: str, result: Any) -> Iterator[Violation]:
    """Every result of 2026-07-28 says what it is (basic/index, ResultType)."""
    if isinstance(result, dict) and result.get("resultType") != "complete":
        yield Violation(title=f"{method}: resultType must be complete", got=inert_line(repr(result.get("resultType"))))


def stray(noise: Iterable[Noise], kinds: Mapping[NoiseKind, str]) -> Iterator[Violation]:
    """Things a server emitted that it must not, grouped by kind; ``kinds`` says how each is called."""
    seen = list(noise)
    for kind, called in kinds.items():
        if raw := [each.raw for each in seen if each.kind is kind]:
            shown = [inert_line(line.decode(errors="replace")) for line in raw[:_SHOWN]]
            more = [f"and {len(raw) - _SHOWN} more"] if len(raw) > _SHOWN else []
            yield Violation(title=called, evidence="\n".join(shown + more))


def undeclared(interface: Interface) -> tuple[tuple[str, str], ...]:
    """Capability and list method of what a server does not declare."""
    return tuple(
        (capability, f"{capability}/list")
        for capability in ("tools", "resources", "prompts")
        if capability not in interface.capabilities
    )
