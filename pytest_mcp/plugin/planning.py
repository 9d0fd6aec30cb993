"""What the selected tests will send, as their checks declare it: sent ahead of them, a thread a server."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pytest

from pytest_mcp.checks import Declared, declared
from pytest_mcp.exercise.ahead import Planned
from pytest_mcp.fixtures import McpFleet, McpServer
from pytest_mcp.plugin.participant import IDENTITY, beside_the_point


def planned(items: Iterable[pytest.Item], fleet: McpFleet) -> Mapping[str, Sequence[Planned]]:
    """The steps of every selected test that declares them, by server, in the order of the tests."""
    servers = {server.id: server for server in fleet.servers if server.interface.connected}
    chains: dict[str, list[Planned]] = defaultdict(list)
    for item in items:
        identity, what = item.stash.get(IDENTITY, None), declared(getattr(item, "function", None))
        server = servers.get(identity.server) if identity else None
        if server and what and (each := _planned(item.nodeid, what, server)):
            chains[server.id].append(each)
    return chains


def _planned(key: str, what: Declared, server: McpServer) -> Planned | None:
    if what.asks is None or beside_the_point(what, server):
        return None
    try:
        steps = tuple(what.asks(server))
    except Exception:  # noqa: BLE001 - the test meets the same, and is the one to fail
        return None
    return Planned(key=key, steps=steps) if steps else None
