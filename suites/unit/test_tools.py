"""Is each tool defined so that a client and a model can use it? One malformed tool is one finding."""

from pytest_mcp.checks import check, definitions, messages
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


@check(
    "tool-shape",
    severity=Severity.HIGH,
    reference="MCP schema: Tool",
    remedy="give the tool a name and an inputSchema object as the schema demands; clients drop the list otherwise",
)
def test_tool_has_its_shape(mcp_tool: Element, mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The tool's definition fits the schema of the revision."""
    mcp_report.judge(messages.element_shape(mcp_tool, mcp_server.interface.revision))


@check(
    "tool-name",
    severity=Severity.LOW,
    reference="MCP server/tools, Tool Names",
    remedy="use 1 to 128 letters, digits, _ - . /",
)
def test_tool_name_is_portable(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool's name keeps to the characters and length every client takes."""
    mcp_report.judge(definitions.name_syntax(mcp_tool))


@check(
    "tool-description",
    severity=Severity.LOW,
    reference="MCP schema: Tool.description",
    remedy="say what the tool does and when to use it",
)
def test_tool_is_described(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool has a description."""
    mcp_report.judge(definitions.described(mcp_tool))


@check(
    "tool-input-schema",
    severity=Severity.HIGH,
    reference="MCP basic/index, JSON Schema Usage; MCP schema: Tool.inputSchema",
    remedy="make inputSchema a valid, self-contained JSON Schema of type object",
)
def test_tool_input_schema_is_valid(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool's input schema is valid, about an object, consistent, local and of bounded depth."""
    mcp_report.judge(definitions.schema(mcp_tool, "inputSchema"))


@check(
    "tool-output-schema",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Output Schema",
    remedy="make outputSchema a valid, self-contained JSON Schema, or leave it out",
)
def test_tool_output_schema_is_valid(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool's output schema, where it has one, is valid."""
    if not isinstance(mcp_tool.definition, dict) or "outputSchema" not in mcp_tool.definition:
        mcp_report.not_applicable("no outputSchema")
    mcp_report.judge(definitions.schema(mcp_tool, "outputSchema"))


@check(
    "tool-parameters-described",
    severity=Severity.INFO,
    reference="MCP server/tools, Data Types",
    remedy="describe each parameter: its meaning, its unit, an example",
)
def test_tool_parameters_are_described(mcp_tool: Element, mcp_report: McpReport) -> None:
    """Each parameter of the tool says what it means."""
    mcp_report.judge(definitions.parameters_described(mcp_tool))


@check(
    "tool-empty-schema",
    severity=Severity.LOW,
    reference="MCP server/tools, Data Types",
    remedy="define the parameters that the description names in inputSchema.properties",
)
def test_tool_schema_names_its_arguments(mcp_tool: Element, mcp_report: McpReport) -> None:
    """A tool whose description lists arguments defines them in its schema."""
    mcp_report.judge(definitions.no_arguments_but_named(mcp_tool))


@check(
    "tool-annotations",
    severity=Severity.LOW,
    reference="MCP schema: ToolAnnotations",
    remedy="set readOnlyHint or destructiveHint, not both",
)
def test_tool_annotations_agree(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool's annotations do not contradict each other."""
    mcp_report.judge(definitions.annotations(mcp_tool))
