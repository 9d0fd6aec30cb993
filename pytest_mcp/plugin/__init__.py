"""The pytest plugin: options and markers at every start of pytest, everything else only when ``--mcp`` is given.

Nothing heavy is imported here: every pytest run of an environment with this package pays for this module.
"""

import pytest

from pytest_mcp.plugin.options import add_options

SUITES = ("unit", "integration", "performance", "security", "update", "cleanup")
FIXTURES = frozenset(
    f"mcp_{name}"
    for name in ("fleet", "server", "client", "tool", "resource", "prompt", "sandbox", "control", "report")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """All options: names.md, docs/options.md."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """The hooks of outsiders."""
    from pytest_mcp import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register markers; with ``--mcp`` read settings and configs and take part in the session."""
    config.addinivalue_line("markers", "mcp: a test that is run for the MCP servers of this project")
    for suite in SUITES:
        config.addinivalue_line("markers", f"mcp_{suite}: a test of the {suite} suite of pytest_mcp")
    if config.getoption("mcp"):
        from pytest_mcp.plugin.session import activate

        activate(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without ``--mcp`` a project's own tests for its servers are skipped, not broken."""
    if config.getoption("mcp"):
        return
    for item in items:
        wanted = FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if wanted and not wanted.intersection(item._fixtureinfo.name2fixturedefs):  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.skip(reason="not applicable: run with --mcp"))
