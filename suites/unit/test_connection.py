"""Does the server start, and does its handshake say what the revision demands?"""

from pytest_mcp.checks import check, messages
from pytest_mcp.client.connection import Caller
from pytest_mcp.client.wire import CLIENT, META, MODERN_REVISION, envelope
from pytest_mcp.errors import ClientError
from pytest_mcp.fixtures import McpFleet, McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, Together
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era, StartState

KNOWN = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")


@check(
    "connects",
    severity=Severity.CRITICAL,
    reference="MCP basic/lifecycle; MCP server/discover",
    remedy="run the command shown in a terminal and read its stderr; check the config entry it comes from",
    unreached=True,
)
def test_connects(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The server starts, or is reached, and completes its handshake."""
    failure = mcp_server.interface.failure
    if failure is None:
        mcp_report.measure("cold_start", mcp_server.interface.seconds, "s")
        return
    seen = [f"command: {' '.join(failure.command)}"] if failure.command else []
    seen += [f"url: {failure.url}"] if failure.url else []
    if failure.state is StartState.EXITED:
        seen.append(f"exit code: {failure.exit_code}")
    elif failure.state is not StartState.REMOTE:
        seen.append(f"process: {failure.state}")
    if failure.state in (StartState.EXITED, StartState.RUNNING):
        seen.append(f"stderr ends:\n{failure.stderr_tail[-3000:] or '(empty)'}")
    mcp_report.judge([Violation(title=f"does not connect: {failure.reason}", evidence="\n".join(seen))])


@check(
    "handshake-shape",
    severity=Severity.MEDIUM,
    reference="MCP schema: InitializeResult, DiscoverResult",
    remedy="return what the schema of the negotiated revision demands; an SDK of that revision does",
)
def test_handshake_shape(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The result of initialize or server/discover has the shape of its revision."""
    found = mcp_server.interface
    method = "server/discover" if found.era is Era.MODERN else "initialize"
    mcp_report.judge(messages.result_shape(method, found.revision, found.handshake))


@check(
    "revision-known",
    severity=Severity.MEDIUM,
    reference="MCP basic/lifecycle, Version Negotiation",
    remedy="answer initialize with a released protocol revision, the requested one where it is supported",
    era=Era.LEGACY,
)
def test_revision_is_known(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The negotiated revision is a released one."""
    revision = mcp_server.interface.revision
    if revision not in KNOWN:
        mcp_report.judge([Violation(title="negotiated a revision that was never released", got=repr(revision))])


@check(
    "server-says-its-name",
    severity=Severity.LOW,
    reference="MCP schema: Implementation",
    remedy="set name and version of the server; clients show them and bug reports need them",
)
def test_server_says_its_name_and_version(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The server tells its name and version."""
    info = mcp_server.interface.server_info
    missing = [field for field in ("name", "version") if not isinstance(info.get(field), str) or not info[field]]
    if missing:
        mcp_report.judge([Violation(title=f"serverInfo without {' and '.join(missing)}", got=repr(info))])


def in_another_version() -> Ask:
    """A request in a revision that never was."""
    version = "1900-01-01"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "pytest-mcp", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = (("Mcp-Protocol-Version", version), ("Mcp-Method", "server/discover"))
    return Ask(method="server/discover", params={"_meta": meta}, headers=headers)


def lacking(*fields: str) -> Ask:
    """A request without these fields of its _meta; without _meta where none is left."""
    meta = {name: value for name, value in envelope(MODERN_REVISION).items() if name.removeprefix(META) not in fields}
    headers = (("Mcp-Protocol-Version", MODERN_REVISION), ("Mcp-Method", "server/discover"))
    return Ask(method="server/discover", params={"_meta": meta} if meta else {}, bare=True, headers=headers)


INCOMPLETE = {
    "request without _meta": lacking("protocolVersion", "clientInfo", "clientCapabilities"),
    "request without protocolVersion": lacking("protocolVersion"),
    "request without clientCapabilities": lacking("clientCapabilities"),
}


@check(
    "unsupported-version-refused",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/versioning, Protocol Version Negotiation",
    remedy="answer a revision you do not speak with error -32022 and the list of those you do",
    era=Era.MODERN,
    asks=lambda _: [in_another_version()],
)
def test_unsupported_version_is_refused(mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request in a revision the server does not speak is refused with the revisions it does."""
    seen = mcp_client.send(in_another_version())
    mcp_report.judge(
        [
            *messages.refused(seen, [-32022], "unknown protocol version"),
            *messages.supported_named(seen),
            *messages.http_status(seen, 400, "unknown protocol version"),
        ]
    )


UNRELEASED = "1900-01-01"
FROM_THE_PAST = Ask(
    method="initialize",
    params={"protocolVersion": UNRELEASED, "capabilities": {}, "clientInfo": CLIENT},
    bare=True,
)


@check(
    "version-negotiated",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/lifecycle, Version Negotiation",
    remedy="answer initialize for a version you do not speak with one you do, best the latest",
    era=Era.LEGACY,
    starts="another-version",
)
def test_versions_are_negotiated(
    mcp_server: McpServer, mcp_fleet: McpFleet, mcp_client: Caller, mcp_report: McpReport
) -> None:
    """Asked for a version that it cannot speak, the server offers one that it can."""
    mcp_report.judge(messages.negotiated(_opening(mcp_server, mcp_fleet, mcp_client, mcp_report), UNRELEASED, KNOWN))


def _opening(server: McpServer, fleet: McpFleet, client: Caller, report: McpReport) -> Exchange:
    """Over HTTP each initialize opens a session of its own; elsewhere it takes a connection of its own."""
    if server.entry.kind == "http":
        return client.send(FROM_THE_PAST)
    if not fleet.deep:
        report.not_applicable("takes a start of its own: run with --mcp-deep")
    try:
        return fleet.connections.ask_first(server.entry, FROM_THE_PAST, purpose="another-version")
    except ClientError as error:
        report.inconclusive(f"another start of the server failed: {error}")


@check(
    "meta-required",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/index, Per-request protocol fields",
    remedy="refuse requests without the required _meta fields with -32602, over HTTP with status 400",
    era=Era.MODERN,
    asks=lambda _: [Together(asks=tuple(INCOMPLETE.values()))],
)
def test_missing_meta_is_refused(mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request without the required _meta fields is refused as invalid."""
    mcp_report.judge(
        violation
        for what, seen in zip(INCOMPLETE, mcp_client.send_all(tuple(INCOMPLETE.values())), strict=True)
        # over HTTP the header already differs from a body that lacks the version, so HeaderMismatch is as true
        for violation in (
            *messages.refused(seen, [-32602] if seen.http_status is None else [-32602, -32020], what),
            *messages.http_status(seen, 400, what),
        )
    )


@check(
    "stderr-quiet",
    severity=Severity.INFO,
    reference="MCP basic/transports/stdio",
    remedy="nothing needs to be done; without it clients' logs stay short",
    transport="stdio",
)
def test_starts_without_a_word(mcp_server: McpServer, mcp_report: McpReport) -> None:
    """The server starts without writing to stderr, which it may."""
    said = mcp_server.interface.stderr_head.strip()
    if said:
        mcp_report.judge([Violation(title="writes to stderr at its start", evidence="\n".join(said.splitlines()[:5]))])
