"""Secrets are known, and are in nothing that anybody could show."""

import json
from typing import Any

import pytest

from pytest_mcp.errors import McpError
from pytest_mcp.inventory import describe, listed, redact
from tests.inventory.conftest import Project

CANARY = "cAnAry-7f3a9e"


def hidden(project: Project, entry: Any, **environ: str) -> tuple[str, ...]:
    server = project.server(entry, environ)
    for text in (repr(server), str(server), describe(server), repr(listed(server)), server.problem or ""):
        assert CANARY not in text
    return server.secrets


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "a", "env": {"ANYTHING": CANARY}},
        {"command": "a", "env": {"API_KEY": CANARY}},
        {"command": "a", "env": {"API_KEY": "${PLAIN}"}},
        {"command": "a", "env": {"API_KEY": "Bearer ${PLAIN}"}},
        {"command": "a", "env": {"DB": f"postgres://user:{CANARY}@h/db"}},
        {"command": "a", "args": ["${MY_TOKEN}"]},
        {"command": "${MY_TOKEN}"},
        {"command": "a", "cwd": "${MY_TOKEN}"},
        {"command": "a", "args": ["--url=http://h/${MY_TOKEN}/x"]},
        {"command": "a", "args": ["${OTHER_KEY:-" + CANARY + "}"]},
        {"command": "a", "args": ["--api-key", CANARY]},
        {"command": "a", "args": [f"--api-key={CANARY}"]},
        {"command": "docker", "args": ["run", "-e", f"GITHUB_TOKEN={CANARY}"]},
        {"command": "a", "args": ["--header", f"Authorization: Bearer {CANARY}"]},
        {"command": "a", "args": [f"https://u:{CANARY}@h/"]},
        {"command": "a", "args": [f"https://{CANARY}@h/"]},
        {"command": "a", "args": [f"https://h/?x=1&access_token={CANARY}"]},
        {"url": "https://h/${MY_TOKEN}/mcp"},
        {"url": f"https://u:{CANARY}@h/mcp"},
        {"url": f"https://h/mcp?apikey={CANARY}"},
        {"url": "https://h/mcp", "headers": {"Authorization": f"Bearer {CANARY}"}},
        {"url": "https://h/mcp", "headers": {"X-Other": CANARY}},
        {"url": "https://h/mcp", "headers": {"Authorization": "Bearer ${PLAIN}"}},
    ],
)
def test_a_secret_in_any_field_is_known_and_not_shown(project: Project, entry: Any) -> None:
    assert CANARY in hidden(project, entry, MY_TOKEN=CANARY, PLAIN=CANARY)


@pytest.mark.parametrize(
    "token", ["sk-abcdefgh12345678", "ghp_abcdefgh12345678", "xoxb-12345678-abc", "AKIAABCDEFGHIJKLMNOP"]
)
def test_well_known_token_shapes_are_secret_wherever_they_stand(project: Project, token: str) -> None:
    server = project.server({"command": "a", "args": [f"x={token}", "y"]})
    assert token in server.secrets
    assert token not in describe(server)


@pytest.mark.parametrize(
    "entry",
    [
        {"command": CANARY, "url": CANARY},
        {"command": "a", "type": CANARY},
        {"url": CANARY},
        {"url": f"ftp://{CANARY}@h"},
        {"command": "a", "args": CANARY},
        {"command": "a", "args": [CANARY, 1]},
        {"command": "a", "env": CANARY},
        {"command": "a", "env": {f"A={CANARY}": "x"}},
        {"command": "a", "env": {"A": CANARY, "B": 1}},
        {"url": "http://h", "headers": {f"Authorization: {CANARY}": "x"}},
        {"url": "http://h", "headers": {"A": f"{CANARY}\n"}},
        {"command": "a", "args": ["${x " + CANARY + "}"]},
        {"command": "a", "args": ["${ghp_" + CANARY.replace("-", "") + "}"]},
        {"command": "a", "args": ["${A:-" + CANARY + "}", "${B}"]},
        [CANARY],
        CANARY,
    ],
)
def test_no_problem_of_an_entry_repeats_a_value(project: Project, entry: Any) -> None:
    server = project.server(entry)
    assert server.problem
    for text in (repr(server), describe(server), server.problem):
        assert CANARY not in text
        assert CANARY.replace("-", "") not in text


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": {"a": {"env": {"K": "CANARY}',
        '{"mcpServers": {"a": {"env": {"K": CANARY',
        '{"mcpServers": "CANARY"}',
        '["CANARY"]',
        '{"mcpServers": {"a": {"command": "CANARY"}, "a": {"command": "CANARY"}}}',
    ],
)
def test_no_error_about_a_file_repeats_a_value(project: Project, text: str) -> None:
    project.write(text.replace("CANARY", CANARY))
    with pytest.raises(McpError) as caught:
        project.inventory()
    assert CANARY not in f"{caught.value!r}{caught.value}{caught.value.__cause__!r}"


def test_settings_keep_secrets_to_themselves(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}}}')
    project.write(
        f'[servers.a.transports.http]\ncommand = "a"\nurl = "http://u:{CANARY}@h/"\nargs = ["--token", "{CANARY}"]\n'
        f'env = {{ K = "{CANARY}" }}\n',
        "pytest_mcp.toml",
    )
    server = project.inventory().servers[1]
    assert CANARY in server.secrets
    assert CANARY not in repr(server) + describe(server)


@pytest.mark.parametrize(
    "value", ["", "1", "on", "abc", "true", "DEBUG", "8080", "1234567", "production", "stdio", "streamable-http"]
)
def test_values_that_are_everywhere_are_not_hidden(project: Project, value: str) -> None:
    assert hidden(project, {"command": "a", "env": {"API_KEY": value, "PLAIN": value}}) == ()


def test_short_values_are_hidden_only_where_the_name_says_so(project: Project) -> None:
    assert hidden(project, {"command": "a", "env": {"PLAIN": "words"}}) == ()
    assert hidden(project, {"command": "a", "env": {"TOKEN": "words"}}) == ("words",)


def test_paths_that_exist_are_readable_unless_their_name_says_secret(project: Project) -> None:
    (project.root / "workspace").mkdir()
    inside = str(project.root / "workspace" / "memory.jsonl")
    env = {"ROOT": str(project.root), "FILE": inside, "RELATIVE": "workspace", "MISSING": "/nowhere/at/all"}
    assert hidden(project, {"command": "a", "env": env}) == ("/nowhere/at/all",)
    assert hidden(project, {"command": "a", "env": {"KEY_FILE": inside}}) == (inside,)


def test_harmless_headers_are_readable(project: Project) -> None:
    headers = {"Accept": "application/xml", "User-Agent": "somebody/1.0", "Content-Type": "application/vnd.x"}
    assert hidden(project, {"url": "http://h", "headers": headers}) == ()


def test_an_argument_after_an_ordinary_flag_is_readable(project: Project) -> None:
    args = ["--max-tokens", "many-of-them", "--allow-unauthenticated", "--keyspace", "main-space", "--token", "--flag"]
    assert hidden(project, {"command": "a", "args": args}) == ()


def test_longer_secrets_are_replaced_before_those_they_contain(project: Project) -> None:
    secrets = hidden(project, {"command": "a", "env": {"A": "abcdefgh", "B": "abcdefghij"}})
    assert secrets == ("abcdefghij", "abcdefgh")
    assert redact("x abcdefghij abcdefgh y", secrets) == "x *** *** y"


def test_a_secret_is_hidden_in_the_spelling_of_json_too(project: Project) -> None:
    secrets = hidden(project, {"command": "a", "env": {"A_KEY": 'quo"te\nnext-line-here'}})
    assert redact(json.dumps('quo"te\nnext-line-here'), secrets) == '"***"'
    assert redact("x next-line-here", secrets) == "x ***"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"command": "npx", "args": ["-y", "a b", ""]}, "npx -y 'a b' ''"),
        (
            {"command": "a", "args": ["--token", CANARY, "x"], "env": {"B": "1", "A": CANARY}},
            "a --token *** x (env: B, A)",
        ),
        ({"command": "a", "args": ["x\x1b[31m\n\u202ey"]}, "a 'x \u2039U+202E\u203ay'"),
        (
            {"url": "https://me:1@h/mcp", "headers": {"Authorization": "Bearer 12345678"}},
            "https://***@h/mcp (headers: Authorization)",
        ),
        ({"url": "ftp://h"}, "unusable: url is not one that can be connected to; write http:// or https://,"),
    ],
)
def test_a_server_is_described_in_one_safe_line(project: Project, entry: Any, line: str) -> None:
    assert describe(project.server(entry)).startswith(line)
