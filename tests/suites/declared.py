"""The checks that the suites declare, collected from their files."""

import importlib
import inspect
from pathlib import Path
from types import FunctionType

import suites.unit
from pytest_mcp.checks import Declared, declared


def _of(module: str) -> dict[str, FunctionType]:
    tests = inspect.getmembers(importlib.import_module(module), inspect.isfunction)
    return {what.check.id: test for _, test in tests if (what := declared(test))}


def _unit() -> dict[str, FunctionType]:
    files = sorted(Path(suites.unit.__path__[0]).glob("test_*.py"))
    return {check: test for file in files for check, test in _of(f"suites.unit.{file.stem}").items()}


TESTS = _unit()
"""The test function of every check of the unit suite by the check's id."""
UNIT: dict[str, Declared] = {check: what for check, test in TESTS.items() if (what := declared(test))}
"""Every check of the unit suite by its id."""
