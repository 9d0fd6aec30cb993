"""Statements, parts of addresses and patterns that an argument reaches."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import attacks, statements
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.probe import Family


@check(
    "sql-write",
    severity=Severity.HIGH,
    reference="CWE-89; OWASP MCP05",
    remedy="open the database read-only for tools that read; a filter over the text is no guard",
)
def test_reading_tools_do_not_write(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A tool that is to read a database cannot be made to write to it."""
    found = mcp_sandbox.probed(mcp_tool, Family.STATEMENT)
    mcp_report.judge(statements.writes(found, mcp_tool.definition))


@check(
    "address-segments",
    severity=Severity.MEDIUM,
    reference="CWE-22, CWE-918",
    remedy="percent-encode every value that becomes a part of an address",
)
def test_values_stay_in_their_segment(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A value that becomes a part of an address stays in that part."""
    mcp_report.judge(statements.segments(mcp_sandbox.probed(mcp_tool, Family.SEGMENT)))


@check(
    "slow-texts",
    severity=Severity.MEDIUM,
    reference="CWE-1333",
    remedy="bound the length of texts before they are matched, and use patterns without nested repetition",
)
def test_texts_cost_what_their_length_says(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """What a text costs grows with its length and no faster."""
    mcp_report.judge(statements.patterns(mcp_sandbox.probed(mcp_tool, Family.PATTERN)))


@check(
    "slow-templates",
    severity=Severity.HIGH,
    reference="CWE-1333; MCP server/resources, Resource Templates",
    remedy="update the SDK; match URIs with patterns without nested repetition",
)
def test_templates_answer_at_once(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No URI keeps the pattern of a resource template busy."""
    if not mcp_server.interface.of_kind(ElementKind.TEMPLATE):
        mcp_report.not_applicable("has no resource templates")
    mcp_report.judge(attacks.slow_templates(mcp_sandbox.attack, mcp_server.interface))
