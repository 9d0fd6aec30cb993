"""What the package imports is declared: nothing is there only because something else brings it along."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.plugin.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = {
    canonicalize_name(Requirement(line).name)
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for line in group
}
EMBEDDED = {"pydantic_core": "pydantic", "_pytest": "pytest", "execnet": "pytest-xdist"}
"""Modules that belong to a declared distribution in all but name."""


def imported() -> set[str]:
    found: set[str] = set()
    for folder in ("pytest_mcp", "suites"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found.update(alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"pytest_mcp", "suites"}


@pytest.mark.parametrize("module", sorted(imported()))
def test_what_is_imported_is_declared(module: str) -> None:
    names = {canonicalize_name(name) for name in packages_distributions().get(module, [module])}
    assert names & DECLARED or EMBEDDED.get(module) in DECLARED, f"{module}: declare it in pyproject.toml"
