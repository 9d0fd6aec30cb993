"""What a launch really runs: its package, the version that is installed, its own files and what it depends on.

Promises: files are only read, within bounds; nothing of what is installed is executed or imported; what cannot be
decided is said in ``Package.problem``, never guessed.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.model.server import Launch
from pytest_mcp.packages.launchers import decide
from pytest_mcp.packages.launchers.invocation import Invocation

__all__ = ["of"]


def of(launch: Launch, rootdir: Path, environ: Mapping[str, str] | None = None) -> Package:
    """The package behind a launch. ``environ`` is what the launch's own variables are added to; ours by default."""
    base = os.environ if environ is None else environ
    top = rootdir.absolute()
    around = {**base, **dict(launch.env)}
    return decide(Invocation(argv=launch.argv, cwd=top / (launch.cwd or ""), environ=around, rootdir=top))
