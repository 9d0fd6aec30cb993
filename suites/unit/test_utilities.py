"""Does the server do what it declares beside its lists: log levels, completion, subscriptions, cancellation?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_mcp.checks import check, messages, utilities
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, Together
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era

from .asks import harmless

NO_LEVEL = "loud"
REMOVED = tuple(
    Ask(method=method, params=params, timeout=messages.REFUSAL_SECONDS)
    for method, params in (
        ("ping", {}),
        ("logging/setLevel", {"level": "emergency"}),
        ("resources/subscribe", {"uri": "pytest-mcp://no-such/resource"}),
        ("resources/unsubscribe", {"uri": "pytest-mcp://no-such/resource"}),
    )
)
FINISHED = Ask(method="notifications/cancelled", params={"requestId": 1}, notification=True)
NEVER_SENT = Ask(method="notifications/cancelled", params={"requestId": "pytest-mcp-none"}, notification=True)


def levels(server: McpServer) -> list[Ask]:
    """Before 2026-07-28 a level is set, and set wrongly; since then one request has a wrong one."""
    if "logging" not in server.interface.capabilities:
        return []
    if server.interface.era is Era.MODERN:
        return [replace(harmless(server), params={"_meta": {"io.modelcontextprotocol/logLevel": NO_LEVEL}})]
    return [Ask(method="logging/setLevel", params={"level": level}) for level in ("error", NO_LEVEL)]


@check(
    "log-level",
    severity=Severity.MEDIUM,
    reference="MCP server/utilities/logging",
    remedy="take the eight levels of RFC 5424 and refuse others with -32602",
    asks=levels,
)
def test_log_levels_are_checked(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A log level that exists can be set where logging is declared, one that does not is refused."""
    asks = levels(mcp_server) or mcp_report.not_applicable("declares no logging")
    *known, unknown = [mcp_client.send(ask) for ask in asks]
    refused = messages.refused(unknown, [-32602], "log level that does not exist")
    mcp_report.judge(
        [
            *(
                Violation(title="logging is declared, but its level cannot be set", got=repr(seen.error or seen.reason))
                for seen in known
                if seen.result is None
            ),
            *(replace(each, severity=Severity.LOW) for each in refused),
        ]
    )


def completion(server: McpServer) -> list[Ask]:
    """The completion of the first thing that can be completed."""
    return utilities.completion(server.interface)


@check(
    "completion",
    severity=Severity.MEDIUM,
    reference="MCP server/utilities/completion",
    remedy="answer completion/complete where you declare completions, with at most 100 values; else refuse it",
    asks=completion,
)
def test_completion_answers_where_declared(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Completion answers where it is declared, and is refused where it is not."""
    asks = completion(mcp_server) or mcp_report.not_applicable("nothing that could be completed")
    seen = mcp_client.send(asks[0])
    if "completions" in mcp_server.interface.capabilities:
        mcp_report.judge(utilities.completed(seen))
    elif seen.result is not None:
        title = "completion/complete answers although completions is not declared"
        mcp_report.judge([Violation(title=title, got=repr(seen.result)[:200], severity=Severity.LOW)])


@check(
    "removed-methods",
    severity=Severity.LOW,
    reference="MCP 2026-07-28 changelog, 4 and 5",
    remedy="refuse with -32601 what 2026-07-28 removed, where the request declares that revision",
    era=Era.MODERN,
    asks=lambda _: [Together(asks=REMOVED)],
)
def test_removed_methods_are_refused(mcp_client: Caller, mcp_report: McpReport) -> None:
    """Methods that 2026-07-28 removed are unknown in it."""
    mcp_report.judge(
        violation
        for seen in mcp_client.send_all(REMOVED)
        for violation in messages.refused(seen, [-32601], f"{seen.method} was removed")
    )


def subscription(server: McpServer) -> list[Ask]:
    """A subscription to all changes that are declared."""
    wanted = utilities.subscribable(server.interface)
    if not wanted:
        return []
    return [
        Ask(
            method="subscriptions/listen",
            params={"notifications": wanted},
            timeout=messages.REFUSAL_SECONDS,
            until=utilities.ACKNOWLEDGED,
        )
    ]


@check(
    "subscriptions",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/patterns/subscriptions",
    remedy="acknowledge subscriptions/listen first of all, under the id of the request, with what you will send",
    era=Era.MODERN,
    asks=lambda server: [*asks, harmless(server)] if (asks := subscription(server)) else [],
)
def test_subscriptions_are_acknowledged(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A subscription to declared changes is acknowledged under its id, and ends when its client ends it."""
    asks = subscription(mcp_server) or mcp_report.not_applicable("declares no changes to subscribe to")
    seen, after = mcp_client.send(asks[0]), mcp_client.send(harmless(mcp_server))
    silent = [Violation(title="silent after a subscription ended", got=after.reason)] if after.message is None else []
    mcp_report.judge([*utilities.acknowledged(seen, utilities.subscribable(mcp_server.interface)), *silent])


def cancelled(server: McpServer) -> list[Ask]:
    """Cancellations of what is over, of what never was, and over stdio of what was asked this moment."""
    in_flight = [replace(harmless(server), cancelled=True)] if server.entry.kind == "stdio" else []
    return [FINISHED, NEVER_SENT, *in_flight]


@check(
    "cancellation",
    severity=Severity.MEDIUM,
    reference="MCP basic/utilities/cancellation, Behavior Requirements",
    remedy="ignore a cancellation that comes too late, and go on answering",
    asks=lambda server: [*cancelled(server), harmless(server)],
)
def test_cancellations_do_no_harm(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """After cancellations, late, wrong or in time, the server answers as before."""
    for ask in cancelled(mcp_server):
        mcp_client.send(ask)
    mcp_report.judge(_unanswered(mcp_client.send(harmless(mcp_server))))


def _unanswered(seen: Exchange) -> Iterator[Violation]:
    got: Any = seen.error or seen.reason
    if seen.result is None:
        yield Violation(title=f"{seen.method} is not answered after cancellations", got=repr(got))
