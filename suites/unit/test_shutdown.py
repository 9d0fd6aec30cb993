"""Does the server leave when it is asked to? Runs last: it ends the shared connection."""

from pytest_mcp.checks import check
from pytest_mcp.client.connection import Caller
from pytest_mcp.fixtures import McpReport
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import ExitBy


@check(
    "exits-on-eof",
    severity=Severity.MEDIUM,
    reference="MCP basic/transports/stdio, Shutdown",
    remedy="end the process when standard input ends, and the processes it started with it",
    transport="stdio",
    last=True,
)
def test_exits_when_its_input_ends(mcp_client: Caller, mcp_report: McpReport) -> None:
    """The server exits within 5 s of the end of its input, and leaves no process behind."""
    shutdown = mcp_client.close()
    mcp_report.measure("shutdown", shutdown.seconds, "s")
    violations = []
    if shutdown.by is ExitBy.ITSELF:
        violations.append(Violation(title="exited before its input ended", got=f"exit code {shutdown.exit_code}"))
    elif shutdown.by is not ExitBy.EOF:
        violations.append(Violation(title="does not exit when its input ends", got=f"took {shutdown.by}"))
    if shutdown.orphans:
        violations.append(Violation(title=f"leaves {shutdown.orphans} processes behind"))
    mcp_report.judge(violations)
