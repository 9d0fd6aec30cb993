"""``claude_desktop_config.json``: ``mcpServers`` among the settings of the application, which replaces no variables."""

from pathlib import Path

from pytest_mcp.inventory.entry import ConfigFile, Entry, Surroundings
from pytest_mcp.inventory.formats.members import filled, members
from pytest_mcp.inventory.positions import read_json


class ClaudeDesktop:
    """A person's own file: read only when it is named."""

    places: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def claims(self, path: Path) -> bool:
        """By name."""
        return path.name == "claude_desktop_config.json"

    def entries(self, text: str, file: ConfigFile, _: Surroundings) -> list[Entry]:
        """The members of ``mcpServers``."""
        return members(read_json(text, file.shown, ("mcpServers",)), "mcpServers", file, filled)
