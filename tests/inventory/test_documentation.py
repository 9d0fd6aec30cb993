"""docs/configuration.md says what is true: its examples are read, its tables are complete."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from pytest_mcp.inventory import Listed
from pytest_mcp.inventory.formats import FORMATS
from pytest_mcp.settings import read_settings
from pytest_mcp.settings.options import OPTIONS
from pytest_mcp.settings.schema import TableSchema
from tests.inventory.conftest import Project

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
ENVIRON = {"NOTES_TOKEN": "n", "SEARCH_TOKEN": "s", "NOTES_USER": "u", "PYTEST_MCP_INPUT_NOTES_TOKEN": "n"}
SETTINGS = ("pyproject.toml", "pytest_mcp.toml")
BLOCKS = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))
FOUND = {
    ".mcp.json": ["time", "notes", "search"],
    ".vscode/mcp.json": ["notes", "search"],
    ".cursor/mcp.json": ["notes"],
    ".codex/config.toml": ["notes", "search"],
    "server.json": [f"io.github.example/notes@{kind}" for kind in ("npm", "oci", "http")],
}


def test_every_block_is_a_file_by_name() -> None:
    assert len(re.findall(r"^```\w+$", TEXT, re.MULTILINE)) == len(BLOCKS)
    assert set(BLOCKS) == {*FOUND, *SETTINGS}


@pytest.mark.parametrize("file", FOUND)
def test_every_config_example_is_usable_as_it_stands(project: Project, file: str) -> None:
    project.write(BLOCKS[file], file)
    servers = project.inventory(ENVIRON, config=[file]).servers
    assert {server.id: server.problem for server in servers} == dict.fromkeys(FOUND[file])


def test_the_files_that_are_said_to_be_found_are(project: Project) -> None:
    places = [place for one in FORMATS for place in one.places]
    rows = re.findall(r"^\| (`.*) \| .* \| .* \| yes \|$", TEXT, re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == places


def test_every_settings_example_works_with_the_config_example(project: Project) -> None:
    project.write(BLOCKS[".mcp.json"])
    ids = []
    for file in SETTINGS:
        path = project.write(BLOCKS[file], file)
        inventory = project.inventory(ENVIRON)
        assert [server.problem for server in inventory.servers if server.problem] == []
        ids.append([server.id for server in inventory.servers])
        path.unlink()
    assert ids == [["time", "notes", "search"], ["time", "time@http", "notes", "search"]]


def test_every_key_of_the_list_is_documented() -> None:
    section = TEXT[TEXT.index("## What is found") : TEXT.index("## Variables")]
    keys = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert [name for key in keys for name in re.findall(r"`(\w+)`", key)] == [field.name for field in fields(Listed)]


def test_every_key_option_and_variable_is_documented(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path, {}).timeout == 30
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE))
    for option in OPTIONS:
        assert f"`{option.flag}" in TEXT
        if not option.per_run:
            assert option.flag in rows[option.table_key]
            assert not option.variable or f"`{option.variable}`" in rows[option.table_key]
    assert set(TableSchema.model_fields) <= set(rows)
