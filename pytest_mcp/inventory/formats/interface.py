"""What a config format has to offer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pytest_mcp.inventory.entry import ConfigFile, Entry
from pytest_mcp.inventory.variables import Expansion


class Format(Protocol):
    """One client's way to write servers down."""

    @property
    def places(self) -> tuple[str, ...]:
        """Paths in the rootdir where the client itself looks, in order."""

    def claims(self, path: Path) -> bool:
        """Whether a file of this name is of this format."""

    def entries(self, text: str, file: ConfigFile) -> list[Entry]:
        """Every entry in order; ``InventoryError`` when the file as a whole cannot be used."""

    def expand(self, text: str, environ: Mapping[str, str]) -> Expansion:
        """Replace variables as the client does."""
