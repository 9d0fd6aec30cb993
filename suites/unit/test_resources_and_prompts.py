"""Is each resource, template and prompt defined so that a client can use it?"""

from pytest_mcp.checks import check, definitions, messages
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


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
def test_resource_uri_is_valid(mcp_resource: Element, mcp_report: McpReport) -> None:
    """A resource's uri is absolute, a template's expressions are well formed."""
    mcp_report.judge([*definitions.resource_uri(mcp_resource), *definitions.template_uri(mcp_resource)])


@check(
    "resource-mime-type",
    severity=Severity.LOW,
    reference="MCP schema: Resource.mimeType; RFC 6838",
    remedy="use type/subtype, for example text/plain",
)
def test_resource_mime_type_is_valid(mcp_resource: Element, mcp_report: McpReport) -> None:
    """A mime type has the form type/subtype."""
    mcp_report.judge(definitions.mime_type(mcp_resource))


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
def test_prompt_arguments_are_distinct(mcp_prompt: Element, mcp_report: McpReport) -> None:
    """The arguments of a prompt have different names."""
    mcp_report.judge(definitions.prompt_arguments(mcp_prompt))
