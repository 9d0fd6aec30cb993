"""Which database: the option, then the environment, then the embedded one."""

import os

VARIABLE = "PYTEST_MCP_DATABASE_URL"
OFF = "none"


def chosen(dsn: str | None) -> str | None:
    """The address to use, ``none`` for no database, None for the embedded one."""
    return dsn or os.environ.get(VARIABLE) or None
