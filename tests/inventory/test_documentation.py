"""docs/configuration.md says what is true: its examples are read, its tables are complete."""

import re
from pathlib import Path

from pytest_mcp.settings import read_settings
from pytest_mcp.settings.options import OPTIONS
from pytest_mcp.settings.schema import TableSchema
from tests.inventory.conftest import Project

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
ENVIRON = {"NOTES_TOKEN": "n", "SEARCH_TOKEN": "s"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_every_block_is_of_a_language_that_is_tested() -> None:
    assert set(re.findall(r"^```(\w+)", TEXT, re.MULTILINE)) == {"json", "toml"}


def test_every_config_example_is_usable_as_it_stands(project: Project) -> None:
    assert blocks("json")
    for block in blocks("json"):
        project.write(block)
        assert [server.problem for server in project.inventory(ENVIRON).servers] == [None, None, None]


def test_every_settings_example_works_with_the_config_example(project: Project) -> None:
    project.write(blocks("json")[0])
    ids = []
    for block in blocks("toml"):
        pyproject = "[tool.pytest_mcp]" in block
        path = project.write(block, "pyproject.toml" if pyproject else "pytest_mcp.toml")
        inventory = project.inventory(ENVIRON)
        assert [server.problem for server in inventory.servers if server.problem] == []
        ids.append([server.id for server in inventory.servers])
        path.unlink()
    assert ids == [["time", "notes", "search"], ["time", "time@http", "notes", "search"]]


def test_every_key_option_and_variable_is_documented(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path, {}).timeout == 30
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE))
    for option in OPTIONS:
        assert f"`{option.flag}" in TEXT
        if not option.per_run:
            assert option.flag in rows[option.table_key]
            assert not option.variable or f"`{option.variable}`" in rows[option.table_key]
    assert set(TableSchema.model_fields) <= set(rows)
