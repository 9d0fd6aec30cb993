"""Addresses that a caller does not reach, and the server does."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import addresses
from pytest_mcp.fixtures import McpReport, McpSandbox
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element
from pytest_mcp.model.probe import Family


@check(
    "server-side-requests",
    severity=Severity.HIGH,
    reference="CWE-918; OWASP MCP05",
    remedy="resolve the host first and refuse loopback, private and link-local addresses, after every redirect again",
)
def test_own_machine_is_not_asked(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No tool asks addresses of its server's own machine because a caller says so."""
    found = mcp_sandbox.probed(mcp_tool, Family.ADDRESS)
    world = mcp_sandbox.probing().world
    assert world
    mcp_report.judge(addresses.requests(found, world, mcp_tool.definition))
