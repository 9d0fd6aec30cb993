"""Every server knows the line of its key, however the file is laid out."""

import pytest

from tests.inventory.conftest import Project

LAYOUTS = {
    "one to a line": ('{\n"mcpServers": {\n"a": {"command": "x"},\n"b": {"command": "x"}\n}}', [3, 4]),
    "one line": ('{"mcpServers": {"a": {"command": "x"}, "b": {"command": "x"}}}', [1, 1]),
    "spread out": ('{"mcpServers"\n:\n{\n\n"a"\n:\n{\n"command"\n:\n"x"}\n,\n"b":{"command":"x"}}}', [5, 12]),
    "windows": ('{\r\n"mcpServers": {\r\n"a": {"command": "x"},\r\n"b": {"command": "x"}\r\n}}', [3, 4]),
    "byte order mark": ('\ufeff\n{"mcpServers": {\n"a": {"command": "x"}, "b": {"command": "x"}}}', [3, 3]),
    "servers last": (
        '{"a": {"b": ["b", {"b": 1}]},\n"b": "a",\n"mcpServers": {"a": {"command": "x"},\n"b": 1}}',
        [3, 4],
    ),
    "strings with braces": (
        '{"mcpServers": {\n"a": {"command": "}\\"{\\\\"},\n"b": {"command": "\\u0022:{["}}}',
        [2, 3],
    ),
    "same names deeper": ('{"mcpServers": {"a":\n{"a": {"b": 1}, "command": "b"},\n"b": {"env": {"a": "b"}}}}', [1, 3]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_line_is_that_of_the_key(project: Project, layout: str) -> None:
    text, lines = LAYOUTS[layout]
    project.write(text)

    servers = project.inventory().servers

    assert [(server.name, server.source.line) for server in servers] == list(zip("ab", lines, strict=True))
    assert str(servers[0].source) == f".mcp.json:{lines[0]}"


def test_names_of_any_script_and_with_escapes_are_read_as_they_are_meant(project: Project) -> None:
    project.write('{"mcpServers": {\n"größe": 1,\n"日本\u2028語": 1,\n"\\ud83d\\ude00": 1,\n"q\\"\\n": 1}}')

    servers = project.inventory().servers

    found = [(server.name, server.source.line) for server in servers]
    assert found == [("größe", 2), ("日本\u2028語", 3), ("😀", 4), ('q"\n', 5)]
