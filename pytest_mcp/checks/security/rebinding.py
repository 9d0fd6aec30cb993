"""Whether a server answers for names and pages that are not its own (basic/transports, Security Warning)."""

from collections.abc import Iterator

from pytest_mcp.client.wire import CLIENT
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.finding import Violation
from pytest_mcp.model.interface import Era, Interface

STRANGER = "evil.example"
HOST = (("Host", STRANGER),)
ORIGIN = (("Origin", f"http://{STRANGER}"),)


def ask(interface: Interface, headers: tuple[tuple[str, str], ...]) -> Ask:
    """What a client says first, with these headers: it gives away that somebody answers, and changes nothing."""
    if interface.era is Era.MODERN:
        return Ask(method="tools/list", params={}, headers=headers)
    params = {"protocolVersion": interface.revision, "capabilities": {}, "clientInfo": CLIENT}
    return Ask(method="initialize", params=params, bare=True, headers=headers)


def answered(seen: Exchange, what: str) -> Iterator[Violation]:
    """A result is a violation, whatever else the reply says."""
    if seen.result is not None:
        given = ", ".join(f"{name}: {value}" for name, value in (*HOST, *ORIGIN) if name in what)
        yield Violation(
            title=f"answers {seen.method} with {what}",
            evidence=given,
            expected="status 403 or 421",
            got=f"status {seen.http_status} and a result",
        )
