"""The checks that the suites declare, collected from their files."""

import importlib
import inspect
from pathlib import Path

import suites.unit
from pytest_mcp.checks import Declared, declared


def _of(module: str) -> dict[str, Declared]:
    tests = inspect.getmembers(importlib.import_module(module), inspect.isfunction)
    found = [what for _, test in tests if (what := declared(test))]
    return {what.check.id: what for what in found}


def _unit() -> dict[str, Declared]:
    files = sorted(Path(suites.unit.__path__[0]).glob("test_*.py"))
    return {check: what for file in files for check, what in _of(f"suites.unit.{file.stem}").items()}


UNIT = _unit()
"""Every check of the unit suite by its id."""
