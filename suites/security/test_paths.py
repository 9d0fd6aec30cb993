"""Files outside of where a server works."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import attacks, paths
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element
from pytest_mcp.model.probe import Family


@check(
    "path-containment",
    severity=Severity.HIGH,
    reference="CWE-22, CWE-59, CWE-73; OWASP MCP05",
    remedy="resolve the path, links included, and compare it by whole parts with the folders that are allowed",
)
def test_paths_stay_inside(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No path leads a tool out of where its server works."""
    found = mcp_sandbox.probed(mcp_tool, Family.PATH)
    mcp_report.judge(paths.escapes(found, mcp_sandbox.probing()))


@check(
    "resource-containment",
    severity=Severity.HIGH,
    reference="CWE-22; MCP server/resources, Security Considerations",
    remedy="decode the URI, then resolve the path, and compare it by whole parts with the folders that are allowed",
    capability="resources",
)
def test_resources_stay_inside(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No URI of a resource leads a server out of where it works."""
    world = mcp_sandbox.probing().world
    assert world
    mcp_report.judge(attacks.resources_outside(mcp_sandbox.attack, mcp_server.interface, world))
