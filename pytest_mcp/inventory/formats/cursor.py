"""``.cursor/mcp.json``: ``mcpServers`` with the variables of an editor."""

from pathlib import Path
from typing import Any

from pytest_mcp.inventory.entry import ConfigFile, Entry, Surroundings
from pytest_mcp.inventory.formats.editors import folders_of, in_editor, read_commented
from pytest_mcp.inventory.formats.members import members


class Cursor:
    """The project file of Cursor."""

    places = (".cursor/mcp.json",)
    keys: tuple[str, ...] = ()

    def claims(self, path: Path) -> bool:
        """By name and folder."""
        return path.parts[-2:] == (".cursor", "mcp.json")

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """The members of ``mcpServers``."""
        folders = folders_of(file, around, "Cursor")

        def read(bare: Entry, raw: dict[str, Any]) -> Entry:
            return in_editor(bare, raw, folders, around)

        return members(read_commented(text, file, ("mcpServers",)), "mcpServers", file, read)
