"""Does a server fit into its fleet: names of its own, a bearable price in context, definitions that were approved?"""

from datetime import UTC, datetime

from pytest_mcp.checks import approved, check, fleetwide
from pytest_mcp.fixtures import McpFleet, McpReport, McpServer
from pytest_mcp.inventory.lock import approval
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import ElementKind


@check(
    "tool-names-apart",
    severity=Severity.LOW,
    reference="MCP server/tools, Tool Names; OWASP MCP03 Tool Poisoning (shadowing)",
    remedy="give one of them another name, or configure one of the servers only",
)
def test_tool_names_are_its_own(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """No tool has the name of a tool of another server."""
    if not mcp_server.interface.of_kind(ElementKind.TOOL):
        mcp_report.not_applicable("lists no tools")
    others = {
        each.id: each.interface.of_kind(ElementKind.TOOL)
        for each in mcp_fleet.servers
        if each.entry.name != mcp_server.entry.name
    }
    mcp_report.judge(fleetwide.collisions(mcp_server.interface.of_kind(ElementKind.TOOL), others))


@check(
    "context-cost",
    severity=Severity.LOW,
    reference="MCP server/tools: every definition is part of each conversation that the tools are offered in",
    remedy="shorten descriptions, split the server, or list fewer tools",
)
def test_definitions_cost_little_context(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """What a server lists leaves most of a model's context to the conversation."""
    if not mcp_server.interface.of_kind(ElementKind.TOOL):
        mcp_report.not_applicable("lists no tools")
    cost = fleetwide.cost(mcp_server.interface)
    mcp_report.measure("context", cost.tokens, "tokens")
    mcp_report.judge(fleetwide.costly(cost))


@check(
    "definitions-approved",
    severity=Severity.MEDIUM,
    reference="OWASP MCP03 Tool Poisoning (rug pull); CWE-494",
    remedy="read the difference; where it is wanted: pytest-mcp approve NAME",
)
def test_definitions_are_those_approved(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The server says of itself what it said when it was approved (mcp-lock.json)."""
    if mcp_server.approved is None:
        mcp_report.not_applicable("nothing was approved of it: pytest-mcp approve")
    now = approval(mcp_server.interface, mcp_server.entry.secrets, by="", at=datetime.now(UTC))
    mcp_report.judge(approved.drift(mcp_server.approved, now))
