"""A project folder with config files, and what the inventory makes of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.inventory import read_inventory
from pytest_mcp.model.server import Inventory, Server
from pytest_mcp.settings import read_settings


class Project:
    """A rootdir; writes files into it and reads its inventory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, content: str | bytes, name: str = ".mcp.json") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def inventory(
        self, environ: Mapping[str, str] | None = None, *, with_disabled: bool = False, **options: Any
    ) -> Inventory:
        given = {f"mcp_{name}": value for name, value in options.items()}
        settings = read_settings(given, self.root, environ or {}, invocation_dir=self.root)
        return read_inventory(settings, self.root, environ or {}, with_disabled=with_disabled)

    def server(self, entry: Any, environ: Mapping[str, str] | None = None) -> Server:
        """The server of one entry named ``one``."""
        self.write(json.dumps({"mcpServers": {"one": entry}}))
        (server,) = self.inventory(environ).servers
        return server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)
