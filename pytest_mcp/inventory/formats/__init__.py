"""The config formats that are read: one module each, in the order their files are looked for."""

import json
from typing import Any

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.comments import without_comments
from pytest_mcp.inventory.entry import ConfigFile
from pytest_mcp.inventory.formats.claude_desktop import ClaudeDesktop
from pytest_mcp.inventory.formats.codex import Codex
from pytest_mcp.inventory.formats.cursor import Cursor
from pytest_mcp.inventory.formats.interface import Format
from pytest_mcp.inventory.formats.mcp_json import McpJson
from pytest_mcp.inventory.formats.registry import Registry
from pytest_mcp.inventory.formats.vscode import VsCode

__all__ = ["FORMATS", "Format", "format_of"]

FORMATS: tuple[Format, ...] = (McpJson(), VsCode(), Cursor(), Codex(), ClaudeDesktop(), Registry())


def format_of(file: ConfigFile, text: str) -> Format:
    """The format of a file: by its name where that leaves no doubt, else by its outer keys."""
    named = next((one for one in FORMATS if one.claims(file.path)), None)
    if named is not None:
        return named
    value = _content(text)
    told = next((one for one in FORMATS if any(key in value for key in one.keys)), None)
    if told is not None:
        return told
    if isinstance(value, dict) and value and not _misspelt(value):
        raise InventoryError(
            f"{file.shown}: no known MCP config; the servers stand under 'mcpServers' (most clients), 'servers'"
            " (VS Code), 'packages' or 'remotes' (server.json), or in [mcp_servers.NAME] of a .toml file"
        )
    return FORMATS[0]


def _content(text: str) -> dict[str, Any]:
    """The file as an object, whatever it turns out to be; what is wrong with it is for its format to say."""
    try:
        value = json.loads(without_comments(text, ""), parse_int=float)
    except (ValueError, RecursionError, InventoryError):
        return {}
    return value if isinstance(value, dict) else {}


def _misspelt(value: dict[str, Any]) -> bool:
    from difflib import get_close_matches

    return bool(get_close_matches("mcpServers", list(value), n=1, cutoff=0.7))
