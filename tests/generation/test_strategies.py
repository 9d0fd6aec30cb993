"""Arguments for a deep search fit their schema, come from the same seed alike, and are shrunk."""

from typing import Any

import jsonschema_rs
import pytest

from pytest_mcp.generation.schema import GapError
from pytest_mcp.generation.strategies import arguments, least
from pytest_mcp.model.interface import Element, ElementKind

RECURSIVE = {"$ref": "#/$defs/node"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "texts": {
        "a": {"type": "string", "minLength": 2, "maxLength": 4},
        "b": {"type": "string", "pattern": "^[a-z]{3}$"},
    },
    "numbers": {
        "a": {"type": "integer", "minimum": 3, "maximum": 9},
        "b": {"type": "number", "exclusiveMinimum": 0},
        "c": {"type": "integer", "multipleOf": 7},
    },
    "lists": {"a": {"type": "array", "items": {"enum": [1, "x", None]}, "minItems": 1, "maxItems": 3}},
    "either": {"a": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "b": {"type": ["string", "integer"]}},
    "formats": {"a": {"type": "string", "format": "date"}, "b": {"type": "string", "format": "uuid"}},
    "itself": {"a": RECURSIVE},
}


def tool(properties: dict[str, Any], **more: Any) -> Element:
    """A tool that demands all of its arguments."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "$defs": {"node": {"type": "object", "properties": {"next": RECURSIVE}}},
        **more,
    }
    return Element(kind=ElementKind.TOOL, name="t", index=0, definition={"name": "t", "inputSchema": schema})


@pytest.mark.parametrize("name", SCHEMAS)
def test_everything_that_is_made_fits_the_schema(name: str) -> None:
    each = tool(SCHEMAS[name])
    validator, seen = jsonschema_rs.Draft202012Validator(each.definition["inputSchema"]), []
    turns = iter([False, True])
    assert (
        least(arguments(each, {}), lambda made: seen.append(made) is not None, seed=1, over=lambda: next(turns)) is None
    )
    assert len(seen) > 5
    assert all(map(validator.is_valid, seen))


def test_what_breaks_is_shrunk_and_the_same_for_the_same_seed() -> None:
    each = tool(SCHEMAS["numbers"])

    def found() -> dict[str, Any] | None:
        return least(arguments(each, {}), lambda made: made["a"] > 5 and made["b"] > 10, seed=7, over=lambda: False)

    first = found()
    assert first == found()
    assert first is not None
    assert (first["a"], first["b"], first["c"]) == (6, 11, 0)


def test_a_working_value_is_among_those_that_are_tried() -> None:
    each = tool({"path": {"type": "string"}})
    assert least(
        arguments(each, {"path": "/planted/notes.txt"}),
        lambda made: made["path"] == "/planted/notes.txt",
        seed=3,
        over=lambda: False,
    ) == {"path": "/planted/notes.txt"}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.com/schema.json"},
        {"type": "nonsense"},
        {"type": "integer", "minimum": 5, "maximum": 1},
        {"allOf": [{"$ref": "#/properties/a"}]},
    ],
    ids=["remote", "unknown-type", "contradiction", "endless"],
)
def test_a_schema_that_no_values_can_be_made_for_is_told(schema: dict[str, Any]) -> None:
    each = tool({"a": schema})
    with pytest.raises(GapError):
        least(arguments(each, {}), lambda made: True, seed=1, over=lambda: False)
