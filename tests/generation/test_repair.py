"""A refusal is read: what it asks for is given, and what it does not ask for stays."""

from typing import Any

import pytest

from pytest_mcp.generation.cases import controls
from pytest_mcp.generation.learning import remembered, told
from pytest_mcp.generation.repair import repaired
from pytest_mcp.model.case import ValueSource
from tests.generation.world import GIVEN, WORLD, tool

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def repair(properties: dict[str, Any], *required: str, says: str) -> dict[str, Any] | None:
    """The arguments after the first candidate was refused with these words."""
    element = tool(properties, *required)
    case = repaired(next(iter(controls(element, GIVEN))), says, element, GIVEN)
    if case is not None:
        assert any(each.source is ValueSource.ERROR for each in case.origins)
    return case.arguments if case else None


@pytest.mark.parametrize(
    ("says", "field"),
    [
        ("'count' is required", "count"),
        ("Missing required parameter: count", "count"),
        ("1 validation error for do_it\ncount\n  Field required", "count"),
        ('[{"code": "invalid_type", "path": ["count"], "message": "Required"}]', "count"),
        ("you must provide a count", "count"),
    ],
)
def test_a_field_that_is_asked_for_is_given(says: str, field: str) -> None:
    found = repair({"zzz": TEXT, "count": NUMBER}, "zzz", says=says)
    assert found is not None
    assert isinstance(found[field], int)


def test_an_allowed_value_is_taken_from_the_text() -> None:
    found = repair({"zzz": TEXT}, "zzz", says="zzz is unknown. Available modes: alpha, beta")
    assert found == {"zzz": "alpha"}


def test_a_path_moves_to_where_it_is_allowed() -> None:
    says = f"Access denied: {WORLD.text} is outside allowed directory /home/planted/space"
    found = repair({"file_path": TEXT}, "file_path", says=says)
    assert found == {"file_path": "/home/planted/space/hello.txt"}


def test_a_path_becomes_relative_where_that_is_demanded() -> None:
    assert repair({"file_path": TEXT}, "file_path", says="path must be relative") == {"file_path": "hello.txt"}


@pytest.mark.parametrize("says", ["", "no", "internal error", "\0\x1b[31m" * 500, "count " * 2000])
def test_a_text_that_asks_for_nothing_changes_nothing(says: str) -> None:
    assert repair({"zzz": TEXT}, "zzz", says=says) is None


def test_names_and_values_are_learned_from_objects_and_from_text() -> None:
    known: dict[str, list[Any]] = {}
    remembered(known, told('{"note": {"noteId": "n-1", "tags": ["a"]}}', None), "create_note")
    remembered(known, told("Created with session id: s-77", None), "open_session")
    assert known["noteid"] == ["n-1"]
    assert known["sessionid"] == ["s-77"]


def test_what_is_learned_is_bounded_whatever_a_server_says() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"id": deep}
    known: dict[str, list[Any]] = {}
    remembered(known, told("", deep), "t")
    remembered(known, told("", {"id": [f"v{number}" for number in range(5000)], "big": "y" * 10_000}), "t")
    assert all(len(values) <= 20 for values in known.values())
    assert "big" not in known


def test_a_schema_that_tells_nothing_leaves_the_servers_words() -> None:
    issues = (
        '[{"expected": "string", "code": "invalid_type", "path": ["file_path"], "message": "received undefined"}, '
        '{"expected": "array", "code": "invalid_type", "path": ["tags"], "message": "received undefined"}]'
    )
    found = repair({}, says=issues)
    assert found is not None
    assert found["file_path"] == WORLD.text
    assert isinstance(found["tags"], list)


def test_what_one_of_a_list_is_called_is_a_value_for_its_singular() -> None:
    known: dict[str, list[Any]] = {}
    remembered(known, told('{"devices": [{"id": "emulator-1", "name": "One"}, {"name": "Two"}]}', None), "list_devices")
    assert known["device"] == ["Two", "emulator-1"]
