"""Is all that the server said so far what it may say? These checks judge what every other one caused."""

from pytest_mcp.checks import check, messages, traffic
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era

from .asks import UNKNOWN, harmless


def some(server: McpServer) -> list[Ask]:
    """Something to judge where this test runs alone: a request that succeeds."""
    return [harmless(server)]


@check(
    "reply-envelope",
    severity=Severity.HIGH,
    reference="MCP basic/index, Responses; JSON-RPC 2.0, 5",
    remedy="reply with jsonrpc 2.0, the id of the request, and either result or error",
    asks=lambda server: [harmless(server), UNKNOWN],
)
def test_reply_envelope(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Replies are JSON-RPC 2.0 with the id of their request and either a result or an error."""
    good, bad = mcp_client.send(harmless(mcp_server)), mcp_client.send(UNKNOWN)
    exchanged = mcp_client.exchanged()
    silent = [Violation(title=f"{good.method}: no reply", got=good.reason)] if good.message is None else []
    wrong = traffic.distinct([*messages.envelope(good), *messages.envelope(bad), *traffic.envelopes(exchanged)])
    mcp_report.judge([*silent, *wrong])


@check(
    "message-schema",
    severity=Severity.MEDIUM,
    reference="MCP schema of the negotiated revision; MCP 2026-07-28 basic/index, Error Codes",
    remedy="send what the schema of the negotiated revision defines; an SDK of that revision does",
    asks=some,
)
def test_messages_fit_the_schema(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Every result, notification, request and error so far has the shape that the revision gives it."""
    mcp_client.send(harmless(mcp_server))
    found, exchanged = mcp_server.interface, mcp_client.exchanged()
    codes = traffic.error_codes(exchanged) if found.era is Era.MODERN else ()
    mcp_report.judge([*traffic.shapes(exchanged, mcp_client.heard(), found.revision), *codes])


@check(
    "client-capabilities",
    severity=Severity.MEDIUM,
    reference="MCP basic/lifecycle, Capability Negotiation; MCP 2026-07-28 basic/patterns/mrtr, Server Requirements",
    remedy="ask a client for roots, sampling or elicitation only where it declared them",
    asks=some,
)
def test_nothing_undeclared_is_asked_for(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """The server asks the client for nothing that it did not declare."""
    mcp_client.send(harmless(mcp_server))
    requests = traffic.undeclared_requests(mcp_client.heard(), mcp_server.interface.era)
    inputs = traffic.undeclared_inputs(mcp_client.exchanged()) if mcp_server.interface.era is Era.MODERN else ()
    mcp_report.judge([*requests, *inputs])


@check(
    "log-unasked",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 server/utilities/logging; MCP 2025-11-25 server/utilities/logging",
    remedy="send notifications/message only for requests with a logLevel; before 2026-07-28, declare logging",
    asks=some,
)
def test_logs_come_when_asked_for(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Log messages come only where they were asked for, or before 2026-07-28 declared."""
    mcp_client.send(harmless(mcp_server))
    found = mcp_server.interface
    mcp_report.judge(traffic.logs(mcp_client.exchanged(), found.era, declared="logging" in found.capabilities))


@check(
    "results-name-the-server",
    severity=Severity.LOW,
    reference="MCP 2026-07-28 basic/index, _meta: io.modelcontextprotocol/serverInfo",
    remedy="add io.modelcontextprotocol/serverInfo to the _meta of every result",
    era=Era.MODERN,
    asks=some,
)
def test_results_name_the_server(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Every result so far says which server it comes from."""
    mcp_client.send(harmless(mcp_server))
    mcp_report.judge(traffic.nameless(mcp_client.exchanged(), mcp_server.interface.revision))


@check(
    "stdout-purity",
    severity=Severity.HIGH,
    reference="MCP basic/transports, stdio",
    remedy="write logs and banners to stderr; on stdout only messages",
    transport="stdio",
    asks=some,
)
def test_stdout_carries_only_messages(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Nothing but protocol messages comes on stdout."""
    mcp_client.send(harmless(mcp_server))
    kinds = {
        NoiseKind.NOT_JSON: "line on stdout that is no JSON",
        NoiseKind.INVALID: "line on stdout that is no JSON-RPC message",
    }
    mcp_report.judge(messages.stray(mcp_client.heard(), kinds))
