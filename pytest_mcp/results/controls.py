"""Calls that worked in the last runs, kept beside the results so that the next run tries them first.

The results have them too, run by run; this is what is quick to read before a database is there.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_mcp.model.run import ServerFacts
from pytest_mcp.results.whole import write_whole

FILE = "controls.json"
LIMIT = 64 << 20

Controls = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Arguments by server id and tool."""


def read_controls(state: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What is kept; nothing where there is no such file or it cannot be used: it is a cache, and no more."""
    path = state / FILE
    try:
        found = json.loads(path.read_text("utf-8")) if path.stat().st_size <= LIMIT else {}
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        server: {tool: arguments for tool, arguments in tools.items() if isinstance(arguments, dict)}
        for server, tools in found.items()
        if isinstance(tools, dict)
    }


def keep_controls(state: Path, servers: Iterable[ServerFacts]) -> None:
    """Add what worked in a run. Raises OSError when the state folder cannot be written."""
    known = read_controls(state)
    new = {
        server.id: {each.tool: json.loads(each.arguments) for each in server.called if each.arguments}
        for server in servers
    }
    merged = {**known, **{server: {**known.get(server, {}), **tools} for server, tools in new.items() if tools}}
    if merged == known:
        return
    write_whole(state / FILE, json.dumps(merged, indent=1, sort_keys=True))
