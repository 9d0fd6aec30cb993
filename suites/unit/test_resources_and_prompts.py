"""Is each resource, template and prompt defined so that a client can use it?"""

from pytest_mcp.checks import check, definitions, messages
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element, ElementKind


def resources_of(server: McpServer, report: McpReport) -> tuple[Element, ...]:
    """Every resource and template of the server; ends the test where there is none."""
    interface = server.interface
    listed = (*interface.of_kind(ElementKind.RESOURCE), *interface.of_kind(ElementKind.TEMPLATE))
    return listed or report.not_applicable("lists no resources")


@check(
    "resource-shape",
    severity=Severity.HIGH,
    reference="MCP schema: Resource, ResourceTemplate",
    remedy="give the resource a uri or uriTemplate and a name as the schema demands",
)
def test_resource_has_its_shape(mcp_resource: Element, mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The definition of a resource or template fits the schema of the revision."""
    mcp_report.judge(messages.element_shape(mcp_resource, mcp_server.interface.revision))


@check(
    "resource-uri",
    severity=Severity.MEDIUM,
    reference="MCP server/resources, Data Types; RFC 3986; RFC 6570",
    remedy="use an absolute uri, and templates with balanced braces",
)
def test_resource_uris_are_valid(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The uris of resources are absolute, the expressions of templates well formed."""
    listed = resources_of(mcp_server, mcp_report)
    wrong = definitions.over(listed, definitions.resource_uri)
    mcp_report.judge([*wrong, *definitions.over(listed, definitions.template_uri)])


@check(
    "resource-mime-type",
    severity=Severity.LOW,
    reference="MCP schema: Resource.mimeType; RFC 6838",
    remedy="use type/subtype, for example text/plain",
)
def test_resource_mime_types_are_valid(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Mime types have the form type/subtype."""
    mcp_report.judge(definitions.over(resources_of(mcp_server, mcp_report), definitions.mime_type))


@check(
    "prompt-shape",
    severity=Severity.HIGH,
    reference="MCP schema: Prompt",
    remedy="give the prompt a name, and each argument a name, as the schema demands",
)
def test_prompt_has_its_shape(mcp_prompt: Element, mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The prompt's definition fits the schema of the revision."""
    mcp_report.judge(messages.element_shape(mcp_prompt, mcp_server.interface.revision))


@check(
    "prompt-arguments",
    severity=Severity.MEDIUM,
    reference="MCP server/prompts, Data Types",
    remedy="give each argument a name of its own",
)
def test_prompt_arguments_are_distinct(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The arguments of a prompt have different names."""
    prompts = mcp_server.interface.of_kind(ElementKind.PROMPT) or mcp_report.not_applicable("lists no prompts")
    mcp_report.judge(definitions.over(prompts, definitions.prompt_arguments))
