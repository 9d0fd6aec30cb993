"""The suites as they are shipped: where they lie, every check they declare, and what is written of each."""

import inspect
import re
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest_mcp
from pytest_mcp.checks.declare import Declared, declared

PACKAGE = "pytest_mcp.suites"
DOCUMENT = "checks.md"


def suites_folder() -> Path:
    """Where the suites lie: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(pytest_mcp.__file__).parent
    inside = package / "suites"
    return inside if inside.is_dir() else package.parent / "suites"


def import_suites() -> None:
    """In a checkout the suites lie beside the package, not in it; imported they are the same."""
    if PACKAGE in sys.modules:
        return
    folder = suites_folder()
    spec = spec_from_file_location(PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec and spec.loader
    sys.modules[PACKAGE] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


def every_check() -> dict[str, Declared]:
    """Every check of every suite by its id, in the order of the files."""
    import_suites()
    found: dict[str, Declared] = {}
    for file in sorted(suites_folder().glob("*/test_*.py")):
        module = import_module(f"{PACKAGE}.{file.parent.name}.{file.stem}")
        tests = [test for _, test in inspect.getmembers(module, inspect.isfunction)]
        for what in filter(None, map(declared, sorted(tests, key=lambda test: test.__code__.co_firstlineno))):
            found[what.check.id] = what
    return found


def written_of(check: str) -> str:
    """What docs/checks.md, which the wheel carries, says of a check before its severity: what it looks at, and why."""
    folder = suites_folder()
    shipped = folder / DOCUMENT
    document = shipped if shipped.is_file() else folder.parent / "docs" / DOCUMENT
    if not document.is_file():
        return ""
    section = re.search(rf"^## {re.escape(check)}$(.*?)^(?:\*\*Severity|## )", document.read_text("utf-8"), re.S | re.M)
    return section[1].strip() if section else ""
