"""Our client as the suite's client scenarios want one driven: lists everything, and calls and reads what it found.

python -m tests.conformance.drive URL
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.server import Http, Server, Source

VALUES: dict[Any, Any] = {"integer": 1, "number": 1, "boolean": True}


def arguments(definition: Any) -> dict[str, Any]:
    """Some value for every parameter."""
    properties = (definition.get("inputSchema") or {}).get("properties") or {}
    return {name: VALUES.get(each.get("type"), "x") for name, each in properties.items() if isinstance(each, dict)}


def visit(connection: Connection, element: Element, calls: list[dict[str, Any]]) -> None:
    """Use what was listed; a tool with the arguments that the scenario names, where it does."""
    if element.kind is ElementKind.TOOL:
        named = [each["arguments"] for each in calls if each["name"] == element.name]
        for given in named or [arguments(element.definition)]:
            connection.request("tools/call", {"name": element.name, "arguments": given})
    elif element.kind is ElementKind.PROMPT:
        connection.request("prompts/get", {"name": element.name})
    elif element.kind is ElementKind.RESOURCE:
        connection.request("resources/read", {"uri": element.name})


def main() -> None:
    """One server, from the handshake to the end."""
    calls = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}")).get("toolCalls", [])
    fleet = Fleet(Path.cwd(), timeout=10.0)
    server = Server(id="it", name="it", source=Source(path="-", line=1), transport=Http(url=sys.argv[-1]))
    for element in fleet.connect(server).elements:
        visit(fleet.get("it"), element, calls)
    fleet.close()


if __name__ == "__main__":
    main()
