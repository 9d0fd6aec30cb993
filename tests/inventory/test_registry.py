"""server.json of the MCP registry: what a client would start or connect to."""

import json
import re
from typing import Any

import pytest

from pytest_mcp.errors import InventoryError
from pytest_mcp.model.server import Http, Inventory, Launch, Server, Sse, Stdio
from tests.inventory.conftest import Project

STDIO = {"transport": {"type": "stdio"}}


def read(project: Project, content: Any, environ: dict[str, str] | None = None) -> Inventory:
    project.write(content if isinstance(content, str) else json.dumps(content), "server.json")
    return project.inventory(environ, config=["server.json"])


def package(project: Project, raw: Any, **environ: str) -> Server:
    (server,) = read(project, {"name": "io.x/y", "version": "9", "packages": [raw]}, environ).servers
    return server


def remote(project: Project, raw: Any, **environ: str) -> Server:
    (server,) = read(project, {"name": "io.x/y", "version": "9", "remotes": [raw]}, environ).servers
    return server


def argv(server: Server) -> str:
    assert server.problem is None
    assert server.transport is not None
    assert server.transport.launch is not None
    return " ".join(server.transport.launch.argv)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ({"registryType": "npm", "identifier": "@x/y", "version": "1.2.3"}, "npx -y @x/y@1.2.3"),
        ({"registryType": "npm", "identifier": "@x/y"}, "npx -y @x/y"),
        ({"registryType": "npm", "identifier": "y", "runtimeHint": "bunx"}, "bunx y"),
        ({"registryType": "npm", "identifier": "y", "runtimeHint": "node"}, "npx -y y"),
        ({"registryType": "pypi", "identifier": "y", "version": "1", "runtimeHint": "uvx"}, "uvx y==1"),
        ({"registryType": "oci", "identifier": "h:5000/x/y", "version": "1"}, "docker run -i --rm h:5000/x/y:1"),
        ({"registryType": "oci", "identifier": "x/y:2", "version": "1"}, "docker run -i --rm x/y:2"),
        ({"registryType": "oci", "identifier": "x@sha256:0", "version": "1"}, "docker run -i --rm x@sha256:0"),
        ({"registryType": "oci", "identifier": "x", "runtimeHint": "podman"}, "podman run -i --rm x"),
        ({"registryType": "nuget", "identifier": "X", "version": "1"}, "dnx X@1 --yes"),
        ({"registry_type": "npm", "identifier": "y", "runtime_hint": "npx", "version": "1"}, "npx -y y@1"),
    ],
)
def test_a_package_is_started_as_a_client_would(project: Project, raw: dict[str, Any], line: str) -> None:
    assert argv(package(project, {**raw, **STDIO})) == line


VARIABLES = {"a": {"default": "1"}, "b": {"value": "2"}}


def arguments(*args: dict[str, Any]) -> dict[str, Any]:
    return {"registryType": "pypi", "identifier": "y", "packageArguments": list(args), **STDIO}


@pytest.mark.parametrize(
    ("arg", "words"),
    [
        ({"type": "positional", "value": "start"}, "start"),
        ({"type": "positional", "valueHint": "path", "default": "."}, "."),
        ({"type": "positional", "valueHint": "path"}, ""),
        ({"type": "positional", "valueHint": "GIVEN"}, "given"),
        ({"type": "named", "name": "--port", "value": "80"}, "--port 80"),
        ({"type": "named", "name": "--given", "default": "x"}, "--given given"),
        ({"type": "named", "name": "--port"}, ""),
        ({"type": "named", "name": "--verbose", "value": "true", "format": "boolean"}, "--verbose"),
        ({"type": "named", "name": "--verbose", "default": "false", "format": "boolean"}, ""),
        ({"type": "named", "name": "-v", "value": "{a}:{b}:{c}", "variables": VARIABLES}, "-v 1:2:{c}"),
        ({"type": "positional", "value": "{given}", "variables": {"given": {}}}, "given"),
        ({"value": "-x"}, "-x"),
        ({"name": "--x", "value": "1"}, "--x 1"),
    ],
)
def test_arguments_are_filled_in(project: Project, arg: dict[str, Any], words: str) -> None:
    assert argv(package(project, arguments(arg), PYTEST_MCP_INPUT_GIVEN="given")) == f"uvx y {words}".strip()


def test_arguments_of_every_kind_stand_where_they_belong(project: Project) -> None:
    both = {
        "runtimeArguments": [{"type": "named", "name": "--a", "value": "1"}],
        "packageArguments": [{"type": "positional", "value": "b"}],
        "environmentVariables": [{"name": "K", "value": "v"}, {"name": "L", "value": "w"}],
        **STDIO,
    }
    npm = package(project, {"registryType": "npm", "identifier": "y", **both})
    assert argv(npm) == "npx -y --a 1 y b"
    assert argv(package(project, {"registryType": "nuget", "identifier": "y", **both})) == "dnx --a 1 y --yes -- b"
    oci = package(project, {"registryType": "oci", "identifier": "y", **both})
    assert argv(oci) == "docker run -i --rm --a 1 -e K -e L y b"
    assert isinstance(oci.transport, Stdio)
    assert oci.transport.launch.env == (("K", "v"), ("L", "w"))


def test_what_the_author_wrote_for_the_runtime_is_not_doubled(project: Project) -> None:
    run = [
        {"type": "positional", "value": "run"},
        {"type": "named", "name": "-i", "value": "true", "format": "boolean"},
        {"type": "named", "name": "-e", "value": "K={k}", "variables": {"k": {"default": "1"}}},
    ]
    raw = {"registryType": "oci", "identifier": "y", "runtimeArguments": run, **STDIO}
    server = package(project, {**raw, "environmentVariables": [{"name": "K", "default": "2"}]})
    assert argv(server) == "docker run --rm -i -e K=1 y"
    yes = {"type": "named", "name": "--yes", "value": "true", "format": "boolean"}
    assert (
        argv(package(project, {"registryType": "npm", "identifier": "y", "runtimeArguments": [yes], **STDIO}))
        == "npx --yes y"
    )


def test_variables_come_from_the_environment_else_from_their_default(project: Project) -> None:
    wanted = [{"name": "A", "default": "1"}, {"name": "B", "default": "2"}, {"name": "C"}, {"name": "D", "value": "4"}]
    raw = {"registryType": "pypi", "identifier": "y", "environmentVariables": wanted, **STDIO}
    server = package(project, raw, B="own", D="not this")
    assert server.transport == Stdio(
        launch=Launch(command="uvx", args=("y",), env=(("A", "1"), ("B", "own"), ("D", "4")))
    )


def test_a_package_that_speaks_http_is_started_for_it(project: Project) -> None:
    raw = {
        "registryType": "pypi",
        "identifier": "y",
        "packageArguments": [
            {"type": "named", "name": "--host", "value": "127.0.0.1"},
            {"type": "named", "name": "--port", "value": "{port}"},
        ],
        "transport": {
            "type": "streamable-http",
            "url": "http://{--host}:{port}/mcp",
            "headers": [{"name": "A", "value": "x"}],
        },
    }
    server = package(project, raw)
    launch = Launch(command="uvx", args=("y", "--host", "127.0.0.1", "--port", "{port}"))
    assert server.transport == Http(url="http://127.0.0.1:{port}/mcp", headers=(("A", "x"),), launch=launch)
    assert not server.remote


def test_a_remote_is_connected_to(project: Project) -> None:
    raw = {
        "type": "streamable-http",
        "url": "https://{tenant}.h/mcp",
        "variables": {"tenant": {"default": "me"}, "unused": {"isRequired": True}},
        "headers": [
            {"name": "Authorization", "value": "Bearer {token}", "variables": {"token": {"isSecret": True}}},
            {"name": "X-Optional"},
        ],
    }
    server = remote(project, raw, PYTEST_MCP_INPUT_TOKEN="abcd")
    assert server.transport == Http(url="https://me.h/mcp", headers=(("Authorization", "Bearer abcd"),))
    assert "abcd" in server.secrets
    old = remote(project, {"transport_type": "sse", "url": "https://h/sse"})
    assert old.transport == Sse(url="https://h/sse")


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"registryType": "mcpb", "identifier": "https://h/x.mcpb"}, "is an mcpb bundle, which has to be unpacked first"),
    ({"registryType": "cargo", "identifier": "x"}, "has a registryType that cannot be started; use one of npm, pypi"),
    ({"identifier": "x"}, "has a registryType that cannot be started"),
    ({"registryType": "npm"}, "identifier is not a string; quote it"),
    ({"registryType": "npm", "identifier": "--call=x"}, "identifier starts with '-'; write the name of the package"),
    ({"registryType": "npm", "identifier": "x", "version": 1}, "version is not a string; quote it"),
    ({"registryType": "npm", "identifier": "x", "transport": {"type": "grpc"}}, "has an unknown type"),
    ({"registryType": "npm", "identifier": "x", "transport": []}, "is not an object"),
    ({"registryType": "npm", "identifier": "x", "transport": {"type": "sse"}}, "url is not a string; quote it"),
    (
        {"registryType": "npm", "identifier": "x", "transport": {"type": "sse", "url": "http://h:{gone}/"}},
        "url has a {...} that no argument or variable fills; mend the url",
    ),
    (
        {"registryType": "npm", "identifier": "x", "packageArguments": ["x"]},
        "packageArguments is not a list of objects; make it one",
    ),
    (
        {"registryType": "npm", "identifier": "x", "packageArguments": [{"type": "named", "value": "x"}]},
        "packageArguments is not a string; quote it",
    ),
    (
        {"registryType": "npm", "identifier": "x", "packageArguments": [{"type": "positional"}]},
        "packageArguments has something to fill in without a name; name it",
    ),
    (
        {"registryType": "npm", "identifier": "x", "packageArguments": [{"valueHint": "my path", "isRequired": True}]},
        "packageArguments has something to fill in without a name; name it",
    ),
    (
        {
            "registryType": "npm",
            "identifier": "x",
            "packageArguments": [{"type": "named", "name": "--the-path", "isRequired": True}],
        },
        "--the-path in packageArguments would be asked for; set PYTEST_MCP_INPUT_THE_PATH",
    ),
    (
        {"registryType": "npm", "identifier": "x", "environmentVariables": [{"name": "API_KEY", "is_required": True}]},
        "API_KEY in environmentVariables would be asked for; set API_KEY",
    ),
    (
        {"registryType": "npm", "identifier": "x", "environmentVariables": [{"name": "API_KEY", "value": 1}]},
        "environmentVariables has a value that is not a string; quote it",
    ),
]


@pytest.mark.parametrize(("raw", "problem"), PROBLEMS)
def test_a_package_that_cannot_be_started_is_a_problem(project: Project, raw: dict[str, Any], problem: str) -> None:
    assert (package(project, {**STDIO, **raw}).problem or "").startswith(problem)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("x", "is not an object"),
        ({"type": "stdio", "url": "http://h"}, "is a remote of type 'stdio'; make it a package"),
        ({"url": "http://h"}, "has an unknown type"),
        ({"type": "sse", "url": "http://{a}/", "variables": []}, "url has a {...} that no argument or variable fills"),
        ({"type": "sse", "url": "http://{a}/", "variables": {"a": {}}}, "a in url would be asked for; set PYTEST_MCP"),
        ({"type": "sse", "url": "http://h", "headers": [{"name": "X", "isRequired": True}]}, "X in headers would be"),
    ],
)
def test_a_remote_that_cannot_be_reached_is_a_problem(project: Project, raw: Any, problem: str) -> None:
    assert (remote(project, raw).problem or "").startswith(problem)


def test_several_packages_are_named_after_what_they_are_with_their_lines(project: Project) -> None:
    text = """{"name": "io.x/y", "remotes": [
        {"type": "sse", "url": "https://h/sse"}, {"type": "streamable-http",
        "url": "https://h/mcp"}, 3 ],
        "packages": [ {"registryType": "npm", "identifier": "y", "transport": {"type": "stdio"}},
        {"registryType": "pypi", "identifier": "y", "environmentVariables": [{"name": "A"}]},

        {"registryType": "npm", "identifier": "z", "transport": {"type": "stdio"}}]}"""
    servers = read(project, text).servers
    assert [(server.id, server.source.line) for server in servers] == [
        ("io.x/y@npm", 4),
        ("io.x/y@pypi", 5),
        ("server.json:io.x/y@npm", 7),
        ("io.x/y@sse", 2),
        ("io.x/y@http", 2),
        ("io.x/y@remotes", 3),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"packages": []}', "server.json: no 'name'; name the server"),
        ('{"name": "x", "packages": []}', "server.json: neither packages nor remotes; add one"),
        ('{"name": "x", "packages": {}}', "server.json: 'packages' is not a list; make it one"),
        ('{"name": "x", "packages": [],\n "packages": []}', "server.json:2: key 'packages' again, first in line 1"),
        ('{"name": "x", "packages": [{"a": 1, "a": 2}]}', "server.json:1: key 'a' again, first in line 1"),
    ],
)
def test_a_file_that_describes_no_server_is_refused(project: Project, text: str, message: str) -> None:
    with pytest.raises(InventoryError, match=re.escape(message)):
        read(project, text)
