"""Is each tool defined so that a client and a model can use it? One malformed tool is one finding."""

from pytest_mcp.checks import check, definitions, messages
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element, ElementKind, Era


def tools_of(server: McpServer, report: McpReport) -> tuple[Element, ...]:
    """Every tool of the server; ends the test where there is none."""
    return server.interface.of_kind(ElementKind.TOOL) or report.not_applicable("lists no tools")


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
def test_tool_names_are_portable(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The names of tools keep to the characters and length every client takes."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.name_syntax))


@check(
    "tool-description",
    severity=Severity.LOW,
    reference="MCP schema: Tool.description",
    remedy="say what the tool does and when to use it",
)
def test_tools_are_described(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Every tool has a description."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.described))


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
    member="outputSchema",
)
def test_tool_output_schema_is_valid(mcp_tool: Element, mcp_report: McpReport) -> None:
    """The tool's output schema, where it has one, is valid."""
    mcp_report.judge(definitions.schema(mcp_tool, "outputSchema"))


@check(
    "tool-parameters-described",
    severity=Severity.INFO,
    reference="MCP server/tools, Data Types",
    remedy="describe each parameter: its meaning, its unit, an example",
)
def test_tool_parameters_are_described(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Each parameter of each tool says what it means."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.parameters_described))


@check(
    "tool-empty-schema",
    severity=Severity.LOW,
    reference="MCP server/tools, Data Types",
    remedy="define the parameters that the description names in inputSchema.properties",
)
def test_tool_schemas_name_their_arguments(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """A tool whose description lists arguments defines them in its schema."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.no_arguments_but_named))


@check(
    "tool-header-parameters",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/transports/streamable-http, Custom Headers from Tool Parameters",
    remedy="put x-mcp-header on strings, integers and booleans only, each with a header name of its own",
    era=Era.MODERN,
)
def test_tool_parameters_can_be_mirrored(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The headers that parameters of a tool are mirrored into can be made."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.header_parameters))


@check(
    "tool-annotations",
    severity=Severity.INFO,
    reference="MCP schema: ToolAnnotations",
    remedy="set readOnlyHint only on tools that change nothing, and destructiveHint only on others",
)
def test_tool_annotations_agree(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The annotations of a tool fit each other and its name."""
    mcp_report.judge(definitions.over(tools_of(mcp_server, mcp_report), definitions.annotations))
