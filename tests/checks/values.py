"""Values to judge: elements and exchanges as a server would have caused them."""

import json
from typing import Any

from hypothesis import strategies as st

from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.interface import Element, ElementKind

NAMING = {
    ElementKind.TOOL: "name",
    ElementKind.PROMPT: "name",
    ElementKind.RESOURCE: "uri",
    ElementKind.TEMPLATE: "uriTemplate",
}


def element(definition: Any, kind: ElementKind = ElementKind.TOOL, index: int = 0) -> Element:
    """An element named as the listing names it."""
    name = definition.get(NAMING[kind]) if isinstance(definition, dict) else None
    usable = name if isinstance(name, str) and name else f"#{index}"
    return Element(kind=kind, name=usable, index=index, definition=definition)


def tool(**members: Any) -> Element:
    """A tool with a name, a description, an empty schema, and these members."""
    own = {"name": "clock", "description": "Tells the time.", "inputSchema": {"type": "object"}}
    return element({**own, **members})


def exchange(message: Any, *, request_id: int = 1, **more: Any) -> Exchange:
    """A request that was answered with this message."""
    seen = {"arrival": Arrival.REPLY, "received": json.dumps(message).encode(), "message": message, **more}
    return Exchange(server="s", method="tools/list", id=request_id, sent=b"{}", sent_at=0.0, **seen)


def nested(value: Any, levels: int) -> Any:
    """The value inside so many objects."""
    for _ in range(levels):
        value = {"properties": {"in": value}}
    return value


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["object", "https://schemas.invalid/x", "#/$defs/a", "#", "//host/x", "http://[", "#/%", "{", "a b"]
    )
)
_KEYS = st.text(max_size=8) | st.sampled_from(
    [
        *("$schema", "$ref", "$id", "$defs", "$anchor", "$dynamicRef", "$vocabulary", "type", "properties", "required"),
        *("items", "enum", "const", "allOf", "anyOf", "not", "if", "pattern", "format", "default", "description"),
        *("name", "uri", "uriTemplate", "mimeType", "arguments", "annotations", "readOnlyHint", "destructiveHint"),
        *("inputSchema", "outputSchema", "title", "resultType", "ttlMs", "cacheScope", "nextCursor", "tools", "_meta"),
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=25,
)
"""Whatever a JSON parser can return, NaN and numbers beyond all bounds included."""
DEEP = st.builds(nested, JSON, st.integers(min_value=0, max_value=900))
OBJECTS = st.dictionaries(_KEYS, JSON | DEEP, max_size=8)
