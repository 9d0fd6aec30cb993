"""From a tool's schema to cases: values that are likely to work, and values that are wrong in one way each. Pure."""

from pytest_mcp.generation.cases import Given, controls, gap, invalid_cases, valid_cases
from pytest_mcp.generation.repair import repaired

__all__ = ["Given", "controls", "gap", "invalid_cases", "repaired", "valid_cases"]
