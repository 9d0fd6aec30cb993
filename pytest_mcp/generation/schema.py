"""Reads a JSON Schema as far as making values needs it: references followed, one branch chosen, nothing fetched."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.errors import McpError

DEPTH = 6
"""How many levels of objects and arrays a made value has at the most, whatever the schema demands."""
SIZE_LIMIT = 4 * 1024 * 1024
NESTING_LIMIT = 64
Schema = dict[str, Any]


class GapError(McpError):
    """No value can be made for a schema; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A tool's input schema, ready to make values for; ``required`` are names of ``properties`` or of none."""

    root: Schema = field(repr=False)
    properties: dict[str, Schema] = field(repr=False)
    required: tuple[str, ...]
    closed: bool
    """No other properties are allowed."""


def read(definition: Any) -> Input:
    """The input schema of a tool's definition. Raises GapError when values cannot be made for it."""
    root = definition.get("inputSchema") if isinstance(definition, dict) else None
    if not isinstance(root, dict):
        raise GapError("inputSchema is no object")
    if _depth(root) > NESTING_LIMIT:
        raise GapError(f"inputSchema is nested deeper than {NESTING_LIMIT} levels")
    if len(json.dumps(root, default=str)) > SIZE_LIMIT:
        raise GapError("inputSchema is larger than 4 MiB")
    whole = settled(root, root)
    properties = whole.get("properties")
    required = whole.get("required")
    return Input(
        root=root,
        properties={name: each for name, each in properties.items() if isinstance(each, dict)}
        if isinstance(properties, dict)
        else {},
        required=tuple(name for name in required if isinstance(name, str)) if isinstance(required, list) else (),
        closed=whole.get("additionalProperties") is False,
    )


def settled(schema: Any, root: Schema) -> Schema:
    """The schema with its references followed, ``allOf`` joined and the first useful branch chosen."""
    found = schema if isinstance(schema, dict) else {}
    for _ in range(16):
        if isinstance(reference := found.get("$ref"), str):
            rest = {key: value for key, value in found.items() if key != "$ref"}
            found = {**_target(reference, root), **rest}
        elif branch := _branch(found):
            found = branch
        else:
            return found
    raise GapError("a reference leads back to itself")


def kinds(schema: Schema) -> tuple[str, ...]:
    """The types a value may have; empty when the schema says nothing of it."""
    named = schema.get("type")
    if isinstance(named, str):
        return (named,)
    if isinstance(named, list):
        return tuple(kind for kind in named if isinstance(kind, str) and kind != "null")
    if "properties" in schema:
        return ("object",)
    return ("array",) if "items" in schema or "prefixItems" in schema else ()


def _target(reference: str, root: Schema) -> Schema:
    """What a reference within the schema points at; one that leads elsewhere is never followed."""
    if not reference.startswith("#"):
        raise GapError(f"inputSchema refers to {reference[:100]!r}, which is not fetched")
    found: Any = root
    for part in filter(None, reference[1:].split("/")):
        key = part.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise GapError(f"inputSchema refers to {reference[:100]!r}, which is not in it")
    return found


def _branch(schema: Schema) -> Schema | None:
    """The schema with one of its combinators resolved, None when it has none."""
    for key in ("anyOf", "oneOf"):
        branches = [each for each in _listed(schema.get(key)) if each.get("type") != "null"]
        if branches:
            rest = {name: value for name, value in schema.items() if name != key}
            return _joined(rest, min(branches, key=_awkward))
    if parts := list(_listed(schema.get("allOf"))):
        found = {name: value for name, value in schema.items() if name != "allOf"}
        for part in parts:
            found = _joined(found, part)
        return found
    return None


def _listed(value: Any) -> Iterator[Schema]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _awkward(schema: Schema) -> int:
    """Simple branches first, among equals the first."""
    return {"array": 1, "object": 2}.get(str(schema.get("type")), 0)


def _joined(one: Schema, other: Schema) -> Schema:
    joined = {**one, **other}
    for key in ("properties", "$defs", "definitions"):
        if isinstance(one.get(key), dict) and isinstance(other.get(key), dict):
            joined[key] = {**one[key], **other[key]}
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        joined["required"] = [*one["required"], *other["required"]]
    if "description" in one:
        joined["description"] = one["description"]
    return joined


def _depth(schema: Any) -> int:
    level, depth = [schema], 0
    while level and depth <= NESTING_LIMIT + 1:
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        depth += 1
    return depth // 2 + depth % 2
