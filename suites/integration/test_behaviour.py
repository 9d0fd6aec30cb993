"""Does a server behave over several calls: made and removed, given up, two clients, both eras, every transport?"""

from pytest_mcp.checks import behaviour, calls, check
from pytest_mcp.fixtures import McpFleet, McpReport, McpSandbox, McpServer
from pytest_mcp.model.behaviour import NO_STEADY
from pytest_mcp.model.call import PROGRESS_TOKEN, Control
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


@check(
    "removed-is-gone",
    severity=Severity.MEDIUM,
    reference="MCP server/tools, Tool Result; CWE-459",
    remedy="remove what the tool says it removed, or report that it was not",
    capability="tools",
)
def test_what_was_removed_is_gone(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """What one tool made and another one removed cannot be read any more."""
    cycles = mcp_sandbox.behaviour().cycles
    if not cycles:
        mcp_report.not_applicable("no tools that make, show and remove the same thing were found")
    for cycle in cycles:
        mcp_report.note(f"{cycle.thing}: {cycle.made.case.tool}, {cycle.looked.case.tool}, {cycle.removed.case.tool}")
    mcp_report.judge(behaviour.still_there(cycles))


@check(
    "tool-idempotent",
    severity=Severity.MEDIUM,
    reference="MCP schema: ToolAnnotations, idempotentHint",
    remedy="make the second call do nothing more, or take idempotentHint back",
    member="annotations",
)
def test_idempotent_tool_does_nothing_twice(
    mcp_tool: Element, mcp_sandbox: McpSandbox, mcp_control: Control, mcp_report: McpReport
) -> None:
    """A tool that says it is idempotent has no further effect when it is called again with the same arguments."""
    if not calls.says_idempotent(mcp_tool):
        mcp_report.not_applicable("does not say that it is idempotent")
    found = mcp_sandbox.exercised(mcp_tool)
    if found.repeat is None:
        mcp_report.inconclusive("there was no time to call it twice")
    mcp_report.judge(behaviour.not_idempotent(found))


@check(
    "progress-rises",
    severity=Severity.MEDIUM,
    reference="MCP basic/utilities/progress, Behavior Requirements",
    remedy="tell progress under the token of the request, each time with a greater number",
    capability="tools",
)
def test_progress_rises(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """Progress that is told during a call has the token of the call and rises."""
    told = behaviour.progress_seen(mcp_sandbox.whole().tools)
    if not told:
        mcp_report.not_applicable("no call told any progress")
    mcp_report.judge(behaviour.progress(told, PROGRESS_TOKEN))


@check(
    "survives-giving-up",
    severity=Severity.HIGH,
    reference="MCP basic/utilities/cancellation; CWE-460",
    remedy="end what a cancelled call has begun, and keep nothing locked for it",
    capability="tools",
)
def test_server_survives_giving_up(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """After a client gave up a call the same call works as before."""
    seen = mcp_sandbox.behaviour()
    if not seen.given_up:
        mcp_report.inconclusive(seen.why_not("given_up") or "the server had ended before")
    mcp_report.judge(behaviour.worn_by_giving_up(seen.given_up))


@check(
    "clients-apart",
    severity=Severity.HIGH,
    reference="MCP basic/security_best_practices, Session Hijacking; CWE-362",
    remedy="keep the state of a call in the call, and that of a session under its id",
    transport="http",
    capability="tools",
)
def test_clients_are_kept_apart(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """Two clients that call at the same time get each their own answers."""
    seen = mcp_sandbox.behaviour()
    if seen.beside is None:
        mcp_report.inconclusive(seen.why_not("beside"))
    mcp_report.judge(behaviour.mixed_up(seen.beside))


@check(
    "eras-same-results",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/versioning, Backward Compatibility",
    remedy="have both eras call the same code",
    starts="era-results",
    capability="tools",
)
def test_both_eras_give_the_same_results(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """The same call has the same result in both eras that a server speaks."""
    seen = mcp_sandbox.behaviour()
    if seen.other_era is None:
        why = seen.why_not("other_era")
        (mcp_report.inconclusive if why == NO_STEADY else mcp_report.not_applicable)(why)
    mcp_report.judge(behaviour.eras_differ(seen.other_era))


@check(
    "definitions-stable",
    severity=Severity.HIGH,
    reference="MCP server/tools, List Changed Notification; OWASP MCP03 Tool Poisoning; CWE-494",
    remedy="define tools once; a tool that must change gets another name and notifications/tools/list_changed",
    capability="tools",
)
def test_definitions_stay_as_they_were(mcp_server: McpServer, mcp_sandbox: McpSandbox, mcp_report: McpReport) -> None:
    """The tools are listed after all calls as they were before."""
    seen = mcp_sandbox.behaviour()
    if seen.listed_after is None:
        mcp_report.inconclusive("the tools cannot be listed any more; see survives-refusals")
    mcp_report.judge(behaviour.redefined(seen.listed, seen.listed_after, seen.told))


@check(
    "transports-agree",
    severity=Severity.MEDIUM,
    reference="MCP basic/transports",
    remedy="serve every transport from the same code and the same state",
)
def test_every_transport_gives_the_same_results(
    mcp_server: McpServer, mcp_fleet: McpFleet, mcp_sandbox: McpSandbox, mcp_report: McpReport
) -> None:
    """The same call has the same result over every transport that a server is started with."""
    first = next((each for each in mcp_fleet.servers if each.entry.name == mcp_server.entry.name), mcp_server)
    if first is mcp_server:
        mcp_report.not_applicable("the first of its transports; the others are compared with it")
    if not first.interface.connected:
        mcp_report.inconclusive(f"{first.id} did not connect")
    pairs = behaviour.compared(mcp_sandbox.whole(), mcp_sandbox.of(first.id))
    if not pairs:
        mcp_report.inconclusive(f"no tool was called with the same arguments as over {first.id}")
    mcp_report.judge(behaviour.transports_differ(pairs, first.id))
