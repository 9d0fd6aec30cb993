"""What a server outlives, and what it must not answer."""

from collections.abc import Sequence

from pytest_mcp.checks import check
from pytest_mcp.checks.security import attacks, effects
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.finding import Severity


@check(
    "robustness",
    severity=Severity.HIGH,
    reference="CWE-248, CWE-400, CWE-674; JSON-RPC 2.0, section 5.1",
    remedy="answer what cannot be understood with an error, and go on reading",
    capability="tools",
)
def test_malformed_messages_are_survived(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """After a malformed message the server answers the next one."""
    _survives(mcp_sandbox, mcp_report, attacks.MALFORMED)


@check(
    "robustness-bytes",
    severity=Severity.MEDIUM,
    reference="CWE-248, CWE-400, CWE-674; JSON-RPC 2.0, section 5.1",
    remedy="read bytes, decode each line for itself, and answer what is no JSON with error -32700",
    capability="tools",
)
def test_bytes_that_are_no_message_are_survived(
    mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport
) -> None:
    """After bytes that are no JSON, too long or too deep the server answers the next message."""
    _survives(mcp_sandbox, mcp_report, attacks.BYTES)


def _survives(sandbox: McpSandbox, report: McpReport, messages: Sequence[attacks.Malformed]) -> None:
    if sandbox.attack(attacks.TOOLS).result is None:
        report.inconclusive("tools/list is not answered before it either")
    report.judge(attacks.survives(sandbox.attack, messages))


@check(
    "hidden-tools",
    severity=Severity.MEDIUM,
    reference="CWE-863, CWE-912; OWASP MCP02",
    remedy="refuse every tool that the caller's list does not have",
    capability="tools",
)
def test_only_listed_tools_are_called(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A tool that is not listed cannot be called."""
    mcp_report.judge(attacks.hidden(mcp_sandbox.attack, attacks.hidden_names(mcp_server.interface)))


@check(
    "stdout-under-attack",
    severity=Severity.MEDIUM,
    reference="MCP basic/transports, stdio",
    remedy="write logs to stderr, those of child processes too",
    transport="stdio",
)
def test_stdout_stays_clean(mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """While it is probed, too, a server writes nothing but messages to stdout."""
    mcp_report.judge(effects.noisy(mcp_sandbox.probing().tools))


@check(
    "listen-scope",
    severity=Severity.MEDIUM,
    reference="CWE-1188, CWE-306; MCP basic/transports, Security Warning",
    remedy="bind to 127.0.0.1 by default",
)
def test_servers_listen_on_loopback(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A server listens on loopback only, unless its launch says otherwise."""
    found = mcp_sandbox.probing()
    if found.start is None or not found.start.complete:
        mcp_report.inconclusive("this sandbox level does not see what is listened on; see pytest-mcp doctor")
    transport = mcp_server.entry.transport
    launch = transport.launch if transport else None
    configured = " ".join((*launch.args, *(value for _, value in launch.env))) if launch else ""
    mcp_report.judge(effects.listens(found, configured))
