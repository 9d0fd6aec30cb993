"""What own tests need from the machine: missing means a skip listed by name, or a failure where it was promised.

``PYTEST_MCP_REQUIRE=all`` (set by ``.ci/run``), or a comma-separated list of names, turns the skip into a failure.
"""

import os
import shutil
from pathlib import Path

import pytest

FLEET = Path(__file__).parents[1] / "examples" / "fleet"
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "bubblewrap": ("bwrap",),
    "strace": ("strace",),
    "node": ("node",),
}


def program(name: str) -> str:
    """The path of a program of the distribution; skips, or fails where it is required."""
    for candidate in PROGRAMS[name]:
        if found := shutil.which(candidate):
            return found
    return missing(name, f"install the distribution's {name}")


def missing(name: str, remedy: str) -> str:
    """End the test: failed where ``name`` is required, else skipped with the name."""
    required = os.environ.get("PYTEST_MCP_REQUIRE", "").split(",")
    if "all" in required or name in required:
        pytest.fail(f"{name} is required here and missing: {remedy}", pytrace=False)
    pytest.skip(f"needs {name}: {remedy}")
