"""Does the server stay until it is asked to leave, and leave then? Runs last: it ends the shared connection."""

from pytest_mcp.checks import check
from pytest_mcp.errors import ClientError
from pytest_mcp.fixtures import McpFleet, McpReport, McpServer
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import ExitBy, Shutdown


@check(
    "stays-alive",
    severity=Severity.HIGH,
    reference="MCP basic/transports/stdio, Shutdown; CWE-248",
    remedy="answer what you cannot do with an error; find in stderr what ended the process",
    last=True,
)
def test_stays_alive(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """The server is still there when everything has been asked."""
    if mcp_server.entry.remote:
        mcp_report.not_applicable("a remote server: its process is not ours to see")
    shutdown = mcp_fleet.connections.get(mcp_server.id).close()
    if shutdown.by is ExitBy.ITSELF:
        mcp_report.judge([Violation(title="ended while it was tested", got=f"exit code {shutdown.exit_code}")])


@check(
    "exits-on-eof",
    severity=Severity.MEDIUM,
    reference="MCP basic/transports/stdio, Shutdown",
    remedy="end the process when standard input ends, and the processes it started with it",
    transport="stdio",
    last=True,
)
def test_exits_when_its_input_ends(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """The server exits within 5 s of the end of its input, and leaves no process behind."""
    shutdown = mcp_fleet.connections.get(mcp_server.id).close()
    mcp_report.measure("shutdown", shutdown.seconds, "s")
    violations = []
    if shutdown.by is ExitBy.ITSELF:
        mcp_report.inconclusive("the server ended before its input did; see stays-alive")
    if shutdown.by is not ExitBy.EOF:
        violations.append(Violation(title="does not exit when its input ends", got=f"took {shutdown.by}"))
    if shutdown.orphans:
        violations.append(Violation(title=f"leaves {shutdown.orphans} processes behind"))
    mcp_report.judge(violations)


@check(
    "exits-on-term",
    severity=Severity.LOW,
    reference="MCP basic/transports/stdio, Shutdown; POSIX: SIGTERM",
    remedy="let SIGTERM end the process, and the processes it started with it",
    last=True,
    starts="sigterm",
)
def test_exits_when_it_is_told_to(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """The server exits within 2 s of SIGTERM, and leaves no process behind."""
    if mcp_server.entry.remote:
        mcp_report.not_applicable("a remote server: its process is not ours to end")
    shutdown = _terminated(mcp_server, mcp_fleet, mcp_report)
    if shutdown.by is ExitBy.ITSELF:
        mcp_report.inconclusive("the server ended before it was told to; see stays-alive")
    ignored = [Violation(title="does not exit on SIGTERM", got=f"took {shutdown.by}")]
    left = [Violation(title=f"leaves {shutdown.orphans} processes behind after SIGTERM", severity=Severity.MEDIUM)]
    mcp_report.judge([*(ignored if shutdown.by is ExitBy.KILL else []), *(left if shutdown.orphans else [])])


def _terminated(server: McpServer, fleet: McpFleet, report: McpReport) -> Shutdown:
    """Over HTTP the shared connection ends like that; over stdio it ends with its input, so another one has to."""
    if server.entry.kind != "stdio":
        return fleet.connections.get(server.id).close()
    if not fleet.deep:
        report.not_applicable("takes a start of its own: run with --mcp-deep")
    try:
        connection, _ = fleet.connections.open(server.entry, purpose="sigterm", era=server.interface.era)
    except ClientError as error:
        report.inconclusive(f"another start of the server failed: {error}")
    return connection.terminate()
