"""The checks that the suites declare, collected from their files."""

import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType, ModuleType

import suites.integration
import suites.security
import suites.unit
from pytest_mcp.checks import Declared, declared


def _of(module: str) -> dict[str, FunctionType]:
    tests = inspect.getmembers(importlib.import_module(module), inspect.isfunction)
    return {what.check.id: test for _, test in tests if (what := declared(test))}


def _suite(package: ModuleType) -> dict[str, FunctionType]:
    files = sorted(Path(package.__path__[0]).glob("test_*.py"))
    return {check: test for file in files for check, test in _of(f"{package.__name__}.{file.stem}").items()}


def _declared(tests: dict[str, FunctionType]) -> dict[str, Declared]:
    return {check: what for check, test in tests.items() if (what := declared(test))}


TESTS = _suite(suites.unit)
"""The test function of every check of the unit suite by the check's id."""
UNIT = _declared(TESTS)
"""Every check of the unit suite by its id."""
INTEGRATION = _declared(_suite(suites.integration))
"""Every check of the integration suite by its id."""
SECURITY = _declared(_suite(suites.security))
"""Every check of the security suite by its id."""
EVERY = {**UNIT, **INTEGRATION, **SECURITY}
DOCS = Path(__file__).parents[2] / "docs" / "checks.md"


def sections() -> dict[str, str]:
    """The sections of docs/checks.md that are about a check, by its id."""
    parts = re.split(r"^## ([a-z-]+)$", DOCS.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))
