"""Is what a server lists there when it is asked for, and is the server still there after many refusals?"""

from pytest_mcp.checks import calls, check, messages, reads, utilities
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.exchange import Arrival, Ask
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element, ElementKind

NO_PROMPT = Ask(method="prompts/get", params={"name": "pytest-mcp-no-such-prompt"}, timeout=messages.REFUSAL_SECONDS)
TOOLS = Ask(method="tools/list")
BURST = 40


@check(
    "resource-readable",
    severity=Severity.MEDIUM,
    reference="MCP server/resources, Reading Resources",
    remedy="list only what can be read, and return contents as the schema demands",
)
def test_resource_is_readable(
    mcp_resource: Element, mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport
) -> None:
    """Every resource that is listed can be read, a template with values that are known, and is well formed."""
    uri = mcp_resource.name
    if mcp_resource.kind is ElementKind.TEMPLATE:
        uri = _expanded(mcp_resource, mcp_server, mcp_sandbox, mcp_report)
        mcp_report.note(f"read as {uri}")
    seen = mcp_sandbox.send(Ask(method="resources/read", params={"uri": uri}))
    if messages.asks_first(seen):
        mcp_report.inconclusive("the server asks for more before the resource can be read")
    if mcp_resource.kind is ElementKind.TEMPLATE and seen.error is not None:
        mcp_report.inconclusive(f"refused as {uri}, which need not be there: {seen.error.get('message')}")
    mcp_report.judge(reads.readable(seen, mcp_server.interface.revision))


def _expanded(template: Element, server: McpServer, sandbox: McpSandbox, report: McpReport) -> str:
    """The template with values that the server completes to, or that its tools were called with."""
    if problem := reads.template_problem(template.name):
        report.inconclusive(problem)
    known = reads.known_values(sandbox.rehearsed.whole(server.id).tools)
    asked = utilities.completions(server.interface, template)
    completed = {name: reads.first_value(sandbox.send(ask)) for name, ask in asked.items()}
    values = {**known, **{name: value for name, value in completed.items() if value}}
    return reads.expanded(template.name, values) or report.inconclusive(
        f"no value is known for {', '.join(reads.missing(template.name, values))}"
    )


@check(
    "prompt-renders",
    severity=Severity.MEDIUM,
    reference="MCP server/prompts, Getting a Prompt",
    remedy="return messages as the schema demands for every argument that may be given",
)
def test_prompt_renders(
    mcp_prompt: Element, mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport
) -> None:
    """Every prompt can be rendered with the arguments it requires."""
    arguments = reads.prompt_arguments(mcp_prompt)
    seen = mcp_sandbox.send(Ask(method="prompts/get", params={"name": mcp_prompt.name, "arguments": arguments}))
    if seen.error is not None:
        mcp_report.inconclusive(f"refused with {arguments}: {seen.error.get('message')}")
    if messages.asks_first(seen):
        mcp_report.inconclusive("the server asks for more before the prompt can be rendered")
    mcp_report.judge(reads.rendered(seen, mcp_server.interface.revision))


@check(
    "unknown-prompt-refused",
    severity=Severity.MEDIUM,
    reference="MCP server/prompts, Error Handling",
    remedy="refuse a prompt that is not listed with error -32602",
    capability="prompts",
)
def test_unknown_prompt_is_refused(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A prompt that is not there is refused."""
    refused = messages.refused(mcp_sandbox.send(NO_PROMPT), [-32602], "prompt that does not exist")
    mcp_report.judge(refused)


@check(
    "survives-refusals",
    severity=Severity.HIGH,
    reference="MCP server/tools, Error Handling; CWE-400",
    remedy="release what a refused call holds; a refusal must not change what the next call gets",
    capability="tools",
)
def test_server_survives_refusals(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """After a burst of refused calls the server answers as before."""
    before = mcp_sandbox.send(TOOLS)
    if before.result is None:
        mcp_report.inconclusive(f"tools/list is not answered before it either: {before.error or before.reason}")
    refused = 0
    while refused < BURST and mcp_sandbox.send(calls.NO_TOOL).arrival is Arrival.REPLY:
        refused += 1  # the first that gets no answer is the last: a server that hangs is not waited for again and again
    if not refused:
        mcp_report.inconclusive("a call of a tool that does not exist gets no answer; see unknown-tool-refused")
    mcp_report.judge(reads.worn_out(before, mcp_sandbox.send(TOOLS), refused))
