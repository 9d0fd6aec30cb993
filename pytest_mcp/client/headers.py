"""The headers of 2026-07-28 that repeat what is in the body (basic/transports/streamable-http). Pure."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.interface import Element, ElementKind

Headers = tuple[tuple[str, str], ...]
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_LEVELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An argument that its tool wants in a header too: where it is in the arguments, and the header's last part."""

    path: tuple[str, ...]
    header: str


Parameters = Mapping[str, tuple[Parameter, ...]]
"""By the tool's name."""


def parameters_of(elements: Iterable[Element]) -> dict[str, tuple[Parameter, ...]]:
    """What the listed tools want mirrored; an annotation that no header could be made of is left out."""
    tools = [each for each in elements if each.kind is ElementKind.TOOL and isinstance(each.definition, dict)]
    found = {each.name: tuple(_annotated(each.definition.get("inputSchema"), ())) for each in tools}
    return {name: parameters for name, parameters in found.items() if parameters}


def _annotated(schema: Any, path: tuple[str, ...]) -> Iterator[Parameter]:
    """Annotated are properties only, and properties of properties."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or len(path) >= _LEVELS:
        return
    for name, each in properties.items():
        header = each.get("x-mcp-header") if isinstance(each, dict) else None
        if isinstance(header, str) and _TOKEN.fullmatch(header):
            yield Parameter(path=(*path, name), header=header)
        yield from _annotated(each, (*path, name))


def header_value(text: str) -> str:
    """A header value as 2026-07-28 encodes it: plain ASCII as it is, anything else in the Base64 sentinel form."""
    plain = text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?")
    return text if plain else f"=?base64?{base64.b64encode(text.encode('utf-8', 'surrogatepass')).decode()}?="


def mirrored(ask: Ask, modern_revision: str | None, parameters: Parameters) -> Headers:
    """The headers that mirror the body; none in the legacy era."""
    if modern_revision is None or ask.bare:
        return ()
    headers = [("Mcp-Protocol-Version", modern_revision), ("Mcp-Method", ask.method)]
    params = ask.params or {}
    name = params.get(NAMED.get(ask.method, ""))
    if isinstance(name, str):
        headers.append(("Mcp-Name", header_value(name)))
        if ask.method == "tools/call":
            headers += _of_arguments(parameters.get(name, ()), params.get("arguments"))
    return tuple(headers)


def _of_arguments(parameters: tuple[Parameter, ...], arguments: Any) -> Iterator[tuple[str, str]]:
    for each in parameters:
        value = arguments
        for step in each.path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str | int | float):
            text = value if isinstance(value, str) else json.dumps(value)
            yield f"Mcp-Param-{each.header}", header_value(text)
