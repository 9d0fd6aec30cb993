"""Candidates fit their schema and say where values come from; variations stay within it, mutations leave it."""

import time
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcp.generation.cases import Given, controls, gap, invalid_cases, valid_cases
from pytest_mcp.model.case import Case, Expect, ValueSource
from pytest_mcp.model.interface import Element, ElementKind
from tests.generation.world import GIVEN, WORLD, tool


def first(element: Element, given: Given = GIVEN) -> Case:
    return next(iter(controls(element, given)))


def value(schema: dict[str, Any], name: str = "thing", **more: Any) -> tuple[Any, ValueSource]:
    """What the best candidate has for one field, and where it came from."""
    case = first(tool({name: schema}, name, **more))
    return case.arguments[name], case.origins[0].source


@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        ({"const": "c"}, "x", ("c", ValueSource.ENUM)),
        ({"type": "string", "examples": ["Europe/Paris"]}, "zone", ("Europe/Paris", ValueSource.EXAMPLE)),
        ({"enum": ["red", "blue"]}, "color", ("red", ValueSource.ENUM)),
        ({"type": "integer", "default": 12}, "limit", (12, ValueSource.DEFAULT)),
        ({"type": "string"}, "file_path", (WORLD.text, ValueSource.WORLD)),
        ({"type": "string"}, "repo_path", (WORLD.repository, ValueSource.WORLD)),
        ({"type": "string", "format": "uri"}, "target", (WORLD.url, ValueSource.WORLD)),
        ({"type": "string", "minLength": 9}, "zzz", ("h" * 9, ValueSource.SCHEMA)),
        ({"type": "boolean"}, "zzz", (False, ValueSource.SCHEMA)),
        ({"type": ["null", "boolean"]}, "zzz", (False, ValueSource.SCHEMA)),
    ],
)
def test_a_value_is_the_best_there_is_and_says_its_source(
    schema: dict[str, Any], name: str, expected: tuple[Any, ValueSource]
) -> None:
    assert value(schema, name) == expected


def test_what_the_user_gave_comes_first_and_what_worked_before_second() -> None:
    given = Given(seed=1, world=WORLD, hinted=({"a": 1},), stored=({"a": 2},))
    cases = list(controls(tool({"a": {"type": "integer"}}, "a"), given))
    assert [case.arguments for case in cases[:2]] == [{"a": 1}, {"a": 2}]
    assert [case.origins[0].source for case in cases[:2]] == [ValueSource.HINT, ValueSource.STORED]


def test_arguments_that_the_user_knows_are_in_every_candidate_and_the_rest_is_made() -> None:
    given = Given(seed=1, world=WORLD, values={"branch": "release"})
    element = tool({"path": {"type": "string"}, "branch": {"type": "string"}}, "path")
    for case in controls(element, given):
        assert case.arguments["branch"] == "release"
        assert "path" in case.arguments
        assert {each.path: each.source for each in case.origins}["/branch"] is ValueSource.HINT


def test_ids_that_earlier_results_told_are_used() -> None:
    given = Given(seed=1, world=WORLD, known={"noteid": ["n-42"]})
    case = first(tool({"note_id": {"type": "string"}}, "note_id", name="read_note"), given)
    assert case.arguments == {"note_id": "n-42"}
    assert case.origins[0].source is ValueSource.EARLIER


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "enum": ["x"]}}},
        {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]},
        {"allOf": [{"type": "object", "properties": {"p": {"type": "string"}}}, {"required": ["p"]}]},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
        {"type": "integer", "exclusiveMinimum": 6, "multipleOf": 7},
        {"type": "string", "pattern": "^[A-Z]{3}-\\d{2}$"},
        {"type": "number", "minimum": 0.5, "maximum": 0.75},
        {"type": "string", "format": "date"},
        {"type": "object", "properties": {"deep": {"type": "object", "properties": {"er": {"type": "number"}}}}},
    ],
)
def test_a_candidate_fits_its_schema(schema: dict[str, Any]) -> None:
    defs = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    element = tool({"thing": schema}, "thing", **defs)
    jsonschema_rs.Draft202012Validator(element.definition["inputSchema"]).validate(first(element).arguments)


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("no object", "inputSchema is no object"),
        ({"$ref": "#"}, "a reference leads back to itself"),
        ({"$ref": "http://127.0.0.1:1/x.json"}, "which is not fetched"),
        ({"$ref": "#/$defs/none"}, "which is not in it"),
        ({"properties": {"a": {"type": "integer", "minimum": 5, "maximum": 1}}, "required": ["a"]}, "no value"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]}, "leads back to itself"),
    ],
)
def test_a_schema_that_nothing_can_be_made_for_is_a_gap_with_its_reason(root: Any, why: str) -> None:
    element = Element(kind=ElementKind.TOOL, name="t", index=0, definition={"inputSchema": root})
    assert why in gap(element, GIVEN)
    assert [case for case in controls(element, GIVEN) if case.kind in ("minimal", "maximal")] == []


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    return schema


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("200 levels", _nested(200)),
        ("1 MB", {"type": "string", "description": "x" * 1_000_000}),
        ("10,000 values", {"enum": [f"v{number}" for number in range(10_000)]}),
        ("no pattern of Python's", {"type": "string", "pattern": "^\\\\p{L}+[[$"}),
        ("a pattern of ECMAScript's alone", {"type": "string", "pattern": "^\\p{Lu}{3}-\\p{Nd}$"}),
        ("a million times", {"type": "string", "pattern": "^(ab?){1000000}$"}),
        ("catastrophic", {"type": "string", "pattern": "^(a+)+(b+)+$", "minLength": 30}),
        ("recursive", {"$ref": "#/$defs/tree"}),
        ("an array of a billion", {"type": "array", "minItems": 10**9, "items": {"type": "string"}}),
        ("a text of a billion", {"type": "string", "minLength": 10**9}),
    ],
)
def test_a_hostile_schema_neither_hangs_nor_breaks_generation(name: str, schema: dict[str, Any]) -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/tree"}}, "required": ["child"]}
    element = tool({"thing": schema}, "thing", **{"$defs": {"tree": tree}})
    before = time.monotonic()
    made = list(controls(element, GIVEN))
    for case in made:
        assert len(valid_cases(element, case, GIVEN)) <= 10
        assert len(invalid_cases(element, case, GIVEN)) <= 14
    assert made or gap(element, GIVEN)
    assert time.monotonic() - before < 20  # a bound against hanging, no claim of speed


PROPERTIES = {
    "path": {"type": "string"},
    "mode": {"enum": ["fast", "slow"]},
    "count": {"type": "integer", "minimum": 1, "maximum": 9},
    "note": {"type": "string", "maxLength": 40},
    "deep": {"type": "boolean"},
}


def test_valid_cases_vary_the_control_within_the_schema() -> None:
    element = tool(PROPERTIES, "path", additionalProperties=False)
    control = list(controls(element, GIVEN))[-1]
    judge = jsonschema_rs.Draft202012Validator(element.definition["inputSchema"])
    cases = valid_cases(element, control, GIVEN, most=50)
    assert all(judge.is_valid(case.arguments) and case.expect is Expect.VALID for case in cases)
    assert {"maximal", "enum", "boundary", "boolean"} <= {case.kind for case in cases}
    assert len({case.id for case in cases}) == len(cases)


def test_invalid_cases_break_one_thing_each_and_say_which() -> None:
    element = tool(PROPERTIES, "path", "count", additionalProperties=False)
    control = first(element)
    judge = jsonschema_rs.Draft202012Validator(element.definition["inputSchema"])
    cases = invalid_cases(element, control, GIVEN, most=50)
    assert all(not judge.is_valid(case.arguments) and case.expect is Expect.INVALID for case in cases)
    assert {"missing", "type", "range", "extra"} <= {case.kind for case in cases}
    assert all(case.mutation for case in cases)
    for case in cases:
        names = set(case.arguments) | set(control.arguments)
        differ = [name for name in names if case.arguments.get(name) != control.arguments.get(name)]
        assert len(differ) == 1, case


def test_a_tool_without_arguments_has_one_candidate_and_nothing_to_get_wrong() -> None:
    element = tool()
    assert first(element).arguments == {}
    assert invalid_cases(element, first(element), GIVEN) == []


KEYS = ["type", "properties", "required", "enum", "items", "anyOf", "allOf", "$ref", "minLength", "maximum", "pattern"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_whatever_stands_in_the_place_of_a_schema_generation_bears_it(schema: Any) -> None:
    element = Element(kind=ElementKind.TOOL, name="t", index=0, definition={"inputSchema": schema})
    for case in controls(element, GIVEN):
        valid_cases(element, case, GIVEN)
        invalid_cases(element, case, GIVEN)


def test_the_same_seed_makes_the_same_cases() -> None:
    element = tool(PROPERTIES, "path")
    once, again = ([case.id for case in (*valid_cases(element, first(element), GIVEN, 3),)] for _ in range(2))
    assert once == again


def test_the_last_candidate_turns_every_switch_the_other_way() -> None:
    switches = {"raw": {"type": "boolean", "default": False}, "safe": {"type": "boolean", "default": True}}
    *_, last = controls(tool({"text": {"type": "string"}, **switches}, "text"), GIVEN)
    assert last.kind == "flipped"
    assert (last.arguments["raw"], last.arguments["safe"]) == (True, False)
    assert "flipped" not in {case.kind for case in controls(tool({"text": {"type": "string"}}, "text"), GIVEN)}
