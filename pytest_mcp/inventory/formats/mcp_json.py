"""``.mcp.json`` and ``mcp.json``: an object ``mcpServers`` from name to command or url, as Claude Code reads it."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_mcp.inventory.entry import ConfigFile, Entry, Surroundings
from pytest_mcp.inventory.formats.members import filled, members
from pytest_mcp.inventory.positions import read_json
from pytest_mcp.inventory.variables import expand


class McpJson:
    """The project file of Claude Code, which most clients can read."""

    places = (".mcp.json", "mcp.json")
    keys = ("mcpServers",)

    def claims(self, path: Path) -> bool:
        """``.mcp.json`` only: ``mcp.json`` is also what VS Code calls its file."""
        return path.name == ".mcp.json"

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """The members of ``mcpServers``."""

        def read(bare: Entry, raw: dict[str, Any]) -> Entry:
            return replace(filled(bare, raw), expand=partial(expand, environ=around.environ))

        return members(read_json(text, file.shown, self.keys), self.keys[0], file, read)
