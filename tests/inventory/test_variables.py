"""Variables are replaced as Claude Code replaces them."""

import pytest

from pytest_mcp.inventory.variables import expand
from pytest_mcp.model.server import Http, Stdio
from tests.inventory.conftest import Project

ENVIRON = {"A": "1", "EMPTY": "", "NESTED": "${A}", "A B": "spaced"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("${A}", "1"),
        ("x${A}y${A}z", "x1y1z"),
        ("${A:-2}", "1"),
        ("${B:-2}", "2"),
        ("${B:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-2}", ""),
        ("$A $$ $(A) ${}", "$A $$ $(A) ${}"),
        ("${NESTED}", "${A}"),
        ("${B:-${A}}", "${A}"),
        ("${B:-x:-y}", "x"),
        ("${B:-a-b:c}", "a-b:c"),
        ("${A B}", "spaced"),
        ("$${A}", "$1"),
        ("${A", "${A"),
    ],
)
def test_references_are_replaced_once(text: str, expanded: str) -> None:
    assert expand(text, ENVIRON).text == expanded


def test_what_is_neither_set_nor_defaulted_is_named_and_left() -> None:
    expansion = expand("${B}-${C:-3}-${D}", {})
    assert [one.before for one in expansion.missing] == ["variable B in ", "variable D in "]
    assert expansion.text == "${B}-3-${D}"


def test_every_field_of_a_process_is_expanded(project: Project) -> None:
    entry = {"command": "${V}", "args": ["${V}", "-${V}"], "env": {"${V}": "${V}"}, "cwd": "${V}"}
    server = project.server(entry, {"V": "v"})
    assert isinstance(server.transport, Stdio)
    launch = server.transport.launch
    assert (launch.argv, launch.env) == (("v", "v", "-v"), (("${V}", "v"),))
    assert launch.cwd == str(project.root / "v")


def test_every_field_of_a_remote_is_expanded(project: Project) -> None:
    server = project.server({"url": "${V}/mcp", "headers": {"X": "a ${V}"}}, {"V": "http://h"})
    assert server.transport == Http(url="http://h/mcp", headers=(("X", "a http://h"),))
