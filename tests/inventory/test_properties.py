"""Whatever the bytes, an answer or an error for a person; whatever the layout, the right lines."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_mcp.errors import McpError
from pytest_mcp.inventory import describe
from tests.inventory.conftest import Project

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELD = st.sampled_from(["command", "args", "env", "cwd", "url", "headers", "type"])
LIKELY = JSON | st.lists(st.text(), max_size=3) | st.dictionaries(st.text(), st.text(), max_size=3)
URL = st.text().map(lambda rest: f"http://{rest}")
ENTRY = st.dictionaries(FIELD, LIKELY | URL | st.sampled_from(["stdio", "http", "${A}", "${A:-b}"]), max_size=7) | JSON
FRAGMENT = st.sampled_from(
    ['{"mcpServers":', "{", "}", "[", "]", ",", ":", '"a"', '"', "\\", "1", "NaN", "\n", "\ufeff"]
)


def read(content: bytes, table: bytes | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.write(content)
        if table is not None:
            project.write(table, "pytest_mcp.toml")
        try:
            inventory = project.inventory({"A": "value"})
        except McpError as error:
            str(error).encode()
            return
        assert len({server.id for server in inventory.servers}) == len(inventory.servers) > 0
        for server in inventory.servers:
            assert (server.transport is None) == (server.problem is not None)
            f"{server!r}{describe(server)}{server.id}{server.problem}".encode()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read(content)


@given(st.lists(FRAGMENT, max_size=25).map("".join))
def test_anything_like_json_is_read_or_refused(text: str) -> None:
    read(text.encode())


@given(st.dictionaries(st.text(), ENTRY, min_size=1, max_size=4))
def test_any_servers_are_read_and_every_one_is_usable_or_says_why(servers: dict[str, Any]) -> None:
    read(json.dumps({"mcpServers": servers}).encode())


@given(
    st.binary(max_size=100) | st.sampled_from([b"[servers.a]\n", b"a.b=", b"=", b"[[a]]"]).map(lambda part: part * 2)
)
def test_any_settings_table_is_read_or_refused(table: bytes) -> None:
    read(b'{"mcpServers": {"a": {"command": "a"}}}', table)


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
