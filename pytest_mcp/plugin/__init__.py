"""The pytest plugin: options and markers at every start of pytest, everything else only when ``--mcp`` is given.

Nothing heavy is imported here: every pytest run of an environment with this package pays for this module.
"""

import copy

import pytest

from pytest_mcp.plugin.options import ON, TAKEN, add_options

SUITES = ("unit", "integration", "performance", "security", "update", "cleanup")
FIXTURES = frozenset(
    f"mcp_{name}"
    for name in ("fleet", "server", "client", "tool", "resource", "prompt", "sandbox", "control", "report")
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """All options (names.md, docs/options.md), after those of every other installed plugin, before those of conftests.

    Their values were taken for paths until now, and conftests are looked for beside paths.
    """
    early_config.stash[TAKEN] = add_options(parser)
    known = parser.parse_known_args(args, namespace=copy.copy(early_config.option))
    early_config.known_args_namespace.file_or_dir = known.file_or_dir


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
    if config.getoption(ON, default=False):
        from pytest_mcp.plugin.session import activate

        activate(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without ``--mcp`` a project's own tests for its servers are skipped, not broken."""
    if config.getoption(ON, default=False):
        return
    for item in items:
        wanted = FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if wanted and not wanted.intersection(item._fixtureinfo.name2fixturedefs):  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.skip(reason="not applicable: run with --mcp"))
