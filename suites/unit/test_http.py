"""Does the server keep to Streamable HTTP: headers that tell the truth, and before 2026-07-28 sessions that end?"""

import re
from dataclasses import replace

from pytest_mcp.checks import check, messages
from pytest_mcp.client.connection import Caller
from pytest_mcp.client.wire import CLIENT, MODERN_REVISION, envelope
from pytest_mcp.fixtures import McpReport, McpServer
from pytest_mcp.model.exchange import Ask, Exchange, Together
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import ElementKind, Era

from .asks import PING

ANOTHER_METHOD = Ask(method="server/discover", headers=(("Mcp-Method", "tools/list"),))
NO_METHOD = Ask(
    method="server/discover",
    params={"_meta": envelope(MODERN_REVISION)},
    bare=True,
    headers=(("Mcp-Protocol-Version", MODERN_REVISION),),
)
ANOTHER_VERSION = Ask(method="server/discover", headers=(("Mcp-Protocol-Version", "2025-11-25"),))
ANOTHER_NAME = (("Mcp-Name", "pytest-mcp-another-name"),)
UNKNOWN_VERSION = Ask(method="ping", headers=(("Mcp-Protocol-Version", "1900-01-01"),))
VERSIONED_SINCE = "2025-06-18"
SESSION = "mcp-session-id"


def mismatched(server: McpServer) -> dict[str, Ask]:
    """Requests that are not what their headers say; by name only what is read, since nothing is called here."""
    asks = {
        "Mcp-Method of another method": ANOTHER_METHOD,
        "Mcp-Method missing": NO_METHOD,
        "MCP-Protocol-Version of another version": ANOTHER_VERSION,
    }
    for kind, method, member in (
        (ElementKind.PROMPT, "prompts/get", "name"),
        (ElementKind.RESOURCE, "resources/read", "uri"),
    ):
        if listed := server.interface.of_kind(kind):
            asks["Mcp-Name of another name"] = Ask(method=method, params={member: listed[0].name}, headers=ANOTHER_NAME)
    return asks


@check(
    "header-mismatch",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/transports/streamable-http, Server Validation",
    remedy="compare the headers with the body and refuse what differs with status 400 and error -32020",
    era=Era.MODERN,
    transport="http",
    asks=lambda server: [Together(asks=tuple(mismatched(server).values()))],
)
def test_headers_that_differ_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request whose headers differ from its body, or are missing, is refused."""
    asks = mismatched(mcp_server)
    mcp_report.judge(
        violation
        for what, seen in zip(asks, mcp_client.send_all(tuple(asks.values())), strict=True)
        for violation in (*messages.refused(seen, [-32020], what), *messages.http_status(seen, 400, what))
    )


def first(client: Caller, method: str, report: McpReport) -> Exchange:
    """How this part of the handshake went."""
    found = next((seen for seen in client.exchanged() if seen.method == method), None)
    return found or report.inconclusive(f"what came of {method} was not kept")


def session_of(seen: Exchange) -> str | None:
    """The session that a reply assigns."""
    return next((value for name, value in seen.http_headers if name.lower() == SESSION), None)


@check(
    "session-id",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/transports, Session Management",
    remedy="make session ids of visible ASCII characters, for example a UUID",
    era=Era.LEGACY,
    transport="http",
)
def test_session_ids_are_visible_ascii(mcp_client: Caller, mcp_report: McpReport) -> None:
    """A session id has visible ASCII characters only."""
    session = session_of(first(mcp_client, "initialize", mcp_report))
    if session is None:
        mcp_report.not_applicable("assigns no sessions")
    if not re.fullmatch(r"[\x21-\x7e]+", session):
        mcp_report.judge([Violation(title="session id with characters that are not visible ASCII", got=repr(session))])


@check(
    "initialized-accepted",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/transports, Sending Messages to the Server",
    remedy="answer notifications/initialized with status 202 and no body",
    era=Era.LEGACY,
    transport="http",
)
def test_initialized_is_accepted(mcp_client: Caller, mcp_report: McpReport) -> None:
    """The notification that ends the handshake is accepted with status 202."""
    status = first(mcp_client, "notifications/initialized", mcp_report).http_status or 0
    if status != 202:
        # clients go on after any other success, too
        severity = Severity.LOW if 200 <= status < 300 else None
        wrong = Violation(
            title="notifications/initialized: wrong HTTP status", expected="202", got=str(status), severity=severity
        )
        mcp_report.judge([wrong])


@check(
    "protocol-version-header",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/transports, Protocol Version Header",
    remedy="refuse a request whose MCP-Protocol-Version you do not support with status 400",
    era=Era.LEGACY,
    transport="http",
    asks=lambda server: [UNKNOWN_VERSION] if (server.interface.revision or "") >= VERSIONED_SINCE else [],
)
def test_unknown_version_headers_are_refused(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request with a protocol version that does not exist in its header is refused."""
    if (mcp_server.interface.revision or "") < VERSIONED_SINCE:
        mcp_report.not_applicable(f"the header came with {VERSIONED_SINCE}")
    mcp_report.judge(_turned_away(mcp_client.send(UNKNOWN_VERSION), 400, "unknown version in the header", None))


@check(
    "session-required",
    severity=Severity.LOW,
    reference="MCP 2025-11-25 basic/transports, Session Management",
    remedy="refuse requests without a session id with status 400, and those with an unknown one with 404",
    era=Era.LEGACY,
    transport="http",
)
def test_requests_need_their_session(mcp_client: Caller, mcp_report: McpReport) -> None:
    """A request without the session's id, or with one that was never assigned, is refused."""
    if session_of(first(mcp_client, "initialize", mcp_report)) is None:
        mcp_report.not_applicable("assigns no sessions")
    without = mcp_client.send(replace(PING, bare=True))
    strange = mcp_client.send(replace(PING, headers=((SESSION, "pytest-mcp-no-such-session"),)))
    answered = [
        (seen, what)
        for seen, what in ((without, "without a session id"), (strange, "with an unknown session id"))
        if seen.result is not None
    ]
    mcp_report.judge(Violation(title=f"request {what} is answered", got=repr(seen.result)) for seen, what in answered)


@check(
    "session-ended",
    severity=Severity.MEDIUM,
    reference="MCP 2025-11-25 basic/transports, Session Management",
    remedy="refuse DELETE with 405, or end the session and answer its id with 404 from then on",
    era=Era.LEGACY,
    transport="http",
)
def test_sessions_end(mcp_server: McpServer, mcp_client: Caller, mcp_report: McpReport) -> None:
    """A session that its client ended is unknown from then on."""
    params = {"protocolVersion": mcp_server.interface.revision, "capabilities": {}, "clientInfo": CLIENT}
    session = session_of(mcp_client.send(Ask(method="initialize", params=params, bare=True)))
    if session is None:
        mcp_report.not_applicable("assigns no sessions")
    headers = ((SESSION, session), ("Mcp-Protocol-Version", str(mcp_server.interface.revision)))
    ended = mcp_client.send(Ask(method="DELETE", verb="DELETE", raw=b"", notification=True, bare=True, headers=headers))
    status = ended.http_status or 0
    if 200 <= status < 300:
        seen = mcp_client.send(replace(PING, bare=True, headers=headers))
        mcp_report.judge(_turned_away(seen, 404, "request of an ended session", None))
    elif not 400 <= status < 500:
        wrong = Violation(title="DELETE of a session fails", got=f"status {status}", severity=Severity.LOW)
        mcp_report.judge([wrong])


def _turned_away(seen: Exchange, status: int, what: str, severity: Severity | None) -> list[Violation]:
    """Answered is as severe as the check says; turned away with another status is told the client all the same."""
    if seen.result is not None:
        return [Violation(title=f"{what}: answered with a result", expected=f"status {status}", severity=severity)]
    return [replace(each, severity=Severity.LOW) for each in messages.http_status(seen, status, what)]
