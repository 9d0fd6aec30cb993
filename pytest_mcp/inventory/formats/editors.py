"""What the files of VS Code and Cursor have in common: comments, ``envFile``, and a workspace around them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_mcp.inventory.comments import without_comments
from pytest_mcp.inventory.entry import ConfigFile, Entry, Surroundings
from pytest_mcp.inventory.formats import fields
from pytest_mcp.inventory.formats.members import filled
from pytest_mcp.inventory.positions import Document, read_json
from pytest_mcp.inventory.variables import EditorFolders, expand_in_editor


def read_commented(text: str, file: ConfigFile, keys: tuple[str, ...]) -> Document:
    """JSON with comments and trailing commas."""
    return read_json(without_comments(text, file.shown), file.shown, keys)


def in_editor(bare: Entry, raw: dict[str, Any], folders: EditorFolders, around: Surroundings) -> Entry:
    """The entry as the editor starts it: in its workspace, with its variables and the file of its environment."""
    entry = filled(bare, raw)
    entry = replace(
        entry,
        folder=folders.workspace,
        expand=partial(expand_in_editor, environ=around.environ, folders=folders),
    )
    if entry.kind != "stdio":
        return entry
    elsewhere = str(folders.workspace) if folders.workspace != around.rootdir else None
    return replace(entry, cwd=entry.cwd or elsewhere, env_file=fields.text_or_none(raw, "envFile"))


def folders_of(
    file: ConfigFile, around: Surroundings, editor: str, inputs: Mapping[str, bool] | None = None
) -> EditorFolders:
    """The workspace is the folder that ``.vscode`` or ``.cursor`` lies in; for a person's own file, the rootdir."""
    path = around.rootdir / file.path
    workspace = path.parent.parent if path.parent.name in (".vscode", ".cursor") else around.rootdir
    return EditorFolders(workspace=workspace, editor=editor, inputs=inputs or {})
