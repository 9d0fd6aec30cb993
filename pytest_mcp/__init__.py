"""Tests the MCP servers a project is configured to use: ``pytest --mcp``."""

__version__ = "0.1.0"
