"""What a config format has to offer."""

from pathlib import Path
from typing import Protocol

from pytest_mcp.inventory.entry import ConfigFile, Entry, Surroundings


class Format(Protocol):
    """One client's way to write servers down."""

    @property
    def places(self) -> tuple[str, ...]:
        """Paths in the rootdir where the client itself looks, in order; none for files that belong to a person."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Outer keys that give the format away where the name of a file does not."""

    def claims(self, path: Path) -> bool:
        """Whether a file of this name can be of no other format."""

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """Every entry in order; ``InventoryError`` when the file as a whole cannot be used."""
