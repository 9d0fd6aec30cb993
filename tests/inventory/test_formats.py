"""Which format a file is read as, and what is done about files without servers and servers switched off."""

import json
import re
from typing import Any

import pytest

from pytest_mcp.errors import InventoryError
from tests.inventory.conftest import Project

SERVERS = {"a": {"command": "a"}}
CLAUDE = json.dumps({"mcpServers": SERVERS})
VSCODE = json.dumps({"servers": SERVERS})
CODEX = '[mcp_servers.a]\ncommand = "a"\n'
REGISTRY = json.dumps(
    {"name": "n/a", "packages": [{"registryType": "npm", "identifier": "a", "transport": {"type": "stdio"}}]}
)
PLACES = {".mcp.json": CLAUDE, "mcp.json": CLAUDE, ".vscode/mcp.json": VSCODE, ".cursor/mcp.json": CLAUDE}
PLACES[".codex/config.toml"] = CODEX


def refused(project: Project, message: str, **options: Any) -> None:
    with pytest.raises(InventoryError, match=re.escape(message)):
        project.inventory(**options)


def test_every_file_of_the_project_is_found_and_equal_names_are_told_apart(project: Project) -> None:
    for place, text in reversed(PLACES.items()):
        project.write(text, place)

    inventory = project.inventory()

    assert inventory.files == tuple(PLACES)
    assert [server.id for server in inventory.servers] == ["a", *(f"{place}:a" for place in list(PLACES)[1:])]
    assert {server.name for server in inventory.servers} == {"a"}
    assert all(server.problem is None for server in inventory.servers)


@pytest.mark.parametrize("name", ["server.json", "claude_desktop_config.json", "config.toml", ".claude/mcp.json"])
def test_files_of_a_person_or_a_product_are_read_only_when_named(project: Project, name: str) -> None:
    project.write(CODEX if name.endswith("toml") else REGISTRY if name == "server.json" else CLAUDE, name)
    refused(project, "no MCP config found; looked for")
    assert len(project.inventory(config=[name]).servers) == 1


@pytest.mark.parametrize("text", [CLAUDE, VSCODE, REGISTRY, "// note\n" + VSCODE])
@pytest.mark.parametrize("name", ["mcp.json", "any.json", "server.json", "no-suffix"])
def test_a_file_whose_name_says_nothing_is_known_by_its_keys(project: Project, name: str, text: str) -> None:
    project.write(text, name)
    (server,) = project.inventory(config=[name]).servers
    assert server.problem is None


def test_a_file_of_an_unknown_kind_is_refused_with_what_is_known(project: Project) -> None:
    project.write('{"dependencies": {}}', "package.json")
    refused(project, "package.json: no known MCP config; the servers stand under 'mcpServers'", config=["package.json"])


@pytest.mark.parametrize("text", ["[]", "3", "{", "{]"])
def test_a_file_that_is_nothing_at_all_is_refused_where_it_breaks(project: Project, text: str) -> None:
    project.write(text, "x.json")
    refused(project, "x.json", config=["x.json"])


def test_an_empty_file_of_one_client_does_not_matter_beside_servers_of_another(project: Project) -> None:
    project.write('{"servers": {}, "inputs": []}', ".vscode/mcp.json")
    project.write("{}", ".cursor/mcp.json")
    project.write('model = "x"\n', ".codex/config.toml")
    refused(project, ".vscode/mcp.json: 'servers' is empty; add a server")

    project.write(CLAUDE)

    assert [server.id for server in project.inventory().servers] == ["a"]
    refused(project, ".codex/config.toml: no 'mcp_servers'", config=[".mcp.json", ".codex/config.toml"])


def test_a_file_that_lacks_the_key_is_never_passed_over(project: Project) -> None:
    project.write(CLAUDE)
    project.write(json.dumps(SERVERS), ".cursor/mcp.json")
    refused(project, ".cursor/mcp.json: no 'mcpServers'; put the servers into one")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".mcp.json", '{"mcpServers": {"a": {"command": "a"}, "off": {"command": "b", "disabled": true}}}'),
        (".cursor/mcp.json", '{"mcpServers": {"a": {"command": "a"}, "off": {"url": "http://h", "enabled": false}}}'),
        (".vscode/mcp.json", '{"servers": {"a": {"command": "a"}, "off": {"command": "b", "disabled": true}}}'),
        (".codex/config.toml", CODEX + '[mcp_servers.off]\nurl = "http://h"\nenabled = false\n'),
    ],
)
def test_a_disabled_server_is_seen_but_not_run(project: Project, name: str, text: str) -> None:
    project.write(text, name)
    assert [server.id for server in project.inventory().servers] == ["a"]
    every = project.inventory(with_disabled=True).servers
    assert [(server.id, server.disabled) for server in every] == [("a", False), ("off", True)]


def test_nothing_but_disabled_servers_is_nothing_found(project: Project) -> None:
    project.write('{"mcpServers": {"off": {"command": "b", "disabled": true}}}')
    refused(project, "every server is disabled: 'off'; enable one in its config file")


def test_selecting_a_disabled_server_does_not_enable_it(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}, "off": {"command": "b", "disabled": true}}}')
    refused(project, "every server is disabled: 'off'", only=["off"])


def test_claude_desktop_keeps_its_servers_among_other_things_and_replaces_nothing(project: Project) -> None:
    text = {"globalShortcut": "x", "mcpServers": {"a": {"command": "a", "args": ["${HOME}"]}}, "scale": 0}
    project.write(json.dumps(text), "Claude/claude_desktop_config.json")
    (server,) = project.inventory({"HOME": "/h"}, config=["Claude/claude_desktop_config.json"]).servers
    assert server.transport is not None
    assert server.transport.launch is not None
    assert server.transport.launch.args == ("${HOME}",)
