"""For this repository only: the example fleet, for own tests. Users' projects never load this file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import FLEET, missing

INSTALL_SECONDS = 600


@pytest.fixture(scope="session")
def example_fleet() -> Path:
    """The folder of the installed example fleet; installs it at the first use."""
    command = [sys.executable, str(FLEET / "install.py")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        missing("example fleet", f"{FLEET / 'install.py'} did not end within {INSTALL_SECONDS} s")
    if done.returncode:
        missing("example fleet", f"{FLEET / 'install.py'} failed: {done.stderr.strip()[-2000:]}")
    return FLEET
