"""The texts among the arguments of a call, each with what is known of it: the places where a probe is put."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_mcp.generation.schema import GapError, Schema, kinds, read, settled
from pytest_mcp.generation.words import words
from pytest_mcp.model.case import Case
from pytest_mcp.model.interface import Element

DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One text: ``value`` as the control has it, None for an argument that the control leaves out."""

    pointer: str
    name: str
    value: str | None
    text: str = ""
    """What its schema says of it."""

    @property
    def words(self) -> frozenset[str]:
        """Of its name."""
        return frozenset(words(self.name))


def leaves(tool: Element, control: Case) -> list[Leaf]:
    """Every text of the control's arguments that may be any text, then those that could be given beside them."""
    properties, root = _properties(tool)
    given = [leaf for name, value in control.arguments.items() for leaf in _given(name, f"/{name}", value, 0)]
    described = [_described(leaf, properties, root) for leaf in given]
    more = [_added(name, schema, root) for name, schema in properties.items() if name not in control.arguments]
    return [leaf for leaf in (*described, *more) if leaf is not None]


def put(arguments: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The arguments with another value at one place."""
    made = copy.deepcopy(arguments)
    *way, last = pointer.lstrip("/").split("/")
    at: Any = made
    for part in way:
        at = at[int(part)] if isinstance(at, list) else at[_plain(part)]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[_plain(last)] = value
    return made


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _given(name: str, pointer: str, value: Any, depth: int) -> Iterator[Leaf]:
    if isinstance(value, str):
        yield Leaf(pointer=pointer, name=name, value=value)
    elif isinstance(value, list) and value and depth < DEPTH:
        yield from _given(name, f"{pointer}/0", value[0], depth + 1)
    elif isinstance(value, dict) and depth < DEPTH:
        for key, each in value.items():
            yield from _given(key, f"{pointer}/{_escaped(key)}", each, depth + 1)


def _properties(tool: Element) -> tuple[dict[str, Schema], Schema]:
    try:
        found = read(tool.definition)
    except GapError:
        return {}, {}
    return found.properties, found.root


def _described(leaf: Leaf, properties: dict[str, Schema], root: Schema) -> Leaf | None:
    """The leaf with its description; None for one of few values, which a probe never is."""
    if leaf.pointer.count("/") > 1:
        return leaf
    schema = _settled(properties.get(leaf.name, {}), root)
    if "enum" in schema or "const" in schema:
        return None
    return Leaf(pointer=leaf.pointer, name=leaf.name, value=leaf.value, text=_text(schema))


def _added(name: str, schema: Schema, root: Schema) -> Leaf | None:
    found = _settled(schema, root)
    if "string" not in kinds(found) or "enum" in found or "const" in found:
        return None
    return Leaf(pointer=f"/{_escaped(name)}", name=name, value=None, text=_text(found))


def _settled(schema: Schema, root: Schema) -> Schema:
    try:
        return settled(schema, root)
    except GapError:
        return {}


def _text(schema: Schema) -> str:
    text = schema.get("description")
    return text[:2000] if isinstance(text, str) else ""
