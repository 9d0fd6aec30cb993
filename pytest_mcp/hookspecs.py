"""Hooks that other plugins and conftest files may implement."""

import pytest

from pytest_mcp.model.run import Run


@pytest.hookspec
def pytest_mcp_run_finished(run: Run, config: pytest.Config) -> None:
    """Called once in the controller when every result is in, the verdict is given and the report is written."""
