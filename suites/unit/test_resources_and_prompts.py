"""Is each resource, template and prompt defined so that a client can use it?"""

from collections.abc import Iterable
from dataclasses import replace

from pytest_mcp.checks import check, definitions, messages, utilities
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element, ElementKind, Era

NOWHERE = Ask(
    method="resources/read", params={"uri": "pytest-mcp://no-such/resource"}, timeout=messages.REFUSAL_SECONDS
)


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
    "resource-not-found",
    severity=Severity.MEDIUM,
    reference="MCP server/resources, Error Handling",
    remedy="answer resources/read of what is not there with error -32602 (before 2026-07-28: -32002)",
    asks=lambda server: [NOWHERE],
    capability="resources",
)
def test_missing_resources_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Reading a resource that does not exist is an error."""
    modern = mcp_server.interface.era is Era.MODERN
    wrong = messages.refused(mcp_client.send(NOWHERE), [-32602 if modern else -32002], "read of a missing resource")
    mcp_report.judge(wrong if modern else _milder(wrong))


def _milder(wrong: Iterable[Violation]) -> list[Violation]:
    """Before 2026-07-28 the error is recommended only, and SDKs have always sent other codes."""
    milder = {None: Severity.LOW, Severity.LOW: Severity.INFO}
    return [replace(each, severity=milder[each.severity]) for each in wrong]


def first_resource(server: McpServer) -> list[Ask]:
    """The read of one resource, where there is one."""
    listed = [each for each in server.interface.of_kind(ElementKind.RESOURCE) if not each.name.startswith("#")]
    return [Ask(method="resources/read", params={"uri": each.name}) for each in listed[:1]]


def subscribing(server: McpServer) -> list[Ask]:
    """The first resource is subscribed to, and no longer; nothing where there is none."""
    listed = server.interface.of_kind(ElementKind.RESOURCE)[:1]
    methods = ("resources/subscribe", "resources/unsubscribe")
    return [Ask(method=method, params={"uri": each.name}) for each in listed for method in methods]


@check(
    "resource-subscribe",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 server/resources, Subscriptions",
    remedy="answer resources/subscribe and resources/unsubscribe where you declare subscribe; else refuse them",
    era=Era.LEGACY,
    asks=subscribing,
)
def test_resources_can_be_subscribed_to(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A resource can be subscribed to where that is declared, and not where it is not."""
    asks = subscribing(mcp_server) or mcp_report.not_applicable("lists no resources")
    resources = mcp_server.interface.capabilities.get("resources")
    declared = isinstance(resources, dict) and resources.get("subscribe") is True
    mcp_report.judge(utilities.subscribed([mcp_client.send(ask) for ask in asks], declared=declared))


@check(
    "read-cache-hints",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 server/utilities/caching",
    remedy="add ttlMs (>= 0) and cacheScope (public or private) to the result of resources/read",
    era=Era.MODERN,
    asks=first_resource,
)
def test_reads_carry_cache_hints(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """The result of a read carries ttlMs and cacheScope with values that are allowed."""
    asks = first_resource(mcp_server) or mcp_report.not_applicable("lists no resources")
    seen = mcp_client.send(asks[0])
    if not isinstance(seen.result, dict):
        mcp_report.inconclusive(f"the resource cannot be read: {(seen.error or {}).get('message') or seen.reason}")
    if messages.asks_first(seen):
        mcp_report.inconclusive("the server asks for more before the resource can be read")
    mcp_report.judge(messages.cache_hints("resources/read", seen.result))


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
