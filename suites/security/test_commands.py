"""Commands, code and options of the caller's choice."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import commands
from pytest_mcp.checks.security.evidence import observed
from pytest_mcp.fixtures import McpReport, McpSandbox
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element
from pytest_mcp.model.probe import Family


@check(
    "command-injection",
    severity=Severity.CRITICAL,
    reference="CWE-78, CWE-94; OWASP MCP05",
    remedy="start programs with a list of arguments and no shell; never evaluate what a caller sends",
)
def test_texts_are_not_run(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No text that a tool is given is run as a command or as code."""
    mcp_report.judge(commands.injections(mcp_sandbox.probed(mcp_tool, Family.COMMAND)))


@check(
    "argument-injection",
    severity=Severity.HIGH,
    reference="CWE-88; OWASP MCP05",
    remedy="refuse values that begin with a dash, put -- before them, and never split a command at spaces",
)
def test_texts_are_no_options(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No text that a tool is given becomes an option of a program."""
    found = mcp_sandbox.probed(mcp_tool, Family.OPTION)
    mcp_report.judge(violations := list(commands.options(found)))
    if not violations and not observed(found):
        mcp_report.inconclusive("this sandbox level does not see which programs are started; see pytest-mcp doctor")
