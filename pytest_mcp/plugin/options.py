"""Every command-line option, in the order of ``pytest --help``. What the values mean and may be: settings.py."""

import argparse
from typing import Any

import pytest

_OPTIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("--mcp-config", "PATH", {"action": "append", "help": "config file that names the servers (repeatable)"}),
    ("--mcp-only", "GLOB", {"action": "append", "help": "only servers whose name or id matches (repeatable)"}),
    ("--mcp-suite", "NAME", {"action": "append", "help": "only this suite: unit, integration, ... (repeatable)"}),
    ("--mcp-seed", "N", {"help": "seed of everything random (default: random, shown)"}),
    ("--mcp-timeout", "S", {"help": "seconds for a handshake and for a reply (default 30)"}),
    ("--mcp-deep", "", {"action": "store_true", "help": "also what takes long: servers are started more than once"}),
    ("--mcp-deep-seconds", "N", {"help": "with --mcp-deep: seconds of search for what breaks a tool (default 10)"}),
    ("--mcp-sandbox", "LEVEL", {"help": "isolation while tools are called: auto (default), L3, L2, L1, L0"}),
    ("--mcp-fail-on", "SEVERITY", {"help": "findings fail from here on: info, low, medium (default), high, critical"}),
    ("--mcp-gate", "off|report|enforce", {"help": "what the verdict does to the exit code (default report)"}),
    ("--mcp-db", "DSN|none", {"help": "Postgres for the results (default: embedded under .pytest_mcp/)"}),
    ("--mcp-report", "DIR", {"help": "folder for reports (default reports)"}),
)


TAKEN = pytest.StashKey[list[str]]()
"""Options that another plugin of this environment has already, so that they are not ours here."""
ON = "pytest_mcp"
"""Where ``--mcp`` is kept; the others beside it begin with ``pytest_mcp_``, which no other plugin has."""


def add_options(parser: pytest.Parser) -> list[str]:
    """Add one group with every option that is free, and return the others; only ``--mcp`` does anything by itself.

    Published plugins for MCP have some of these names, too. Whoever comes second breaks every run of pytest there.
    """
    group = parser.getgroup("mcp_fleet", "MCP server testing")
    switch = {"action": "store_true", "default": False, "help": "find this project's MCP servers and test them"}
    taken = [] if _added(group, "--mcp", dest=ON, **switch) else ["--mcp"]
    for name, metavar, how in _OPTIONS:
        shown = {"metavar": metavar} if metavar else {}
        if not _added(group, name, dest=f"pytest_{name[2:].replace('-', '_')}", default=None, **shown, **how):
            taken.append(name)
    return taken


def _added(group: pytest.OptionGroup, name: str, **how: Any) -> bool:
    try:
        group.addoption(name, **how)
    except (ValueError, argparse.ArgumentError):
        return False
    return True


def given(config: pytest.Config) -> dict[str, object]:
    """What the command line says, by the names of the settings (``mcp_timeout``)."""
    ours = {name: value for name, value in vars(config.option).items() if name.startswith(f"{ON}_")}
    return {name.removeprefix("pytest_"): value for name, value in ours.items()}


def taken_options(config: pytest.Config) -> list[str]:
    """A line about options that another plugin has, none where there are none."""
    taken = config.stash.get(TAKEN, [])
    what = "set the same in pytest_mcp.toml, [tool.pytest_mcp] or the environment"
    return [f"mcp: another plugin's options here, not ours: {', '.join(taken)}; {what}"] if taken else []
