"""Codex config.toml."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory import toml_lines
from pytest_mcp.model.server import Http, Inventory, Launch, Server, Stdio
from tests.inventory.conftest import Project

PLACE = ".codex/config.toml"


def read(project: Project, text: str, environ: dict[str, str] | None = None) -> Inventory:
    project.write(text, PLACE)
    return project.inventory(environ)


def one(project: Project, text: str, environ: dict[str, str] | None = None) -> Server:
    (server,) = read(project, f"[mcp_servers.one]\n{text}", environ).servers
    return server


def refused(project: Project, text: str, message: str) -> None:
    with pytest.raises(InventoryError, match=re.escape(f"{PLACE}{message}")):
        read(project, text)


def test_a_command_becomes_a_process_to_start_in_the_project(project: Project) -> None:
    text = (
        'command = "npx"\nargs = ["-y", "${HOME}"]\ncwd = "w"\ntool_timeout_sec = 20\n[mcp_servers.one.env]\nA = "1"\n'
    )
    server = one(project, text, {"HOME": "/h"})
    assert server.transport == Stdio(
        launch=Launch(command="npx", args=("-y", "${HOME}"), env=(("A", "1"),), cwd=str(project.root / "w"))
    )


def test_a_url_gets_its_headers_from_the_file_and_from_variables(project: Project) -> None:
    text = (
        'url = "https://h/mcp"\nhttp_headers = { A = "x" }\nenv_http_headers = { B = "VAR" }\n'
        'bearer_token_env_var = "TOKEN_VAR"\n'
    )
    server = one(project, text, {"VAR": "short", "TOKEN_VAR": "token-value"})
    assert server.transport == Http(
        url="https://h/mcp", headers=(("A", "x"), ("B", "short"), ("Authorization", "Bearer token-value"))
    )
    assert server.secrets == ("Bearer token-value", "token-value", "short")


def test_variables_that_are_passed_on_are_taken_when_set(project: Project) -> None:
    text = 'command = "a"\nenv_vars = ["API_KEY", "GONE", { name = "PLAIN", source = "local" }]\n'
    server = one(project, text, {"API_KEY": "key-value", "PLAIN": "p"})
    assert server.transport == Stdio(launch=Launch(command="a", env=(("API_KEY", "key-value"), ("PLAIN", "p"))))
    assert server.secrets == ("key-value",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has neither command nor url; add one of them"),
        ('command = "a"\nurl = "http://h"', "has both command and url; keep one of them"),
        ("command = 1", "command is not a string; quote it"),
        ("command = 2026-01-01", "command is not a string; quote it"),
        ('command = "a"\nargs = [1]', "args is not a list of strings; quote every argument"),
        ('command = "a"\nenv = { A = 1 }', "env is not an object of strings; quote every value"),
        ('command = "a"\nenv_vars = "A"', "env_vars is not a list of names; write one"),
        ('command = "a"\nenv_vars = [1]', "env_vars is not a list of names; quote every name"),
        ('command = "a"\nenabled = "no"', "enabled is not true or false; write one of them"),
        (
            'url = "http://h"\nbearer_token = "x"',
            "bearer_token is refused by Codex; name a variable with bearer_token_env_var",
        ),
        (
            'url = "http://h"\nbearer_token_env_var = "GONE"',
            "variable GONE in bearer_token_env_var is not set; set it",
        ),
        (
            'url = "http://h"\nenv_http_headers = { A = "sk-1234567890" }',
            "env_http_headers holds no name of a variable; write the name, not the value",
        ),
    ],
)
def test_a_bad_table_is_kept_with_its_problem(project: Project, text: str, problem: str) -> None:
    assert one(project, text).problem == problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mcp_servers.a\ncommand", ":1:15: bad TOML: expected ']' at the end of a table declaration; mend it there"),
        ('a = 1\n[mcp_servers.a]\ncommand = "x', ":3:13: bad TOML: "),
        ("a = 1\na = 2", ":2:6: bad TOML: cannot overwrite a value; mend it there"),
        ('[mcp_servers.a]\r\ncommand = "a"\r\n[mcp_servers.a]\r\n', ":3:15: bad TOML: cannot declare ... twice"),
        ("a = " + "[" * 5000, ": bad TOML: nested too deeply; make it flatter"),
        ("a = " + "1" * 5000, ": bad TOML: a number that is too long; shorten it"),
        ("mcp_servers = 1", ": 'mcp_servers' is not a table; write [mcp_servers.NAME]"),
        ("[mcp_servers]", ": 'mcp_servers' is empty; add a server"),
        ('[mcpServers.a]\ncommand = "a"', ": no 'mcp_servers'; rename 'mcpServers'"),
        ('model = "x"', ": no 'mcp_servers'; write a table [mcp_servers.NAME] for each server"),
        ("#" * (5 * 1024 * 1024 + 1), ": larger than 5 MB; name the right file"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_column(project: Project, text: str, message: str) -> None:
    refused(project, text, message)


@pytest.mark.parametrize("text", ["K = 'CANARY", 'K = "CANARY', '"CANARY" = 1\n"CANARY" = 2', "[a.CANARY]\n[a.CANARY]"])
def test_no_complaint_repeats_what_the_file_holds(project: Project, text: str) -> None:
    with pytest.raises(InventoryError) as caught:
        read(project, text)
    assert "CANARY" not in str(caught.value)


LAYOUT = '''# [mcp_servers.comment]
text = """
[mcp_servers.text]
""\\"""" # "
other = \'\'\'
[mcp_servers.other] \'\'\'\'
list = [ # [
  "[mcp_servers.list]", \'a\',
]
mcp_servers.first.command = "a"

  [ mcp_servers . "sec.ond" ] # note
command = "["
[mcp_servers.\'third\'.env]
A = "x"
[mcp_servers.third]
command = "c"
[others.mcp_servers.fifth]
'''


def test_every_table_knows_its_line(project: Project) -> None:
    servers = read(project, LAYOUT).servers
    assert {server.name: server.source.line for server in servers} == {
        "first": 10,
        "sec.ond": 12,
        "third": 14,
    }


def test_servers_in_lines_of_one_table_have_theirs(project: Project) -> None:
    text = '[mcp_servers]\na = { command = "a", args = [\n"x" ] }\nb = { command = "b" }'
    assert [server.source.line for server in read(project, text).servers] == [2, 4]


def test_servers_in_one_inline_table_have_its_line(project: Project) -> None:
    servers = read(project, '\n\nmcp_servers = { a = { command = "a" }, b = { command = "b" } }').servers
    assert [server.source.line for server in servers] == [3, 3]


NAME = st.text(min_size=1, max_size=8)


@given(
    st.lists(NAME, unique=True, min_size=1, max_size=5),
    st.sampled_from(['"""\n[x]\n"""', "'''\n'''", '"#"', "[\n1,\n]"]),
)
def test_lines_are_right_whatever_the_names(names: list[str], filler: str) -> None:
    text, lines = "", {}
    for name in names:
        key = '"' + "".join(f"\\U{ord(char):08X}" for char in name) + '"'
        text += f"x{len(lines)}_ = {filler}\n" if not lines else f"x = {filler}\n"
        lines[name] = text.count("\n") + 1
        text += f"[t.{key}]\n"
    tomllib.loads(text)
    assert {name: line for name, line in toml_lines.table_lines(text, "t").items() if name in lines and name} == lines
