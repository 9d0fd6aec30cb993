"""What tools do beside what they say, and what their answers give away."""

from pytest_mcp.checks import check
from pytest_mcp.checks.security import effects
from pytest_mcp.fixtures import McpReport, McpSandbox, McpServer
from pytest_mcp.model.call import Call, ExercisedTool
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


@check(
    "read-only-truth",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, ToolAnnotations; CWE-73; OWASP MCP03",
    remedy="take the hint back, or do not change anything: clients skip the question to the user where it is set",
    member="annotations",
)
def test_hints_are_true(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A tool that says it only reads, or destroys nothing, keeps to that."""
    found = mcp_sandbox.exercised(mcp_tool)
    mcp_report.judge(effects.read_only_truth(found, mcp_tool.definition, mcp_sandbox.world()))
    if found.control is None:
        mcp_report.inconclusive(f"no positive control: {found.problem}")
    _seen(found, mcp_report)


@check(
    "refused-without-effect",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Security Considerations; CWE-20",
    remedy="validate all arguments before anything is done with one of them",
)
def test_refused_calls_do_nothing(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """A call that is refused for its arguments has changed nothing."""
    mcp_sandbox.control(mcp_tool)
    found = mcp_sandbox.exercised(mcp_tool)
    mcp_report.judge(effects.invalid_with_effect(found))
    _seen(found, mcp_report)


@check(
    "secrets-kept",
    severity=Severity.HIGH,
    reference="CWE-532, CWE-209, CWE-214; OWASP MCP01",
    remedy="never return the environment; hand secrets to programs by their environment or a file",
)
def test_secrets_are_kept(
    mcp_server: McpServer, mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport
) -> None:
    """No answer, and no argument of a program, holds a secret of the server's environment."""
    calls = _calls(mcp_tool, mcp_sandbox)
    world = mcp_sandbox.world()
    planted = (world.secret,) if world else ()
    mcp_report.judge(effects.secrets_told(calls, (*effects.secrets_of(mcp_server.entry), *planted)))


@check(
    "errors-tell-little",
    severity=Severity.LOW,
    reference="CWE-209",
    remedy="tell the caller what is wrong with his request; keep the stack trace in a log",
)
def test_errors_hold_no_stack_traces(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """An error says what is wrong without showing how the server is built."""
    mcp_report.judge(effects.disclosed(_calls(mcp_tool, mcp_sandbox)))


@check(
    "answer-size",
    severity=Severity.LOW,
    reference="CWE-770",
    remedy="page or cut what can grow, and say that it was cut",
)
def test_answers_have_a_bound(mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """No answer to a small request is larger than a client can take."""
    mcp_report.judge(effects.outsized(_calls(mcp_tool, mcp_sandbox)))


def _seen(found: ExercisedTool, report: McpReport) -> None:
    """Where effects are not observed, nothing seen is nothing proven."""
    if not effects.observed(effects.calls_of(found)):
        report.inconclusive("this sandbox level does not see what is written; see pytest-mcp doctor")


def _calls(tool: Element, sandbox: McpSandbox) -> list[Call]:
    """Every call of a tool, probes included."""
    return [*effects.calls_of(sandbox.exercised(tool)), *(sent.call for sent in sandbox.probes(tool))]
