"""Hooks that other plugins and conftest files may implement."""

import pytest

from pytest_mcp.model.run import Run


@pytest.hookspec
def pytest_mcp_run_finished(run: Run, config: pytest.Config) -> None:
    """Called once in the controller of a run that ran tests: every result is in and the verdict is given.

    The report is written by then, except where its folder could not be; nothing is called for ``--collect-only``.
    """
