"""Finding out which era and revision a server speaks, without judging it.

The order is the specification's (2026-07-28 basic/transports/stdio, Backward Compatibility): ``server/discover`` first;
a ``DiscoverResult`` or a modern error means modern, anything else means ``initialize``. A server that dies of the probe
(old SDKs do) gets a fresh process and ``initialize`` at once.
"""

from dataclasses import dataclass
from typing import Any

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.http import HttpChannel
from pytest_mcp.client.wire import CLIENT, LEGACY_REVISIONS, MODERN_REVISION, envelope
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, NoiseKind
from pytest_mcp.model.interface import Era

MODERN_ERRORS = {-32020, -32021, -32022}
PROBE_SHARE = 1 / 3
"""Part of the handshake's time the probe may use: a legacy server may stay silent to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """How it went: ``result`` is the parsed result; else ``problem``, and whether a fresh process is worth a try."""

    result: Any = None
    problem: str = ""
    retry_fresh: bool = False


def negotiate(connection: Connection, *, timeout: float, era: Era | None = None) -> Handshake:
    """Settle era and revision on the connection; ``era`` is the only one to try, None finds out which it is."""
    if era is Era.LEGACY:
        return _initialize(connection, timeout, probed=False)
    seen = _discover(connection, MODERN_REVISION, timeout if era else timeout * PROBE_SHARE)
    if modern := _modern_result(connection, seen):
        return modern
    if era:
        return Handshake(problem=f"server/discover: {_error_text(seen)}")
    if seen.arrival is Arrival.CLOSED and not isinstance(connection.channel, HttpChannel):
        return Handshake(problem=f"server/discover: {seen.reason}", retry_fresh=True)
    if seen.error_code in MODERN_ERRORS and not _names_a_legacy_revision(seen):
        return Handshake(problem=f"speaks none of our revisions: {_error_text(seen)}")
    return _initialize(connection, timeout * (1 - PROBE_SHARE), probed=True)


def _discover(connection: Connection, revision: str, timeout: float) -> Exchange:
    ask = Ask(method="server/discover", params={"_meta": envelope(revision, connection.role)}, timeout=timeout)
    mirror = (("Mcp-Protocol-Version", revision), ("Mcp-Method", ask.method))
    if isinstance(connection.channel, HttpChannel):
        ask = Ask(method=ask.method, params=ask.params, timeout=timeout, headers=mirror)
    return connection.send(ask)


def _modern_result(connection: Connection, seen: Exchange) -> Handshake | None:
    versions = seen.result.get("supportedVersions") if isinstance(seen.result, dict) else None
    if isinstance(versions, list) and MODERN_REVISION in versions:
        connection.settle(Era.MODERN, MODERN_REVISION)
        return Handshake(result=seen.result)
    return None


def _names_a_legacy_revision(seen: Exchange) -> bool:
    """Whether a refused revision came with one that ``initialize`` opens (basic/versioning, Version Negotiation)."""
    details = (seen.error or {}).get("data")
    supported = details.get("supported") if isinstance(details, dict) else None
    return isinstance(supported, list) and any(each in LEGACY_REVISIONS for each in supported)


def _initialize(connection: Connection, timeout: float, *, probed: bool) -> Handshake:
    params = {
        "protocolVersion": LEGACY_REVISIONS[0],
        "capabilities": connection.role.capabilities,
        "clientInfo": CLIENT,
    }
    seen = connection.send(Ask(method="initialize", params=params, timeout=timeout))
    if not isinstance(seen.result, dict):
        if probed and (late := _late_discover(connection, seen)):
            return late
        gone = seen.arrival in (Arrival.CLOSED, Arrival.TIMEOUT)
        return Handshake(problem=f"initialize: {_error_text(seen)}", retry_fresh=probed and gone)
    revision = seen.result.get("protocolVersion")
    if isinstance(connection.channel, HttpChannel):
        connection.channel.session = _header(seen, "mcp-session-id")
    connection.settle(Era.LEGACY, revision if isinstance(revision, str) else LEGACY_REVISIONS[0])
    connection.send(Ask(method="notifications/initialized", notification=True, timeout=5.0))
    return Handshake(result=seen.result)


def _late_discover(connection: Connection, seen: Exchange) -> Handshake | None:
    """A slow modern server answers the probe after we gave it up, and then refuses ``initialize``: ask again."""
    late = any(noise.kind is NoiseKind.LATE_REPLY for noise in seen.noise)
    if not late and seen.error_code not in MODERN_ERRORS:
        return None
    return _modern_result(connection, _discover(connection, MODERN_REVISION, connection.timeout))


def _header(seen: Exchange, name: str) -> str | None:
    return next((value for key, value in seen.http_headers if key.lower() == name), None)


def _error_text(seen: Exchange) -> str:
    if seen.error is not None:
        return f"error {seen.error.get('code')}: {seen.error.get('message')}"
    if seen.http_status in (401, 403):
        return f"HTTP {seen.http_status}: the server demands authorization; give it headers or oauth credentials"
    return seen.reason or "the reply has no result object"
