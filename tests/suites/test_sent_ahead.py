"""A check that declares what it sends, sends just that: else the declaration would be waste, or a lie."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.checks import Declared
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, Silence, Together
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.server import Launch, Server, Source, Stdio
from tests.suites.declared import TESTS, UNIT
from tests.suites.trials import SCRIPT

AHEAD = {check: what for check, what in UNIT.items() if what.asks}


class Recorded:
    """The live connection, with what was sent on it."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.steps = connection, []  # type: ignore[var-annotated]

    def send(self, ask: Ask) -> Exchange:
        self.steps.append(ask)
        return self.connection.send(ask)  # type: ignore[no-any-return]

    def send_all(self, asks: Sequence[Ask], in_flight: int = 32) -> Any:
        self.steps.append(Together(asks=tuple(asks)))
        return self.connection.send_all(asks, in_flight)

    def listen(self, seconds: float) -> Any:
        self.steps.append(Silence(seconds=seconds))
        return self.connection.listen(seconds)

    def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Exchange:
        return self.send(Ask(method=method, params=params, timeout=timeout))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@pytest.fixture(scope="module")
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[McpServer, Any]]:
    """The good server of one era, and the live connection to it."""
    launch = Launch(command=sys.executable, args=("-S", str(SCRIPT), "--era", request.param))
    entry = Server(id="good", name="good", source=Source(path=".mcp.json", line=1), transport=Stdio(launch=launch))
    fleet = Fleet(Path(tmp_path_factory.mktemp("good")), timeout=20.0)
    yield McpServer(entry=entry, interface=fleet.connect(entry)), fleet.get("good")
    fleet.close()


PAIRS = [
    pytest.param(era, check, id=f"{check}-{era}")
    for era in ("legacy", "modern")
    for check, what in AHEAD.items()
    if what.era in (None, era) and what.transport in (None, "stdio")
]


@pytest.mark.parametrize(("good", "check"), PAIRS, indirect=["good"])
def test_a_check_sends_what_it_declares(good: tuple[McpServer, Any], check: str) -> None:
    server, connection = good
    what: Declared = AHEAD[check]
    assert what.asks
    recorded = Recorded(connection)
    report = McpReport(check=what.check, server="good", element="", fail_on=Severity.INFO, redact=str)
    values = {"mcp_server": server, "mcp_client": recorded, "mcp_report": report}
    test = TESTS[check]
    names = test.__code__.co_varnames[: test.__code__.co_argcount]
    try:
        test(**{name: values[name] for name in names})
    except pytest.skip.Exception:
        assert not what.asks(server)
    assert recorded.steps == list(what.asks(server))
