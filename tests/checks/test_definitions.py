"""Rules about definitions: what they name, what they leave alone, and that nothing makes them raise."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcp.checks import definitions
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element, ElementKind
from tests.checks.conftest import Listener
from tests.checks.values import JSON, OBJECTS, element, nested, tool
from tests.servers.offer import Offer

RULES = (
    definitions.name_syntax,
    definitions.described,
    definitions.parameters_described,
    lambda each: definitions.schema(each, "inputSchema"),
    lambda each: definitions.schema(each, "outputSchema"),
    definitions.no_arguments_but_named,
    definitions.annotations,
    definitions.resource_uri,
    definitions.template_uri,
    definitions.mime_type,
    definitions.prompt_arguments,
)


def titles(violations: Any) -> list[str]:
    """What a rule found, in a word each."""
    return [violation.title for violation in violations]


def of_schema(schema: Any) -> list[Violation]:
    """What is wrong with an input schema."""
    return list(definitions.schema(tool(inputSchema=schema), "inputSchema"))


# -- schemas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "is no object"),
        (None, "is no object"),
        (True, "is no object"),
        ("object", "is no object"),
        ({}, "must have type object"),
        ({"type": "array"}, "must have type object"),
        ({"type": ["object"]}, "must have type object"),
        ({"type": "object", "properties": []}, "is no valid JSON Schema"),
        ({"type": "object", "properties": {"a": {"type": "int"}}}, "is no valid JSON Schema"),
        ({"type": "object", "required": "a"}, "is no valid JSON Schema"),
        ({"type": "object", "required": ["a", "a"], "properties": {"a": {}}}, "is no valid JSON Schema"),
        ({"type": "object", "required": ["a"]}, "requires parameters it does not define"),
        ({"type": "object", "properties": {"b": {}}, "required": ["a"]}, "requires parameters it does not define"),
        ({"type": "object", "properties": {"a": {"$ref": "https://schemas.invalid/a"}}}, "a schema elsewhere"),
        ({"type": "object", "properties": {"a": {"$ref": "//schemas.invalid/a"}}}, "a schema elsewhere"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}, "a definition it does not have"),
        ({"type": "object", "$defs": {"a": 1}, "items": [{"$ref": "#/$defs/a/b"}]}, "a definition it does not have"),
        ({"type": "object", "$schema": "https://schemas.invalid/dialect"}, "a dialect that clients need not know"),
        ({"type": "object", "$schema": 7}, "a dialect that clients need not know"),
        (nested({"type": "object"}, 100), "nested deeper than 64 levels"),
    ],
)
def test_what_is_wrong_with_a_schema_is_said(schema: Any, said: str) -> None:
    assert any(said in title for title in titles(of_schema(schema)))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}, "required": []},
        {"type": "object", "properties": {"a": True, "b": False}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a~1b~0c"}}, "$defs": {"a/b~c": {}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"$ref": "#here"}}, "$defs": {"x": {"$anchor": "here"}}},
        {"type": "object", "properties": {"$ref": {"type": "string"}}},
        {"type": "object", "examples": [{"$ref": "https://schemas.invalid/data"}]},
        {"type": "object", "properties": {"a": {"const": {"$ref": "#/nowhere"}}}},
        {"type": "object", "anyOf": [{"properties": {"a": {}}}], "required": ["a"]},
        {"type": "object", "x-vendor": {"type": "int"}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "definitions": {"a": {}}},
        {"$schema": "http://json-schema.org/draft-04/schema", "type": "object", "id": "x"},
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object"},
        nested({"type": "object"}, 20) | {"type": "object"},
    ],
)
def test_a_valid_schema_gives_no_violation(schema: dict[str, Any]) -> None:
    assert of_schema(schema) == []


HAZARDS: tuple[Any, ...] = (
    {"name": "p", "arguments": [{"name": []}, {"name": {}}, {"name": []}, {"name": None}, None, 7]},
    {"name": "\ud800", "description": "\ud800", "uri": "a:\ud800", "mimeType": "\ud800"},
    {"name": [], "uri": {}, "uriTemplate": 7, "mimeType": [], "annotations": 7, "arguments": {}},
    *(
        {"name": "t", "inputSchema": {"type": "object", **schema}}
        for schema in (
            {"$ref": "http://["},
            {"$ref": "#/%"},
            {"$ref": "#/\ud800"},
            {"$schema": "http://["},
            {"$schema": "\ud800"},
            {"properties": {"\ud800": {"description": "\ud800"}, "a": {"default": "\ud800"}}},
            {"required": [[], {}, None, "\ud800"]},
            {"properties": {"a": {"minimum": float("nan"), "maximum": float("inf"), "multipleOf": 10**400}}},
            {"items": {"$ref": "#/items/0"}, "$defs": {"0": []}},
            {"items": [{"$ref": "#/items/²"}]},
        )
    ),
)


@pytest.mark.parametrize("definition", HAZARDS, ids=lambda each: ascii(each)[:60])
@pytest.mark.parametrize("kind", ElementKind)
def test_no_rule_raises_for_values_that_are_known_to_be_hard(kind: ElementKind, definition: Any) -> None:
    for rule in RULES:
        for violation in rule(element(definition, kind)):
            (violation.title + violation.got + violation.evidence).encode()


def test_half_a_surrogate_pair_in_a_text_makes_no_schema_invalid() -> None:
    assert of_schema({"type": "object", "properties": {"a": {"type": "string", "default": "\ud83d"}}}) == []


@pytest.mark.parametrize("where", ["properties", "$defs", "patternProperties"])
def test_a_property_named_like_a_keyword_of_data_is_still_a_schema(where: str) -> None:
    schema = {"type": "object", where: {"default": {"$ref": "#/$defs/none"}}}
    assert "inputSchema refers to a definition it does not have" in titles(of_schema(schema))


def test_a_reference_with_percent_signs_is_decoded_before_it_is_looked_up() -> None:
    assert of_schema({"type": "object", "items": {"$ref": "#/$defs/a%20b"}, "$defs": {"a b": {}}}) == []


def test_references_elsewhere_weigh_less_than_an_invalid_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "https://schemas.invalid/a"}}}
    assert [violation.severity for violation in of_schema(schema)] == [Severity.MEDIUM]


def test_an_output_schema_may_be_of_any_type() -> None:
    assert list(definitions.schema(tool(outputSchema={"type": "array"}), "outputSchema")) == []


@given(
    st.recursive(
        st.sampled_from(
            [True, {}, {"type": "string"}, {"type": ["integer", "null"], "minimum": 0}, {"enum": [1, "a", None]}]
        ),
        lambda inner: st.one_of(
            st.builds(lambda each: {"type": "array", "items": each}, inner),
            st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(
                lambda some: {"type": "object", "properties": some, "required": sorted(some)},
                st.dictionaries(st.text(max_size=5), inner, max_size=4),
            ),
        ),
        max_leaves=12,
    )
)
def test_no_schema_that_is_built_by_the_rules_is_complained_about(schema: Any) -> None:
    found = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    assert of_schema(found) == []


# -- nothing raises, nothing is fetched -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ElementKind)
@given(definition=JSON | OBJECTS)
@settings(max_examples=150, deadline=None)
def test_no_rule_raises_whatever_the_definition(kind: ElementKind, definition: Any) -> None:
    for rule in RULES:
        for violation in rule(element(definition, kind)):
            assert violation.title
            (violation.title + violation.got + violation.evidence).encode()


@given(schema=OBJECTS)
@settings(max_examples=300, deadline=None)
def test_no_rule_raises_whatever_the_schema(schema: dict[str, Any]) -> None:
    of_schema({"type": "object", **schema})


@given(st.lists(JSON | OBJECTS, max_size=6))
@settings(deadline=None)
def test_counting_names_never_raises(definitions_of_all: list[Any]) -> None:
    list(definitions.duplicates(element(each, index=index) for index, each in enumerate(definitions_of_all)))


@pytest.mark.parametrize("levels", [64, 65, 500, 5000, 100_000])
def test_depth_costs_neither_the_stack_nor_much_time(levels: int) -> None:
    assert titles(of_schema(nested({}, levels))) == ["inputSchema nested deeper than 64 levels"]


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "{url}/dialect"},
        {"$schema": "{url}/dialect#"},
        {"$id": "{url}/id"},
        {"$ref": "{url}/ref"},
        {"$dynamicRef": "{url}/ref"},
        {"properties": {"a": {"$ref": "{url}/ref"}}},
        {"properties": {"a": {"$schema": "{url}/nested"}}},
        {"properties": {"a": {"$schema": "{url}/nested", "$id": "{url}/a"}}},
        {"$defs": {"a": {"$id": "{url}/a", "$schema": "{url}/b"}}, "items": {"$ref": "a"}},
        {"$id": "{url}/base/", "properties": {"a": {"$ref": "relative"}}},
        {"$vocabulary": {"{url}/vocabulary": True}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$schema": "{url}/nested"}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": "{url}/id", "items": {"$ref": "other"}},
    ],
    ids=str,
)
def test_nothing_is_fetched_to_judge_a_schema(listener: Listener, schema: dict[str, Any]) -> None:
    of_schema({"type": "object", **placed(schema, listener.url)})
    assert listener.visits == 0


def test_the_listener_would_see_a_library_that_fetches(listener: Listener) -> None:
    import jsonschema_rs

    with pytest.raises(Exception, match=r".+"):
        jsonschema_rs.validator_for({"$ref": f"{listener.url}/schema"})
    assert listener.visits > 0


def placed(value: Any, url: str) -> Any:
    """The value with every ``{url}`` replaced."""
    if isinstance(value, dict):
        return {placed(key, url): placed(each, url) for key, each in value.items()}
    if isinstance(value, list):
        return [placed(each, url) for each in value]
    return value.replace("{url}", url) if isinstance(value, str) else value


# -- names, words, hints --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "get_time", "files/read", "v1.2-beta", "A" * 128, "7"])
def test_a_portable_name_is_no_violation(name: str) -> None:
    assert list(definitions.name_syntax(tool(name=name))) == []


@pytest.mark.parametrize("name", ["", "a b", "a\n", "é", "#1", "#", "a" * 129, "a:b", "\x1b[31m", "\ud800"])
def test_any_other_name_is_one(name: str) -> None:
    assert len(titles(definitions.name_syntax(tool(name=name)))) == 1


def test_a_name_twice_is_a_violation_once_for_each_kind() -> None:
    listed = [tool(name="a"), tool(name="a"), tool(name="b"), element({"name": "a"}, ElementKind.PROMPT)]
    assert [(each.title, each.element) for each in definitions.duplicates(listed)] == [
        ("tool name listed 2 times", "tool:a")
    ]


def test_elements_without_a_name_are_no_namesakes() -> None:
    listed = [element({}, index=0), element(None, index=1), element({}, ElementKind.RESOURCE, 0)]
    assert list(definitions.duplicates(listed)) == []


def test_a_name_that_looks_like_ours_for_a_nameless_element_counts() -> None:
    assert titles(definitions.duplicates([tool(name="#1"), tool(name="#1")])) == ["tool name listed 2 times"]


@pytest.mark.parametrize(("text", "count"), [("Tells the time.", 0), ("", 1), (" \n", 1), (None, 1), (7, 1)])
def test_a_description_has_to_say_something(text: Any, count: int) -> None:
    assert len(titles(definitions.described(tool(description=text)))) == count


def test_undescribed_parameters_are_counted_and_named() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {}, "b": {"description": "B."}, "c": {"$ref": "#/$defs/c"}, "d": True},
    }
    (violation,) = definitions.parameters_described(tool(inputSchema=schema))
    assert (violation.title, violation.got) == ("1 of 4 parameters without a description", "a")


@pytest.mark.parametrize(
    ("description", "schema", "count"),
    [
        ("Adds.\n\nArgs:\n    a: one", {"type": "object"}, 1),
        ("Adds.\n  Parameters:\n    a: one", {"type": "object", "properties": {}}, 1),
        ("Adds.\n\nArgs:\n    a: one", {"type": "object", "properties": {"a": {}}}, 0),
        ("Adds.\n\nArgs:\n    none", {"type": "object", "additionalProperties": False}, 0),
        ("Lists the args: all of them.", {"type": "object"}, 0),
        ("Adds.\nArgs:\n", {"type": "object", "$ref": "#/$defs/a"}, 0),
    ],
)
def test_arguments_only_in_words_are_a_violation(description: str, schema: Any, count: int) -> None:
    judged = definitions.no_arguments_but_named(tool(description=description, inputSchema=schema))
    assert len(titles(judged)) == count


@pytest.mark.parametrize(
    ("hints", "count"),
    [
        ({"readOnlyHint": True, "destructiveHint": True}, 1),
        ({"readOnlyHint": True, "destructiveHint": False}, 0),
        ({"readOnlyHint": False, "destructiveHint": True}, 0),
        ({"readOnlyHint": "true", "destructiveHint": True}, 0),
        ([], 0),
    ],
)
def test_hints_may_not_contradict_each_other(hints: Any, count: int) -> None:
    assert len(titles(definitions.annotations(tool(annotations=hints)))) == count


# -- resources and prompts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["file:///a", "note:1", "urn:isbn:1", "data:,x", "http://[::1]/", "X-y.z+1:a?b#c"])
def test_an_absolute_uri_is_no_violation(uri: str) -> None:
    assert list(definitions.resource_uri(element({"uri": uri}, ElementKind.RESOURCE))) == []


@pytest.mark.parametrize("uri", ["a/b", "/a", "file:///a b", "1a:b", ":a", "file:///a\n"])
def test_any_other_uri_is_one(uri: str) -> None:
    assert len(titles(definitions.resource_uri(element({"uri": uri}, ElementKind.RESOURCE)))) == 1


@pytest.mark.parametrize(
    ("template", "count"),
    [
        *[(good, 0) for good in ("a:{b}", "a:{+b}{?c,d}", "a:{b:3}{/c*}", "a:plain")],
        *[(bad, 1) for bad in ("a:{", "a:}", "a:{}", "a:{b", "a:{{b}}", "a:b}{c")],
    ],
)
def test_braces_of_a_template_are_balanced(template: str, count: int) -> None:
    judged = definitions.template_uri(element({"uriTemplate": template}, ElementKind.TEMPLATE))
    assert len(titles(judged)) == count


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *[(good, 0) for good in ("text/plain", "text/plain; charset=utf-8", "application/vnd.a+json", "image/svg+xml")],
        *[(bad, 1) for bad in ("text", "/", "text/", "text plain", "", ".txt", "text/plain\n")],
    ],
)
def test_a_mime_type_has_two_parts(kind: str, count: int) -> None:
    assert len(titles(definitions.mime_type(element({"mimeType": kind}, ElementKind.RESOURCE)))) == count


def test_arguments_of_one_name_are_a_violation() -> None:
    twice = {"name": "p", "arguments": [{"name": "a"}, {"name": "a"}, {"name": "b"}]}
    (violation,) = definitions.prompt_arguments(element(twice, ElementKind.PROMPT))
    assert violation.got == "a"


def test_everything_the_good_server_offers_is_faultless() -> None:
    offer = Offer()
    kinds = {
        ElementKind.TOOL: offer.tools,
        ElementKind.RESOURCE: offer.resources,
        ElementKind.TEMPLATE: offer.templates,
        ElementKind.PROMPT: offer.prompts,
    }
    listed: list[Element] = [element(each, kind) for kind, all_of_it in kinds.items() for each in all_of_it]
    assert [violation for each in listed for rule in RULES for violation in rule(each)] == []
    assert list(definitions.duplicates(listed)) == []
