"""Requests that a page of a stranger could make a browser send."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import rebinding
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.finding import Severity


@check(
    "foreign-host",
    severity=Severity.HIGH,
    reference="CWE-346, CWE-350; MCP basic/transports, Security Warning (DNS rebinding)",
    remedy="answer only for the host names you are reached by; refuse others with status 421 or 403",
    transport="http",
    asks=lambda server: [rebinding.ask(server.interface, rebinding.HOST)] if server.entry.local else [],
)
def test_foreign_hosts_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request for another host name is refused."""
    if not mcp_server.entry.local:
        mcp_report.not_applicable("a remote server: its host name is its own")
    seen = mcp_client.send(rebinding.ask(mcp_server.interface, rebinding.HOST))
    mcp_report.judge(rebinding.answered(seen, "a foreign Host"))


@check(
    "foreign-origin",
    severity=Severity.HIGH,
    reference="CWE-346; MCP basic/transports, Security Warning (Origin)",
    remedy="refuse a request whose Origin you do not know with status 403",
    transport="http",
    asks=lambda server: [rebinding.ask(server.interface, rebinding.ORIGIN)],
)
def test_foreign_origins_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request from a page of another origin is refused."""
    seen = mcp_client.send(rebinding.ask(mcp_server.interface, rebinding.ORIGIN))
    mcp_report.judge(rebinding.answered(seen, "a foreign Origin"))
