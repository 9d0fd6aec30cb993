"""Does the server list what it declares, completely and the same each time?"""

import json

from pytest_mcp.checks import check, definitions, messages
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, Together
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era, Listing


@check(
    "declared-lists-answer",
    severity=Severity.HIGH,
    reference="MCP server/tools, server/resources, server/prompts, Capabilities",
    remedy="implement the list of every capability you declare, or do not declare it",
)
def test_declared_lists_answer(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Every list of a declared capability answers, to its last page."""
    mcp_report.judge(
        Violation(
            title=f"{listing.method} is declared but fails: {listing.problem}",
            # templates have no capability of their own: a server may have resources and none of them
            severity=Severity.LOW if _only_templates(listing.method, listing.error_code) else None,
        )
        for listing in mcp_server.interface.listings
        if listing.problem
    )


def _only_templates(method: str, code: int | None) -> bool:
    return method == "resources/templates/list" and code == -32601


def undeclared(method: str) -> Ask:
    """The request that must be refused."""
    return Ask(method=method, timeout=messages.REFUSAL_SECONDS)


@check(
    "undeclared-refused",
    severity=Severity.LOW,
    reference="MCP basic/lifecycle, Capability Negotiation",
    remedy="declare the capability, or refuse its methods with -32601",
    asks=lambda server: [undeclared(method) for _, method in messages.undeclared(server.interface)],
)
def test_undeclared_lists_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A list that no capability declares is refused."""
    methods = messages.undeclared(mcp_server.interface)
    asked = [(name, mcp_client.send(undeclared(method))) for name, method in methods]
    mcp_report.judge(
        Violation(title=f"{seen.method} answers although {name} is not declared", got=repr(seen.result)[:200])
        for name, seen in asked
        if seen.result is not None
    )


@check(
    "list-shape",
    severity=Severity.MEDIUM,
    reference="MCP schema: ListToolsResult, ListResourcesResult, ListPromptsResult",
    remedy="return what the schema of the negotiated revision demands",
)
def test_lists_have_their_shape(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Every page of a list has the shape of the revision; its elements are judged one by one elsewhere."""
    found = mcp_server.interface
    mcp_report.judge(
        violation
        for listing in found.listings
        for page in listing.pages
        for violation in messages.page_shape(listing.method, found.revision, page)
    )


def answered(server: McpServer) -> list[Listing]:
    """The lists that were given to their end."""
    return [listing for listing in server.interface.listings if listing.pages and not listing.problem]


@check(
    "list-stable",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 server/tools, Capabilities",
    remedy="return the same elements in the same order while nothing changed",
    asks=lambda server: [Ask(method=listing.method) for listing in answered(server)],
)
def test_lists_are_stable(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """Asked again, a list has the same elements in the same order."""
    for listing in answered(mcp_server):
        again = mcp_client.send(Ask(method=listing.method))
        if again.result is None:
            mcp_report.judge([Violation(title=f"{listing.method} fails when asked again", got=again.reason)])
        elif _canonical(again.result) != _canonical(listing.pages[0]):
            if any(b"list_changed" in noise.raw for noise in mcp_client.heard()):
                mcp_report.inconclusive("the server said that a list changed")
            mcp_report.judge([_difference(listing, again.result, mcp_server.interface.era)])


def _difference(listing: Listing, again: object, era: Era | None) -> Violation:
    """Other elements are always odd; another order only where a revision asks for one order."""
    if sorted(_entries(again)) != sorted(_entries(listing.pages[0])):
        return Violation(title=f"{listing.method} asked again gives other elements")
    severity = None if era is Era.MODERN else Severity.LOW
    return Violation(title=f"{listing.method} asked again gives the same elements in another order", severity=severity)


def _canonical(page: object) -> str:
    return json.dumps(_entries(page))


def _entries(page: object) -> list[str]:
    """The elements of a page as text; cursors and caching hints may differ from time to time."""
    lists = [value for value in page.values() if isinstance(value, list)] if isinstance(page, dict) else []
    return [json.dumps(entry, sort_keys=True) for entries in lists for entry in entries]


def with_a_strange_cursor(server: McpServer) -> list[Ask]:
    """Each list from a place that its server never told."""
    params = {"cursor": "pytest-mcp-no-such-cursor"}
    return [Ask(method=each.method, params=params, timeout=messages.REFUSAL_SECONDS) for each in answered(server)]


@check(
    "cursor-refused",
    severity=Severity.LOW,
    reference="MCP server/utilities/pagination, Error Handling",
    remedy="refuse a cursor that you did not give with -32602",
    asks=lambda server: [Together(asks=tuple(asks))] if (asks := with_a_strange_cursor(server)) else [],
)
def test_strange_cursors_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A cursor that the server never gave is refused."""
    asks = with_a_strange_cursor(mcp_server) or mcp_report.not_applicable("lists nothing")
    given = [seen for seen in mcp_client.send_all(asks) if seen.result is not None]
    paged = {listing.method for listing in answered(mcp_server) if len(listing.pages) > 1}
    mcp_report.judge(
        [
            *_accepted([seen for seen in given if seen.method in paged], None),
            # a list of one page gives no cursors, and a client has none to mistake
            *_accepted([seen for seen in given if seen.method not in paged], Severity.INFO),
        ]
    )


def _accepted(given: list[Exchange], severity: Severity | None) -> list[Violation]:
    methods = ", ".join(seen.method for seen in given)
    return [Violation(title="takes a cursor that it never gave", got=methods, severity=severity)] if given else []


@check(
    "titles",
    severity=Severity.INFO,
    reference="MCP schema: BaseMetadata.title",
    remedy="give each element a title of its own, or none: clients then show its name",
)
def test_titles_tell_elements_apart(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Titles, where there are some, are not blank, and no two elements of a kind share one."""
    mcp_report.judge(definitions.titled(mcp_server.interface.elements))


@check(
    "names-unique",
    severity=Severity.HIGH,
    reference="MCP server/tools, Data Types: unique identifier",
    remedy="give each tool, prompt and resource a name of its own",
)
def test_names_are_unique(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """No two tools, prompts or resources share a name."""
    mcp_report.judge(definitions.duplicates(mcp_server.interface.elements))


@check(
    "result-type",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/index, ResultType",
    remedy="add resultType to every result",
    era=Era.MODERN,
)
def test_results_say_their_type(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Every result of a list says that it is complete."""
    mcp_report.judge(
        violation
        for listing in mcp_server.interface.listings
        for page in listing.pages
        for violation in messages.result_type(listing.method, page)
    )


@check(
    "cache-hints",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 server/utilities/caching",
    remedy="add ttlMs (>= 0) and cacheScope (public or private, the same on all pages) to every list result",
    era=Era.MODERN,
)
def test_lists_carry_cache_hints(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """Every page of a list carries ttlMs and cacheScope with values that are allowed."""
    listings = mcp_server.interface.listings
    hints = [v for each in listings for page in each.pages for v in messages.cache_hints(each.method, page)]
    scopes = [v for each in listings for v in messages.one_scope(each.method, each.pages)]
    mcp_report.judge([*hints, *scopes])
