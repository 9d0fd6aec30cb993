"""A canary in every field of every format: known where it is a secret, and in no output of any kind."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_mcp import cli
from tests.inventory.conftest import Project

CANARY = "cAnAry-7f3a9e"
VARIABLES = {"MY_TOKEN": CANARY, "PYTEST_MCP_INPUT_PASS": CANARY, "API_KEY": CANARY}
INPUTS = '"inputs": [{"id": "pass", "type": "promptString", "password": true}]'
URLS = [f"https://u:{CANARY}@h/", f"https://{CANARY}@h/", f"https://h/?token={CANARY}"]
WORDS = [["--api-key", CANARY], [f"--token={CANARY}"], ["--header", f"Authorization: Bearer {CANARY}"], [URLS[0]]]
FIELDS = [
    *({"command": "a", "args": words} for words in WORDS),
    {"command": "a", "env": {"ANYTHING": CANARY}},
    {"command": "cmd", "args": ["/c", f"a --token {CANARY}"]},
    {"command": "sh", "args": ["-c", f"exec a --token='{CANARY}' # x"]},
    {"command": "sh", "args": ["-c", f'API_KEY="{CANARY}" exec a']},
    {"command": "sh", "args": ["-c", f"curl -H 'Authorization: Bearer {CANARY}' https://h"]},
    {"command": "a", "env": {"ANYTHING": CANARY}, "disabled": True},
    *({"url": url} for url in URLS),
    *({"type": "sse", "url": url} for url in URLS),
    {"url": "https://h/", "headers": {"Authorization": f"Bearer {CANARY}", "X": CANARY}},
]
BROKEN = [
    {"command": CANARY, "url": CANARY},
    {"command": "a", "type": CANARY},
    {"command": "a", "disabled": CANARY},
    {"command": "a", "enabled": CANARY},
    {"command": "cmd", "args": [CANARY]},
    {"command": "cmd", "args": ["/c", f"{CANARY} | {CANARY}"]},
    {"url": f"{CANARY}://{CANARY}"},
    {"command": "a", "env": {f"={CANARY}": CANARY}},
    {"command": "a", "args": CANARY},
    CANARY,
    [CANARY],
]
EDITOR = [
    {"command": "a", "args": ["${env:MY_TOKEN}"]},
    {"command": "${env:MY_TOKEN}"},
    {"command": "a", "cwd": "${env:MY_TOKEN}"},
    {"command": "a", "envFile": "secrets.env"},
    {"url": "https://h/${env:MY_TOKEN}"},
]
ASKING = [{"command": "a", "args": ["${input:pass}"]}, {"url": "https://h/${input:pass}"}]
UNREPLACED = [
    {"command": "a", "envFile": "${env:MY_TOKEN}"},
    {"command": "a", "args": ["${env:" + CANARY + " }"]},
    {"command": "a", "args": ["${input:" + CANARY + " }"]},
    {"command": "a", "args": ["${command:" + CANARY + "}"]},
    {"command": "a", "args": ["${env:ghp_" + "a" * 20 + "}"]},
]
CODEX = [
    f'command = "a"\nargs = ["--token", "{CANARY}"]',
    f'command = "a"\nenv = {{ X = "{CANARY}" }}',
    'command = "a"\nenv_vars = ["MY_TOKEN"]',
    f'url = "{URLS[0]}"',
    f'url = "https://h"\nhttp_headers = {{ X = "{CANARY}" }}',
    'url = "https://h"\nenv_http_headers = { X = "MY_TOKEN" }',
    'url = "https://h"\nbearer_token_env_var = "MY_TOKEN"',
]
CODEX_BROKEN = [
    f'url = "https://h"\nbearer_token = "{CANARY}"',
    f'url = "https://h"\nbearer_token_env_var = "{CANARY} "',
    f'url = "https://h"\nbearer_token_env_var = 1\nx = "{CANARY}"',
    f'command = "a"\nenv_vars = "{CANARY}"',
    f'command = "a"\nenabled = "{CANARY}"',
]
ARGUMENTS = [
    {"type": "named", "name": "--token", "value": CANARY},
    {"type": "named", "name": "--x", "value": CANARY, "isSecret": True},
    {"type": "positional", "valueHint": "pass", "isRequired": True},
    {"type": "named", "name": "--pass"},
    {"type": "named", "name": "--x", "value": "{v}", "variables": {"v": {"value": CANARY, "isSecret": True}}},
    {"type": "named", "name": "--x", "value": "{pass}", "variables": {"pass": {}}},
]
PACKAGE = {"registryType": "oci", "identifier": "x"}
REGISTRY = [
    *({"packages": [{**PACKAGE, key: [one]}]} for one in ARGUMENTS for key in ("packageArguments", "runtimeArguments")),
    {"packages": [{**PACKAGE, "environmentVariables": [{"name": "API_KEY", "isSecret": True}]}]},
    {"packages": [{**PACKAGE, "environmentVariables": [{"name": "X", "default": CANARY}]}]},
    {"remotes": [{"type": "sse", "url": "https://h", "headers": [{"name": "X", "value": CANARY}]}]},
    {"remotes": [{"type": "sse", "url": "https://h/{pass}", "variables": {"pass": {}}}]},
]
REGISTRY_BROKEN = [
    {"packages": [{"registryType": CANARY, "identifier": CANARY}]},
    {"packages": [{**PACKAGE, "version": [CANARY]}]},
    {"packages": [{**PACKAGE, "transport": {"type": CANARY}}]},
    {"packages": [{**PACKAGE, "transport": {"type": "sse", "url": "http://h/{" + CANARY + "}"}}]},
    {"packages": [{**PACKAGE, "packageArguments": [{"valueHint": f"{CANARY} ", "isRequired": True}]}]},
    {"packages": [CANARY]},
    {"remotes": [{"type": CANARY, "url": CANARY}]},
    {"remotes": [{"type": "sse", "url": CANARY}]},
]


def servers(entry: object) -> str:
    return json.dumps({"mcpServers": {"one": entry}})


def vscode(entry: object) -> str:
    return "{" + INPUTS + ', "servers": {"one": ' + json.dumps(entry) + "}} // x"


GOOD = [
    *((".mcp.json", servers(entry)) for entry in FIELDS),
    *((".cursor/mcp.json", servers(entry)) for entry in FIELDS + EDITOR),
    *((".vscode/mcp.json", vscode(entry)) for entry in FIELDS + EDITOR + ASKING),
    *(("claude_desktop_config.json", servers(entry)) for entry in FIELDS),
    *((".codex/config.toml", f"[mcp_servers.one]\n{text}\n") for text in CODEX),
    *(("server.json", json.dumps({"name": "io.x/y", **content})) for content in REGISTRY),
]
BAD = [
    *((".mcp.json", servers(entry)) for entry in BROKEN),
    *((".cursor/mcp.json", servers(entry)) for entry in BROKEN + UNREPLACED),
    *((".vscode/mcp.json", vscode(entry)) for entry in BROKEN + UNREPLACED),
    *(("claude_desktop_config.json", servers(entry)) for entry in BROKEN),
    *((".codex/config.toml", f"[mcp_servers.one]\n{text}\n") for text in CODEX_BROKEN),
    *(("server.json", json.dumps({"name": "io.x/y", **content})) for content in REGISTRY_BROKEN),
]


def outputs(project: Project, place: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that is printed about the file, and the reprs of what it was read to."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.root)
    inventory = project.inventory(VARIABLES, config=[place], with_disabled=True)
    plain = CliRunner().invoke(cli.verbs, ["list", "--mcp-config", place], catch_exceptions=False)
    full = CliRunner().invoke(cli.verbs, ["list", "--json", "--mcp-config", place], catch_exceptions=False)
    assert (plain.exit_code, full.exit_code) == (0, 0)
    return [repr(inventory), plain.output, full.output]


@pytest.mark.parametrize(("place", "text"), GOOD)
def test_a_secret_in_any_field_is_known_and_never_shown(
    project: Project, place: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(text, place)
    project.write(f"SOME_KEY={CANARY}\n", "secrets.env")
    for output in outputs(project, place, monkeypatch):
        assert CANARY not in output
    (server,) = project.inventory(VARIABLES, config=[place], with_disabled=True).servers
    assert server.problem is None
    assert CANARY in server.secrets


@pytest.mark.parametrize(("place", "text"), BAD)
def test_no_problem_repeats_what_the_file_holds(
    project: Project, place: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(text, place)
    for output in outputs(project, place, monkeypatch):
        assert CANARY not in output
        assert "ghp_" not in output
    (server,) = project.inventory(VARIABLES, config=[place], with_disabled=True).servers
    assert server.problem


@pytest.mark.parametrize(("place", "text"), GOOD + BAD)
def test_a_cut_file_is_refused_without_its_content(project: Project, place: str, text: str) -> None:
    for end in {match.end() for match in re.finditer(re.escape(CANARY), text)}:
        project.write(text[:end], place)
        try:
            project.inventory(config=[place])
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not show the canary
            assert CANARY not in f"{error}{error!r}{error.__cause__!r}"


def test_every_format_is_here() -> None:
    formats = Path(__file__).parents[2] / "pytest_mcp" / "inventory" / "formats"
    classes = {name for path in formats.glob("*.py") for name in re.findall(r"^class (\w+):", path.read_text(), re.M)}
    assert classes == {"McpJson", "VsCode", "Cursor", "ClaudeDesktop", "Codex", "Registry", "Inputs"}
