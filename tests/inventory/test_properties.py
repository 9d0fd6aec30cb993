"""Whatever the bytes, an answer or an error for a person; whatever the layout, the right lines."""

import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcp.errors import McpError
from pytest_mcp.inventory import describe, listed
from tests.inventory.conftest import Project

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELD = st.sampled_from(["command", "args", "env", "cwd", "url", "headers", "type", "envFile", "disabled"])
LIKELY = JSON | st.lists(st.text(), max_size=3) | st.dictionaries(st.text(), st.text(), max_size=3)
URL = st.text().map(lambda rest: f"http://{rest}")
ENTRY = (
    st.dictionaries(
        FIELD,
        LIKELY
        | URL
        | st.sampled_from(["stdio", "sse", "${A}", "${A:-b}", "${env:A}", "${input:A}", "${file}", "cmd", True]),
        max_size=7,
    )
    | JSON
)
OPEN = st.dictionaries(
    st.sampled_from(["type", "name", "value", "default", "isRequired", "isSecret", "valueHint", "variables", "format"]),
    st.sampled_from(
        ["named", "positional", "--x", "{a}", "boolean", "true", True, None, 1, {"a": {}}, {"a": {"default": "1"}}]
    ),
)
PACKAGE = JSON | st.fixed_dictionaries(
    {"registryType": st.sampled_from(["npm", "pypi", "oci", "nuget", "mcpb"]), "identifier": st.just("x") | st.text()},
    optional={
        "version": st.text(max_size=3),
        "type": st.sampled_from(["sse", "streamable-http", "stdio"]),
        "url": st.sampled_from(["http://h/{a}", "http://h:{port}/"]) | URL,
        "transport": JSON | st.fixed_dictionaries({"type": st.sampled_from(["sse", "stdio"]), "url": URL}),
        "runtimeHint": JSON,
        "runtimeArguments": JSON | st.lists(OPEN, max_size=2),
        "packageArguments": JSON | st.lists(OPEN, max_size=2),
        "environmentVariables": JSON | st.lists(OPEN, max_size=2),
        "headers": JSON | st.lists(OPEN, max_size=2),
        "variables": JSON,
    },
)
TABLE_KEY = st.sampled_from(
    [
        "command",
        "args",
        "env",
        "env_vars",
        "cwd",
        "url",
        "http_headers",
        "env_http_headers",
        "bearer_token_env_var",
        "enabled",
    ]
)
TABLE_VALUE = (
    st.booleans() | st.text() | st.lists(st.text(), max_size=3) | st.dictionaries(st.text(), st.text(), max_size=2)
)
TABLE = st.dictionaries(TABLE_KEY, TABLE_VALUE, max_size=6)
TOML_FRAGMENT = st.sampled_from(
    [
        "[mcp_servers",
        ".a",
        "]",
        "[",
        "\n",
        "=",
        '"',
        "'''",
        '"""',
        "#",
        "\\",
        "a",
        "{",
        "}",
        ",",
        "1",
        "command",
        "mcp_servers",
    ]
)


def _basic(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_basic(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    return _basic(value)


FRAGMENT = st.sampled_from(
    [
        '{"mcpServers":',
        '{"servers":',
        '{"name": "x", "packages":',
        "//",
        "/*",
        "*/",
        "${input:A}",
        "${env:A}",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"',
        "\\",
        "1",
        "NaN",
        "\n",
        "\ufeff",
    ]
)


PLACES = [
    ".mcp.json",
    ".vscode/mcp.json",
    ".cursor/mcp.json",
    ".codex/config.toml",
    "claude_desktop_config.json",
    "server.json",
    "x",
]


def read(content: bytes, table: bytes | None = None, place: str = ".mcp.json") -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.write(content, place)
        if table is not None:
            project.write(table, "pytest_mcp.toml")
        try:
            inventory = project.inventory({"A": "value"}, config=[place], with_disabled=True)
        except McpError as error:
            str(error).encode()
            return
        assert len({server.id for server in inventory.servers}) == len(inventory.servers) > 0
        for server in inventory.servers:
            assert (server.transport is None) == (server.problem is not None)
            assert server.source.line >= 1
            f"{server!r}{describe(server)}{server.id}{server.problem}{listed(server)!r}".encode()


@given(st.binary(max_size=200), st.sampled_from(PLACES))
def test_any_bytes_are_read_or_refused(content: bytes, place: str) -> None:
    read(content, place=place)


@given(st.lists(FRAGMENT, max_size=25).map("".join), st.sampled_from(PLACES))
def test_anything_like_json_is_read_or_refused(text: str, place: str) -> None:
    read(text.encode(), place=place)


@given(st.lists(TOML_FRAGMENT, max_size=25).map("".join))
def test_anything_like_toml_is_read_or_refused(text: str) -> None:
    read(text.encode(), place=".codex/config.toml")


@given(st.dictionaries(st.text(), ENTRY, min_size=1, max_size=4), st.sampled_from(PLACES))
def test_any_servers_are_read_and_every_one_is_usable_or_says_why(servers: dict[str, Any], place: str) -> None:
    key = "servers" if place.startswith(".vscode") else "mcpServers"
    read(json.dumps({key: servers, "inputs": [{"id": "A"}]}).encode(), place=place)


@given(st.dictionaries(st.text(max_size=5), TABLE, min_size=1, max_size=4))
def test_any_tables_are_read_and_every_one_is_usable_or_says_why(servers: dict[str, Any]) -> None:
    text = "".join(
        f"[mcp_servers.{_basic(name)}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in server.items())
        for name, server in servers.items()
    )
    tomllib.loads(text)
    read(text.encode(), place=".codex/config.toml")


@given(st.lists(PACKAGE, max_size=3), st.lists(PACKAGE, max_size=2))
def test_any_packages_are_read_and_every_one_is_usable_or_says_why(packages: list[Any], remotes: list[Any]) -> None:
    read(json.dumps({"name": "io.x/y", "packages": packages, "remotes": remotes}).encode(), place="server.json")


@given(
    st.binary(max_size=100) | st.sampled_from([b"[servers.a]\n", b"a.b=", b"=", b"[[a]]"]).map(lambda part: part * 2)
)
def test_any_settings_table_is_read_or_refused(table: bytes) -> None:
    read(b'{"mcpServers": {"a": {"command": "a"}}}', table)


@pytest.mark.parametrize("place", [".mcp.json", ".vscode/mcp.json", "server.json", "x"])
def test_no_depth_is_too_deep(project: Project, place: str) -> None:
    for depth in (*range(850, 1010), 100_000):
        nested = "[" * depth + "]" * depth
        keys = '"mcpServers": {"a": {"command": "a"}}, "servers": {"a": {"command": "a"}}'
        content = '{"name": "x", "remotes": ' + nested + "}" if place == "server.json" else f'{{"x": {nested}, {keys}}}'
        project.write(content, place)
        try:
            project.inventory(config=[place])
        except McpError as error:
            assert "nested too deeply" in str(error) or place == "server.json"


NAMES = st.lists(st.text(min_size=1).filter(lambda name: name.strip() and name.isprintable()), min_size=1, unique=True)


@given(
    names=NAMES,
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    ascii_only=st.booleans(),
    blank=st.lists(st.integers(0, 3), min_size=10, max_size=10),
)
def test_names_order_and_lines_of_valid_configs_are_right(
    names: list[str], newline: str, mark: bool, ascii_only: bool, blank: list[int]
) -> None:
    text, lines = "{" + newline + '"mcpServers": {', []
    for index, name in enumerate(names):
        text += newline * blank[index % 10]
        lines.append(text.count("\n") + 1)
        entry = json.dumps({"command": "a", "args": [name]}, indent=blank[index % 10] or None)
        text += json.dumps(name, ensure_ascii=ascii_only) + " : " + entry.replace("\n", newline)
        text += "," if index + 1 < len(names) else ""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.write(("\ufeff" if mark else "") + text + "}}")
        servers = project.inventory().servers
    assert [server.name for server in servers] == names
    assert [server.source.line for server in servers] == lines
