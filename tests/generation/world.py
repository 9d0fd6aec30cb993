"""A planted world by its paths alone, and tools by their input schema, for tests that start nothing."""

from typing import Any

from pytest_mcp.generation.cases import Given
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.sandbox.planted import world

WORLD = world("/work/planted", ("a" * 40, "b" * 40), "http://127.0.0.1:9/")
GIVEN = Given(seed=7, world=WORLD)


def tool(properties: Any = None, *required: str, name: str = "do_it", text: str = "", **schema: Any) -> Element:
    """A tool that takes these properties."""
    whole = {"type": "object", "properties": properties or {}, "required": list(required), **schema}
    return Element(
        kind=ElementKind.TOOL, name=name, index=0, definition={"name": name, "description": text, "inputSchema": whole}
    )
