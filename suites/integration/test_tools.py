"""Does each tool do what its definition says, for arguments that are right and for arguments that are wrong?"""

from pytest_mcp.checks import calls, check, messages
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.call import Control
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


@check(
    "tool-answers",
    severity=Severity.HIGH,
    reference="MCP server/tools, Calling Tools; CWE-248, CWE-400",
    remedy="answer every call, a failed one with isError; report progress where one takes long",
)
def test_tool_answers(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """Every call is answered in time, and the server lives on."""
    found = mcp_sandbox.exercised(mcp_tool)
    mcp_report.note(calls.told(found))
    mcp_report.judge(calls.answers(found))
    mcp_sandbox.control(mcp_tool)


@check(
    "tool-result-shape",
    severity=Severity.MEDIUM,
    reference="MCP schema: CallToolResult",
    remedy="return content blocks as the schema of the negotiated revision demands",
)
def test_tool_result_has_its_shape(mcp_server: McpServer, mcp_control: Control, mcp_report: McpReport) -> None:
    """The result of a call that works has the shape of the revision."""
    result = mcp_control.call.exchange.result
    mcp_report.judge(messages.result_shape("tools/call", mcp_server.interface.revision, result))


@check(
    "tool-output-fits",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Output Schema",
    remedy="return structuredContent that fits the outputSchema, or take the outputSchema back",
    member="outputSchema",
)
def test_tool_output_fits_its_schema(
    mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_control: Control, mcp_report: McpReport
) -> None:
    """Structured results fit the output schema that the tool declares."""
    schema = mcp_tool.definition["outputSchema"]
    if not isinstance(schema, dict):
        mcp_report.not_applicable("outputSchema is no object; see tool-output-schema")
    mcp_report.judge(calls.output(mcp_sandbox.exercised(mcp_tool), schema))


@check(
    "tool-valid-accepted",
    severity=Severity.LOW,
    reference="MCP server/tools, Data Types: inputSchema",
    remedy="accept what the schema allows, or say in the schema what is not",
)
def test_tool_accepts_what_its_schema_allows(
    mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_control: Control, mcp_report: McpReport
) -> None:
    """A call that works still works when one argument is varied as the schema allows."""
    mcp_report.judge(calls.valid_refused(mcp_sandbox.exercised(mcp_tool)))


@check(
    "tool-invalid-refused",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Security Considerations; CWE-20",
    remedy="validate arguments against inputSchema before anything is done with them",
)
def test_tool_refuses_what_its_schema_forbids(
    mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_control: Control, mcp_report: McpReport
) -> None:
    """A call that works is refused when one argument is wrong."""
    mcp_report.judge(calls.invalid_accepted(mcp_sandbox.exercised(mcp_tool)))


@check(
    "tool-errors-flagged",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Error Handling",
    remedy="set isError on every result that tells of a failure",
)
def test_tool_errors_are_flagged(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A result that tells of a failure says so with isError."""
    mcp_report.judge(calls.unflagged(mcp_sandbox.exercised(mcp_tool)))


@check(
    "tool-failures-as-results",
    severity=Severity.LOW,
    reference="MCP server/tools, Error Handling",
    remedy="return what went wrong in the tool as a result with isError, so that the model can read it",
)
def test_tool_failures_are_results(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A failure of the tool itself is a result with isError, not a JSON-RPC error."""
    mcp_report.judge(calls.failures_as_protocol_errors(mcp_sandbox.exercised(mcp_tool)))


@check(
    "unknown-tool-refused",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Error Handling",
    remedy="refuse a tool that is not listed with error -32602",
    capability="tools",
)
def test_unknown_tool_is_refused(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A tool that is not there is refused."""
    mcp_report.judge(calls.unknown_accepted(mcp_sandbox.send(calls.NO_TOOL)))
