"""Rules longer than a test body, pure: from what was seen to violations; and how a check is declared."""

from pytest_mcp.checks.declare import Declared, check, declared

__all__ = ["Declared", "check", "declared"]
