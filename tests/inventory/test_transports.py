"""Further transports from the settings table."""

import re

import pytest

from pytest_mcp.errors import SettingsError
from pytest_mcp.inventory import describe
from pytest_mcp.model.server import Http, Launch, Server, Source, Sse
from tests.inventory.conftest import Project

CONFIG = """{"mcpServers": {
  "local": {"command": "a", "env": {"A": "1", "B": "1"}, "cwd": "w"},
  "remote": {"url": "http://h/mcp", "headers": {"X": "y"}},
  "old": {"type": "sse", "url": "http://h/sse"},
  "broken": {"command": "${NOPE}"}
}}"""


def servers(project: Project, table: str, environ: dict[str, str] | None = None) -> dict[str, Server]:
    project.write(CONFIG)
    project.write(table, "pytest_mcp.toml")
    return {server.id: server for server in project.inventory(environ).servers}


def refused(project: Project, table: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        servers(project, table)


def test_a_stdio_server_gets_a_second_self_over_http(project: Project) -> None:
    found = servers(
        project,
        '\n[servers.local.transports.http]\ncommand = "b"\nargs = ["{port}"]\nurl = "http://127.0.0.1:{port}/mcp"\n'
        'env = { B = "2", C = "${V}" }\n',
        {"V": "3"},
    )

    assert list(found) == ["local", "local@http", "remote", "old", "broken"]
    server = found["local@http"]
    assert (server.name, server.source) == ("local", Source(path="pytest_mcp.toml", line=2))
    assert server.transport == Http(
        url="http://127.0.0.1:{port}/mcp",
        launch=Launch(
            command="b", args=("{port}",), env=(("A", "1"), ("B", "2"), ("C", "3")), cwd=str(project.root / "w")
        ),
    )
    assert not server.remote
    assert describe(server) == "b {port} -> http://127.0.0.1:{port}/mcp (env: A, B, C)"


def test_a_url_server_is_started_instead_of_doubled(project: Project) -> None:
    found = servers(project, '[servers.remote.transports.http]\ncommand = "b"\ncwd = "x"\n')

    assert list(found) == ["local", "remote", "old", "broken"]
    server = found["remote"]
    launch = Launch(command="b", cwd=str(project.root / "x"))
    assert server.transport == Http(url="http://h/mcp", headers=(("X", "y"),), launch=launch)
    assert server.source == Source(path=".mcp.json", line=3)
    assert not server.remote


def test_a_server_of_the_deprecated_transport_is_started_too(project: Project) -> None:
    found = servers(project, '[servers.old.transports.http]\ncommand = "b"\nurl = "http://127.0.0.1:{port}/sse"\n')
    assert found["old"].transport == Sse(url="http://127.0.0.1:{port}/sse", launch=Launch(command="b"))
    assert not found["old"].remote


def test_the_url_of_the_table_is_the_one_that_is_used(project: Project) -> None:
    found = servers(project, '[servers.remote.transports.http]\ncommand = "b"\nurl = "http://127.0.0.1:{port}/"\n')
    transport = found["remote"].transport
    assert isinstance(transport, Http)
    assert transport.url == "http://127.0.0.1:{port}/"


def test_without_a_table_a_url_server_is_a_remote(project: Project) -> None:
    assert servers(project, "")["remote"].remote


def test_a_name_selects_all_its_transports_and_an_id_one(project: Project) -> None:
    servers(project, '[servers.local.transports.http]\ncommand = "b"\nurl = "http://127.0.0.1:{port}/"\n')
    assert [server.id for server in project.inventory(only=["local"]).servers] == ["local", "local@http"]
    assert [server.id for server in project.inventory(only=["local@*"]).servers] == ["local@http"]


def test_a_transport_of_an_unusable_entry_is_unusable_for_the_same_reason(project: Project) -> None:
    found = servers(project, '[servers.broken.transports.http]\ncommand = "b"\nurl = "http://h/"\n')
    assert found["broken@http"].problem == (
        "its entry (.mcp.json:5) cannot be used: variable NOPE in command is not set; set it, or write ${NOPE:-default}"
    )


def test_a_bad_transport_leaves_its_entry_usable(project: Project) -> None:
    found = servers(project, '[servers.local.transports.http]\ncommand = "${NO}"\nurl = "http://h/"\n')
    assert found["local"].problem is None
    assert found["local@http"].problem == "variable NO in command is not set; set it, or write ${NO:-default}"


def test_a_start_of_a_url_server_that_cannot_work_points_at_the_table(project: Project) -> None:
    found = servers(project, '\n\n[servers.remote.transports.http]\ncommand = "b"\nurl = "nowhere"\n')
    assert found["remote"].problem is not None
    assert str(found["remote"].source) == "pytest_mcp.toml:3"


def test_a_second_transport_needs_a_url(project: Project) -> None:
    refused(
        project,
        '[servers.local.transports.http]\ncommand = "b"\n',
        "pytest_mcp.toml:1: transport http of server 'local' needs a url; add it",
    )


def test_settings_for_an_unknown_server_are_refused(project: Project) -> None:
    refused(
        project,
        "timeout = 3\n[servers.lokal]\ntimeout = 1\n",
        "pytest_mcp.toml:2: no config file has a server 'lokal'; did you mean 'local'",
    )
    refused(
        project,
        "[servers.x]\n",
        "pytest_mcp.toml:1: no config file has a server 'x'; there are 'local', 'remote', 'old', 'broken'",
    )


def test_an_entry_that_has_the_id_of_a_transport_already_is_told_apart(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}, "a@http": {"command": "b"}}}')
    project.write('[servers.a.transports.http]\ncommand = "b"\nurl = "http://h/"\n', "pytest_mcp.toml")
    assert [server.id for server in project.inventory().servers] == ["a", "a@http", ".mcp.json:a@http"]


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".b", "m\u00fcnchen.invalid"])
def test_a_host_that_cannot_be_looked_up_is_refused(project: Project, host: str) -> None:
    project.write(f'{{"mcpServers": {{"a": {{"url": "http://{host}/mcp"}}, "b": {{"url": "http://b/mcp"}}}}}}')
    found = project.inventory().servers
    assert [bool(server.problem) for server in found] == [True, False]
    assert (found[0].problem or "").startswith("url has a host that cannot be looked up; write labels")


@pytest.mark.parametrize("host", ["h.", "127.0.0.1:8", "[::1]:8", "xn--mnchen-3ya.invalid", "a_b"])
def test_a_host_that_can_be_looked_up_is_taken(project: Project, host: str) -> None:
    project.write(f'{{"mcpServers": {{"a": {{"url": "http://{host}/\u00e9"}}}}}}')
    assert project.inventory().servers[0].problem is None
