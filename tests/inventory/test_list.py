"""`pytest-mcp list`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_mcp import cli
from tests.inventory.conftest import Project

CONFIG = """{"mcpServers": {
  "time": {"command": "uvx", "args": ["mcp-server-time", "--token", "hush-hush"], "env": {"ZONE": "Europe/Vienna"}},
  "search": {"type": "sse", "url": "https://h/sse", "headers": {"Authorization": "Bearer x"}},
  "off": {"command": "b", "disabled": true},
  "bad": {"command": "${NOPE}"}
}}"""
PLAIN = """\
server                   transport  where               state     runs
time                     stdio      .mcp.json:2         usable    uvx mcp-server-time --token *** (env: ZONE)
search                   sse        .mcp.json:3         usable    https://h/sse (headers: Authorization)
off                      stdio      .mcp.json:4         disabled  b
bad                      -          .mcp.json:5         problem   variable NOPE in command is not set; set it, or \
write ${NOPE:-default}
.vscode/mcp.json:time    stdio      .vscode/mcp.json:1  usable    c
"""


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write(CONFIG)
    project.write('{"servers": {"time": {"command": "c"}}}', ".vscode/mcp.json")
    monkeypatch.chdir(project.root)
    return project


def run(*args: str) -> Result:
    return CliRunner().invoke(cli.verbs, ["list", *args])


def code_of(*args: str) -> int:
    return cli._guarded(lambda: cli.verbs.main(["list", *args], standalone_mode=False))


def test_every_server_is_a_line_with_where_it_was_found(here: Project) -> None:
    lines = [line.split() for line in run().output.splitlines()]
    assert lines == [line.split() for line in PLAIN.splitlines()]


def test_json_has_the_whole_of_it(here: Project) -> None:
    found = json.loads(run("--json").output)
    assert found["files"] == [".mcp.json", ".vscode/mcp.json"]
    assert found["servers"][0] == {
        "id": "time",
        "name": "time",
        "state": "usable",
        "transport": "stdio",
        "remote": False,
        "path": ".mcp.json",
        "line": 2,
        "runs": "uvx mcp-server-time --token *** (env: ZONE)",
        "problem": None,
        "env": ["ZONE"],
        "headers": [],
    }
    assert [(server["id"], server["state"]) for server in found["servers"]] == [
        ("time", "usable"),
        ("search", "usable"),
        ("off", "disabled"),
        ("bad", "problem"),
        (".vscode/mcp.json:time", "usable"),
    ]
    assert found["servers"][3]["runs"] is None
    assert found["servers"][3]["transport"] is None


def test_named_files_are_read_instead(here: Project) -> None:
    here.write('{"mcpServers": {"x": {"command": "x"}}}', "other.json")
    found = json.loads(run("--json", "--mcp-config", "other.json", "--mcp-config", ".vscode/mcp.json").output)
    assert found["files"] == ["other.json", ".vscode/mcp.json"]
    assert [server["id"] for server in found["servers"]] == ["x", "time"]


def test_the_settings_table_counts(here: Project) -> None:
    here.write('config = [".vscode/mcp.json"]\n', "pytest_mcp.toml")
    assert json.loads(run("--json").output)["files"] == [".vscode/mcp.json"]


def test_nothing_is_started_and_nothing_written(here: Project) -> None:
    marker = here.root / "started"
    here.write(json.dumps({"mcpServers": {"a": {"command": "touch", "args": [str(marker)]}}}))
    before = sorted(here.root.rglob("*"))
    assert run().exit_code == run("--json").exit_code == 0
    assert sorted(here.root.rglob("*")) == before


def test_problems_and_disabled_servers_are_no_failure(here: Project) -> None:
    here.write('{"mcpServers": {"off": {"command": "b", "disabled": true}, "bad": 1}}')
    assert code_of() == 0


def test_no_config_is_usage_error_four(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_of() == 4
    error = capsys.readouterr().err
    assert error.startswith("pytest-mcp: no MCP config found; looked for")
    assert ".codex/config.toml" in error


@pytest.mark.parametrize(
    "args", [["--mcp-config", "gone.json"], ["--mcp-config", ".vscode"], ["--no-such-option"], ["x"]]
)
def test_bad_usage_is_four(here: Project, args: list[str]) -> None:
    assert code_of(*args) == 4


def test_hostile_names_cannot_steer_the_terminal(here: Project) -> None:
    name = "\x1b[31m\u202ename\nnext\x07"
    here.write(json.dumps({"mcpServers": {name: {"command": name, "args": [name], "env": {name: "x"}}}}))
    for output in (run().output, run("--json").output):
        assert not {"\x1b", "\u202e", "\x07"} & set(output)
    assert len(run().output.splitlines()) == 3
