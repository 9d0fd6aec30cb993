"""An entry of a config file before variables are expanded: what every format is brought to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.variables import Expand, literal
from pytest_mcp.model.server import Source

Kind = Literal["stdio", "http", "sse"]


class EntryError(Exception):
    """Why one entry cannot be used; the entries beside it can. The message never repeats a value of the entry."""


class NoServersError(InventoryError):
    """A file that is as it should be but names no server: an error unless other files do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A file to read; ``shown`` is its path for people, relative to the rootdir where it lies inside."""

    path: Path
    shown: str
    named: bool = True
    """Whether it was asked for; else it was found where its client looks."""

    @property
    def folder(self) -> Path:
        """What a relative ``cwd`` of its entries is relative to."""
        return self.path.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What entries are read against."""

    rootdir: Path
    environ: Mapping[str, str] = field(repr=False)
    windows: bool = os.name == "nt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One server as written. ``problem`` is set when it is none of the things a server can be; then nothing else is.

    ``kind`` tells what it speaks; a ``command`` beside a ``url`` is what has to be started first.
    """

    name: str
    source: Source
    folder: Path
    kind: Kind | None = None
    command: str = field(default="", repr=False)
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    env_file: str | None = field(default=None, repr=False)
    cwd: str | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that the file itself says are secret, wherever in the entry they stand."""
    expand: Expand = field(default=literal, repr=False, compare=False)
    disabled: bool = False
    problem: str | None = None
