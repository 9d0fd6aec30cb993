"""What servers say: to people, who do not see all of it, and to models, who obey."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import effects, texts
from pytest_mcp.fixtures import McpFleet, McpReport, McpSandbox, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element, ElementKind


@check(
    "text-hidden-characters",
    severity=Severity.HIGH,
    reference="CWE-1007, CWE-150; OWASP MCP03",
    remedy="remove what is not seen; a text that needs such characters is not for a model to read",
)
def test_texts_show_all_they_hold(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """No name, description or schema holds characters that nobody sees."""
    mcp_report.judge(texts.hidden_characters(texts.places(mcp_server.interface)))


@check(
    "text-hidden-markup",
    severity=Severity.MEDIUM,
    reference="CWE-1007; OWASP MCP03",
    remedy="remove comments and invisible markup from what clients and models are told",
)
def test_texts_hide_nothing_in_markup(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """No text hides words in comments or in markup that is not shown."""
    mcp_report.judge(texts.hidden_markup(texts.places(mcp_server.interface)))


@check(
    "text-orders",
    severity=Severity.LOW,
    reference="OWASP MCP03, LLM01",
    remedy="describe what a tool does; leave out what a model shall do behind the back of its user",
)
def test_texts_give_no_orders(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """No text tells a model to do what its user did not ask for."""
    mcp_report.judge(texts.orders(texts.places(mcp_server.interface)))


@check(
    "text-other-tools",
    severity=Severity.LOW,
    reference="OWASP MCP03 (tool shadowing)",
    remedy="speak of this server's own tools only",
)
def test_texts_speak_of_own_tools(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """No text speaks of the tools of another server."""
    own = frozenset(tool.name for tool in mcp_server.interface.of_kind(ElementKind.TOOL))
    others = {
        tool.name: server.id
        for server in mcp_fleet.servers
        if server.entry.name != mcp_server.entry.name
        for tool in server.interface.of_kind(ElementKind.TOOL)
    }
    mcp_report.judge(texts.other_tools(texts.places(mcp_server.interface), own, others))


@check(
    "result-hidden-characters",
    severity=Severity.HIGH,
    reference="CWE-150, CWE-1007",
    remedy="strip control characters from what programs print before it is returned",
)
def test_results_show_all_they_hold(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No answer holds characters that nobody sees, unless its arguments did."""
    calls = effects.calls_of(mcp_sandbox.exercised(mcp_tool))
    found = [
        texts.Place(element=f"tool:{mcp_tool.name}", pointer="", text=call.text)
        for call in calls
        if not texts.kinds(str(call.case.arguments)) and call.text.isprintable() is False
    ]
    mcp_report.judge(texts.hidden_in_results(found))
