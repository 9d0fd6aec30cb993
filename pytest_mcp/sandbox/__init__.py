"""Keeps a server that is called with generated arguments apart from the machine, and tells what it did there."""

from pytest_mcp.sandbox.box import Box
from pytest_mcp.sandbox.levels import choose, problem_of
from pytest_mcp.sandbox.prepare import Sandbox

__all__ = ["Box", "Sandbox", "choose", "problem_of"]
