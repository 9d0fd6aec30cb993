"""An entry of a config file before variables are expanded: what every format is brought to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pytest_mcp.model.server import Source


class EntryError(Exception):
    """Why one entry cannot be used; the entries beside it can. The message never repeats a value of the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A file to read; ``shown`` is its path for people, relative to the rootdir where it lies inside."""

    path: Path
    shown: str

    @property
    def folder(self) -> Path:
        """What a relative ``cwd`` of its entries is relative to."""
        return self.path.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One server as written. ``problem`` is set when it is none of the things a server can be; then nothing else is."""

    name: str
    source: Source
    folder: Path
    kind: Literal["stdio", "http", "sse"] | None = None
    command: str = field(default="", repr=False)
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    problem: str | None = None
