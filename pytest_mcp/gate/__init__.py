"""Turns a run into a verdict: pure, no clock, no files; the same run always gets the same answer."""

from pytest_mcp.gate.policy import Policy
from pytest_mcp.gate.verdict import decide, is_recorded, is_waived, server_word, worst

__all__ = ["Policy", "decide", "is_recorded", "is_waived", "server_word", "worst"]
