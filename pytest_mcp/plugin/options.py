"""Every command-line option, in the order of ``pytest --help``. What the values mean and may be: settings.py."""

import pytest

_OPTIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("--mcp-config", "PATH", {"action": "append", "help": "config file that names the servers (repeatable)"}),
    ("--mcp-only", "GLOB", {"action": "append", "help": "only servers whose name or id matches (repeatable)"}),
    ("--mcp-suite", "NAME", {"action": "append", "help": "only this suite: unit, integration, ... (repeatable)"}),
    ("--mcp-seed", "N", {"help": "seed of everything random (default: random, shown)"}),
    ("--mcp-timeout", "S", {"help": "seconds for a handshake and for a reply (default 30)"}),
    ("--mcp-deep", "", {"action": "store_true", "help": "also what takes long: servers are started more than once"}),
    ("--mcp-sandbox", "LEVEL", {"help": "isolation while tools are called: auto (default), L3, L2, L1, L0"}),
    ("--mcp-fail-on", "SEVERITY", {"help": "findings fail from here on: info, low, medium (default), high, critical"}),
    ("--mcp-gate", "off|report|enforce", {"help": "what the verdict does to the exit code (default report)"}),
    ("--mcp-db", "DSN|none", {"help": "Postgres for the results (default: embedded under .pytest_mcp/)"}),
    ("--mcp-report", "DIR", {"help": "folder for reports (default reports)"}),
)


def add_options(parser: pytest.Parser) -> None:
    """Add one group with every option; only ``--mcp`` does anything by itself."""
    group = parser.getgroup("mcp", "MCP server testing")
    group.addoption("--mcp", action="store_true", default=False, help="find this project's MCP servers and test them")
    for name, metavar, how in _OPTIONS:
        shown = {"metavar": metavar} if metavar else {}
        group.addoption(name, dest=name[2:].replace("-", "_"), default=None, **shown, **how)
