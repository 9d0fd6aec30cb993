"""Which files are read, and what ends a run before it starts."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory import files
from tests.inventory.conftest import Project

GOOD = '{"mcpServers": {"a": {"command": "a"}}}'
OTHER = '{"mcpServers": {"b": {"command": "b"}}}'


def refused(project: Project, message: str, **options: Any) -> None:
    with pytest.raises(InventoryError, match=re.escape(message)):
        project.inventory(**options)


def test_both_files_of_the_rootdir_are_read_in_order(project: Project) -> None:
    project.write(OTHER, "mcp.json")
    project.write(GOOD, ".mcp.json")

    inventory = project.inventory()

    assert inventory.files == (".mcp.json", "mcp.json")
    assert [server.id for server in inventory.servers] == ["a", "b"]


def test_a_named_file_is_read_instead_of_those_in_the_rootdir(project: Project) -> None:
    project.write(GOOD)
    project.write(OTHER, "configs/other.json")

    inventory = project.inventory(config=["configs/other.json"])

    assert inventory.files == ("configs/other.json",)
    assert [server.id for server in inventory.servers] == ["b"]


def test_a_file_outside_the_rootdir_is_shown_with_its_whole_path(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text(GOOD)

    inventory = project.inventory(config=["../elsewhere.json"])

    assert inventory.files == (str(tmp_path / "elsewhere.json"),)


def test_a_file_that_is_named_twice_is_read_once(project: Project) -> None:
    project.write(GOOD)
    (project.root / "link.json").symlink_to(".mcp.json")

    inventory = project.inventory(config=[".mcp.json", "./.mcp.json", "link.json"])

    assert inventory.files == (".mcp.json",)


def test_the_same_name_in_two_files_is_two_servers_told_apart(project: Project) -> None:
    project.write(GOOD)
    project.write(GOOD, "mcp.json")

    servers = project.inventory().servers

    assert [(server.id, server.name) for server in servers] == [("a", "a"), ("mcp.json:a", "a")]


def test_no_config_anywhere_lists_the_places_and_shows_an_example(project: Project) -> None:
    with pytest.raises(InventoryError) as caught:
        project.inventory()

    lines = str(caught.value).splitlines()
    assert lines[0] == "no MCP config found; looked for"
    places = (".mcp.json", "mcp.json", ".vscode/mcp.json", ".cursor/mcp.json", ".codex/config.toml")
    assert lines[1:6] == [f"  {project.root / place}" for place in places]
    assert lines[6] == "create one like this, or name yours with --mcp-config PATH"
    project.write("\n".join(lines[7:]))
    assert [server.name for server in project.inventory().servers] == ["time"]


def test_a_named_file_that_is_missing_is_refused(project: Project) -> None:
    refused(project, "gone.json: does not exist; create it or mend the path", config=["gone.json"])


def test_a_dangling_link_is_refused(project: Project) -> None:
    (project.root / ".mcp.json").symlink_to("nowhere")
    refused(project, ".mcp.json: does not exist; create it or mend the path")


def test_a_link_to_itself_is_refused(project: Project) -> None:
    (project.root / ".mcp.json").symlink_to(".mcp.json")
    refused(project, ".mcp.json: cannot be read (Too many levels of symbolic links); name a readable file")


def test_a_folder_is_refused(project: Project) -> None:
    (project.root / "configs").mkdir()
    refused(project, "configs: is a folder; name the config file in it", config=["configs"])


def test_a_pipe_is_refused_without_waiting_for_it(project: Project) -> None:
    os.mkfifo(project.root / "pipe")
    refused(project, "pipe: is no regular file; name one that can be read again", config=["pipe"])


def test_a_path_that_no_file_can_have_is_refused(project: Project) -> None:
    refused(project, "cannot be read (File name too long); name a readable file", config=["x" * 300])
    refused(project, "cannot be read (the path is malformed); name a readable file", config=["\udc80\ud800"])


def test_a_file_without_permission_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = project.write(GOOD), Path.open

    def denied(self: Path, *args: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", denied)
    refused(project, ".mcp.json: may not be read; change its permissions")


@pytest.mark.parametrize("content", ["", " \n\t", "\ufeff"])
def test_an_empty_file_is_refused(project: Project, content: str) -> None:
    project.write(content)
    refused(project, ".mcp.json: is empty; write\n{")


def test_bad_json_is_refused_with_line_column_and_the_parsers_words(project: Project) -> None:
    project.write('{\n  "mcpServers": {\n    "a" {}\n  }\n}')
    refused(project, ".mcp.json:3:9: bad JSON: expecting ':' delimiter; mend it there")


def test_a_cut_file_is_refused_at_its_end(project: Project) -> None:
    project.write('{"mcpServers": {"a": ')
    refused(project, ".mcp.json:1:22: bad JSON: expecting value; mend it there")


def test_constants_that_are_no_json_are_refused_where_they_stand(project: Project) -> None:
    project.write('{"mcpServers": {\n "a": {"command": "NaN", "x": -Infinity}}}')
    refused(project, ".mcp.json:2:31: bad JSON: -Infinity is no JSON; mend it there")


def test_constants_in_other_parts_of_the_file_are_refused_too(project: Project) -> None:
    project.write('{"other": ["\\"NaN", {"x":\n NaN}],\n"mcpServers": {"a": {"command": "a"}}}')
    refused(project, ".mcp.json:2:2: bad JSON: NaN is no JSON; mend it there")


def test_columns_are_not_moved_by_a_byte_order_mark(project: Project) -> None:
    project.write("\ufeff[}")
    refused(project, ".mcp.json:1:2: bad JSON: expecting value")


def test_deep_nesting_is_refused(project: Project) -> None:
    project.write("[" * 200_000)
    refused(project, ".mcp.json: bad JSON: nested too deeply; make it flatter")


@pytest.mark.parametrize("content", ["[]", '"mcpServers"', "null", "3"])
def test_what_is_no_object_is_refused(project: Project, content: str) -> None:
    project.write(content)
    refused(project, '.mcp.json: not an object; write {"mcpServers": {...}}')


def test_a_file_without_servers_is_refused(project: Project) -> None:
    project.write('{"other": 1}')
    refused(project, ".mcp.json: no 'mcpServers'; put the servers into one")


def test_a_misspelt_key_is_pointed_at(project: Project) -> None:
    project.write('{"mcpservers": {}}')
    refused(project, ".mcp.json: no 'mcpServers'; rename 'mcpservers'")


def test_servers_that_are_no_object_are_refused(project: Project) -> None:
    project.write('{"mcpServers": []}')
    refused(project, ".mcp.json: 'mcpServers' is not an object; map server names to entries")


def test_no_servers_are_refused(project: Project) -> None:
    project.write('{"mcpServers": {}}')
    refused(project, ".mcp.json: 'mcpServers' is empty; add a server")


def test_a_name_that_appears_twice_is_refused_with_both_lines(project: Project) -> None:
    project.write('{"mcpServers": {\n"a": {"command": "x"},\n"b": {},\n"\\u0061": {"command": "y"}}}')
    refused(project, ".mcp.json:4: server 'a' again, first in line 2; rename or remove one of them")


def test_servers_that_appear_twice_are_refused_with_both_lines(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "x"}},\n"mcpServers": {}}')
    refused(project, ".mcp.json:2: 'mcpServers' again, first in line 1; merge them")


def test_a_name_may_appear_again_elsewhere_in_the_file(project: Project) -> None:
    project.write('{"a": {"x": 1, "x": 2}, "mcpServers": {"a": {"command": "a"}}}')
    assert [server.problem for server in project.inventory().servers] == [None]


def test_a_file_that_is_too_large_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 100)
    project.write(GOOD.ljust(100))
    assert project.inventory().servers
    project.write(GOOD.ljust(101))
    refused(project, ".mcp.json: larger than 50 MB; name the right file")


def test_a_file_over_50_mb_is_refused(project: Project) -> None:
    with project.write(GOOD).open("ab") as stream:
        stream.truncate(50 * 1024 * 1024 + 1)
    refused(project, ".mcp.json: larger than 50 MB; name the right file")


def test_a_file_that_is_not_utf_8_is_refused(project: Project) -> None:
    project.write(GOOD.replace("a", "ä").encode("latin-1"))
    refused(project, ".mcp.json: not UTF-8 at byte 17; save it as UTF-8")


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_utf_16_is_told_apart_from_a_broken_one(project: Project, coding: str) -> None:
    project.write(GOOD.encode(coding))
    refused(project, ".mcp.json: is UTF-16, as Windows tools write it; save it as UTF-8")


def test_a_folder_that_is_a_link_to_itself_holds_no_config(project: Project) -> None:
    (project.root / ".vscode").symlink_to(".vscode")
    refused(project, "no MCP config found")
    refused(
        project,
        ".vscode/mcp.json: cannot be read (Too many levels of symbolic links); name a readable file",
        config=[".vscode/mcp.json"],
    )


def test_links_in_a_circle_of_folders_are_read_once(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}}}', ".cursor/mcp.json")
    (project.root / ".cursor" / "loop").symlink_to("..")
    inventory = project.inventory(config=[".cursor/mcp.json", ".cursor/loop/.cursor/mcp.json"])
    assert inventory.files == (".cursor/mcp.json",)


def test_a_folder_where_a_config_should_be_is_refused(project: Project) -> None:
    (project.root / ".mcp.json").mkdir()
    refused(project, ".mcp.json: is a folder; name the config file in it")


@pytest.mark.parametrize("name", [".mcp.json", ".vscode/mcp.json"])
def test_a_file_of_49_mb_is_read(project: Project, name: str) -> None:
    key = "servers" if "vscode" in name else "mcpServers"
    lines = ('["' + r"x // \" /* " * 90 + '"],\n') * 45_000
    project.write('{"history": [\n' + lines + 'null], "' + key + '": {"a": {"command": "a"}}}', name)
    assert project.inventory().servers[0].source.line == 45_002


def test_the_files_are_not_touched(project: Project) -> None:
    paths = [project.write(GOOD), project.write("\ufeff" + OTHER + "\r\n", "mcp.json")]
    paths[0].chmod(0o640)
    before = [(path.read_bytes(), path.stat()) for path in paths]

    project.inventory()

    for path, (content, old) in zip(paths, before, strict=True):
        now = path.stat()
        assert path.read_bytes() == content
        assert (now.st_ino, now.st_mode, now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (
            (old.st_ino, old.st_mode, old.st_size, old.st_mtime_ns, old.st_ctime_ns)
        )
    assert sorted(path.name for path in project.root.iterdir()) == [".mcp.json", "mcp.json"]


def test_read_only_files_in_a_read_only_folder_are_read(project: Project) -> None:
    project.write(GOOD).chmod(0o400)
    project.root.chmod(0o500)
    try:
        assert project.inventory().servers
    finally:
        project.root.chmod(0o700)


def test_one_glob_selects_by_name_or_id(project: Project) -> None:
    project.write('{"mcpServers": {"alpha": {"command": "a"}, "beta": {"command": "b"}, "gamma": {"command": "c"}}}')
    servers = project.inventory(only=["*a", "b*"]).servers
    assert [server.id for server in servers] == ["alpha", "beta", "gamma"]
    assert [server.id for server in project.inventory(only=["be*"]).servers] == ["beta"]


def test_globs_tell_case_apart(project: Project) -> None:
    project.write(GOOD)
    refused(project, "--mcp-only: 'A' matches no server; there are 'a'", only=["A"])


def test_a_glob_that_matches_nothing_is_refused_even_beside_one_that_does(project: Project) -> None:
    project.write('{"mcpServers": {"a": {"command": "a"}, "b": {"command": "b"}}}')
    refused(project, "--mcp-only: 'c*' matches no server; there are 'a', 'b'", only=["a", "c*"])
