"""One entry of ``.mcp.json``: what it becomes, and what makes it unusable without spoiling its neighbours."""

import json
from typing import Any

import pytest

from pytest_mcp.model.server import Http, Launch, Sse, Stdio
from tests.inventory.conftest import Project


def test_a_command_becomes_a_process_to_start(project: Project) -> None:
    server = project.server({"command": "npx", "args": ["-y", "x"], "env": {"A": "1"}, "autoApprove": []})

    assert server.transport == Stdio(launch=Launch(command="npx", args=("-y", "x"), env=(("A", "1"),)))
    assert (server.id, server.name, server.problem, server.remote) == ("one", "one", None, False)


def test_a_command_alone_is_enough(project: Project) -> None:
    assert project.server({"command": "./run.sh"}).transport == Stdio(launch=Launch(command="./run.sh"))


@pytest.mark.parametrize("kind", ["http", "streamable-http", "streamableHttp", None])
def test_a_url_becomes_a_remote(project: Project, kind: str | None) -> None:
    server = project.server({"type": kind, "url": "https://h/mcp?a=b", "headers": {"Accept": "x"}})

    assert server.transport == Http(url="https://h/mcp?a=b", headers=(("Accept", "x"),))
    assert server.remote


def test_the_deprecated_transport_is_a_transport(project: Project) -> None:
    server = project.server({"type": "sse", "url": "https://h/sse", "headers": {"A": "x"}})

    assert server.transport == Sse(url="https://h/sse", headers=(("A", "x"),))
    assert (server.kind, server.remote) == ("sse", True)


def test_null_counts_as_left_out(project: Project) -> None:
    server = project.server({"command": "a", "args": None, "env": None, "cwd": None, "url": None, "type": None})
    assert server.transport == Stdio(launch=Launch(command="a"))


def test_a_working_directory_is_relative_to_the_folder_of_the_file(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "./a", "cwd": "work"}, "b": {"command": "b"}}}', "sub/x.json")
    first, second = project.inventory(config=["sub/x.json"]).servers
    assert isinstance(first.transport, Stdio)
    assert isinstance(second.transport, Stdio)
    assert first.transport.launch.cwd == str(project.root / "sub" / "work")
    assert first.transport.launch.command == "./a"
    assert second.transport.launch.cwd is None


PROBLEMS: list[tuple[Any, str]] = [
    ([], "is not an object; write a command or a url into one"),
    ("npx", "is not an object; write a command or a url into one"),
    (None, "is not an object; write a command or a url into one"),
    ({"command": "a", "url": "http://h"}, "has both command and url; keep one of them"),
    ({}, "has neither command nor url; add one of them"),
    ({"command": None}, "has neither command nor url; add one of them"),
    ({"command": ["npx"]}, "command is not a string; quote it"),
    ({"command": " "}, "command is empty; fill it in"),
    ({"command": "${EMPTY}"}, "command is empty once its variables are replaced; set them"),
    ({"command": "a\0b"}, "command has a character that no process can be given; remove the \\u escape"),
    ({"command": "a\ud800b"}, "command has a character that no process can be given; remove the \\u escape"),
    ({"command": "a", "args": "x y"}, "args is not a list of strings; quote every argument"),
    ({"command": "a", "args": ["x", 1]}, "args is not a list of strings; quote every argument"),
    ({"command": "a", "env": ["A=1"]}, "env is not an object of strings; quote every value"),
    ({"command": "a", "env": {"PORT": 1}}, "env is not an object of strings; quote every value"),
    ({"command": "a", "env": {"A=secret": "1"}}, "env has a name that no variable can have; write names without '='"),
    ({"command": "a", "env": {"": "1"}}, "env has a name that no variable can have; write names without '='"),
    ({"command": "a", "cwd": 1}, "cwd is not a string; quote it"),
    ({"command": "a", "cwd": ""}, "cwd is empty; fill it in"),
    (
        {"command": "a", "type": "grpc"},
        "has an unknown type; use one of stdio, http, streamable-http, streamableHttp, sse",
    ),
    (
        {"command": "a", "type": {"x": 1}},
        "has an unknown type; use one of stdio, http, streamable-http, streamableHttp, sse",
    ),
    ({"command": "a", "type": "http"}, "is of type 'http' but has a command; change one of them"),
    ({"url": "http://h", "type": "stdio"}, "is of type 'stdio' but has a url; change one of them"),
    ({"url": 1}, "url is not a string; quote it"),
    *(
        ({"url": url}, "url is not one that can be connected to; write http:// or https://, a host, and a path")
        for url in (
            "ftp://h/mcp",
            "h/mcp",
            "http:///mcp",
            "http://h:0/",
            "http://h:99999/",
            "http://h:{port}/mcp",
            "http://[::1/",
            "http://a b/",
            "http://h/\n",
        )
    ),
    ({"url": "http://h", "headers": {"A": 1}}, "headers is not an object of strings; quote every value"),
    ({"url": "http://h", "headers": {"A": "x\ny"}}, "header 'A' has a line break in its value; remove it"),
    (
        {"url": "http://h", "headers": {"A: b": "x"}},
        "headers has a name that cannot be sent; write letters, digits and '-'",
    ),
    ({"command": "a", "type": "sse"}, "is of type 'sse' but has a command; change one of them"),
    ({"command": "a", "disabled": "yes"}, "disabled is not true or false; write one of them"),
    ({"command": "a", "enabled": 0}, "enabled is not true or false; write one of them"),
    (
        {"command": "${NOPE}", "args": ["${NADA}", "${NOPE}"]},
        "variable NOPE in command is not set; set it, or write ${NOPE:-default}; "
        "variable NADA in args is not set; set it, or write ${NADA:-default}",
    ),
    (
        {"command": "a", "env": {"T": "${NOPE}"}},
        "variable NOPE in env 'T' is not set; set it, or write ${NOPE:-default}",
    ),
    ({"command": "a", "cwd": "${NOPE}"}, "variable NOPE in cwd is not set; set it, or write ${NOPE:-default}"),
    (
        {"url": "${NOPE}", "headers": {"A": "${NADA}"}},
        "variable NADA in header 'A' is not set; set it, or write ${NADA:-default}; "
        "variable NOPE in url is not set; set it, or write ${NOPE:-default}",
    ),
    ({"command": "${x%y}"}, "command has a ${...} that names no variable; write ${VAR} or ${VAR:-default}"),
]


@pytest.mark.parametrize(("entry", "problem"), PROBLEMS)
def test_a_bad_entry_is_kept_with_its_problem(project: Project, entry: Any, problem: str) -> None:
    server = project.server(entry, {"EMPTY": ""})

    assert server.problem == problem
    assert server.transport is None
    assert server.kind == "unusable"


def test_one_bad_entry_does_not_spoil_the_others(project: Project) -> None:
    project.write(json.dumps({"mcpServers": {"a": {"command": "a"}, "bad": 1, "c": {"url": "http://h"}}}))
    assert [server.kind for server in project.inventory().servers] == ["stdio", "unusable", "http"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('{"command": "a",\n\n"command": "b"}', "has the key 'command' twice, in lines 1 and 3; remove one of them"),
        (
            '{"command": "a", "env": {"K": "1",\n"K": "2"}}',
            "has the key 'K' twice, in lines 1 and 2; remove one of them",
        ),
        ('{"command": "a", "x": [{"y": {}, "y": 1}]}', "has the key 'y' twice, in lines 1 and 1; remove one of them"),
    ],
)
def test_a_key_that_appears_twice_makes_its_entry_unusable(project: Project, entry: str, problem: str) -> None:
    project.write('{"mcpServers": {"one": ' + entry + ', "two": {"command": "a"}}}')
    one, two = project.inventory().servers
    assert (one.problem, two.problem) == (problem, None)


def test_an_empty_name_is_called_by_its_position(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}, "": {"command": "a"}}}')
    server = project.inventory().servers[1]
    assert (server.id, server.problem) == ("#1", "its name is empty; give it one")


def test_a_name_that_no_output_can_take_is_spelled_out(project: Project) -> None:
    project.write('{"mcpServers": {"x\\ud800": {"command": "a"}}}')
    (server,) = project.inventory().servers
    assert server.id == "x\\ud800"
    assert server.problem == "its name has a \\u escape that is half of a pair; write the character itself"


def test_numbers_that_are_too_long_for_an_integer_are_ignored(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a", "n": ' + "9" * 5000 + "}}}")
    assert project.inventory().servers[0].problem is None
