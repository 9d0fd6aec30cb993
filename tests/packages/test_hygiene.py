"""Each rule fires on what is unwise and is silent on what is not; no secret is ever in what it says."""

import json
from typing import Any

import pytest

from pytest_mcp.model.finding import Severity
from pytest_mcp.model.package import Dependency, Ecosystem, Package, Pin
from pytest_mcp.model.server import Http, Launch, Server, Source, Stdio, Transport
from pytest_mcp.packages import hygiene

CANARY = "cAnAry-7f3a9e\"'\\x"


def server(transport: Transport) -> Server:
    return Server(id="s", name="s", source=Source(path=".mcp.json", line=3), transport=transport)


def stdio(command: str, *args: str, **env: str) -> Server:
    return server(Stdio(launch=Launch(command=command, args=args, env=tuple(env.items()))))


def package(name: str = "x", **fields: Any) -> Package:
    return Package(**{"form": "npx", "ecosystem": Ecosystem.NPM, "name": name, **fields})


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (stdio("a", API_KEY=CANARY), "env 'API_KEY'"),
        (stdio("a", DB=f"postgres://u:{CANARY[:13]}@h/d"), "env 'DB'"),
        (stdio("a", PLAIN="ghp_" + "a1" * 18), "env 'PLAIN'"),
        (stdio("a", "--token", CANARY), "args[1]"),
        (stdio("a", "x", f"--api-key={CANARY}"), "args[1]"),
        (stdio("a", "--header", "Authorization: Bearer " + CANARY[:13]), "args[1]"),
        (server(Http(url="https://h/", headers=(("Authorization", f"Bearer {CANARY}"),))), "header 'Authorization'"),
        (server(Http(url=f"https://h/?api_key={CANARY[:13]}")), "url"),
    ],
)
def test_a_secret_that_stands_in_the_file_is_told_by_its_place(entry: Server, place: str) -> None:
    def config(server: Server) -> str:
        transport = server.transport
        assert transport
        launch = transport.launch
        values = [*launch.args, *dict(launch.env).values()] if launch else []
        values += [transport.url, *dict(transport.headers).values()] if isinstance(transport, Http) else []
        return json.dumps(values)

    found = hygiene.literal_secrets(entry, config(entry))
    assert [one.title.rpartition(": ")[2] for one in found] == [place]
    assert CANARY[:8] not in repr(found)
    assert hygiene.literal_secrets(entry, '{"env": {"API_KEY": "${API_KEY}"}}') == ()


@pytest.mark.parametrize(
    "entry",
    [
        stdio("a", LOG_LEVEL="verbose-mode", KEYBOARD="qwertz-layout", MAX_TOKENS="100000"),
        stdio("a", API_KEY="YOUR_API_KEY_HERE", TOKEN="", SECRET="true", PASSWORD="<password>"),
        stdio("a", "--key", "/etc/tls/server.key"),
        stdio("a", "postgres://reader@host/db"),
    ],
)
def test_what_is_no_secret_is_not_one(entry: Server) -> None:
    assert entry.transport
    assert entry.transport.launch
    text = json.dumps([*entry.transport.launch.args, *dict(entry.transport.launch.env).values()])
    assert hygiene.literal_secrets(entry, text) == ()


def test_a_launcher_that_pins_nothing_is_told() -> None:
    floating = package(requested="x", pin=Pin.FLOATING)
    assert [one.severity for one in hygiene.pinning(floating)] == [None]
    assert "newest" in hygiene.pinning(package(requested="x@latest", pin=Pin.LATEST))[0].title
    own = package(requested="x", pin=Pin.FLOATING, folder="/p/node_modules/x", version="1.0.0")
    assert [one.severity for one in hygiene.pinning(own)] == [Severity.LOW]
    assert hygiene.pinning(package(requested="x@1.0.0", pin=Pin.EXACT)) == ()
    assert hygiene.pinning(package()) == ()


@pytest.mark.parametrize(
    "argv", [["sh", "-c", "a"], ["/bin/bash", "-lc", "a"], ["cmd.exe", "/C", "a"], ["pwsh", "-Command", "a"]]
)
def test_a_shell_is_told(argv: list[str]) -> None:
    assert len(hygiene.shell(stdio(*argv))) == 1


@pytest.mark.parametrize("argv", [["sh", "start.sh"], ["npx", "-c", "a"], ["python", "-c", "a"], ["bash"]])
def test_no_shell_line_is_none(argv: list[str]) -> None:
    assert hygiene.shell(stdio(*argv)) == ()


@pytest.mark.parametrize("url", ["http://api.test/mcp", "http://10.0.0.1/", "http://localhost.evil.test/"])
def test_plain_http_elsewhere_is_told(url: str) -> None:
    assert len(hygiene.plain_http(server(Http(url=url)))) == 1


@pytest.mark.parametrize(
    "url",
    ["https://api.test/", "http://127.0.0.9:1/", "http://[::1]/", "http://localhost:{port}/", "http://a.localhost/"],
)
def test_https_and_loopback_are_fine(url: str) -> None:
    assert hygiene.plain_http(server(Http(url=url))) == ()
    assert hygiene.plain_http(stdio("a")) == ()


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (Ecosystem.NPM, "@modelcontextprotocl/server-filesystem"),
        (Ecosystem.NPM, "modelcontextprotocol-server-memory"),
        (Ecosystem.NPM, "@modelcontextprotocol/server_github"),
        (Ecosystem.NPM, "mcp-remoet"),
        (Ecosystem.PYPI, "mcp-server-tlme"),
        (Ecosystem.PYPI, "mcpserver-git"),
    ],
)
def test_a_name_that_is_nearly_another_is_told(ecosystem: Ecosystem, name: str) -> None:
    assert len(hygiene.lookalike(package(name, ecosystem=ecosystem))) == 1


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (Ecosystem.NPM, "@modelcontextprotocol/server-github"),
        (Ecosystem.NPM, "@modelcontextprotocol/server-gitlab"),
        (Ecosystem.NPM, "express"),
        (Ecosystem.PYPI, "MCP_Server.time"),
        (Ecosystem.PYPI, ""),
        (Ecosystem.NONE, "mcp-server-tlme"),
    ],
)
def test_a_name_of_its_own_is_not(ecosystem: Ecosystem, name: str) -> None:
    assert hygiene.lookalike(package(name, ecosystem=ecosystem)) == ()


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("ab", "ab", False),
        ("ab", "ba", True),
        ("ab", "abc", True),
        ("abcd", "abxd", True),
        ("abcd", "badc", False),
        ("", "a", True),
        ("abc", "cab", False),
        ("abc", "abcde", False),
    ],
)
def test_one_edit(one: str, other: str, near: bool) -> None:
    assert hygiene.is_one_edit(one, other) is near
    assert hygiene.is_one_edit(other, one) is near


def test_install_scripts_of_the_whole_tree_are_told() -> None:
    dependency = Dependency(
        ecosystem=Ecosystem.NPM, name="d", version="1.0.0", folder="/d", install_scripts=("postinstall",)
    )
    quiet = Dependency(ecosystem=Ecosystem.NPM, name="q", version="1.0.0", folder="/q")
    found = hygiene.install_scripts(package(dependencies=(dependency, quiet)))
    assert [one.title for one in found] == ["d 1.0.0 runs a script when it is installed: postinstall"]
    assert len(hygiene.install_scripts(package(install_scripts=("install",)))) == 1
