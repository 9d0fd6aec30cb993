"""Requests that several tests send."""

from pytest_mcp.checks import messages
from pytest_mcp.fixtures import McpServer
from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.interface import Era

PROBE_LIST = {"tools": "tools/list", "resources": "resources/list", "prompts": "prompts/list"}
UNKNOWN = Ask(method="pytest-mcp/no-such-method", timeout=messages.REFUSAL_SECONDS)
PING = Ask(method="ping")


def harmless(server: McpServer) -> Ask:
    """A request this server answers with a result: a list that it gave before, else ping or discover."""
    given = [listing.method for listing in server.interface.listings if listing.pages and not listing.problem]
    if given:
        return Ask(method=given[0])
    declared = [method for name, method in PROBE_LIST.items() if name in server.interface.capabilities]
    if declared:
        return Ask(method=declared[0])
    return Ask(method="ping" if server.interface.era is Era.LEGACY else "server/discover")
