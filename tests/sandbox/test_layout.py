"""What a box shows of programs, and what of a launch is left as it is."""

import venv
from pathlib import Path

import pytest

from pytest_mcp.model.server import Launch
from pytest_mcp.sandbox.layout import layout
from pytest_mcp.sandbox.mapping import placed
from pytest_mcp.sandbox.planted import world

WORLD = world("/box/workspace", (), "")


def test_a_program_in_node_modules_is_shown_with_what_it_depends_on(tmp_path: Path) -> None:
    package = tmp_path / "there" / "node_modules" / "@scope" / "server"
    package.mkdir(parents=True)
    (package / "package.json").write_text("{}")
    (package / "index.js").write_text("")
    project = tmp_path / "project"
    project.mkdir()
    launch = Launch(command="node", args=(str(package / "index.js"),))
    assert str(tmp_path / "there" / "node_modules") in layout(launch, project, project, tmp_path / "box").shown


def test_the_upper_folders_of_a_virtual_environment_are_memory_with_their_entries_shown(tmp_path: Path) -> None:
    home = tmp_path / "there"
    venv.create(home, symlinks=True)
    (home / "server.log").write_text("old")
    project = tmp_path / "project"
    project.mkdir()
    found = layout(Launch(command=str(home / "bin" / "python")), project, project, tmp_path / "box")
    assert {str(home), str(home / "lib")} <= set(found.memory)
    assert str(home / "bin") in found.shown
    assert (str(home / "server.log"), str(home / "server.log")) in found.copies


@pytest.mark.parametrize(
    ("name", "kept"), [("ANDROID_HOME", True), ("SERVICE_CONFIG", True), ("DATA_DIR", False), ("NOTES_FILE", False)]
)
def test_variables_that_name_programs_or_the_projects_settings_stay(tmp_path: Path, name: str, kept: bool) -> None:
    path = tmp_path / "thing"
    path.mkdir() if name.endswith(("HOME", "DIR")) else path.write_text("a: 1\n")
    launch = Launch(command="server", env=((name, str(path)),))
    assert (dict(placed(launch, WORLD, tmp_path).launch.env)[name] == str(path)) is kept


def test_settings_of_the_user_outside_of_the_project_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "user.yaml").write_text("token: x\n")
    launch = Launch(command="server", env=(("SERVICE_CONFIG", str(tmp_path / "user.yaml")),))
    assert dict(placed(launch, WORLD, tmp_path / "project").launch.env)["SERVICE_CONFIG"] == WORLD.text
