"""Does the server keep to JSON-RPC and to its transport?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_mcp.checks import check, messages
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, NoiseKind, Silence, Together
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era

from .asks import PING, UNKNOWN, harmless

SILENCE = 0.01
MALFORMED = Ask(method="tools/call", params={"name": 7, "arguments": {}}, timeout=messages.REFUSAL_SECONDS)
NOTIFICATION = Ask(method="notifications/pytest-mcp-unknown", notification=True)
MIXED = 12


def mixed(server: McpServer) -> list[Ask]:
    """Requests that succeed and requests that fail, each of the latter another one."""
    bad = [replace(UNKNOWN, method=f"pytest-mcp/none-{n}") for n in range(MIXED)]
    return [harmless(server) if number % 2 else bad[number] for number in range(MIXED)]


def may_be_called(server: McpServer) -> bool:
    """Whether a call that must be refused may be tried: there are tools, and the server is not somebody else's."""
    return "tools" in server.interface.capabilities and not server.entry.remote


@check(
    "unknown-method",
    severity=Severity.MEDIUM,
    reference="JSON-RPC 2.0, 5.1; MCP 2026-07-28 basic/transports/streamable-http, Protocol Version Header",
    remedy="refuse methods you do not know with error -32601; over HTTP in 2026-07-28 with status 404",
    asks=lambda _: [UNKNOWN],
)
def test_unknown_method_is_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A method that does not exist is refused with -32601."""
    seen = mcp_client.send(UNKNOWN)
    modern = mcp_server.interface.era is Era.MODERN
    status = messages.http_status(seen, 404, "unknown method") if modern else ()
    mcp_report.judge([*messages.refused(seen, [-32601], "unknown method"), *status])


@check(
    "malformed-params",
    severity=Severity.MEDIUM,
    reference="JSON-RPC 2.0, 5.1; MCP schema: CallToolRequestParams",
    remedy="validate params against the schema and refuse what does not fit with -32602",
    asks=lambda server: [MALFORMED] if may_be_called(server) else [],
)
def test_malformed_params_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A tools/call whose name is a number is refused as invalid, and nothing is called."""
    if not may_be_called(mcp_server):
        mcp_report.not_applicable("declares no tools, or is a remote server: nothing is called")
    mcp_report.judge(_refused_somehow(mcp_client.send(MALFORMED)))


def _refused_somehow(seen: Exchange) -> list[Violation]:
    """-32602 or -32600 is right; a result with isError refuses it too, only less clearly.

    Over HTTP in 2026-07-28 a number cannot be mirrored in Mcp-Name, so HeaderMismatch is as true.
    """
    codes = [-32602, -32600] if seen.http_status is None else [-32602, -32600, -32020]
    wrong = list(messages.refused(seen, codes, "tools/call with a number for a name"))
    is_error = isinstance(seen.result, dict) and seen.result.get("isError") is True
    return [replace(each, severity=Severity.LOW) for each in wrong] if is_error else wrong


@check(
    "notification-unanswered",
    severity=Severity.MEDIUM,
    reference="MCP basic/index, Notifications; JSON-RPC 2.0, 4.1",
    remedy="never reply to a message without an id, not even with an error",
    asks=lambda server: [NOTIFICATION, harmless(server), Silence(seconds=SILENCE)],
)
def test_notifications_get_no_reply(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A notification gets no reply, not even an unknown one."""
    sent = mcp_client.send(NOTIFICATION)
    seen = mcp_client.send(harmless(mcp_server))
    noise = (*sent.noise, *seen.noise, *mcp_client.listen(SILENCE))
    # a reply without our id may have been taken for that to the list; then the list's own looks like a duplicate
    taken = isinstance(seen.message, dict) and seen.message.get("id") != seen.id
    kinds = (NoiseKind.UNKNOWN_REPLY, NoiseKind.DUPLICATE_REPLY) if taken else (NoiseKind.UNKNOWN_REPLY,)
    replies = dict.fromkeys(kinds, "reply to a notification")
    answered = sent.message is not None and sent.http_status is not None and sent.http_status < 300
    mcp_report.judge(
        [
            *messages.stray(noise, replies),
            *([Violation(title="reply to a notification", got=repr(sent.message))] if answered else []),
            *([] if seen.message else [Violation(title="silent after an unknown notification", got=seen.reason)]),
        ]
    )


@check(
    "concurrent-replies",
    severity=Severity.HIGH,
    reference="MCP basic/index, Requests",
    remedy="answer each request under its own id, in any order",
    asks=lambda server: [harmless(server), UNKNOWN, Together(asks=tuple(mixed(server)))],
)
def test_concurrent_requests_are_not_mixed_up(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Requests in flight together each get their own reply, once."""
    good = harmless(mcp_server)
    alone = {ask == good: mcp_client.send(ask) for ask in (good, UNKNOWN)}
    answered = alone[False].message is not None
    asks = mixed(mcp_server) if answered else [good] * MIXED
    seen = mcp_client.send_all(asks)
    swapped = [
        each
        for ask, each in zip(asks, seen, strict=True)
        if None not in (each.message, alone[ask == good].message) and _succeeds(each) != _succeeds(alone[ask == good])
    ]
    lost = [each for each in seen if each.message is None]
    noise = [noise for each in seen for noise in each.noise]
    twice = messages.stray(noise, {NoiseKind.DUPLICATE_REPLY: "second reply to a request"})
    mcp_report.judge([*_together("got the reply of another request", swapped), *_together("no reply", lost), *twice])


def _together(what: str, seen: Sequence[Exchange]) -> Iterator[Violation]:
    """One violation for all requests that went wrong in one way."""
    if seen:
        lines = [f"{each.method}: {each.reason or repr(each.message)[:200]}" for each in seen]
        yield Violation(title=f"requests in flight together: {what}", evidence="\n".join(lines))


def _succeeds(seen: Exchange) -> bool:
    return isinstance(seen.message, dict) and "result" in seen.message


@check(
    "ping",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/utilities/ping",
    remedy="answer ping with an empty result at once",
    era=Era.LEGACY,
    asks=lambda _: [PING],
)
def test_ping(mcp_client: Caller, mcp_report: McpReport) -> None:
    """Ping is answered with an empty result."""
    seen = mcp_client.send(PING)
    if not isinstance(seen.result, dict):
        mcp_report.judge([Violation(title="ping is not answered", got=repr(seen.error or seen.reason))])
