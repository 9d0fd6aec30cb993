"""The config formats that are read: one module each, in the order their files are looked for."""

from pathlib import Path

from pytest_mcp.inventory.formats.interface import Format
from pytest_mcp.inventory.formats.mcp_json import McpJson

FORMATS: tuple[Format, ...] = (McpJson(),)


def format_of(path: Path) -> Format:
    """The format of a file that was named by ``--mcp-config``; a name that no format knows is read as ``.mcp.json``."""
    return next((one for one in FORMATS if one.claims(path)), FORMATS[0])
